//! Escaping: the only three characters that the text format cannot carry as they are.

use bytes::BytesMut;

/// Writes a label value as it stands between quotes: `\`, `"` and LF escaped, everything else (CR, TAB, NUL) raw.
pub(crate) fn write_label_value(value: &str, out: &mut BytesMut) {
    write_escaped(value, &['\\', '"', '\n'], out);
}

/// Writes the text of a HELP line: `\` and LF escaped. An escaped `"` would make readers refuse the page.
pub(crate) fn write_help(help: &str, out: &mut BytesMut) {
    write_escaped(help, &['\\', '\n'], out);
}

fn write_escaped(text: &str, escaped: &[char], out: &mut BytesMut) {
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

    fn written(write: fn(&str, &mut BytesMut), text: &str) -> String {
        let mut out = BytesMut::new();
        write(text, &mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn label_values_escape_three_characters() {
        assert_eq!(written(write_label_value, "\\a\"b\nc\\"), r#"\\a\"b\nc\\"#);
        assert_eq!(written(write_label_value, r"\n"), r"\\n");
        assert_eq!(written(write_label_value, "\n\n\"\""), r#"\n\n\"\""#);
    }

    #[test]
    fn help_keeps_its_quotes() {
        assert_eq!(written(write_help, "\"a\"\n\\b\""), r#""a"\n\\b""#);
    }

    #[test]
    fn everything_else_is_raw() {
        for plain in ["", "\r\t\0", "花火 🎆", "{a='b',}"] {
            assert_eq!(written(write_label_value, plain), plain);
            assert_eq!(written(write_help, plain), plain);
        }
    }
}
