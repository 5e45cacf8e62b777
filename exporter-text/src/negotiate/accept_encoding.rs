//! Whether a reader gets a compressed page, by its `Accept-Encoding` headers.

use crate::negotiate::header_list::{Entry, HeaderList};

/// Returns whether to compress the page with gzip, by the values of the reader's
/// `Accept-Encoding` headers.
///
/// As RFC 9110 has it in section 12.5.3: `gzip` or its alias `x-gzip` counts where it is
/// named, and `*` where it is not. A quality of 0 refuses, and a named `identity` with a
/// higher quality than gzip is preferred. Without a header, with an empty one, and where
/// gzip is not mentioned, the page stays as it is, unless `identity;q=0` refuses that.
///
/// A reader that refuses both gets the page as it is, never status 406: the RFC allows
/// either, and a page that a scraper did not ask for helps more than none. Of an encoding
/// that is named twice, the value against compression counts. Reads at most 8 KiB, drops
/// the entry that this cuts, and allocates nothing.
///
/// ```
/// use tickmark_text::accepts_gzip;
///
/// assert!(accepts_gzip([&b"deflate, gzip;q=0.5"[..]]));
/// assert!(accepts_gzip([&b"*"[..]]));
/// assert!(accepts_gzip([&b"identity;q=0"[..]]));
/// assert!(!accepts_gzip([&b"identity, gzip;q=0.5"[..]]));
/// assert!(!accepts_gzip([&b"gzip;q=0, *"[..]]));
/// assert!(!accepts_gzip([&b""[..]]));
/// ```
#[must_use]
pub fn accepts_gzip<'a>(accept_encoding: impl IntoIterator<Item = &'a [u8]>) -> bool {
    let list = HeaderList::join(accept_encoding);
    let qualities = |names: &'static [&'static str]| {
        let is_named = |entry: &Entry<'_>| {
            names.iter().any(|name| entry.name().eq_ignore_ascii_case(name.as_bytes()))
        };
        list.entries().filter(is_named).filter_map(Entry::quality)
    };
    let gzip = qualities(&["gzip", "x-gzip"]).min().or_else(|| qualities(&["*"]).min());
    let identity = qualities(&["identity"]).max();
    match gzip {
        Some(gzip) => gzip > 0 && identity.is_none_or(|identity| gzip >= identity),
        // To refuse identity by name says more than silence on gzip.
        None => identity == Some(0),
    }
}
