//! Escaping of label values and HELP texts.

/// Writes a label value for use between quotes. Escapes `\`, `"` and LF; every other
/// character (CR, TAB, NUL) is raw.
pub(crate) fn write_label_value(value: &str, out: &mut Vec<u8>) {
    // Few values need escapes. A test of all bytes at once is far faster than a search
    // for the first.
    if has_any(value, |byte| byte == b'\\' || byte == b'"' || byte == b'\n') {
        write_escaped(value, &['\\', '"', '\n'], out);
    } else {
        out.extend_from_slice(value.as_bytes());
    }
}

/// Writes the text of a HELP line of the text formats. Escapes `\` and LF. Readers reject
/// a page with an escaped `"` there.
pub(crate) fn write_help(help: &str, out: &mut Vec<u8>) {
    write_escaped(help, &['\\', '\n'], out);
}

/// Writes the text of a HELP line of OpenMetrics, escaped like a label value.
pub(crate) fn write_openmetrics_help(help: &str, out: &mut Vec<u8>) {
    write_label_value(help, out);
}

#[inline]
fn has_any(text: &str, is_escaped: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(false, |found, byte| found | is_escaped(byte))
}

fn write_escaped(text: &str, escaped: &[char], out: &mut Vec<u8>) {
    for piece in text.split_inclusive(escaped) {
        let Some(run) = piece.strip_suffix(escaped) else {
            out.extend_from_slice(piece.as_bytes());
            continue;
        };
        out.extend_from_slice(run.as_bytes());
        out.extend_from_slice(match piece.as_bytes().last() {
            Some(b'\n') => br"\n",
            Some(b'"') => br#"\""#,
            _ => br"\\",
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: fn(&str, &mut Vec<u8>), text: &str) -> String {
        let mut out = Vec::new();
        write(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn label_values_escape_three_characters() {
        assert_eq!(written(write_label_value, "\\a\"b\nc\\"), r#"\\a\"b\nc\\"#);
        assert_eq!(written(write_label_value, r"\n"), r"\\n");
        assert_eq!(written(write_label_value, "\n\n\"\""), r#"\n\n\"\""#);
    }

    #[test]
    fn quotes_in_help_are_escaped_in_openmetrics() {
        assert_eq!(written(write_help, "\"a\"\n\\b\""), r#""a"\n\\b""#);
        assert_eq!(written(write_openmetrics_help, "\"a\"\n\\b\""), r#"\"a\"\n\\b\""#);
    }

    #[test]
    fn other_characters_are_raw() {
        for plain in ["", "\r\t\0", "花火 🎆", "{a='b',}"] {
            assert_eq!(written(write_label_value, plain), plain);
            assert_eq!(written(write_help, plain), plain);
            assert_eq!(written(write_openmetrics_help, plain), plain);
        }
    }
}
