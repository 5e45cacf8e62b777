//! The part of a bench that a process runs.

use std::process::exit;

/// Runs the requested part. One part per process, because `metrics` has one recorder per
/// process: one part would affect the pages and the memory of the next.
pub fn part(parts: &[(&str, fn())]) {
    let names: Vec<&str> = parts.iter().map(|(name, _)| *name).collect();
    (parts[part_of(&names)].1)();
}

/// The requested part; ends the process for an unknown one.
pub fn part_of(names: &[&str]) -> usize {
    let asked = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    names.iter().position(|name| Some(*name) == asked.as_deref()).unwrap_or_else(|| {
        eprintln!("choose a part: {}", names.join(", "));
        exit(2);
    })
}
