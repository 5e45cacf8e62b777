//! The first example of README.md is a program, and its output is the page below it.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::process::Command;

const README: &str = include_str!("../../README.md");

/// Returns the first block of a language.
fn first_block(language: &str) -> &'static str {
    let (_, rest) = README.split_once(&format!("\n```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

#[test]
fn example_is_the_compiled_program() {
    assert_eq!(first_block("rust"), include_str!("../readme/example.rs"));
}

#[test]
fn output_is_the_page_shown() {
    let output = Command::new(env!("CARGO_BIN_EXE_readme")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), first_block("text"));
}

#[test]
fn readme_fits_on_120_lines() {
    assert!(README.lines().count() <= 120);
}
