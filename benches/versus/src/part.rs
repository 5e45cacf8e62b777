//! The part of a bench that a process runs.

use std::process::exit;

/// Runs the part that was asked for. There is one to a process, because `metrics` has one
/// recorder for all of it, so one part would show up in the pages and the memory of the
/// next.
pub fn part(parts: &[(&str, fn())]) {
    let names: Vec<&str> = parts.iter().map(|(name, _)| *name).collect();
    (parts[part_of(&names)].1)();
}

/// Which part was asked for; ends the process if it was none.
pub fn part_of(names: &[&str]) -> usize {
    let asked = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    names.iter().position(|name| Some(*name) == asked.as_deref()).unwrap_or_else(|| {
        eprintln!("say which part is to run: {}", names.join(", "));
        exit(2);
    })
}
