//! The body of an answer to a scrape.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::error::ScrapeError;
use super::pipe::Reader;

/// The body of an answer to a scrape: a page that is written as it is read.
///
/// A thread of the crate's own writes and compresses it, one chunk of about 64 KiB ahead
/// of the reader. The body of [`respond`](super::ScrapeEndpoint::respond) writes in its
/// polls instead, one chunk in each. Between two chunks the body is pending once, so that
/// other tasks get their turn. Between chunks no lock and no thread is held, and the
/// memory does not grow with the page, but for the first
/// ([`Encoder::page`](tickmark_text::Encoder::page)): a reader that is slow, or stops,
/// delays no other.
///
/// The scrape ends with the last chunk, with the drop of the body, or at its deadline,
/// whether or not it is polled: then its permit is free and its memory is released. A
/// body that is late ends in an error.
///
/// It has an exact size only if the page is one chunk, or was asked for by HTTP/1.0.
/// After an error comes nothing more.
#[derive(Debug)]
pub struct ScrapeBody(Content);

#[derive(Debug)]
enum Content {
    /// Short, and there from the start. Nothing once it was handed out.
    Text(Bytes),
    /// To be left out: it has a length, but nobody knows which.
    Untold,
    Page(Reader),
}

impl ScrapeBody {
    pub(crate) fn text(text: impl Into<Bytes>) -> Self {
        Self(Content::Text(text.into()))
    }

    pub(crate) fn untold() -> Self {
        Self(Content::Untold)
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
            Content::Text(_) | Content::Untold => None,
            Content::Page(page) => std::task::ready!(page.poll_chunk(cx)),
        };
        Poll::Ready(chunk.map(|chunk| chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Text(text) => text.is_empty(),
            Content::Untold => true,
            Content::Page(page) => page.is_at_end(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Text(text) => SizeHint::with_exact(text.len() as u64),
            Content::Untold => SizeHint::default(),
            Content::Page(page) => page.size_hint(),
        }
    }
}
