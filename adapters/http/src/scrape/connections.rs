//! The open connections of a listener for scrapes: a new one always gets a place.

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
use super::server::Page;
use crate::write_timeout::WriteTimeout;

/// Connections at once. Scrapers keep one or two each.
const MOST: usize = 64;

/// How long a client may take for the head of a request, and keep a connection without
/// one.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a write waits for a client that reads nothing: as long as scrapers usually
/// wait for a page, and more.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// All connections of a listener. They end when this is dropped.
pub(crate) struct Connections {
    page: Page,
    graceful: GracefulShutdown,
    tasks: JoinSet<()>,
    open: Vec<Open>,
}

struct Open {
    activity: Arc<Activity>,
    task: AbortHandle,
}

impl Connections {
    pub(crate) fn new(page: Page) -> Self {
        Self { page, graceful: GracefulShutdown::new(), tasks: JoinSet::new(), open: Vec::new() }
    }

    /// Serves another connection. If there are too many, it takes the place of one that
    /// rests.
    pub(crate) fn add(&mut self, stream: TcpStream) {
        while self.tasks.try_join_next().is_some() {}
        self.open.retain(|open| !open.task.is_finished());
        if self.open.len() >= MOST {
            self.close_one();
        }
        let activity = Arc::new(Activity::new());
        let connection = connection(stream, self.page.clone(), Arc::clone(&activity));
        let (connection, page) = (self.graceful.watch(connection), self.page.clone());
        let noted = Arc::clone(&activity);
        let task = self.tasks.spawn(async move {
            if let Some(cause) = connection.await.err().and_then(|error| noted.cause(&error)) {
                page.count_dropped(cause);
            }
        });
        self.open.push(Open { activity, task });
    }

    /// Closes the connection that has waited longest for a request, or else the one that
    /// has been answered longest.
    fn close_one(&mut self) {
        let longest = (0..).zip(&self.open).min_by_key(|(_, open)| open.activity.order());
        if let Some((place, _)) = longest {
            self.open.swap_remove(place).task.abort();
            self.page.count_dropped(Dropped::Limit);
        }
    }

    /// Ends when the answers under way have been sent, or with the limit: then the rest
    /// of the connections are closed.
    pub(crate) async fn shutdown(self, limit: Duration) {
        let Self { graceful, mut tasks, .. } = self;
        _ = tokio::time::timeout(limit, graceful.shutdown()).await;
        tasks.shutdown().await;
    }
}

fn connection(
    stream: TcpStream,
    page: Page,
    activity: Arc<Activity>,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> {
    let watched = Watched {
        stream: WriteTimeout::new(stream, WRITE_TIMEOUT),
        activity: Arc::clone(&activity),
    };
    let service = service_fn(move |request| {
        let answering = activity.begin_answer();
        let answer = page.answer(&request);
        async move { answer.await.map(|response| response.map(|body| Answer { body, answering })) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(watched), service)
}

/// What a connection does.
#[derive(Debug)]
struct Activity(Mutex<State>);

#[derive(Debug)]
struct State {
    is_answered: bool,
    /// When that began or ended.
    since: Instant,
    /// Its client has begun a head, or has not sent one yet.
    owes_head: bool,
    /// An answer ended before its end.
    is_cut: bool,
}

impl Activity {
    fn new() -> Self {
        Self(Mutex::new(State {
            is_answered: false,
            since: Instant::now(),
            owes_head: true,
            is_cut: false,
        }))
    }

    fn begin_answer(self: &Arc<Self>) -> Answering {
        *self.lock() =
            State { is_answered: true, since: Instant::now(), owes_head: false, is_cut: false };
        Answering(Arc::clone(self))
    }

    /// The first in this order is closed first.
    fn order(&self) -> (bool, Instant) {
        let state = self.lock();
        (state.is_answered, state.since)
    }

    /// Why the connection was closed, if that was the doing of a time limit.
    fn cause(&self, error: &hyper::Error) -> Option<Dropped> {
        let io = error.source().and_then(|source| source.downcast_ref::<io::Error>());
        if io.is_some_and(|io| io.kind() == ErrorKind::TimedOut) {
            return Some(Dropped::WriteTimeout);
        }
        // A connection that rests between two requests is closed as well, and nothing is
        // wrong with it.
        (error.is_timeout() && self.lock().owes_head).then_some(Dropped::HeadTimeout)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request under way, until its body is handed out or dropped.
#[derive(Debug)]
struct Answering(Arc<Activity>);

impl Drop for Answering {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        (state.is_answered, state.since) = (false, Instant::now());
    }
}

/// A body that tells when it is done.
struct Answer {
    body: ScrapeBody,
    answering: Answering,
}

impl Body for Answer {
    type Data = Bytes;
    type Error = ScrapeError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ScrapeError>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if matches!(frame, Poll::Ready(Some(Err(_)))) {
            self.answering.0.lock().is_cut = true;
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

/// A stream that tells when something is read.
struct Watched {
    stream: WriteTimeout<TcpStream>,
    activity: Arc<Activity>,
}

impl Drop for Watched {
    /// Resets the connection of an answer that is not whole: the end of a connection is
    /// the end of a page for some readers.
    #[allow(
        deprecated,
        reason = "only a linger above zero blocks, and the method for zero is too new"
    )]
    fn drop(&mut self) {
        let state = self.activity.lock();
        if state.is_answered || state.is_cut {
            // It fails if the connection is gone.
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
