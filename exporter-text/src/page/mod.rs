//! Lines, chunks and pages.

pub(crate) mod buffers;
pub(crate) mod contents;
pub(crate) mod cursor;
pub(crate) mod encoder;
pub(crate) mod kept_labels;
pub(crate) mod lines;
pub(crate) mod output;
pub(crate) mod page;
pub(crate) mod shared;
pub(crate) mod workspace;
