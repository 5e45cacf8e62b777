//! Escaping of HELP texts and label values.

use crate::names::quoted::{write_between_quotes, write_escaped};

/// Writes a label value for use between quotes.
#[inline]
pub(crate) fn write_label_value(value: &str, out: &mut Vec<u8>) {
    write_between_quotes(value, out);
}

/// Writes the text of a HELP line of the text formats. Escapes `\` and LF. Readers reject
/// a page with an escaped `"` there.
pub(crate) fn write_help(help: &str, out: &mut Vec<u8>) {
    write_escaped(help, &['\\', '\n'], out);
}

/// Writes the text of a HELP line of OpenMetrics, escaped like a label value.
pub(crate) fn write_openmetrics_help(help: &str, out: &mut Vec<u8>) {
    write_between_quotes(help, out);
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
