//! Text between quotes: quoted names and label values.

/// Writes a text for use between quotes. Escapes `\`, `"` and LF; every other character
/// (CR, TAB, NUL) is raw.
pub(crate) fn write_between_quotes(text: &str, out: &mut Vec<u8>) {
    // Few texts need escapes. A test of all bytes at once is far faster than a search for
    // the first.
    if has_any(text, |byte| byte == b'\\' || byte == b'"' || byte == b'\n') {
        write_escaped(text, &['\\', '"', '\n'], out);
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

#[inline]
fn has_any(text: &str, is_escaped: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(false, |found, byte| found | is_escaped(byte))
}

/// Writes a text with a backslash before each of these characters; LF becomes `\n`.
pub(crate) fn write_escaped(text: &str, escaped: &[char], out: &mut Vec<u8>) {
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
