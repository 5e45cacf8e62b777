//! A page between the thread that writes it and the body that reads it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::SizeHint;
use tickmark::Families;
use tickmark_text::{Encoder, NameFilter};

use super::alarm::Alarm;
use super::answering::Answering;
use super::chunks::Chunks;
use super::crew;
use super::error::ScrapeError;
use super::labels::Cause;
use super::request::Wanted;

/// The most bytes that a page is buffered to. Some two hundred thousand series, or a
/// million in gzip.
pub(crate) const LONGEST_WHOLE: usize = 16 << 20;

/// The thread that writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    /// One of the crew, a chunk ahead of the reader.
    Crew,
    /// That of the reader, a chunk in each poll.
    Reader,
}

/// The page that a scrape asks for.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) encoder: Encoder,
    pub(crate) filter: NameFilter,
    pub(crate) wanted: Wanted,
}

/// A scrape under way.
pub(crate) struct Pipe {
    writer: Writer,
    /// Nothing is read before all is written: the reader has to know the length.
    is_whole: bool,
    state: Mutex<State>,
}

struct State {
    /// Until the scrape ends: its permit is free then, and its record is written.
    answering: Option<Answering>,
    alarm: Option<Alarm>,
    work: Work,
    /// Written and not read; without empty chunks.
    ready: VecDeque<Bytes>,
    /// Failed, and the reader does not know it yet.
    error: Option<Cause>,
    waker: Option<Waker>,
    /// A chunk was read, or nothing came of one; before the next, other tasks are let
    /// through.
    is_others_turn: bool,
}

/// Work that is left to do.
enum Work {
    /// All of it, once the families are known.
    Page(Order),
    Rest(Chunks),
    /// A thread has taken it.
    Taken,
    Nothing,
}

type Written = Result<(Bytes, Option<Chunks>), ScrapeError>;

impl Pipe {
    /// Admits a scrape, which then waits for its families. It expires at its deadline.
    pub(crate) fn open(order: Order, writer: Writer, answering: Answering) -> Reader {
        let Wanted { is_whole, deadline, .. } = order.wanted;
        let state = State {
            answering: Some(answering),
            alarm: None,
            work: Work::Page(order),
            ready: VecDeque::new(),
            error: None,
            waker: None,
            is_others_turn: false,
        };
        let pipe = Arc::new(Self { writer, is_whole, state: Mutex::new(state) });
        let alarm = Alarm::set(deadline, Arc::downgrade(&pipe));
        let mut state = pipe.lock();
        match alarm {
            // It may have expired already.
            Ok(alarm) if state.answering.is_some() => state.alarm = Some(alarm),
            Ok(_) => {}
            Err(_) => state.fail(Cause::Failed),
        }
        drop(state);
        Reader(pipe)
    }

    /// Writes the beginning, on this thread. Collecting the families took this long.
    pub(crate) fn begin(&self, families: Families, collecting: Duration) {
        let order = self.lock().take_order();
        // None if it has ended.
        let Some(Order { encoder, filter, wanted }) = order else { return };
        let page = || encoder.page_of(families, wanted.format, filter);
        self.write_piece(collecting, || Chunks::begin(page, wanted.encoding)?.next());
        if self.is_whole || self.writer == Writer::Crew {
            self.write();
        }
    }

    /// Writes until there is something to read.
    fn write(&self) {
        loop {
            // A statement of its own, so that the lock is not held while a piece is
            // written.
            let rest = self.lock().take_rest(self.is_whole);
            let Some(rest) = rest else { return };
            self.write_piece(Duration::ZERO, || rest.next());
        }
    }

    fn write_piece(&self, before: Duration, piece: impl FnOnce() -> Written) {
        let start = Instant::now();
        let written = piece();
        let took = before + start.elapsed();
        let mut state = self.lock();
        state.keep(written, took, self.is_whole);
        let waker = if state.is_readable(self.is_whole) { state.waker.take() } else { None };
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }

    /// Ends the scrape at its deadline.
    pub(crate) fn expire(&self) {
        self.fail(Cause::Timeout);
    }

    /// Ends the scrape, unless it has ended.
    pub(crate) fn fail(&self, cause: Cause) {
        let mut state = self.lock();
        state.fail(cause);
        let waker = state.waker.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take_order(&mut self) -> Option<Order> {
        match std::mem::replace(&mut self.work, Work::Taken) {
            Work::Page(order) => Some(order),
            work => {
                self.work = work;
                None
            }
        }
    }

    /// Takes what is to be written now.
    fn take_rest(&mut self, is_whole: bool) -> Option<Chunks> {
        if !is_whole && !self.ready.is_empty() {
            return None;
        }
        match std::mem::replace(&mut self.work, Work::Taken) {
            Work::Rest(rest) => Some(rest),
            work => {
                self.work = work;
                None
            }
        }
    }

    /// Keeps a piece that was written, unless the scrape has ended meanwhile.
    fn keep(&mut self, written: Written, took: Duration, is_whole: bool) {
        let Some(answering) = &mut self.answering else { return };
        answering.add_work(took);
        let Ok((chunk, rest)) = written else { return self.fail(Cause::Failed) };
        if !chunk.is_empty() {
            self.ready.push_back(chunk);
        }
        self.work = rest.map_or(Work::Nothing, Work::Rest);
        if is_whole && self.ready_bytes() > LONGEST_WHOLE {
            self.fail(Cause::TooLong);
        }
        self.note_end();
    }

    fn is_readable(&self, is_whole: bool) -> bool {
        matches!(self.work, Work::Nothing) || (!is_whole && !self.ready.is_empty())
    }

    fn is_at_end(&self) -> bool {
        matches!(self.work, Work::Nothing) && self.ready.is_empty() && self.error.is_none()
    }

    fn ready_bytes(&self) -> usize {
        self.ready.iter().map(Bytes::len).sum()
    }

    /// Ends the scrape if all of its page was read.
    fn note_end(&mut self) {
        if self.is_at_end() {
            self.end(None);
        }
    }

    fn fail_if_late(&mut self) {
        if self.answering.as_ref().is_some_and(Answering::is_late) {
            self.fail(Cause::Timeout);
        }
    }

    fn fail(&mut self, cause: Cause) {
        if self.answering.is_some() {
            self.end(Some(cause));
            self.error = Some(cause);
        }
    }

    /// Frees the permit, records the scrape, and lets go of its page.
    fn end(&mut self, cause: Option<Cause>) {
        if let Some(answering) = self.answering.take() {
            answering.end(cause);
        }
        self.alarm = None;
        self.work = Work::Nothing;
        self.ready.clear();
    }
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipe").field("writer", &self.writer).finish_non_exhaustive()
    }
}

/// The end of a pipe that is read. The scrape ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Reader(Arc<Pipe>);

impl Reader {
    pub(crate) fn pipe(&self) -> &Arc<Pipe> {
        &self.0
    }

    /// Waits for the beginning of the page, or all of it if its length has to be known.
    pub(crate) fn poll_begun(&self, cx: &mut Context<'_>) -> Poll<Result<(), Cause>> {
        let mut state = self.0.lock();
        state.fail_if_late();
        if !state.is_readable(self.0.is_whole) {
            state.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(state.error.take().map_or(Ok(()), Err))
    }

    /// The same without waiting, for a page that was begun on this thread.
    pub(crate) fn begun(&self) -> Result<(), Cause> {
        let mut state = self.0.lock();
        state.fail_if_late();
        state.error.take().map_or(Ok(()), Err)
    }

    pub(crate) fn poll_chunk(
        &self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, ScrapeError>>> {
        let mut state = self.0.lock();
        if std::mem::take(&mut state.is_others_turn) && !state.is_at_end() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        state.fail_if_late();
        if self.0.writer == Writer::Reader && state.ready.is_empty() {
            drop(state);
            self.write_piece();
            state = self.0.lock();
        }
        if let Some(cause) = state.error.take() {
            return Poll::Ready(Some(Err(cause.into())));
        }
        let chunk = ready!(state.poll_ready(self.0.writer, cx));
        let is_for_crew = state.ready.is_empty() && matches!(state.work, Work::Rest(_));
        drop(state);
        if is_for_crew && self.0.writer == Writer::Crew {
            self.write_on();
        }
        Poll::Ready(chunk.map(Ok))
    }

    fn write_piece(&self) {
        let rest = self.0.lock().take_rest(self.0.is_whole);
        if let Some(rest) = rest {
            self.0.write_piece(Duration::ZERO, || rest.next());
        }
    }

    /// Has the crew write the next chunk, while this one is sent.
    fn write_on(&self) {
        let pipe = Arc::clone(&self.0);
        if crew::run(move || pipe.write()).is_err() {
            self.0.fail(Cause::Failed);
        }
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.0.lock().is_at_end()
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        let state = self.0.lock();
        if self.0.is_whole && state.error.is_some() {
            // Not 0, so that a reader by HTTP/1.0 misses what does not come.
            return SizeHint::with_exact(1);
        }
        let ready = state.ready_bytes() as u64;
        if matches!(state.work, Work::Nothing) && state.error.is_none() {
            return SizeHint::with_exact(ready);
        }
        let mut hint = SizeHint::new();
        hint.set_lower(ready);
        hint
    }
}

impl State {
    /// The next chunk, or `None` at the end.
    fn poll_ready(&mut self, writer: Writer, cx: &Context<'_>) -> Poll<Option<Bytes>> {
        if self.is_at_end() {
            return Poll::Ready(None);
        }
        match self.ready.pop_front() {
            Some(chunk) => {
                if let Some(answering) = &self.answering {
                    answering.count_bytes(chunk.len());
                }
                self.is_others_turn = true;
                self.note_end();
                Poll::Ready(Some(chunk))
            }
            None => {
                match writer {
                    Writer::Crew => self.waker = Some(cx.waker().clone()),
                    // The compressor gave nothing.
                    Writer::Reader => cx.waker().wake_by_ref(),
                }
                Poll::Pending
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.lock().end(Some(Cause::Aborted));
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use tickmark::{Label, Registry};
    use tickmark_text::Format;

    use super::*;
    use crate::scrape::labels::Encoding;
    use crate::scrape::limit::Slots;
    use crate::scrape::metrics::ScrapeMetrics;

    static CHUNK: [u8; 70_000] = [b'x'; 70_000];

    /// A page that panics instead of giving the chunk with this number.
    fn failing_at(number: usize, encoding: Encoding) -> Result<(Vec<usize>, ScrapeError), Cause> {
        let registry = Registry::new();
        let metrics = ScrapeMetrics::of(&registry).unwrap();
        let deadline = Instant::now() + Duration::from_secs(600);
        let wanted = Wanted { format: Format::Text0_0_4, encoding, deadline, is_whole: false };
        let slots = Slots::new(1);
        let answering = Answering::begin(slots.take().unwrap(), wanted, Some(&metrics));
        let order =
            Order { encoder: Encoder::new(&registry), filter: NameFilter::default(), wanted };
        let reader = Pipe::open(order, Writer::Reader, answering);
        let mut given = 0;
        let page = move || {
            std::iter::from_fn(move || {
                assert!(given < number, "this page fails");
                given += 1;
                Some(Bytes::from_static(&CHUNK))
            })
        };
        assert!(reader.pipe().lock().take_order().is_some());
        reader.pipe().write_piece(Duration::ZERO, || Chunks::begin(page, encoding)?.next());
        let outcome = reader.begun().map(|()| chunks(&reader));
        assert_eq!(metrics.errors.with(Cause::Failed).get(), 1);
        assert_eq!(metrics.in_flight.get(), 0);
        assert!(slots.take().is_some());
        drop(reader);
        assert_eq!(metrics.errors.with(Cause::Aborted).get(), 0);
        outcome
    }

    /// The sizes of the chunks before the error, which is the last.
    fn chunks(reader: &Reader) -> (Vec<usize>, ScrapeError) {
        let mut context = Context::from_waker(Waker::noop());
        let mut sizes = Vec::new();
        let error = loop {
            match reader.poll_chunk(&mut context) {
                Poll::Pending => assert!(!reader.is_at_end()),
                Poll::Ready(chunk) => match chunk.expect("it never ends cleanly") {
                    Ok(chunk) => sizes.push(chunk.len()),
                    Err(error) => break error,
                },
            }
        };
        assert!(matches!(reader.poll_chunk(&mut context), Poll::Ready(None)));
        (sizes, error)
    }

    #[test]
    fn a_page_that_panics_aborts_the_body() {
        for encoding in Encoding::ALL.iter().copied() {
            // Two chunks are encoded for the head.
            for number in [0, 1] {
                assert!(matches!(failing_at(number, encoding), Err(Cause::Failed)));
            }
        }
        assert_eq!(
            failing_at(2, Encoding::Identity).unwrap(),
            (vec![70_000; 1], ScrapeError::Failed)
        );
        assert_eq!(
            failing_at(5, Encoding::Identity).unwrap(),
            (vec![70_000; 4], ScrapeError::Failed)
        );
        assert_eq!(failing_at(90, Encoding::Gzip).unwrap().1, ScrapeError::Failed);
    }
}
