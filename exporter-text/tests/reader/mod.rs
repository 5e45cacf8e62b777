//! A reader of the text format, written from its description alone. Panics on unknown
//! syntax.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails by panicking")]

use std::iter::Peekable;
use std::str::Chars;

#[derive(Debug, PartialEq)]
pub(crate) struct Family {
    pub(crate) name: String,
    pub(crate) help: String,
    pub(crate) kind: String,
    pub(crate) samples: Vec<Sample>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: String,
}

pub(crate) fn read(page: &[u8]) -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    let mut chars = std::str::from_utf8(page).unwrap().chars().peekable();
    while chars.peek().is_some() {
        if chars.peek() == Some(&'#') {
            families.push(read_metadata(&mut chars));
        } else {
            families.last_mut().unwrap().samples.push(read_sample(&mut chars));
        }
    }
    families
}

/// Reads a page of OpenMetrics.
pub(crate) fn read_openmetrics(page: &[u8]) -> Vec<Family> {
    let page = std::str::from_utf8(page).unwrap().strip_suffix("# EOF\n").unwrap();
    let mut families: Vec<Family> = Vec::new();
    let mut chars = page.chars().peekable();
    while chars.peek().is_some() {
        if chars.peek() == Some(&'#') {
            families.push(read_openmetrics_metadata(&mut chars));
        } else {
            families.last_mut().unwrap().samples.push(read_sample(&mut chars));
        }
    }
    families
}

fn read_openmetrics_metadata(chars: &mut Peekable<Chars<'_>>) -> Family {
    expect(chars, "# TYPE ");
    let name = read_name(chars, ' ');
    let kind = read_until(chars, '\n');
    expect(chars, "# HELP ");
    assert_eq!(read_name(chars, ' '), name);
    let mut help = String::new();
    loop {
        match chars.next().unwrap() {
            '\n' => break,
            '"' => panic!("quote in a help"),
            '\\' => help.push(read_escape(chars, "\\\"n")),
            other => help.push(other),
        }
    }
    Family { name, help, kind, samples: Vec::new() }
}

/// Reads a name, quoted or not, and the character after it.
fn read_name(chars: &mut Peekable<Chars<'_>>, end: char) -> String {
    if chars.peek() != Some(&'"') {
        let name = read_until(chars, end);
        assert!(
            name.chars().all(|char| char.is_ascii_alphanumeric() || "_:".contains(char)),
            "{name:?}"
        );
        return name;
    }
    expect(chars, "\"");
    let name = read_label_value(chars);
    assert_eq!(chars.next(), Some(end));
    name
}

fn read_metadata(chars: &mut Peekable<Chars<'_>>) -> Family {
    expect(chars, "# HELP ");
    let name = read_name(chars, ' ');
    let mut help = String::new();
    loop {
        match chars.next().unwrap() {
            '\n' => break,
            '\\' => help.push(read_escape(chars, "\\n")),
            other => help.push(other),
        }
    }
    expect(chars, "# TYPE ");
    assert_eq!(read_name(chars, ' '), name);
    let kind = read_until(chars, '\n');
    Family { name, help, kind, samples: Vec::new() }
}

fn read_sample(chars: &mut Peekable<Chars<'_>>) -> Sample {
    let mut name = String::new();
    while !matches!(chars.peek().unwrap(), ' ' | '{') {
        name.push(chars.next().unwrap());
    }
    let is_quoted = name.is_empty();
    let mut labels = Vec::new();
    if chars.peek() == Some(&'{') {
        let mut separator = chars.next();
        if is_quoted {
            expect(chars, "\"");
            name = read_label_value(chars);
            separator = chars.next();
        }
        while separator != Some('}') {
            let label = read_name(chars, '=');
            expect(chars, "\"");
            labels.push((label, read_label_value(chars)));
            separator = chars.next();
            assert!(matches!(separator, Some(',' | '}')));
        }
        assert!(is_quoted || !labels.is_empty(), "braces without labels");
    }
    expect(chars, " ");
    Sample { name, labels, value: read_until(chars, '\n') }
}

fn read_label_value(chars: &mut Peekable<Chars<'_>>) -> String {
    let mut value = String::new();
    loop {
        match chars.next().unwrap() {
            '"' => return value,
            '\n' => panic!("newline in a label value"),
            '\\' => value.push(read_escape(chars, "\\\"n")),
            other => value.push(other),
        }
    }
}

fn read_escape(chars: &mut Peekable<Chars<'_>>, allowed: &str) -> char {
    let escaped = chars.next().unwrap();
    assert!(allowed.contains(escaped), "unknown escape {escaped:?}");
    if escaped == 'n' { '\n' } else { escaped }
}

fn read_until(chars: &mut Peekable<Chars<'_>>, end: char) -> String {
    let mut text = String::new();
    loop {
        let next = chars.next().unwrap();
        if next == end {
            assert!(!text.is_empty());
            return text;
        }
        text.push(next);
    }
}

fn expect(chars: &mut Peekable<Chars<'_>>, text: &str) {
    for wanted in text.chars() {
        assert_eq!(chars.next(), Some(wanted), "in {text:?}");
    }
}
