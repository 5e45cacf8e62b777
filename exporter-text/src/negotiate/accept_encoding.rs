//! Choice of compression by a reader's `Accept-Encoding` headers.

use crate::negotiate::header_list::{HeaderList, Item};

/// Returns whether to compress the page with gzip, by the values of the reader's
/// `Accept-Encoding` headers. Default: false, without a header or with an empty one.
///
/// Follows section 12.5.3 of RFC 9110:
///
/// - `gzip` and its alias `x-gzip` count where they are named, and `*` where they are
///   not.
/// - A quality of 0 refuses gzip. A named `identity` of a higher quality is preferred.
/// - Headers that do not cover gzip select the plain page, unless they have
///   `identity;q=0`.
/// - A reader that refuses both gets the plain page. The RFC also allows status 406, but
///   a plain page helps the scraper more.
/// - If an encoding is named twice, the value against compression counts.
///
/// Reads at most 8 KiB, and drops the entry that this limit cuts. Does not allocate.
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
        let is_named = |entry: &Item<'_>| {
            names.iter().any(|name| entry.name().eq_ignore_ascii_case(name.as_bytes()))
        };
        list.entries().filter(is_named).filter_map(Item::quality)
    };
    let gzip = qualities(&["gzip", "x-gzip"]).min().or_else(|| qualities(&["*"]).min());
    let identity = qualities(&["identity"]).max();
    match gzip {
        Some(gzip) => gzip > 0 && identity.is_none_or(|identity| gzip >= identity),
        // An explicit refusal of the plain page outweighs the lack of `gzip`.
        None => identity == Some(0),
    }
}
