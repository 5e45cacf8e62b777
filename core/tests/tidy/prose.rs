//! Words and widths of comments and documents.

use crate::sources::{Source, repository};

/// Words that prose does without: persons, and negations that no engineer uses.
const BANNED: [&str; 9] =
    ["who", "whoever", "somebody", "nobody", "anybody", "whatever", "anew", "is no", "is none"];

/// The most columns of code, and of prose in comments and documents.
const CODE_WIDTH: usize = 100;
const PROSE_WIDTH: usize = 90;

/// A line of prose.
#[derive(Debug)]
struct Line<'a> {
    number: usize,
    text: &'a str,
    /// Whether it is free to be wrapped: not in a code block, a table or a heading.
    is_free: bool,
}

/// Returns the comment of a line of Rust. Two slashes in a string do not begin one.
fn comment(line: &str) -> Option<&str> {
    let (code, comment) = line.split_once("//")?;
    (code.matches('"').count() % 2 == 0).then_some(comment)
}

/// The lines of prose of a file: comments of Rust, all of a document but its code.
fn prose(source: &Source) -> Vec<Line<'_>> {
    let is_document = source.path.ends_with(".md");
    let mut is_in_block = false;
    let mut lines = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        let text = if is_document {
            line
        } else if let Some(comment) = comment(line) {
            comment.trim_start_matches(['/', '!'])
        } else {
            is_in_block = false;
            continue;
        };
        let start = text.trim_start();
        if start.starts_with("```") {
            is_in_block = !is_in_block;
        } else if !is_in_block {
            let is_free = !start.starts_with(['|', '#', '[']) && !text.contains("://");
            lines.push(Line { number: index + 1, text, is_free });
        }
    }
    lines
}

fn has_banned_word(text: &str) -> bool {
    // Text in code marks is quoted.
    let quoted = text.split('`').step_by(2).collect::<Vec<_>>().join("`");
    let words = quoted.to_lowercase();
    let words: Vec<_> =
        words.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    BANNED.iter().any(|banned| {
        let banned: Vec<_> = banned.split(' ').collect();
        // "is no longer" is as good as "not any more".
        let mut runs = words.windows(banned.len()).enumerate();
        runs.any(|(at, run)| run == banned && words.get(at + banned.len()) != Some(&"longer"))
    })
}

#[test]
fn prose_does_without_banned_words() {
    let mut found = Vec::new();
    for source in repository(&["rs", "md"]) {
        for Line { number, text, .. } in prose(&source) {
            if has_banned_word(text) {
                found.push(format!("{}:{number}: {}", source.path, text.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn lines_have_their_width() {
    let mut found = Vec::new();
    for source in repository(&["rs", "md"]) {
        // Generated.
        if source.path.ends_with("RESULTS.md") {
            continue;
        }
        let lines: Vec<&str> = source.text.lines().collect();
        let width = |number: usize| lines[number - 1].chars().count();
        let prose = prose(&source);
        let wide = prose.iter().filter(|line| line.is_free && width(line.number) > PROSE_WIDTH);
        found.extend(wide.map(|line| format!("{}:{}", source.path, line.number)));
        if source.path.ends_with(".rs") {
            let is_table = |line: &str| line.trim_start().starts_with("//") && line.contains('|');
            let wide = (1..=lines.len()).filter(|number| {
                let line = lines[number - 1];
                width(*number) > CODE_WIDTH && !line.contains("://") && !is_table(line)
            });
            found.extend(wide.map(|number| format!("{}:{number}", source.path)));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn banned_words_are_found() {
    for text in [" Who is there", "there is no other", "(nobody)", "made anew.", "that is none"] {
        assert!(has_banned_word(text), "{text}");
    }
    for text in ["whole", "is no longer there", "is not", "`who`", "no one", "this none"] {
        assert!(!has_banned_word(text), "{text}");
    }
}

#[test]
fn prose_is_that_of_comments_and_documents() {
    let text = "let x = \"a//b\";\nlet x = 1; // one\n/// two\n\
        /// ```\n/// code\n/// ```\n//! | a | b |\nlet y = 2;";
    let source = Source { path: "x.rs".into(), text: text.into() };
    let lines = prose(&source);
    assert_eq!(
        lines.iter().map(|line| line.text).collect::<Vec<_>>(),
        [" one", " two", " | a | b |"]
    );
    assert!(!lines[2].is_free && lines[1].is_free);
}
