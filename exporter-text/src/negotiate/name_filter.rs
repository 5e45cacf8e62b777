//! The selection of families by a query: `/metrics?name[]=a&name[]=b`.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;

/// More than any reader lists. The limit bounds the look-ups of a scrape.
const MOST_NAMES: usize = 1_024;

/// Selection of families by the parameters `name[]` of a query. Default: all families.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameFilter {
    /// Decoded, so not necessarily UTF-8. Empty without a parameter `name[]`.
    names: BTreeSet<Vec<u8>>,
}

impl NameFilter {
    /// Parses a query: the part of the request target after `?`.
    ///
    /// Names may be percent-encoded, with `+` for a space. A `%` without two hexadecimal
    /// digits is not changed. Other parameters are ignored. Without a `name[]`, the
    /// filter keeps all families.
    ///
    /// # Errors
    ///
    /// If the query has more than 1,024 names, repetitions included.
    ///
    /// ```
    /// use tickmark_text::NameFilter;
    ///
    /// let filter = NameFilter::parse("name[]=jobs_total&name%5B%5D=http.requests")?;
    /// assert!(filter.keeps(["jobs", "jobs_total"]));
    /// assert!(filter.keeps(["http.requests", "http_requests"]));
    /// assert!(!filter.keeps(["queue_length"]));
    ///
    /// assert!(NameFilter::parse("")?.keeps(["queue_length"]));
    /// # Ok::<(), tickmark_text::TooManyNames>(())
    /// ```
    pub fn parse(query: &str) -> Result<Self, TooManyNames> {
        let mut names = BTreeSet::new();
        let mut count = 0;
        for parameter in query.split('&') {
            let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            if !decoded(key).eq(*b"name[]") {
                continue;
            }
            count += 1;
            if count > MOST_NAMES {
                return Err(TooManyNames);
            }
            _ = names.insert(decoded(value).collect());
        }
        Ok(Self { names })
    }

    /// Returns whether the filter keeps a family with these names: its base name, its
    /// name on the page, and the names of its samples.
    ///
    /// ```
    /// use tickmark_text::NameFilter;
    ///
    /// let filter = NameFilter::parse("name[]=latency_seconds_count")?;
    /// let samples = ["latency_seconds_bucket", "latency_seconds_sum", "latency_seconds_count"];
    /// assert!(filter.keeps(["latency_seconds"].into_iter().chain(samples)));
    /// assert!(!filter.keeps(["latency"]));
    /// # Ok::<(), tickmark_text::TooManyNames>(())
    /// ```
    #[must_use]
    pub fn keeps<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> bool {
        self.names.is_empty() || names.into_iter().any(|name| self.names.contains(name.as_bytes()))
    }

    /// Returns whether the filter keeps every family.
    pub(crate) fn keeps_all(&self) -> bool {
        self.names.is_empty()
    }
}

/// A query with more than 1,024 names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TooManyNames;

impl fmt::Display for TooManyNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid query: more than {MOST_NAMES} names in name[]")
    }
}

impl Error for TooManyNames {}

fn decoded(text: &str) -> impl Iterator<Item = u8> {
    let mut rest = text.as_bytes();
    std::iter::from_fn(move || {
        let (byte, after) = match rest {
            [b'%', high, low, after @ ..] => match (hex_digit(*high), hex_digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, after),
                _ => (b'%', rest.get(1..)?),
            },
            [b'+', after @ ..] => (b' ', after),
            [byte, after @ ..] => (*byte, after),
            [] => return None,
        };
        rest = after;
        Some(byte)
    })
}

fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
