//! Names, labels and descriptions, with their rules.

pub(crate) mod description;
pub(crate) mod error;
pub(crate) mod label_hash;
pub(crate) mod labels;
pub(crate) mod legacy;
pub(crate) mod name;
pub(crate) mod name_lists;
pub(crate) mod scope;
pub(crate) mod sorted;
pub(crate) mod words;
