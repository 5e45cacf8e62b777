//! The body of an answer to a scrape.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::error::ScrapeError;
use super::pipe::Reader;

/// The body of an answer to a scrape: a page that is written as it is read.
///
/// A thread of this crate writes and compresses it, one chunk of about 64 KiB ahead of
/// the reader. The body of [`respond`](crate::ScrapeEndpoint::respond) writes one chunk
/// in each poll instead. Between two chunks the body is pending once, so that other tasks
/// get their turn. It then holds no lock and no thread. Its memory does not grow with the
/// page, except for the first ([`Encoder::page`](tickmark_text::Encoder::page)). A slow
/// or stopped reader delays no other.
///
/// The scrape ends with the last chunk, with the drop of the body, or at its deadline,
/// whether or not it is polled. Then its permit is free and its memory released. A late
/// body ends in an error.
///
/// The size is exact only if the page is one chunk, or for HTTP/1.0. An error is the last
/// item.
#[derive(Debug)]
pub struct ScrapeBody(Content);

#[derive(Debug)]
enum Content {
    /// A short text; empty once it was read.
    Text(Bytes),
    /// A page that is not written, of unknown length.
    Omitted,
    Page(Reader),
}

impl ScrapeBody {
    pub(crate) fn text(text: impl Into<Bytes>) -> Self {
        Self(Content::Text(text.into()))
    }

    pub(crate) fn omitted() -> Self {
        Self(Content::Omitted)
    }

    pub(crate) fn page(page: Reader) -> Self {
        Self(Content::Page(page))
    }
}

impl Body for ScrapeBody {
    type Data = Bytes;
    type Error = ScrapeError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ScrapeError>>> {
        let chunk = match &mut self.0 {
            Content::Text(text) if !text.is_empty() => Some(Ok(std::mem::take(text))),
            Content::Text(_) | Content::Omitted => None,
            Content::Page(page) => std::task::ready!(page.poll_chunk(cx)),
        };
        Poll::Ready(chunk.map(|chunk| chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Text(text) => text.is_empty(),
            Content::Omitted => true,
            Content::Page(page) => page.is_at_end(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Text(text) => SizeHint::with_exact(text.len() as u64),
            Content::Omitted => SizeHint::default(),
            Content::Page(page) => page.size_hint(),
        }
    }
}
