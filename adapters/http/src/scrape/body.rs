//! The body of an answer to a scrape.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::answering::Answering;
use super::chunks::Chunks;
use super::error::ScrapeError;

/// The body of an answer to a scrape: a page that is written as it is read.
///
/// Each poll encodes (and compresses) at most one chunk of about 64 KiB, and between two chunks the body is pending once,
/// so that other tasks get their turn. It holds no lock between polls and takes the same memory however long the page is:
/// a reader that is slow, or stops, delays nobody but itself, and takes one of the scrapes that there may be at once. That
/// one is free when this is dropped.
///
/// It has an exact size only if the page is one chunk. After an error comes nothing more.
#[derive(Debug)]
pub struct ScrapeBody(Content);

#[derive(Debug)]
enum Content {
    /// Short, and there from the start. Nothing once it was handed out.
    Text(Bytes),
    /// To be left out: it has a length, but nobody knows which.
    Untold,
    Page(Box<Page>),
}

impl ScrapeBody {
    pub(crate) fn text(text: impl Into<Bytes>) -> Self {
        Self(Content::Text(text.into()))
    }

    pub(crate) fn untold() -> Self {
        Self(Content::Untold)
    }

    pub(crate) fn page(page: Page) -> Self {
        Self(Content::Page(Box::new(page)))
    }
}

impl Body for ScrapeBody {
    type Data = Bytes;
    type Error = ScrapeError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, ScrapeError>>> {
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

/// A page on its way out.
#[derive(Debug)]
pub(crate) struct Page {
    /// Encoded ahead; never empty.
    ready: Option<Bytes>,
    /// None if there is no more: all was encoded, or something failed.
    rest: Option<Chunks>,
    /// A chunk was handed out, or nothing came of one; before the next, other tasks are let through.
    is_others_turn: bool,
    answering: Answering,
}

impl Page {
    /// Encodes the beginning: if that is all, the size is known.
    pub(crate) fn begin(
        mut answering: Answering,
        chunks: impl FnOnce() -> Result<Chunks, ScrapeError>,
    ) -> Result<Self, ScrapeError> {
        let begun = answering.work(|| chunks()?.next());
        let (ready, rest) = begun.inspect_err(|error| answering.fail(*error))?;
        let mut page = Self { ready: not_empty(ready), rest, is_others_turn: false, answering };
        page.note_end();
        Ok(page)
    }

    fn poll_chunk(&mut self, cx: &Context<'_>) -> Poll<Option<Result<Bytes, ScrapeError>>> {
        if self.is_at_end() {
            return Poll::Ready(None);
        }
        if std::mem::take(&mut self.is_others_turn) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.is_others_turn = true;
        match self.next_chunk() {
            Ok(Some(chunk)) => {
                self.answering.count_bytes(chunk.len());
                Poll::Ready(Some(Ok(chunk)))
            }
            // At the end, or it is the turn of the others now.
            Ok(None) => self.poll_chunk(cx),
            Err(error) => {
                (self.ready, self.rest) = (None, None);
                self.answering.fail(error);
                Poll::Ready(Some(Err(error)))
            }
        }
    }

    /// `None` if the compressor gave nothing.
    fn next_chunk(&mut self) -> Result<Option<Bytes>, ScrapeError> {
        self.answering.check_deadline()?;
        if self.ready.is_none() {
            self.encode()?;
        }
        let chunk = self.ready.take();
        self.note_end();
        Ok(chunk)
    }

    fn encode(&mut self) -> Result<(), ScrapeError> {
        let Some(rest) = self.rest.take() else { return Ok(()) };
        let (chunk, rest) = self.answering.work(|| rest.next())?;
        (self.ready, self.rest) = (not_empty(chunk), rest);
        Ok(())
    }

    fn is_at_end(&self) -> bool {
        self.ready.is_none() && self.rest.is_none()
    }

    fn note_end(&mut self) {
        if self.is_at_end() {
            self.answering.complete();
        }
    }

    fn size_hint(&self) -> SizeHint {
        let ready = self.ready.as_ref().map_or(0, Bytes::len) as u64;
        if self.rest.is_none() {
            return SizeHint::with_exact(ready);
        }
        let mut hint = SizeHint::new();
        hint.set_lower(ready);
        hint
    }
}

fn not_empty(chunk: Bytes) -> Option<Bytes> {
    (!chunk.is_empty()).then_some(chunk)
}
