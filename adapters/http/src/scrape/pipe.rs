//! A page between its writing thread and its reading body.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::SizeHint;
use tickmark::export::Families;
use tickmark_text::{Encoder, NameFilter};

use super::alarm::{Alarm, Expire};
use super::chunks::Chunks;
use super::crew;
use super::error::ScrapeError;
use super::labels::Cause;
use super::request::ScrapeRequest;
use super::scrape::Scrape;

/// The limit on the bytes of a buffered page: some two hundred thousand series, or a
/// million with gzip.
pub(crate) const LONGEST_WHOLE: usize = 16 << 20;

/// The thread that writes the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    /// A thread of the crew, one chunk ahead of the reader.
    Crew,
    /// The thread of the reader, one chunk in each poll.
    Reader,
}

/// The page to write.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) encoder: Encoder,
    pub(crate) filter: NameFilter,
    pub(crate) request: ScrapeRequest,
}

/// A page in progress.
pub(crate) struct Pipe {
    writer: Writer,
    /// The page is read only when it is complete: its reader needs the length.
    is_whole: bool,
    state: Mutex<State>,
}

struct State {
    /// None once the scrape has ended, which frees its permit and writes its record.
    scrape: Option<Scrape>,
    alarm: Option<Alarm>,
    work: Work,
    /// Chunks written and not read; none is empty.
    ready: VecDeque<Bytes>,
    /// A failure that the reader has not seen yet.
    error: Option<Cause>,
    waker: Option<Waker>,
    /// A chunk was read, so the next poll yields to other tasks once.
    must_yield: bool,
}

/// The rest of the work.
enum Work {
    /// The whole page, once the families are collected.
    Page(Order),
    Rest(Chunks),
    /// A thread is at work.
    Taken,
    Nothing,
}

type Written = Result<(Bytes, Option<Chunks>), ScrapeError>;

impl Pipe {
    /// Opens the pipe of an admitted scrape, which waits for its families. It expires at
    /// its deadline.
    pub(crate) fn open(order: Order, writer: Writer, scrape: Scrape) -> Reader {
        let ScrapeRequest { is_whole, deadline, .. } = order.request;
        let state = State {
            scrape: Some(scrape),
            alarm: None,
            work: Work::Page(order),
            ready: VecDeque::new(),
            error: None,
            waker: None,
            must_yield: false,
        };
        let pipe = Arc::new(Self { writer, is_whole, state: Mutex::new(state) });
        let expiring: Weak<dyn Expire> = Arc::<Self>::downgrade(&pipe);
        let alarm = Alarm::set(deadline, expiring);
        let mut state = pipe.lock();
        match alarm {
            // It may have expired already.
            Ok(alarm) if state.scrape.is_some() => state.alarm = Some(alarm),
            Ok(_) => {}
            Err(_) => state.fail(Cause::Failed),
        }
        drop(state);
        Reader(pipe)
    }

    /// Writes the beginning on this thread, after this time of collecting the families.
    pub(crate) fn begin(&self, families: Families, collecting: Duration) {
        let order = self.lock().take_order();
        // None if the scrape has ended.
        let Some(Order { encoder, filter, request }) = order else { return };
        let page = || encoder.page_of(families, request.format, filter);
        self.write_piece(collecting, || Chunks::begin(page, request.encoding)?.next());
        if self.is_whole || self.writer == Writer::Crew {
            self.write();
        }
    }

    /// Writes until the reader has something to read.
    fn write(&self) {
        loop {
            // A separate statement, so that the lock is released before writing.
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

impl Expire for Pipe {
    fn expire(&self) {
        self.fail(Cause::Timeout);
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

    /// Takes the rest of the page, if a chunk of it is due.
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

    /// Keeps a written chunk, unless the scrape has ended meanwhile.
    fn keep(&mut self, written: Written, took: Duration, is_whole: bool) {
        let Some(scrape) = &mut self.scrape else { return };
        scrape.add_work(took);
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

    /// Ends the scrape if its page was read completely.
    fn note_end(&mut self) {
        if self.is_at_end() {
            self.end(None);
        }
    }

    fn fail_if_late(&mut self) {
        if self.scrape.as_ref().is_some_and(Scrape::is_late) {
            self.fail(Cause::Timeout);
        }
    }

    fn fail(&mut self, cause: Cause) {
        if self.scrape.is_some() {
            self.end(Some(cause));
            self.error = Some(cause);
        }
    }

    /// Frees the permit, records the scrape, and frees its page.
    fn end(&mut self, cause: Option<Cause>) {
        if let Some(scrape) = self.scrape.take() {
            scrape.end(cause);
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

/// The reading end of a pipe. Dropping it ends the scrape.
#[derive(Debug)]
pub(crate) struct Reader(Arc<Pipe>);

impl Reader {
    pub(crate) fn pipe(&self) -> &Arc<Pipe> {
        &self.0
    }

    /// Polls for the beginning of the page, or for all of it if the reader needs its
    /// length.
    pub(crate) fn poll_begun(&self, cx: &mut Context<'_>) -> Poll<Result<(), Cause>> {
        let mut state = self.0.lock();
        state.fail_if_late();
        if !state.is_readable(self.0.is_whole) {
            state.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(state.error.take().map_or(Ok(()), Err))
    }

    /// Returns the outcome for a page that was begun on this thread.
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
        if std::mem::take(&mut state.must_yield) && !state.is_at_end() {
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

    /// Starts the next chunk on the crew, while this one is sent.
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
            // Not 0, so that an HTTP/1.0 reader notices the missing body.
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
    /// Returns the next chunk, or `None` at the end.
    fn poll_ready(&mut self, writer: Writer, cx: &Context<'_>) -> Poll<Option<Bytes>> {
        if self.is_at_end() {
            return Poll::Ready(None);
        }
        match self.ready.pop_front() {
            Some(chunk) => {
                if let Some(scrape) = &self.scrape {
                    scrape.count_bytes(chunk.len());
                }
                self.must_yield = true;
                self.note_end();
                Poll::Ready(Some(chunk))
            }
            None => {
                match writer {
                    Writer::Crew => self.waker = Some(cx.waker().clone()),
                    // The compressor had no output.
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
    use crate::scrape::limit::Permits;
    use crate::scrape::metrics::ScrapeMetrics;

    static CHUNK: [u8; 70_000] = [b'x'; 70_000];

    /// Reads a page that panics instead of yielding the chunk with this number.
    fn failing_at(number: usize, encoding: Encoding) -> Result<(Vec<usize>, ScrapeError), Cause> {
        let registry = Registry::new();
        let metrics = ScrapeMetrics::of(&registry).unwrap();
        let deadline = Instant::now() + Duration::from_secs(600);
        let request =
            ScrapeRequest { format: Format::Text0_0_4, encoding, deadline, is_whole: false };
        let permits = Permits::new(1);
        let scrape = Scrape::begin(permits.take().unwrap(), request, Some(&metrics));
        let order =
            Order { encoder: Encoder::new(&registry), filter: NameFilter::default(), request };
        let reader = Pipe::open(order, Writer::Reader, scrape);
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
        assert!(permits.take().is_some());
        drop(reader);
        assert_eq!(metrics.errors.with(Cause::Aborted).get(), 0);
        outcome
    }

    /// Reads the sizes of the chunks before the error, which is the last item.
    fn chunks(reader: &Reader) -> (Vec<usize>, ScrapeError) {
        let mut context = Context::from_waker(Waker::noop());
        let mut sizes = Vec::new();
        let error = loop {
            match reader.poll_chunk(&mut context) {
                Poll::Pending => assert!(!reader.is_at_end()),
                Poll::Ready(chunk) => match chunk.expect("the body ends with an error") {
                    Ok(chunk) => sizes.push(chunk.len()),
                    Err(error) => break error,
                },
            }
        };
        assert!(matches!(reader.poll_chunk(&mut context), Poll::Ready(None)));
        (sizes, error)
    }

    #[test]
    fn panicking_page_aborts_the_body() {
        for encoding in Encoding::ALL.iter().copied() {
            // The head needs two encoded chunks.
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
