//! The bytes of a page, for what the parsers ignore.

use std::collections::BTreeSet;

/// Splits a line behind its series, which are the name and the labels, and returns both:
/// `x{a="1"}` and `3 # …`.
pub(crate) fn cut(line: &str) -> (&str, &str) {
    let mut is_quoted = false;
    let mut is_escaped = false;
    for (place, byte) in line.bytes().enumerate() {
        match byte {
            _ if is_escaped => {
                assert!(is_quoted && b"\\\"n".contains(&byte), "unknown escape: {line}");
                is_escaped = false;
            }
            b'\\' => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b' ' if !is_quoted => return (&line[..place], &line[place + 1..]),
            _ => {}
        }
    }
    panic!("no value: {line}");
}

/// The written values of all samples, and the rest of their lines.
pub(crate) fn values(page: &str) -> Vec<(&str, &str)> {
    let samples = page.split_terminator('\n').filter(|line| !line.starts_with('#')).map(cut);
    samples.map(|(_, value)| value.split_once(' ').unwrap_or((value, ""))).collect()
}

/// Rules that at least one of the parsers does not check.
pub(crate) fn check(page: &str, is_openmetrics: bool) {
    assert!(page.is_empty() || page.ends_with('\n'), "the last line is cut");
    assert!(!page.starts_with('\n') && !page.contains("\n\n"), "a blank line");
    let lines: Vec<_> = page.split_terminator('\n').collect();
    let ends = lines.iter().filter(|line| **line == "# EOF").count();
    assert_eq!(ends, usize::from(is_openmetrics), "`# EOF`");
    assert!(!is_openmetrics || lines.last() == Some(&"# EOF"), "lines after `# EOF`");

    let mut series = BTreeSet::new();
    let mut metadata = BTreeSet::new();
    for line in &lines {
        if line.starts_with('#') {
            let mut words = line.splitn(4, ' ');
            let keyword = (words.next().unwrap(), words.next().unwrap());
            let known = ["TYPE", "HELP", "UNIT", "EOF"].contains(&keyword.1);
            assert!(keyword.0 == "#" && known, "{line}");
            if ["TYPE", "UNIT"].contains(&keyword.1) {
                assert!(metadata.insert(*line), "twice: {line}");
            }
            assert!(!is_openmetrics || !line.contains("_total counter"), "{line}");
            continue;
        }
        let (of, rest) = cut(line);
        assert!(series.insert(of), "twice: {of}");
        assert!(!of.contains("_total_total") && !of.ends_with("{}") && !of.ends_with(",}"), "{of}");
        assert!(!rest.contains("  ") || rest.contains('"'), "two blanks: {line}");
        let (value, more) = rest.split_once(' ').unwrap_or((rest, ""));
        check_number(value, line);
        assert!(!rest.ends_with(' '), "trailing blank: {line}");
        assert!(more.is_empty() || (is_openmetrics && more.starts_with("# {")), "{line}");
    }
}

/// Digits, perhaps with a point or an exponent, or one of three words.
fn check_number(value: &str, line: &str) {
    if ["NaN", "+Inf", "-Inf"].contains(&value) {
        return;
    }
    let (digits, exponent) = value.split_once('e').unwrap_or((value, "+00"));
    let digits = digits.strip_prefix('-').unwrap_or(digits);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (sign, power) = exponent.split_at(1);
    let is_right = is_number(whole)
        && is_number(part)
        && "+-".contains(sign)
        && is_number(power)
        && power.len() >= 2;
    assert!(is_right && value != "-0" && value != "-0.0", "number {value}: {line}");
}
