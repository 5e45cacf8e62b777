//! A naive reader of text and OpenMetrics pages. Panics on invalid syntax.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

#[derive(Debug, Default)]
pub struct Family {
    pub name: String,
    pub kind: String,
    pub unit: String,
    pub help: Option<String>,
    pub samples: Vec<Sample>,
}

#[derive(Debug)]
pub struct Sample {
    pub name: String,
    pub labels: Vec<(String, String)>,
    pub value: String,
    pub exemplar: Option<(Vec<(String, String)>, String)>,
}

pub fn read(page: &[u8], is_openmetrics: bool) -> Vec<Family> {
    let mut page = std::str::from_utf8(page).unwrap();
    if is_openmetrics {
        page = page.strip_suffix("# EOF\n").expect("an end");
    }
    let mut families: Vec<Family> = Vec::new();
    let mut series = BTreeSet::new();
    let mut chars = page.chars().peekable();
    while let Some(first) = chars.peek() {
        if *first == '#' {
            read_metadata(&mut chars, &mut families, is_openmetrics);
            continue;
        }
        let sample = read_sample(&mut chars, is_openmetrics);
        assert!(
            series.insert((sample.name.clone(), sample.labels.clone())),
            "duplicate series: {sample:?}"
        );
        let family = families.last_mut().expect("metadata before samples");
        assert!(family.help.is_some() && !family.kind.is_empty(), "metadata before samples");
        family.samples.push(sample);
    }
    let names: BTreeSet<_> = families.iter().map(|family| &family.name).collect();
    assert_eq!(names.len(), families.len(), "a family in two blocks");
    families
}

fn read_metadata(
    chars: &mut Peekable<Chars<'_>>,
    families: &mut Vec<Family>,
    is_openmetrics: bool,
) {
    expect(chars, "# ");
    let keyword: String = std::iter::from_fn(|| chars.next().filter(|char| *char != ' ')).collect();
    let name = match chars.peek() {
        Some('"') => read_quoted(chars),
        _ => read_bare(chars, ":"),
    };
    expect(chars, " ");
    if keyword == if is_openmetrics { "TYPE" } else { "HELP" } {
        families.push(Family { name: name.clone(), ..Family::default() });
    }
    let family = families.last_mut().expect("the first line of metadata");
    assert_eq!(family.name, name);
    assert!(family.samples.is_empty(), "metadata after samples");
    match &*keyword {
        "TYPE" => {
            assert!(family.kind.is_empty(), "duplicate TYPE");
            family.kind = read_word(chars).0;
        }
        "UNIT" => {
            assert!(is_openmetrics && family.unit.is_empty(), "unexpected UNIT");
            family.unit = read_word(chars).0;
        }
        "HELP" => {
            assert!(family.help.is_none(), "duplicate HELP");
            family.help =
                Some(read_escaped(chars, '\n', if is_openmetrics { "\\n\"" } else { "\\n" }));
        }
        other => panic!("unknown keyword {other:?}"),
    }
}

fn read_sample(chars: &mut Peekable<Chars<'_>>, is_openmetrics: bool) -> Sample {
    let mut name = None;
    if chars.peek() != Some(&'{') {
        name = Some(read_bare(chars, ":"));
    }
    let mut labels = Vec::new();
    if chars.peek() == Some(&'{') {
        labels = read_labels(chars, &mut name);
        assert!(
            !labels.is_empty() || name.as_ref().is_some_and(|name| !is_bare(name)),
            "empty braces"
        );
    }
    expect(chars, " ");
    let (value, end) = read_word(chars);
    let mut exemplar = None;
    if end == ' ' {
        assert!(is_openmetrics, "text after the value");
        expect(chars, "# ");
        let labels = read_labels(chars, &mut Some(String::new()));
        expect(chars, " ");
        let (value, end) = read_word(chars);
        if end == ' ' {
            let (time, end) = read_word(chars);
            assert!(end == '\n' && time.parse::<f64>().is_ok_and(|time| time > 1e9), "time {time}");
        }
        exemplar = Some((labels, value));
    }
    Sample { name: name.expect("a name"), labels, value, exemplar }
}

/// Reads labels in braces, and the name if it is the first of them.
fn read_labels(
    chars: &mut Peekable<Chars<'_>>,
    name: &mut Option<String>,
) -> Vec<(String, String)> {
    expect(chars, "{");
    let mut labels: Vec<(String, String)> = Vec::new();
    if chars.next_if_eq(&'}').is_some() {
        return labels;
    }
    loop {
        let label = match chars.peek() {
            Some('"') => {
                let label = read_quoted(chars);
                assert!(!is_bare(&label) || label.contains(':'), "unnecessary quotes: {label}");
                label
            }
            _ => read_bare(chars, ""),
        };
        if name.is_none() {
            *name = Some(label);
        } else {
            expect(chars, "=");
            assert!(labels.iter().all(|(before, _)| *before != label), "duplicate label: {label}");
            labels.push((label, read_quoted(chars)));
        }
        match chars.next() {
            Some(',') => {}
            Some('}') => return labels,
            other => panic!("{other:?} after a label"),
        }
    }
}

/// Reads an unquoted name: letters, digits except at the start, `_`, and `more`.
fn read_bare(chars: &mut Peekable<Chars<'_>>, more: &str) -> String {
    let is_legal =
        |char: &char| char.is_ascii_alphanumeric() || *char == '_' || more.contains(*char);
    let name: String = std::iter::from_fn(|| chars.next_if(is_legal)).collect();
    assert!(is_bare(&name), "invalid name {name:?}");
    name
}

fn is_bare(name: &str) -> bool {
    name.chars().all(|char| char.is_ascii_alphanumeric() || "_:".contains(char))
        && !name.starts_with(|char: char| char.is_ascii_digit())
        && !name.is_empty()
}

fn read_quoted(chars: &mut Peekable<Chars<'_>>) -> String {
    expect(chars, "\"");
    read_escaped(chars, '"', "\\n\"")
}

fn read_escaped(chars: &mut Peekable<Chars<'_>>, end: char, escapes: &str) -> String {
    let mut text = String::new();
    loop {
        match chars.next().expect("an end of a text") {
            char if char == end => return text,
            '\\' => match chars.next().filter(|escape| escapes.contains(*escape)) {
                Some('n') => text.push('\n'),
                Some(other) => text.push(other),
                None => panic!("unknown escape"),
            },
            char => {
                assert!(
                    char != '\n' && !(char == '"' && escapes.contains('"')),
                    "unescaped {char:?}"
                );
                text.push(char);
            }
        }
    }
}

/// Reads up to the next blank or LF. Returns the text, and which of the two ended it.
fn read_word(chars: &mut Peekable<Chars<'_>>) -> (String, char) {
    let mut word = String::new();
    loop {
        match chars.next().expect("an end of the line") {
            end @ (' ' | '\n') => {
                assert!(!word.is_empty());
                return (word, end);
            }
            char => word.push(char),
        }
    }
}

fn expect(chars: &mut Peekable<Chars<'_>>, text: &str) {
    text.chars().for_each(|char| assert_eq!(chars.next(), Some(char), "in {text:?}"));
}
