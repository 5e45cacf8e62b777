//! Rules for the source that no lint knows.

#![cfg(not(tickmark_loom))]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod layout;
mod prose;
mod sources;

use std::path::Path;

use sources::{Source, package};

/// Lines above an ordering in which its comment may stand: one comment may serve a short
/// row of operations.
const REACH: usize = 9;

/// The files of `core/src`, by path, without their unit tests.
fn sources() -> Vec<(String, String)> {
    let sources = package("core").into_iter().map(|Source { path, text }| {
        let shipped = text.split("#[cfg(all(test,").next().unwrap_or_default().to_string();
        // In the root file, that is the declaration of the models.
        let is_root = path.ends_with("/lib.rs");
        (path, if is_root { text } else { shipped })
    });
    sources.collect()
}

fn is_model(path: &str) -> bool {
    Path::new(path).starts_with("core/src/models")
}

fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// Every use of an ordering that no comment near above it names.
fn unexplained(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        for ordering in ["Relaxed", "Acquire", "Release", "AcqRel", "SeqCst"] {
            let above = lines.get(number.saturating_sub(REACH)..=number).unwrap();
            let comments =
                above.iter().filter_map(|line| line.split_once("//").map(|(_, comment)| comment));
            if code(line).contains(&format!("Ordering::{ordering}"))
                && !comments.into_iter().any(|comment| comment.contains(ordering))
            {
                found.push(format!("{}: {}", number + 1, line.trim()));
            }
        }
    }
    found
}

#[test]
fn every_ordering_has_its_reason() {
    for (path, text) in sources().iter().filter(|(path, _)| !is_model(path)) {
        assert_eq!(unexplained(text), Vec::<String>::new(), "{path}");
    }
}

#[test]
fn unexplained_orderings_are_found() {
    assert_eq!(
        unexplained("// Relaxed: a hint.\nx.load(Ordering::Relaxed);"),
        Vec::<String>::new()
    );
    assert_eq!(unexplained("// Acquire: as above.\nx.load(Ordering::Relaxed);").len(), 1);
    let far = format!("// Relaxed: a hint.\n{}x.load(Ordering::Relaxed);", "\n".repeat(REACH));
    assert_eq!(unexplained(&far).len(), 1);
}

/// Anything imported from elsewhere is not modelled.
#[test]
fn synchronization_comes_from_sync() {
    // No model needs identities, or the flags that save a scrape work; bounds are made
    // before there is anything to model.
    let exceptions = [
        ("series.rs", "std::sync::atomic::AtomicU64"),
        ("ever.rs", "std::sync::atomic::AtomicBool"),
        ("bounds", "parking_lot"),
    ];
    for (path, text) in
        sources().iter().filter(|(path, _)| !path.contains("/sync/") && !is_model(path))
    {
        for line in text.lines().map(code) {
            for source in [
                "std::sync::atomic",
                "core::sync::atomic",
                "parking_lot",
                "arc_swap",
                "OnceLock",
                "std::sync::Mutex",
            ] {
                let is_exception = exceptions
                    .iter()
                    .any(|(file, what)| path.contains(file) && line.contains(what));
                assert!(!line.contains(source) || is_exception, "{path}: {line}");
            }
        }
    }
}

#[test]
fn sources_have_no_macros_or_sleeps() {
    for (path, text) in sources() {
        for word in ["macro_rules!", "thread::sleep", "dbg!", "todo!", "unimplemented!", "println!"]
        {
            assert!(!text.lines().any(|line| code(line).contains(word)), "{path}: {word}");
        }
    }
}
