//! A listener for scrapes alone, which the world does not reach.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::body::ScrapeBody;
use super::connections::Connections;
use super::endpoint::ScrapeEndpoint;
use super::future::ScrapeFuture;
use super::labels::Dropped;
use super::refusal::set;
use crate::accept::accept;

/// Where the page is, unless said otherwise.
const PATH: &str = "/metrics";

/// How long a shutdown waits for scrapes that have begun.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(10);

/// Answers scrapes on a listener of its own, at `/metrics`: HTTP/1.1, a 404 to other
/// paths.
///
/// It listens when this returns, and is served by the tokio runtime that this is called
/// on. Collectors and the writing of pages hold up no task of that runtime: see
/// [`ScrapeEndpoint::answer`].
///
/// A connection is closed when its client sends no whole head of a request within 30
/// seconds, or takes nothing of an answer for 30 seconds. At most 64 are open at once.
/// One more takes the place of the one that has waited longest for a request, or, while
/// all are being answered, of the one that has been answered longest. Such closes are
/// counted in `tickmark_scrape_connections_dropped_total`, with the cause `head_timeout`,
/// `write_timeout` or `limit`; those of connections that rest between two requests for 30
/// seconds are not.
///
/// ```
/// use tickmark_http::{ScrapeEndpoint, serve_metrics};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let registry = tickmark::Registry::new();
/// // In earnest a port that the scraper knows, such as 127.0.0.1:9100.
/// let server = serve_metrics("127.0.0.1:0", ScrapeEndpoint::new(&registry)).await?;
/// println!("scrape http://{}/metrics", server.addr());
/// server.shutdown().await;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When the address cannot be listened at.
pub async fn serve_metrics(
    addr: impl ToSocketAddrs,
    endpoint: ScrapeEndpoint,
) -> io::Result<MetricsServer> {
    serve_metrics_at(addr, PATH, endpoint).await
}

/// [`serve_metrics`] at another path, such as `/internal/metrics`: exactly as it is in
/// requests, without a query.
///
/// # Errors
/// When the address cannot be listened at, or when no request can have the path: it has
/// no slash at its start, or a query.
pub async fn serve_metrics_at(
    addr: impl ToSocketAddrs,
    path: &str,
    endpoint: ScrapeEndpoint,
) -> io::Result<MetricsServer> {
    if !path.starts_with('/') || path.contains(['?', '#']) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("no path of requests: {path:?}"),
        ));
    }
    let page = Page { path: path.into(), endpoint };
    let listener = TcpListener::bind(addr).await?;
    let addr = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(run(listener, page, stopped));
    Ok(MetricsServer { addr, stop, task })
}

/// A listener that is served; made by [`serve_metrics`] and [`serve_metrics_at`]. When it
/// is dropped, it is served on until the runtime ends.
#[derive(Debug)]
pub struct MetricsServer {
    addr: SocketAddr,
    stop: oneshot::Sender<Duration>,
    task: JoinHandle<()>,
}

impl MetricsServer {
    /// Where it listens; the port is the one that it got.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops listening, then waits up to 10 seconds for the scrapes in progress. Then all
    /// connections are closed.
    pub async fn shutdown(self) {
        self.shutdown_within(SHUTDOWN_LIMIT).await;
    }

    /// [`shutdown`](Self::shutdown) with another limit.
    pub async fn shutdown_within(self, limit: Duration) {
        // It is gone already if the runtime is about to end.
        _ = self.stop.send(limit);
        _ = self.task.await;
    }
}

async fn run(listener: TcpListener, page: Page, stopped: oneshot::Receiver<Duration>) {
    let mut connections = Connections::new(page);
    let mut stopped = std::pin::pin!(async {
        match stopped.await {
            Ok(limit) => limit,
            // Dropped is as good as never.
            Err(_) => std::future::pending().await,
        }
    });
    let limit = loop {
        tokio::select! {
            (stream, _) = accept(&listener) => connections.add(stream),
            limit = &mut stopped => break limit,
        }
    };
    drop(listener);
    connections.shutdown(limit).await;
}

/// What is served.
#[derive(Clone)]
pub(crate) struct Page {
    path: Arc<str>,
    endpoint: ScrapeEndpoint,
}

impl Page {
    pub(crate) fn answer(&self, request: &Request<Incoming>) -> ScrapeFuture {
        if request.uri().path() == &*self.path {
            return self.endpoint.answer(request);
        }
        let mut response =
            Response::new(ScrapeBody::text(format!("scrapes are at {}\n", self.path)));
        *response.status_mut() = StatusCode::NOT_FOUND;
        set(response.headers_mut(), CONTENT_TYPE, "text/plain; charset=utf-8");
        ScrapeFuture::answered(response)
    }

    pub(crate) fn count_dropped(&self, cause: Dropped) {
        self.endpoint.count_dropped(cause);
    }
}
