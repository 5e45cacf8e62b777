//! Negotiation of captured headers, of unusual ones, and of any bytes against a naive
//! version.

mod naive_negotiation;

use std::iter;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use tickmark_text::{Format, accepts_gzip};

const T0: &str = "text/plain; version=0.0.4; charset=utf-8";
const T1: &str = "text/plain; version=1.0.0; charset=utf-8; escaping=underscores";
const T1_DOTS: &str = "text/plain; version=1.0.0; charset=utf-8; escaping=dots";
const OM: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const OM_DOTS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=dots";

fn content_type<H: AsRef<[u8]>>(headers: &[H]) -> &'static str {
    Format::negotiate(headers.iter().map(AsRef::as_ref)).content_type()
}

fn gzip<H: AsRef<[u8]>>(headers: &[H]) -> bool {
    accepts_gzip(headers.iter().map(AsRef::as_ref))
}

#[test]
fn captured_headers_get_their_formats() {
    let file: Value = serde_json::from_str(include_str!("accept_headers.json")).unwrap();
    let requests = file["requests"].as_array().unwrap();
    assert_eq!(requests.len(), 25);
    for request in requests {
        let headers = |name: &str| -> Vec<String> {
            request[name]
                .as_array()
                .unwrap()
                .iter()
                .map(|header| header.as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(content_type(&headers("accept")), request["content_type"], "{request}");
        assert_eq!(gzip(&headers("accept_encoding")), request["gzip"], "{request}");
    }
}

#[track_caller]
fn check(rows: &[(&str, &str)]) {
    for (accept, expected) in rows {
        assert_eq!(content_type(&[accept]), *expected, "{accept}");
        assert_eq!(
            naive_negotiation::content_type(&[accept.as_bytes()]),
            *expected,
            "naive: {accept}"
        );
    }
}

#[test]
fn highest_quality_wins_then_the_first() {
    check(&[
        ("application/openmetrics-text;q=0.001,text/plain;q=0", OM),
        ("text/plain;q=0.5,application/openmetrics-text;q=0.50", T0),
        ("application/openmetrics-text;q=0.50,text/plain;q=0.5", OM),
        ("text/plain;q=0.998,application/openmetrics-text;q=0.999", OM),
        ("text/plain;q=0.999,application/openmetrics-text", OM),
        ("*/*,application/openmetrics-text", T0),
        ("text/*;q=0.3,application/openmetrics-text;q=0.2", T0),
        ("text/plain;version=1.0.0;escaping=dots;q=0.2,text/plain;version=1.0.0;q=0.3", T1),
        (
            "application/openmetrics-text;escaping=values;q=0.1,\
             application/openmetrics-text;escaping=dots",
            OM_DOTS,
        ),
    ]);
}

#[test]
fn invalid_quality_drops_its_entry() {
    for bad in [
        "", ".5", "-0", "0,5", "0.1234", "1.001", "1.1", "2", "00", "01", "0x1", "1e0", "NaN",
        "0.5 0", "0.٣",
    ] {
        check(&[(&format!("application/openmetrics-text;q={bad}"), T0)]);
    }
    check(&[
        ("application/openmetrics-text;q", T0),
        ("application/openmetrics-text;q;q=1", T0),
        ("text/plain;version=1.0.0;q=0.1,application/openmetrics-text;q=7", T1),
        // Such an entry does not refuse anything either.
        (
            "application/openmetrics-text;q=0.0000,\
             application/openmetrics-text;version=1.0.0;q=0.1",
            OM,
        ),
        ("*/*;q=0.1,text/plain;q=0.0000", T0),
    ]);
    for good in [
        "1",
        "1.",
        "1.0",
        "1.000",
        "0.001",
        "0.5",
        " 0.5 ",
        "\"0.5\"",
        "\"0\\.5\"",
        "0.5;q=x",
        "0.5;q=0",
    ] {
        check(&[(&format!("text/plain;q=0,application/openmetrics-text;q={good}"), OM)]);
    }
}

#[test]
fn case_blanks_and_quotes_are_ignored() {
    check(&[
        ("  APPLICATION/OpenMetrics-Text\t;\tVERSION = \"1.0.0\" ; Q=1", OM),
        ("application/openmetrics-text;q=1;version=1.0.0;escaping=DOTS;charset=utf-8", OM_DOTS),
        ("application/openmetrics-text;x;=;;y=\"a,b;q=0\\\",\";escaping=\"d\\ots\"", OM_DOTS),
        (",, ,application/openmetrics-text,", OM),
        // Quotes hold separators. Unclosed quotes extend to the end.
        ("text/plain;x=\",application/openmetrics-text;q=1\"", T0),
        ("text/plain;version=1.0.0;x=\",application/openmetrics-text", T1),
        ("text/plain;x=\"\\\",application/openmetrics-text;\";version=1.0.0", T1),
        // A backslash outside of quotes is an ordinary byte.
        ("text/plain;x=\\\",application/openmetrics-text;\";version=1.0.0", T1),
        ("application/openmetrics-text;version=1\\.0.0", T0),
        // A type cannot have quotes or inner blanks.
        ("\"application/openmetrics-text\"", T0),
        ("application / openmetrics-text", T0),
    ]);
}

#[test]
fn first_of_equal_parameters_counts() {
    check(&[
        ("application/openmetrics-text;escaping=dots;escaping=values", OM_DOTS),
        ("application/openmetrics-text;q=1;q=0", OM),
        ("application/openmetrics-text;q=0;q=1", T0),
        ("application/openmetrics-text;version=1.0.0;version=2.0.0", OM),
        ("application/openmetrics-text;version=2.0.0;version=1.0.0", T0),
    ]);
}

#[test]
fn unknown_version_drops_its_entry() {
    check(&[
        ("application/openmetrics-text;version=0.0.4,text/plain;version=1.0.0;q=0.1", T1),
        ("application/openmetrics-text;version,text/plain;version=1.0.0;q=0.1", T1),
        ("text/plain;version=0.0.3,application/openmetrics-text;q=0.1", OM),
        ("text/plain;version=1.0,application/openmetrics-text;q=0.1", OM),
        ("text/plain;version=1.0.00,application/openmetrics-text;q=0.1", OM),
        ("text/plain;version=2.0.0;q=0,*/*;q=0.1", T0),
    ]);
}

#[test]
fn winning_entry_selects_the_escaping() {
    check(&[
        ("text/plain;version=1.0.0", T1),
        ("application/openmetrics-text,text/plain;version=1.0.0;escaping=dots;q=0.5", OM),
        (
            "application/openmetrics-text;escaping",
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
        ),
        ("text/plain;escaping=dots", T0),
        ("*/*;escaping=dots;version=1.0.0", T0),
    ]);
}

/// An entry of quality 0 overrides all entries that are not more specific.
#[test]
fn refused_formats_lose_to_accepted_ones() {
    check(&[
        ("*/*,application/openmetrics-text;q=0", T0),
        ("*/*,text/plain;q=0", OM),
        ("*/*,text/*;q=0.000", OM),
        ("*/*,text/plain;version=0.0.4;q=0", T1),
        ("text/*,text/plain;version=0.0.4;q=0", T1),
        ("text/plain;escaping=dots,text/plain;version=0.0.4;q=0", T1_DOTS),
        ("text/plain;q=0,application/*;q=0.1", OM),
        ("text/plain;q=0,*/*;q=0.1,application/openmetrics-text;escaping=dots;q=0.2", OM_DOTS),
        ("application/openmetrics-text;q=0,application/openmetrics-text;version=1.0.0", OM),
        (
            "application/openmetrics-text,\
             application/openmetrics-text;version=1.0.0;q=0,text/*;q=0.1",
            T0,
        ),
        (
            "application/openmetrics-text;escaping=values;q=0,\
             application/openmetrics-text;escaping=dots",
            OM_DOTS,
        ),
        (
            "application/openmetrics-text;escaping=underscores;q=0,\
             application/openmetrics-text,text/*;q=0.1",
            T0,
        ),
        (
            "application/openmetrics-text;escaping=x;q=0,\
             application/openmetrics-text;escaping=underscores,*/*;q=0.1",
            T0,
        ),
        ("*/*;q=0,application/openmetrics-text;q=0.1", OM),
        ("*/*;q=0,application/*;q=0.1", OM),
        ("application/*;q=0,application/openmetrics-text;q=0.1", OM),
        ("text/plain,text/plain;q=0,application/openmetrics-text;q=0.1", OM),
        // No format remains.
        ("*/*;q=0", T0),
        ("text/plain;q=0", T0),
        ("*/*;q=0,text/plain;q=0,application/openmetrics-text;q=0", T0),
        ("text/plain;q=0,*/*;q=0.5,application/*;q=0", T0),
    ]);
}

#[test]
fn repeated_headers_are_joined() {
    let accept = ["text/plain;version=1.0.0;q=0.2", "", "application/openmetrics-text;q=0.1"];
    assert_eq!(content_type(&accept), T1);
    assert_eq!(content_type(&["*/*;q=0.1", "text/plain;q=0"]), OM);
    assert_eq!(content_type(&["text/plain;version=1.0.0;x=\"", "\";version=2.0.0"]), T1);
    assert!(!gzip(&["gzip;q=0.4", "identity;q=0.5"]));
}

#[test]
fn headers_past_the_limit_are_ignored() {
    let at = |length: usize, rest: &str| format!("{}{rest}", " ".repeat(length - rest.len()));
    assert_eq!(content_type(&[at(8_192, "application/openmetrics-text")]), OM);
    assert_eq!(content_type(&[at(8_193, "application/openmetrics-text")]), T0);
    // The cut entry is dropped, as its beginning could mean the opposite.
    assert_eq!(content_type(&[at(8_193, "application/openmetrics-text;q=0.15")]), T0);
    let (less, refused) = ("text/plain;version=1.0.0;q=0.5,*/*;q=0.1", "*/*,text/plain;q=0.1");
    assert_eq!(content_type(&[at(8_192 + ";q=0.1".len(), less)]), T1);
    assert_eq!(content_type(&[at(8_192 + ".1".len(), refused)]), T0);
    // Endless headers end at the limit.
    assert_eq!(Format::negotiate(iter::repeat(&b""[..])).content_type(), T0);
    assert_eq!(
        Format::negotiate(iter::repeat(&b"application/openmetrics-text"[..])).content_type(),
        OM
    );
    assert!(accepts_gzip(iter::repeat(&b"gzip"[..])));
}

/// RFC 9110, section 12.5.3.
#[test]
fn accepted_gzip_is_used() {
    for accepted in [
        "gzip",
        "x-gzip",
        "X-GZip;q=0.2",
        "GZip ; Q=0.001",
        "deflate, gzip;q=1.0, *;q=0.5",
        "gzip;q=0.5,identity;q=0.5",
        "gzip;q=0.5,*;q=1",
        "gzip;q=0.5,*;q=0",
        "identity;q=0,gzip;q=0.1",
        "gzip,identity;q=x",
        "gzip,gzip;q=0.5",
        // Through the wildcard.
        "*",
        "*;q=0.001",
        "*, identity",
        "*, identity;q=0.5",
        "*;q=0.1, identity;q=0",
        "br, *;q=0.1",
        "gzip;q=x, *",
        // The plain page is refused, and gzip is not.
        "identity;q=0",
        "identity ; Q=0.000",
        "deflate, identity;q=0",
        "identity;q=0, identity;q=0.0",
    ] {
        assert!(gzip(&[accepted]), "{accepted}");
        assert!(naive_negotiation::gzip(&[accepted.as_bytes()]), "naive: {accepted}");
    }
    for not in [
        "",
        " ",
        ",",
        "gzip;q=0",
        "gzip;q=0.000",
        "gzip;q=1.1",
        "gzip;q=",
        "x-gzip;q=0",
        "gzip,x-gzip;q=0",
        "*;q=0",
        "*;q=0.000",
        "*,*;q=0",
        "gzip;q=0,*",
        "*,gzip;q=0",
        "x-gzip;q=0,*;q=1",
        "zstd",
        "identity",
        "identity, *;q=0.5",
        "gzip;q=0.4,identity;q=0.5",
        "identity,gzip;q=0.999",
        "identity;q=0,identity;q=0.1",
        "gzip,gzip;q=0",
        "gzip;q=0,gzip",
        "gzipped",
        "gzip*",
        "*/*",
        "x=gzip",
        "br;x=\",gzip\"",
        // Both are refused: the plain page helps more than no page.
        "gzip;q=0,identity;q=0",
        "*;q=0,identity;q=0",
    ] {
        assert!(!gzip(&[not]), "{not}");
        assert!(!naive_negotiation::gzip(&[not.as_bytes()]), "naive: {not}");
    }
    assert!(!gzip::<&str>(&[]));
    assert!(gzip(&["identity;q=0", "*"]));
    assert!(!gzip(&["*", "gzip;q=0"]));
}

/// Pieces of headers in any order, against the grammar too.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let known = [
        "text/plain",
        "application/openmetrics-text",
        "*/*",
        "text/*",
        "application/*",
        "gzip",
        "x-gzip",
        "identity",
        "*",
        ";",
        ";",
        ",",
        ",",
        "=",
        "\"",
        "\\",
        " ",
        "\t",
        ";q=0",
        ";Q=0.5",
        ";q=1.000",
        ";q=0.0001",
        ";version=",
        "1.0.0",
        "0.0.4",
        "2.0.0",
        ";escaping=",
        "dots",
        "Values",
        "allow-utf-8",
        "underscores",
        "x",
    ];
    let known = select(known.to_vec()).prop_map(|piece| piece.as_bytes().to_vec());
    let piece = prop_oneof![8 => known, 1 => vec(any::<u8>(), 0..3)];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Well-formed entries that every rule applies to.
fn entries() -> impl Strategy<Value = Vec<u8>> {
    let name = select(vec![
        "text/plain",
        "application/openmetrics-text",
        "*/*",
        "text/*",
        "application/*",
        "a/b",
    ]);
    let version = select(vec![
        "",
        "",
        ";version=1.0.0",
        ";version=0.0.4",
        ";version=\"1.0.0\"",
        ";version=3",
    ]);
    let escaping = select(vec![
        "",
        "",
        ";escaping=dots",
        ";escaping=values",
        ";escaping=underscores",
        ";escaping=x",
    ]);
    let quality = select(vec![
        "", ";q=0", ";q=0", ";q=0.000", ";q=0.5", ";q=0.50", ";q=0.123", ";q=1", ";q=2",
    ]);
    let entry = (name, version, escaping, quality).prop_map(|(n, v, e, q)| format!("{n}{v}{e}{q}"));
    vec(entry, 0..8).prop_map(|entries| entries.join(", ").into_bytes())
}

fn codings() -> impl Strategy<Value = Vec<u8>> {
    let coding = select(vec!["gzip", "identity", "*", "br", "GZIP", "x-gzip"]);
    let quality = select(vec!["", ";q=0", ";q=0.5", ";q=0.7", ";q=1", ";q=2"]);
    vec((coding, quality), 0..5).prop_map(|entries| {
        entries
            .iter()
            .map(|(coding, quality)| format!("{coding}{quality}"))
            .collect::<Vec<_>>()
            .join(",")
            .into_bytes()
    })
}

/// Bytes close to the limit, so that it cuts headers anywhere.
fn filler() -> impl Strategy<Value = Vec<u8>> {
    let filler = (8_000_usize..8_192, select(vec![b' ', b';', b',']));
    prop_oneof![3 => Just(Vec::new()), 1 => filler.prop_map(|(length, byte)| vec![byte; length])]
}

fn headers() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let header =
        prop_oneof![1 => vec(any::<u8>(), 0..64), 2 => fragments(), 4 => entries(), 1 => codings()];
    (filler(), vec(header, 0..4)).prop_map(|(filler, mut headers)| {
        if let Some(first) = headers.first_mut() {
            *first = [filler, first.clone()].concat();
        }
        headers
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    #[test]
    fn negotiation_equals_the_naive_version(headers in headers()) {
        let headers: Vec<&[u8]> = headers.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(content_type(&headers), naive_negotiation::content_type(&headers));
        prop_assert_eq!(gzip(&headers), naive_negotiation::gzip(&headers));
    }

    /// The content type of a page is an entry that refuses it, with a quality of 0.
    #[test]
    fn refused_content_type_is_not_selected_again(headers in headers()) {
        let headers: Vec<&[u8]> = headers.iter().map(Vec::as_slice).collect();
        let selected = content_type(&headers);
        let refusal = format!("{selected};q=0");
        let again = content_type(&[&[refusal.as_bytes()], headers.as_slice()].concat());
        prop_assert!(again != selected || again == T0);
    }
}
