//! The same work on tickmark, on other metrics libraries and on the bare machine, and the
//! methods of measurement.
//!
//! [`library`] is what a library can do, [`libraries`] how each does it, [`measure`] how
//! time is taken. A bench is a process that prints [`Row`]s. The program `compare` runs
//! them all several times and writes the report.

#![forbid(unsafe_code)]

pub mod adapters;
pub mod closed;
pub mod libraries;
pub mod library;
pub mod limits;
mod local;
pub mod measure;
pub mod operations;
pub mod pages;
mod part;
mod row;
mod subject;
pub mod work;

pub use part::{part, part_of};
pub use row::{Row, print, print_samples};
pub use subject::Subject;
