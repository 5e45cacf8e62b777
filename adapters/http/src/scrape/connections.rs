//! The open connections of a listener for scrapes. A new connection is always served.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::body::ScrapeBody;
use super::error::ScrapeError;
use super::labels::Dropped;
use super::site::Site;
use super::write_timeout::WriteTimeout;

/// The limit of open connections. A scraper keeps one or two.
const MOST_OPEN: usize = 64;

/// The limit on the time until the head of a request is complete, from the start of the
/// connection or the end of the previous answer.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// The limit on the time that a write waits for the client, longer than scrapers usually
/// wait for a page.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// All connections of a listener. Dropping this closes them.
pub(crate) struct Connections {
    site: Site,
    graceful: GracefulShutdown,
    tasks: JoinSet<()>,
    open: Vec<Open>,
}

struct Open {
    activity: Arc<Activity>,
    task: AbortHandle,
}

impl Connections {
    pub(crate) fn new(site: Site) -> Self {
        Self { site, graceful: GracefulShutdown::new(), tasks: JoinSet::new(), open: Vec::new() }
    }

    /// Serves a connection. Over the limit, closes another one first.
    pub(crate) fn add(&mut self, stream: TcpStream) {
        while self.tasks.try_join_next().is_some() {}
        self.open.retain(|open| !open.task.is_finished());
        if self.open.len() >= MOST_OPEN {
            self.close_one();
        }
        let activity = Arc::new(Activity::new());
        let connection = connection(stream, self.site.clone(), Arc::clone(&activity));
        let (connection, site) = (self.graceful.watch(connection), self.site.clone());
        let noted = Arc::clone(&activity);
        let task = self.tasks.spawn(async move {
            if let Some(cause) = connection.await.err().and_then(|error| noted.cause(&error)) {
                site.count_dropped(cause);
            }
        });
        self.open.push(Open { activity, task });
    }

    /// Closes the connection that has waited longest for a request, or else the one whose
    /// answer has taken longest.
    fn close_one(&mut self) {
        let longest = (0..).zip(&self.open).min_by_key(|(_, open)| open.activity.order());
        if let Some((index, _)) = longest {
            self.open.swap_remove(index).task.abort();
            self.site.count_dropped(Dropped::Limit);
        }
    }

    /// Waits until the answers in progress are sent, up to the limit. Then closes the
    /// remaining connections.
    pub(crate) async fn shutdown(self, limit: Duration) {
        let Self { graceful, mut tasks, .. } = self;
        _ = tokio::time::timeout(limit, graceful.shutdown()).await;
        tasks.shutdown().await;
    }
}

fn connection(
    stream: TcpStream,
    site: Site,
    activity: Arc<Activity>,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> {
    let watched = Watched {
        stream: WriteTimeout::new(stream, WRITE_TIMEOUT),
        activity: Arc::clone(&activity),
    };
    let service = service_fn(move |request| {
        let guard = activity.begin_answer();
        let answer = site.answer(&request);
        async move { answer.await.map(|response| response.map(|body| AnswerBody { body, guard })) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(watched), service)
}

/// The activity of a connection.
#[derive(Debug)]
struct Activity(Mutex<State>);

#[derive(Debug)]
struct State {
    is_answered: bool,
    /// The time of the last change of `is_answered`.
    since: Instant,
    /// The head of a request is incomplete, or the client has not sent one yet.
    owes_head: bool,
    /// An answer was truncated.
    is_truncated: bool,
}

impl Activity {
    fn new() -> Self {
        Self(Mutex::new(State {
            is_answered: false,
            since: Instant::now(),
            owes_head: true,
            is_truncated: false,
        }))
    }

    fn begin_answer(self: &Arc<Self>) -> AnswerGuard {
        *self.lock() = State {
            is_answered: true,
            since: Instant::now(),
            owes_head: false,
            is_truncated: false,
        };
        AnswerGuard(Arc::clone(self))
    }

    /// Returns the order of closing, lowest first.
    fn order(&self) -> (bool, Instant) {
        let state = self.lock();
        (state.is_answered, state.since)
    }

    /// Returns the cause of the close, if that was a time limit.
    fn cause(&self, error: &hyper::Error) -> Option<Dropped> {
        let io = error.source().and_then(|source| source.downcast_ref::<io::Error>());
        if io.is_some_and(|io| io.kind() == ErrorKind::TimedOut) {
            return Some(Dropped::WriteTimeout);
        }
        // A connection idle between two requests is closed as well, which is not an
        // error.
        (error.is_timeout() && self.lock().owes_head).then_some(Dropped::HeadTimeout)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Marks an answer in progress, until its body is read or dropped.
#[derive(Debug)]
struct AnswerGuard(Arc<Activity>);

impl Drop for AnswerGuard {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        (state.is_answered, state.since) = (false, Instant::now());
    }
}

/// A body that marks its answer as in progress.
struct AnswerBody {
    body: ScrapeBody,
    guard: AnswerGuard,
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = ScrapeError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ScrapeError>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if matches!(frame, Poll::Ready(Some(Err(_)))) {
            self.guard.0.lock().is_truncated = true;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A stream that notes reads.
struct Watched {
    stream: WriteTimeout<TcpStream>,
    activity: Arc<Activity>,
}

impl Drop for Watched {
    /// Resets the connection after a truncated answer: some readers take the end of the
    /// connection for the end of the page.
    #[allow(
        deprecated,
        reason = "only a linger above zero blocks, and the method for zero is too new"
    )]
    fn drop(&mut self) {
        let state = self.activity.lock();
        if state.is_answered || state.is_truncated {
            // Fails if the connection is closed.
            _ = self.stream.get_ref().set_linger(Some(Duration::ZERO));
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.activity.lock().owes_head = true;
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
