//! Headers that list entries with parameters, such as `Accept` and `Accept-Encoding`:
//! `a;x=1, b;y="2";q=0.5`.

use crate::checked::head;

/// Far longer than the headers of any scraper, and small enough for the stack.
const MOST_BYTES: usize = 8 * 1024;

/// The quality of an entry without `q`, in thousandths.
const FULL_QUALITY: u16 = 1_000;

/// The values of a repeated header, joined by commas.
pub(crate) struct HeaderList {
    bytes: [u8; MOST_BYTES],
    length: usize,
}

impl HeaderList {
    /// Reads at most [`MOST_BYTES`]. Drops the entry that this limit cuts, as a part of
    /// it could mean the opposite of the whole.
    pub(crate) fn join<'a>(headers: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut list = Self { bytes: [0; MOST_BYTES], length: 0 };
        let mut joined = headers.into_iter().enumerate().flat_map(|(index, header)| {
            let comma = (index > 0).then_some(&b',');
            comma.into_iter().chain(header)
        });
        for (kept, byte) in list.bytes.iter_mut().zip(joined.by_ref()) {
            *kept = *byte;
            list.length += 1;
        }
        if joined.next().is_some() {
            list.length -= split(list.read(), b',').last().map_or(0, <[u8]>::len);
        }
        list
    }

    fn read(&self) -> &[u8] {
        head(&self.bytes, self.length)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = Item<'_>> {
        split(self.read(), b',').map(Item)
    }
}

/// One entry: a name and its parameters.
#[derive(Clone, Copy)]
pub(crate) struct Item<'a>(&'a [u8]);

impl<'a> Item<'a> {
    pub(crate) fn name(self) -> &'a [u8] {
        split(self.0, b';').next().unwrap_or_default().trim_ascii()
    }

    /// Returns the first parameter of this name, ASCII case ignored. Its value is empty
    /// without `=`.
    pub(crate) fn parameter(self, name: &str) -> Option<Value<'a>> {
        split(self.0, b';').skip(1).find_map(|parameter| {
            let mut sides = parameter.splitn(2, |byte| *byte == b'=').map(<[u8]>::trim_ascii);
            let is_match = sides.next()?.eq_ignore_ascii_case(name.as_bytes());
            is_match.then(|| Value(sides.next().unwrap_or_default()))
        })
    }

    /// Returns the quality in thousandths. 0 is a refusal. `None` if it is not a valid
    /// quality.
    pub(crate) fn quality(self) -> Option<u16> {
        self.parameter("q").map_or(Some(FULL_QUALITY), Value::thousandths)
    }
}

/// The value of a parameter, with its quotes if it has any.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a>(&'a [u8]);

impl<'a> Value<'a> {
    fn bytes(self) -> impl Iterator<Item = u8> {
        let mut quotes = Quotes::Outside;
        self.0.iter().copied().filter(move |byte| !quotes.step(*byte))
    }

    /// Returns whether the unquoted value is `text`, ASCII case ignored.
    pub(crate) fn is(self, text: &str) -> bool {
        self.bytes()
            .map(|byte| byte.to_ascii_lowercase())
            .eq(text.bytes().map(|byte| byte.to_ascii_lowercase()))
    }

    /// Parses a quality of HTTP: a number from 0 to 1 with at most three decimals.
    fn thousandths(self) -> Option<u16> {
        let mut bytes = self.bytes();
        let mut thousandths = match bytes.next()? {
            b'0' => 0,
            b'1' => 1_000,
            _ => return None,
        };
        if bytes.next().is_some_and(|byte| byte != b'.') {
            return None;
        }
        let mut place_value = 100;
        for digit in bytes {
            if !digit.is_ascii_digit() || place_value == 0 {
                return None;
            }
            thousandths += u16::from(digit - b'0') * place_value;
            place_value /= 10;
        }
        (thousandths <= 1_000).then_some(thousandths)
    }
}

/// Splits at the separators outside of quotes.
fn split(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut quotes = Quotes::Outside;
    text.split(move |byte| {
        let is_separator = *byte == separator && quotes == Quotes::Outside;
        _ = quotes.step(*byte);
        is_separator
    })
}

/// The state of a scan over text with quoted parts. Quotes that are not closed extend to
/// the end.
#[derive(Clone, Copy, PartialEq)]
enum Quotes {
    Outside,
    Inside,
    /// After a backslash, which escapes the next byte.
    Escaped,
}

impl Quotes {
    /// Advances past a byte. Returns whether the byte is syntax: a quote, or the
    /// backslash of an escape.
    fn step(&mut self, byte: u8) -> bool {
        let (next, is_syntax) = match (*self, byte) {
            (Self::Outside, b'"') => (Self::Inside, true),
            (Self::Outside, _) => (Self::Outside, false),
            (Self::Inside, b'"') => (Self::Outside, true),
            (Self::Inside, b'\\') => (Self::Escaped, true),
            (Self::Inside | Self::Escaped, _) => (Self::Inside, false),
        };
        *self = next;
        is_syntax
    }
}
