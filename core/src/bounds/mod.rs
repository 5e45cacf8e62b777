//! Bounds of histogram buckets: checked once, then trusted.

mod cells;
mod check;
pub(crate) mod error;
pub(crate) mod float;
mod kept;
pub(crate) mod layout;
pub(crate) mod scale;
mod steps;
pub(crate) mod whole;
