//! The code of the guide's chapter about libraries is the code that is compiled.

#![expect(clippy::unwrap_used, reason = "a test")]

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
