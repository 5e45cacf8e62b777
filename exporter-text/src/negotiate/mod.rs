//! Requests of readers: format, encoding, and selection of families.

pub(crate) mod accept;
pub(crate) mod accept_encoding;
pub(crate) mod format;
pub(crate) mod header_list;
pub(crate) mod name_filter;
