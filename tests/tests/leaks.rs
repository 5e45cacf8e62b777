//! Memory that is never freed: the table in ARCHITECTURE.md is complete.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of the libraries.
const LIBRARIES: [&str; 4] = ["core/src", "exporter-text/src", "adapters", "collectors"];

/// Ways to leak memory.
const LEAKS: [&str; 4] = ["Box::leak(", ".leak()", "mem::forget(", "ManuallyDrop"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.extension().and_then(|extension| extension.to_str()) {
            None if path.is_dir() => sources(&path, found),
            Some("rs") => found.push(path),
            _ => {}
        }
    }
}

/// Whether a source leaks outside of its unit tests and comments.
fn leaks(source: &str) -> bool {
    let shipped = source
        .split("#[cfg(test)]")
        .next()
        .and_then(|shipped| shipped.split("#[cfg(all(test,").next());
    let code = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    shipped
        .unwrap_or_default()
        .lines()
        .map(code)
        .any(|line| LEAKS.iter().any(|leak| line.contains(leak)))
}

/// Whether a source is built for the models only.
fn is_of_models(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "models")
}

#[test]
fn every_leak_is_in_the_architecture() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    LIBRARIES.iter().for_each(|library| sources(&root.join(library), &mut found));
    found.retain(|path| {
        path.components().any(|part| part.as_os_str() == "src") && !is_of_models(path)
    });
    assert!(found.len() > 100, "{found:?}");
    found.retain(|path| leaks(&fs::read_to_string(path).unwrap()));
    let found: BTreeSet<_> =
        found.iter().map(|path| path.strip_prefix(root).unwrap().display().to_string()).collect();

    let architecture = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let (_, section) = architecture.split_once("\n## Leaked memory\n").unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let listed: BTreeSet<_> = rows.map(|row| row.split_once('`').unwrap().0.to_owned()).collect();
    assert_eq!(found, listed);
}

#[test]
fn leaks_in_comments_and_tests_are_ignored() {
    assert!(leaks("fn keep() { Box::leak(it); }"));
    assert!(!leaks("// Box::leak(it)"));
    assert!(!leaks("#[cfg(test)]\nfn keep() { Box::leak(it); }"));
}
