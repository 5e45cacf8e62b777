//! The page of the application has the metrics of both libraries.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::process::Command;

/// Returns the samples of the page, without those of times.
fn samples() -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_in-a-library-service")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let page = String::from_utf8(output.stdout).unwrap();
    let is_exact = |line: &&str| !line.starts_with('#') && !line.contains("_load_seconds");
    page.lines().filter(is_exact).map(str::to_owned).collect()
}

#[test]
fn page_has_metrics_of_both_libraries() {
    let chapter = include_str!("../../../../guide/in-a-library.md");
    let (_, shown) = chapter.split_once("\n```text\n").unwrap();
    let (shown, _) = shown.split_once("```").unwrap();
    assert_eq!(samples(), shown.lines().collect::<Vec<_>>());
}
