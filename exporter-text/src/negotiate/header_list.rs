//! Headers that list entries with parameters, as `Accept` and `Accept-Encoding` do:
//! `a;x=1, b;y="2";q=0.5`.

/// Many times what scrapers send, and little enough for a stack.
const MOST_BYTES: usize = 8 * 1024;

/// The quality of an entry that names none.
const FULL_QUALITY: u16 = 1_000;

/// The values of a repeated header, joined by commas.
pub(crate) struct HeaderList {
    bytes: [u8; MOST_BYTES],
    length: usize,
}

impl HeaderList {
    /// Reads no more than the limit. An entry that the limit cuts is dropped: it could
    /// mean the opposite of the whole.
    pub(crate) fn join<'a>(headers: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut list = Self { bytes: [0; MOST_BYTES], length: 0 };
        let mut joined = headers.into_iter().enumerate().flat_map(|(place, header)| {
            let comma = (place > 0).then_some(&b',');
            comma.into_iter().chain(header)
        });
        for (place, byte) in list.bytes.iter_mut().zip(joined.by_ref()) {
            *place = *byte;
            list.length += 1;
        }
        if joined.next().is_some() {
            list.length -= split(list.read(), b',').last().map_or(0, <[u8]>::len);
        }
        list
    }

    fn read(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        split(self.read(), b',').map(Entry)
    }
}

/// One entry: a name and its parameters.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a>(&'a [u8]);

impl<'a> Entry<'a> {
    pub(crate) fn name(self) -> &'a [u8] {
        split(self.0, b';').next().unwrap_or_default().trim_ascii()
    }

    /// The first parameter of that name, in any case. One without a value is empty.
    pub(crate) fn parameter(self, name: &str) -> Option<Value<'a>> {
        split(self.0, b';').skip(1).find_map(|parameter| {
            let mut sides = parameter.splitn(2, |byte| *byte == b'=').map(<[u8]>::trim_ascii);
            let is_it = sides.next()?.eq_ignore_ascii_case(name.as_bytes());
            is_it.then(|| Value(sides.next().unwrap_or_default()))
        })
    }

    /// How much the entry is wanted, in thousandths; 0 is a refusal. `None` if that
    /// cannot be read.
    pub(crate) fn quality(self) -> Option<u16> {
        self.parameter("q").map_or(Some(FULL_QUALITY), Value::thousandths)
    }
}

/// What a parameter says, perhaps in quotes.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a>(&'a [u8]);

impl<'a> Value<'a> {
    fn bytes(self) -> impl Iterator<Item = u8> {
        let mut quotes = Quotes::Outside;
        self.0.iter().copied().filter(move |byte| !quotes.step(*byte))
    }

    /// Whether it says `text`, in any case and with or without quotes.
    pub(crate) fn is(self, text: &str) -> bool {
        self.bytes()
            .map(|byte| byte.to_ascii_lowercase())
            .eq(text.bytes().map(|byte| byte.to_ascii_lowercase()))
    }

    /// A number from 0 to 1 with at most three decimals, as HTTP has it.
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

/// The pieces between those separators that are not in quotes.
fn split(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut quotes = Quotes::Outside;
    text.split(move |byte| {
        let is_separator = *byte == separator && quotes == Quotes::Outside;
        _ = quotes.step(*byte);
        is_separator
    })
}

/// Where in a text with quoted parts a byte stands. Quotes that are never closed hold all
/// that follows.
#[derive(Clone, Copy, PartialEq)]
enum Quotes {
    Outside,
    Inside,
    /// After a backslash, which makes the next byte an ordinary one.
    Escaped,
}

impl Quotes {
    /// Goes on past a byte. Whether that byte does the quoting, and is no part of what is
    /// said.
    fn step(&mut self, byte: u8) -> bool {
        let (next, does_quoting) = match (*self, byte) {
            (Self::Outside, b'"') => (Self::Inside, true),
            (Self::Outside, _) => (Self::Outside, false),
            (Self::Inside, b'"') => (Self::Outside, true),
            (Self::Inside, b'\\') => (Self::Escaped, true),
            (Self::Inside | Self::Escaped, _) => (Self::Inside, false),
        };
        *self = next;
        does_quoting
    }
}
