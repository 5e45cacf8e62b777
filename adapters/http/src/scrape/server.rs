//! A listener for scrapes only.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, ToSocketAddrs, lookup_host};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::accept::accept;
use super::connections::Connections;
use super::endpoint::ScrapeEndpoint;
use super::site::Site;

/// The default path of the page.
const PATH: &str = "/metrics";

/// The default limit on the wait of a shutdown for scrapes in progress.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(10);

/// Answers scrapes on a listener of its own, at `/metrics`, by HTTP/1.1. Other paths get
/// a 404.
///
/// It listens when this returns, and is served by the current tokio runtime. Collectors
/// and the writing of pages block no task of that runtime: see
/// [`ScrapeEndpoint::answer`].
///
/// A connection is closed when the head of a request is incomplete after 30 seconds, or
/// when its client reads nothing of an answer for 30 seconds. At most 64 are open. A
/// further one replaces the connection that has waited longest for a request, or else the
/// one whose answer has taken longest. These closes count in
/// `tickmark_scrape_connections_dropped_total`, with the cause `head_timeout`,
/// `write_timeout` or `limit`. Closing a connection that was idle between two requests
/// for 30 seconds does not count.
///
/// ```
/// use tickmark_http::{ScrapeEndpoint, serve_metrics};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let registry = tickmark::Registry::new();
/// // In production a port that the scraper knows, such as 127.0.0.1:9100.
/// let server = serve_metrics("127.0.0.1:0", ScrapeEndpoint::new(&registry)).await?;
/// println!("scrape http://{}/metrics", server.addr());
/// server.shutdown().await;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If `addr` cannot be resolved or bound. An error of binding names the address and keeps
/// the kind, such as `AddrInUse`, but not the code of the system.
pub async fn serve_metrics(
    addr: impl ToSocketAddrs,
    endpoint: ScrapeEndpoint,
) -> io::Result<MetricsServer> {
    serve_metrics_at(addr, PATH, endpoint).await
}

/// [`serve_metrics`] at another path, such as `/internal/metrics`. It must equal the path
/// of requests, without a query.
///
/// # Errors
/// If `addr` cannot be resolved or bound, or if the path does not start with `/` or has a
/// query.
pub async fn serve_metrics_at(
    addr: impl ToSocketAddrs,
    path: &str,
    endpoint: ScrapeEndpoint,
) -> io::Result<MetricsServer> {
    if !path.starts_with('/') || path.contains(['?', '#']) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("invalid path {path:?}: must start with '/' and have no query"),
        ));
    }
    let listener = bind(addr).await?;
    let addr = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(run(listener, Site::new(path, endpoint), stopped));
    Ok(MetricsServer { addr, stop, task })
}

/// Binds the first address that can be bound. The error names the last one tried.
async fn bind(addr: impl ToSocketAddrs) -> io::Result<TcpListener> {
    let resolved = lookup_host(addr).await.map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("cannot resolve the address to bind, expected host:port: {error}"),
        )
    })?;
    let mut failed = None;
    for addr in resolved {
        match TcpListener::bind(addr).await {
            Ok(listener) => return Ok(listener),
            Err(error) => {
                let text = format!("cannot bind {addr}: {error}");
                failed = Some(io::Error::new(error.kind(), text));
            }
        }
    }
    Err(failed.unwrap_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, "cannot bind: no address given")
    }))
}

/// A served listener; created by [`serve_metrics`] and [`serve_metrics_at`]. Dropping it
/// does not stop the server, which then runs until the runtime ends.
#[derive(Debug)]
pub struct MetricsServer {
    addr: SocketAddr,
    stop: oneshot::Sender<Duration>,
    task: JoinHandle<()>,
}

impl MetricsServer {
    /// Returns the bound address, with the actual port.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops listening, then waits up to 10 seconds for scrapes in progress. Then closes
    /// all connections.
    pub async fn shutdown(self) {
        self.shutdown_within(SHUTDOWN_LIMIT).await;
    }

    /// [`shutdown`](Self::shutdown) with another limit.
    pub async fn shutdown_within(self, limit: Duration) {
        // Both fail if the runtime is ending and the task with it.
        _ = self.stop.send(limit);
        _ = self.task.await;
    }
}

async fn run(listener: TcpListener, site: Site, stopped: oneshot::Receiver<Duration>) {
    let mut connections = Connections::new(site);
    let mut stopped = std::pin::pin!(async {
        match stopped.await {
            Ok(limit) => limit,
            // A dropped handle never stops the server.
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
