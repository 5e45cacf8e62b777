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
/// so that other tasks get their turn. It holds no lock between polls and takes the same
/// memory however long the page is (but for the first page:
/// [`Encoder::page`](tickmark_text::Encoder::page)):
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

#[cfg(test)]
mod tests {
    use std::task::Waker;
    use std::time::{Duration, Instant};

    use tickmark::Registry;
    use tickmark_text::Format;

    use super::*;
    use crate::scrape::labels::{Cause, Encoding};
    use crate::scrape::limit::Slots;
    use crate::scrape::metrics::ScrapeMetrics;
    use crate::scrape::request::Wanted;

    static CHUNK: [u8; 70_000] = [b'x'; 70_000];

    /// A page that panics instead of giving the chunk with this number.
    fn failing_at(number: usize, encoding: Encoding) -> Result<(Vec<usize>, ScrapeError), ScrapeError> {
        let metrics = ScrapeMetrics::of(&Registry::new()).unwrap();
        let wanted =
            Wanted { format: Format::Text0_0_4, encoding, deadline: Instant::now() + Duration::from_secs(600) };
        let slots = Slots::new(1);
        let answering = Answering::begin(slots.take().unwrap(), wanted, Some(&metrics));
        let mut given = 0;
        let page = move || {
            std::iter::from_fn(move || {
                assert!(given < number, "this page fails");
                given += 1;
                Some(Bytes::from_static(&CHUNK))
            })
        };
        let begun = Page::begin(answering, || Chunks::begin(page, encoding));
        let outcome = begun.map(|page| frames(ScrapeBody::page(page)));
        assert_eq!(metrics.errors.with(Cause::Failed).get(), 1);
        assert_eq!(metrics.errors.with(Cause::Aborted).get(), 0);
        assert_eq!(metrics.in_flight.get(), 0);
        assert!(slots.take().is_some());
        outcome
    }

    /// The sizes of the frames before the error, which is the last.
    fn frames(body: ScrapeBody) -> (Vec<usize>, ScrapeError) {
        let mut body = Box::pin(body);
        let mut context = Context::from_waker(Waker::noop());
        let mut sizes = Vec::new();
        let error = loop {
            match body.as_mut().poll_frame(&mut context) {
                Poll::Pending => assert!(!body.is_end_stream()),
                Poll::Ready(frame) => match frame.expect("it never ends cleanly") {
                    Ok(frame) => sizes.push(frame.into_data().unwrap().len()),
                    Err(error) => break error,
                },
            }
        };
        assert!(matches!(body.as_mut().poll_frame(&mut context), Poll::Ready(None)));
        (sizes, error)
    }

    #[test]
    fn a_page_that_panics_aborts_the_body() {
        for encoding in Encoding::ALL {
            // Two chunks are encoded for the head.
            for number in [0, 1] {
                assert_eq!(failing_at(number, encoding).unwrap_err(), ScrapeError::Failed);
            }
        }
        assert_eq!(failing_at(2, Encoding::Identity).unwrap(), (vec![70_000; 1], ScrapeError::Failed));
        assert_eq!(failing_at(5, Encoding::Identity).unwrap(), (vec![70_000; 4], ScrapeError::Failed));
        assert_eq!(failing_at(90, Encoding::Gzip).unwrap().1, ScrapeError::Failed);
    }
}
