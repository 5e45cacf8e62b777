//! A listener for scrapes alone, which the world does not reach.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

use super::body::ScrapeBody;
use super::endpoint::ScrapeEndpoint;
use super::refusal::set;
use crate::accept::accept;

/// Where the page is, unless said otherwise.
const PATH: &str = "/metrics";

/// How long a client may take for the head of a request, and keep a connection without one.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a shutdown waits for scrapes that have begun: as long as scrapers may want to wait for a page.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(60);

/// Connections at once; more wait until one ends. Scrapers keep one or two each.
const MOST_CONNECTIONS: usize = 64;

/// Answers scrapes on a listener of its own, at `/metrics`: HTTP/1.1, a 404 to other paths.
///
/// It listens when this returns, and is served by the tokio runtime that this is called on. At most 64 connections are open
/// at once, others wait; one whose client does not send the head of a request within 30 seconds is closed.
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
pub async fn serve_metrics(addr: impl ToSocketAddrs, endpoint: ScrapeEndpoint) -> io::Result<MetricsServer> {
    serve_metrics_at(addr, PATH, endpoint).await
}

/// [`serve_metrics`] at another path, such as `/internal/metrics`: exactly as it is in requests, without a query.
///
/// # Errors
/// When the address cannot be listened at, or when no request can have the path: it has no slash at its start, or a query.
pub async fn serve_metrics_at(
    addr: impl ToSocketAddrs,
    path: &str,
    endpoint: ScrapeEndpoint,
) -> io::Result<MetricsServer> {
    if !path.starts_with('/') || path.contains(['?', '#']) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("no path of requests: {path:?}")));
    }
    let page = Page { path: path.into(), endpoint };
    let listener = TcpListener::bind(addr).await?;
    let addr = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(run(listener, page, stopped));
    Ok(MetricsServer { addr, stop, task })
}

/// A listener that is served; made by [`serve_metrics`] and [`serve_metrics_at`]. When it is dropped, it is served on until the runtime ends.
#[derive(Debug)]
pub struct MetricsServer {
    addr: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl MetricsServer {
    /// Where it listens; the port is the one that it got.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops to listen, and ends when the scrapes that have begun are answered, at the latest after a minute.
    pub async fn shutdown(self) {
        // It is gone already if the runtime is about to end.
        _ = self.stop.send(());
        _ = self.task.await;
    }
}

async fn run(listener: TcpListener, page: Page, stopped: oneshot::Receiver<()>) {
    let connections = GracefulShutdown::new();
    let free = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let accepting = async {
        loop {
            // Never closed, so there is always one at last.
            let Ok(permit) = Arc::clone(&free).acquire_owned().await else { return };
            let (stream, _) = accept(&listener).await;
            let connection = connections.watcher().watch(connection(stream, page.clone()));
            drop(tokio::spawn(async move {
                // Why it ended tells nobody anything that the metrics about scrapes do not.
                _ = connection.await;
                drop(permit);
            }));
        }
    };
    tokio::select! {
        () = accepting => {}
        // Dropped is as good as never.
        () = async { if stopped.await.is_err() { std::future::pending().await } } => {}
    }
    drop(listener);
    // A scraper that does not read keeps its connection, and nobody else.
    _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, connections.shutdown()).await;
}

/// What is served.
#[derive(Clone)]
struct Page {
    path: Arc<str>,
    endpoint: ScrapeEndpoint,
}

impl Page {
    fn answer(&self, request: &Request<Incoming>) -> Response<ScrapeBody> {
        if request.uri().path() == &*self.path {
            return self.endpoint.respond(request);
        }
        let mut response = Response::new(ScrapeBody::text(format!("scrapes are at {}\n", self.path)));
        *response.status_mut() = StatusCode::NOT_FOUND;
        set(response.headers_mut(), CONTENT_TYPE, "text/plain; charset=utf-8");
        response
    }
}

fn connection(
    stream: TcpStream,
    page: Page,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> {
    let answer = service_fn(move |request| std::future::ready(Ok::<_, Infallible>(page.answer(&request))));
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), answer)
}
