//! The Markdown of the repository: its links resolve, and the code of the chapter about
//! libraries is the code that is compiled.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};

const CHAPTER: &str = include_str!("../../guide/in-a-library.md");

const SOURCES: [&str; 3] = [
    include_str!("../in-a-library/cache/src/lib.rs"),
    include_str!("../in-a-library/jobs/src/lib.rs"),
    include_str!("../in-a-library/service/src/main.rs"),
];

#[test]
fn every_snippet_is_in_a_source() {
    let snippets = CHAPTER.split("\n```rust\n").skip(1);
    let snippets: Vec<_> = snippets.map(|rest| rest.split_once("```").unwrap().0).collect();
    assert!(snippets.len() > 5, "{snippets:?}");
    for snippet in snippets {
        assert!(SOURCES.iter().any(|source| source.contains(snippet)), "{snippet}");
    }
}

/// Returns the Markdown files below a folder, without those that a build makes.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            found.extend(pages(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found
}

/// Returns the lines of a page outside of its code blocks.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    page.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        !in_code && !is_fence
    })
}

/// Returns the targets of the links of a page.
fn links(page: &str) -> Vec<&str> {
    let ends = prose(page).flat_map(|line| line.split("](").skip(1));
    ends.filter_map(|end| Some(end.split_once(')')?.0)).collect()
}

/// Returns the anchors of a page's headings.
fn anchors(page: &str) -> Vec<String> {
    let headings = prose(page).filter(|line| line.starts_with('#'));
    let kept = |letter: &char| letter.is_alphanumeric() || "-_ ".contains(*letter);
    let anchor = |heading: &str| heading.trim_start_matches('#').trim().to_lowercase();
    headings
        .map(|line| anchor(line).chars().filter(kept).collect::<String>().replace(' ', "-"))
        .collect()
}

/// Returns why a link of a page leads nowhere.
fn fault(page: &Path, link: &str) -> Option<String> {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if file.is_empty() { page.to_owned() } else { page.parent()?.join(file) };
    if !target.exists() {
        return Some(format!("{}: no file {link:?}", page.display()));
    }
    let is_missing = !anchor.is_empty()
        && !anchors(&fs::read_to_string(target).ok()?).iter().any(|a| a == anchor);
    is_missing.then(|| format!("{}: no heading {link:?}", page.display()))
}

#[test]
fn every_relative_link_resolves() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let pages = pages(root);
    assert!(pages.len() > 10, "{pages:?}");
    let mut faults = Vec::new();
    let mut checked = 0;
    for page in &pages {
        let text = fs::read_to_string(page).unwrap();
        // The crate pages of adapters link to items of rustdoc, which checks them itself.
        let links = links(&text).into_iter().filter(|link| {
            !link.contains("://") && !link.contains("::") && !link.contains(".html")
        });
        for link in links {
            checked += 1;
            faults.extend(fault(page, link));
        }
    }
    assert!(checked > 40, "{checked}");
    assert_eq!(faults, Vec::<String>::new());
}

/// Returns the paths of a page that are named as code.
fn paths(page: &str) -> Vec<&str> {
    let folders = ["core/", "exporter-text/", "adapters/", "collectors/", "docker/", "benches/"];
    let words = prose(page).flat_map(|line| line.split('`').skip(1).step_by(2));
    words.filter(|word| folders.iter().any(|folder| word.starts_with(folder))).collect()
}

#[test]
fn every_named_path_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for page in ["ARCHITECTURE.md", "CONTRIBUTING.md", "DESIGN.md"] {
        let text = fs::read_to_string(root.join(page)).unwrap();
        let missing: Vec<_> =
            paths(&text).into_iter().filter(|path| !root.join(path).exists()).collect();
        assert_eq!(missing, Vec::<&str>::new(), "{page}");
    }
}

#[test]
fn broken_links_are_found() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    assert_eq!(fault(&page, "ARCHITECTURE.md#glossary"), None);
    assert!(fault(&page, "ARCHITECTURE.md#no-such-heading").is_some());
    assert!(fault(&page, "NO-SUCH-FILE.md").is_some());
    assert_eq!(links("see [a](b.md#c), [d](e)\n```\n[f](g)\n```"), ["b.md#c", "e"]);
    assert_eq!(anchors("## From `a`: b & c\n"), ["from-a-b--c"]);
}
