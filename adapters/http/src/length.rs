//! The declared length of a message.

use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body::Body;

/// The body's length if it is known before the body is read: 0 without a body, none for a chunked one.
pub(crate) fn declared_bytes<B: Body>(headers: &HeaderMap, body: &B) -> Option<u64> {
    if body.is_end_stream() {
        return Some(0);
    }
    body.size_hint().exact().or_else(|| headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok())
}
