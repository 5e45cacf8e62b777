//! The first example of `README.md`, as a program. `tests/readme.rs` compares both.
#![expect(clippy::print_stdout, reason = "the example prints its page")]

include!("example.rs");
