//! Names as the formats write them.

pub(crate) mod escape_name;
pub(crate) mod family_names;
pub(crate) mod quoted;
