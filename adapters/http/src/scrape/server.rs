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

/// Where the page is.
const PATH: &str = "/metrics";

/// How long a client may take for the head of a request, and keep a connection without one.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Connections at once; more wait until one ends. Scrapers keep one or two each.
const MOST_CONNECTIONS: usize = 64;

/// How long to wait when no connection can be accepted, for want of file descriptors: some may end meanwhile.
const PAUSE: Duration = Duration::from_secs(1);

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
    let listener = TcpListener::bind(addr).await?;
    let addr = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(run(listener, endpoint, stopped));
    Ok(MetricsServer { addr, stop, task })
}

/// A listener that is served; made by [`serve_metrics`]. When it is dropped, it is served on until the runtime ends.
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

    /// Stops to listen, and ends when the scrapes that have begun are answered.
    pub async fn shutdown(self) {
        // It is gone already if the runtime is about to end.
        _ = self.stop.send(());
        _ = self.task.await;
    }
}

async fn run(listener: TcpListener, endpoint: ScrapeEndpoint, stopped: oneshot::Receiver<()>) {
    let connections = GracefulShutdown::new();
    let free = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let accepting = async {
        loop {
            // Never closed, so there is always one at last.
            let Ok(permit) = Arc::clone(&free).acquire_owned().await else { return };
            let connection = connections.watcher().watch(connection(accept(&listener).await, endpoint.clone()));
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
    connections.shutdown().await;
}

/// The next connection, however long it takes.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            // Gone before it was there.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

fn connection(
    stream: TcpStream,
    endpoint: ScrapeEndpoint,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> {
    let answer = move |request: Request<Incoming>| {
        let response = if request.uri().path() == PATH { endpoint.respond(&request) } else { not_found() };
        std::future::ready(Ok::<_, Infallible>(response))
    };
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service_fn(answer))
}

fn not_found() -> Response<ScrapeBody> {
    let mut response = Response::new(ScrapeBody::text(format!("scrapes are at {PATH}\n")));
    *response.status_mut() = StatusCode::NOT_FOUND;
    set(response.headers_mut(), CONTENT_TYPE, "text/plain; charset=utf-8");
    response
}
