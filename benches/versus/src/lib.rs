//! The same work on tickmark, on other metrics libraries and on the bare machine, and how
//! it is measured.
//!
//! What a library can do is in [`library`], how each does it in [`libraries`], how time
//! is taken in [`measure`]. A bench is a process that prints [`Row`]s; the program
//! `compare` runs them all several times and makes the report of them.

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
