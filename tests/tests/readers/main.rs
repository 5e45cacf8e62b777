//! Independent readers accept every page, and read from it what was recorded.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test helper fails by panicking")]

mod account;
mod hostile;
mod live;
mod raw;
mod values;

use std::time::{SystemTime, UNIX_EPOCH};

use account::{Family, Line, Number, is_openmetrics};
use tickmark::Registry;
use tickmark::collect::Collection;
use tickmark_tests::{parser, prometheus, say_skipped};
use tickmark_text::{Encoder, Escaping, Format};

const FORMATS: [Format; 10] = [
    Format::Text0_0_4,
    Format::Text1_0_0(Escaping::AllowUtf8),
    Format::Text1_0_0(Escaping::Underscores),
    Format::Text1_0_0(Escaping::Dots),
    Format::Text1_0_0(Escaping::Values),
    Format::OpenMetrics1_0(None),
    Format::OpenMetrics1_0(Some(Escaping::AllowUtf8)),
    Format::OpenMetrics1_0(Some(Escaping::Underscores)),
    Format::OpenMetrics1_0(Some(Escaping::Dots)),
    Format::OpenMetrics1_0(Some(Escaping::Values)),
];

const NO_PARSERS: &str = "the parsers of prometheus_client are missing: tests/run fetches them";

#[test]
fn parsers_read_any_texts() {
    check(hostile::texts, &FORMATS);
}

#[test]
fn parsers_read_any_numbers() {
    check(hostile::numbers, &FORMATS);
}

#[test]
fn parsers_read_every_kind() {
    check(hostile::kinds, &FORMATS);
}

#[test]
fn parsers_read_open_families() {
    check(hostile::open, &FORMATS);
}

/// The classic parser adds the suffix that the name lacks.
#[test]
fn parsers_read_counter_names_as_given() {
    if !parser::available() {
        return say_skipped(NO_PARSERS);
    }
    let registry = Registry::new().with_counter_names_as_given();
    registry.counter("hits", "H.").unwrap().add(7);
    for (format, kind, name) in [
        (Format::Text0_0_4, "counter", "hits_total"),
        (Format::OpenMetrics1_0(None), "unknown", "hits"),
    ] {
        let page = page(&registry, format);
        assert!(page.contains("\nhits 7\n"), "{page}");
        let read = parser::read(&page, is_openmetrics(format));
        let [family] = &*read else { panic!("{read:?}") };
        assert_eq!((&*family.name, &*family.kind), ("hits", kind));
        let [sample] = &*family.samples else { panic!("{family:?}") };
        assert_eq!((&*sample.name, sample.value.parse()), (name, Ok(7.0)));
    }
}

#[test]
fn parsers_read_an_empty_page() {
    check(|_| vec![], &FORMATS);
}

#[test]
fn parsers_read_a_hundred_thousand_series() {
    check(hostile::many, &[Format::Text0_0_4, Format::OpenMetrics1_0(None)]);
}

/// Readers accept the page without the values its format lacks, and the next page, which
/// counts them.
#[test]
fn parsers_read_pages_with_omissions() {
    if !parser::available() {
        return say_skipped(NO_PARSERS);
    }
    let registry = Registry::new().with_utf8_names();
    let collect = |out: &mut Collection| {
        out.state_set("job:phase", "A label cannot have a colon.", [], &["up"]).series([], &[true]);
        out.gauge("broken", "B.", ["text"]).series(["1"], 1);
    };
    registry.register_collector("test", collect).unwrap();
    let count = registry.counter("count", "C.").unwrap();
    count.add_with_exemplar(1, &[("le:gal", "")]);
    let read = || {
        let page = page(&registry, Format::OpenMetrics1_0(None));
        raw::check(&page, true);
        let families = parser::read(&page, true);
        let samples = families.into_iter().flat_map(|family| family.samples);
        let labels = |sample: parser::Sample| {
            assert!(sample.exemplar.is_none());
            format!("{}{:?} {}", sample.name, sample.labels, sample.value)
        };
        samples.map(labels).collect::<Vec<_>>()
    };
    let rest = ["broken{\"text\": \"1\"} 1", "count_total{} 1"];
    let refused = r#"tickmark_exemplars_rejected_total{"family": "count_total"} 1"#;
    assert_eq!(read(), [&rest[..], &[refused]].concat());
    let omissions = "tickmark_exposition_omissions_total\
                     {\"family\": \"job:phase\", \"reason\": \"name not a label name\"} 2";
    assert_eq!(read(), [&rest[..], &[refused, omissions]].concat());
}

#[test]
fn promtool_accepts_every_page() {
    if !prometheus::available() {
        return say_skipped("promtool is not installed");
    }
    let fills = [hostile::texts, hostile::numbers, hostile::kinds, hostile::open];
    for fill in fills.into_iter().chain([(|_: &Registry| vec![]) as fn(&Registry) -> _]) {
        let registry = Registry::new();
        _ = fill(&registry);
        let page = page(&registry, Format::Text0_0_4);
        let checked = prometheus::check_metrics(&page);
        assert!(
            checked.status.success() && checked.stdout.is_empty() && checked.stderr.is_empty(),
            "{checked:?}"
        );
    }
}

fn page(registry: &Registry, format: Format) -> String {
    String::from_utf8(Encoder::new(registry).encode_as(format).to_vec()).unwrap()
}

fn check(fill: fn(&Registry) -> Vec<Family>, formats: &[Format]) {
    if !parser::available() {
        return say_skipped(NO_PARSERS);
    }
    let start = unix_time();
    for format in formats {
        // A new registry each: omissions of a format would be reported on later pages.
        let registry = Registry::new();
        let families = fill(&registry);
        let page = page(&registry, *format);
        raw::check(&page, is_openmetrics(*format));
        compare(&families, &page, *format, start);
    }
}

/// Compares the parser's result, family by family and line by line.
fn compare(families: &[Family], page: &str, format: Format, start: f64) {
    let read = parser::read(page, is_openmetrics(format));
    let names: Vec<_> = read.iter().map(|family| &family.name).collect();
    let expected: Vec<_> = families.iter().map(|family| family.shown_name(format)).collect();
    assert_eq!(names, expected.iter().collect::<Vec<_>>(), "{format:?}");
    let mut values = raw::values(page).into_iter();
    for (family, read) in families.iter().zip(&read) {
        let context = format!("{format:?} {}", read.name);
        assert_eq!(read.kind, family.shown_kind(format), "{context}");
        assert_eq!(read.unit, family.shown_unit(format), "{context}");
        compare_help(&family.help, &read.help, page, format);
        let lines = family.lines(format);
        assert_eq!(read.samples.len(), lines.len(), "{context}: {:?}", read.samples);
        for (line, sample) in lines.iter().zip(&read.samples) {
            assert_eq!((&sample.name, &sample.labels), (&line.name, &line.labels), "{context}");
            let (text, _) = values.next().unwrap();
            compare_value(line, text, &sample.value, start);
            compare_exemplar(line, sample.exemplar.as_ref(), format, start);
        }
    }
    assert_eq!(values.next(), None);
}

/// The parsers strip blanks, including four that only Python knows, so the written help
/// is also compared.
fn compare_help(help: &str, read: &str, page: &str, format: Format) {
    let is_blank = |char: char| char.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&char);
    assert_eq!(read.trim_matches(is_blank), help.trim_matches(is_blank), "{format:?}");
    let mut written = help.replace('\\', "\\\\").replace('\n', "\\n");
    if is_openmetrics(format) {
        written = written.replace('"', "\\\"");
    }
    assert!(page.contains(&format!(" {written}\n")), "help missing in {written:?}");
}

/// A value as written, and as the parser read it.
fn compare_value(line: &Line<'_>, text: &str, read: &str, start: f64) {
    let read: f64 = read.parse().unwrap();
    match &line.sample.value {
        Number::Exact(exact) => {
            assert_eq!((text, read), (&**exact, exact.parse().unwrap()), "{line:?}")
        }
        // The sign of a zero is not written.
        Number::Float(float) => {
            assert!(read == *float || (read.is_nan() && float.is_nan()), "{read} in {line:?}")
        }
        Number::Moment => assert!(is_moment(read, start), "{read} in {line:?}"),
    }
}

fn compare_exemplar(line: &Line<'_>, read: Option<&parser::Exemplar>, format: Format, start: f64) {
    let expected = line.sample.exemplar.as_ref().filter(|_| is_openmetrics(format));
    let (Some((labels, value)), Some(read)) = (expected, read) else {
        return assert!(expected.is_none() && read.is_none(), "{read:?} in {line:?}");
    };
    let read_labels: Vec<_> = read.labels.iter().map(|(name, value)| (&**name, &**value)).collect();
    let mut labels = labels.clone();
    labels.sort_unstable();
    assert_eq!(read_labels, labels, "{line:?}");
    assert_eq!(read.value.parse::<f64>().unwrap(), *value, "{line:?}");
    assert!(read.time.is_none_or(|time| is_moment(time, start)), "{read:?}");
    if let Some(le) = line.labels.get("le").filter(|le| *le != "+Inf") {
        assert!(*value <= le.parse().unwrap(), "{read:?} in {line:?}");
    }
}

/// Whether a time is of this test, to the millisecond.
fn is_moment(time: f64, start: f64) -> bool {
    (start - 0.001..=unix_time() + 0.001).contains(&time)
}

fn unix_time() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}
