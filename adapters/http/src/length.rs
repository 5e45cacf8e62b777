//! The declared length of a message.

use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderValue, Version};
use http_body::Body;

/// Returns the exact length of a body: 0 at its end, none if chunked.
#[inline]
pub(crate) fn exact_bytes<B: Body>(body: &B) -> Option<u64> {
    if body.is_end_stream() { Some(0) } else { body.size_hint().exact() }
}

/// The declared length of a response body, as the server interprets it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResponseLength {
    /// The body is at its end before the first poll; servers do not poll it.
    pub(crate) is_at_end: bool,
    /// The length at which the body is complete, if declared.
    pub(crate) declared_bytes: Option<u64>,
    /// The head declares more bytes than the server sends.
    pub(crate) is_unreachable: bool,
}

impl ResponseLength {
    /// Reads head and body as hyper's server does.
    ///
    /// HTTP/1 frames a body by its own length, or else by `Content-Length`; the rest of a
    /// longer body is never polled. A body at its end overrides the header. HTTP/2 sends
    /// the header unchanged and polls until the body ends.
    // Inlined for the same reason as `ResponseFuture::poll`.
    #[inline(always)]
    pub(crate) fn of<B: Body>(version: Version, headers: &HeaderMap, body: &B) -> Self {
        let is_at_end = body.is_end_stream();
        let in_head = content_length(headers);
        let in_body = if is_at_end { Some(0) } else { body.size_hint().exact() };
        if ends_at_declared(version) {
            let declared_bytes = in_body.or(in_head);
            let is_unreachable = !is_at_end && in_head > declared_bytes;
            Self { is_at_end, declared_bytes, is_unreachable }
        } else {
            Self { is_at_end, declared_bytes: in_head.or(in_body), is_unreachable: false }
        }
    }
}

/// Returns whether this version ends a body at its last declared byte.
#[inline]
pub(crate) fn ends_at_declared(version: Version) -> bool {
    version < Version::HTTP_2
}

/// Returns the `Content-Length`; none without the header, and none if it is not a number
/// or has two values. Servers do not send such a response.
#[inline]
pub(crate) fn content_length(headers: &HeaderMap) -> Option<u64> {
    if headers.is_empty() {
        return None;
    }
    let mut values = headers.get_all(CONTENT_LENGTH).iter();
    let first = number(values.next()?)?;
    values.all(|other| number(other) == Some(first)).then_some(first)
}

/// Parses digits only; `parse` would accept a sign.
fn number(value: &HeaderValue) -> Option<u64> {
    let digits = Some(value.as_bytes()).filter(|digits| !digits.is_empty())?;
    digits.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 { None } else { number.checked_mul(10)?.checked_add(digit.into()) }
    })
}
