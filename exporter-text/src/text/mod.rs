//! Parts of lines: names, labels, numbers, metadata and their escaping.

pub(crate) mod digits;
pub(crate) mod escape;
pub(crate) mod family_text;
pub(crate) mod label_text;
pub(crate) mod metadata;
pub(crate) mod number;
pub(crate) mod pieces;
pub(crate) mod steps;
