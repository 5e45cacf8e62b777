//! A server for a layered service, which `warp::serve` does not accept.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, pending};
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response, Version};
use http_body::Body;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tickmark_http::adapter::accept;
use tickmark_http::{HttpMetrics, MetricsService, ResponseBody, WriteTimeout};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower_layer::Layer;
use tower_service::Service;
use warp::Filter;

use crate::first_bytes::FirstBytes;

/// Serves HTTP/1.1 and HTTP/2 on a listener and records the requests, with the default
/// limits of a [`Server`]. Never returns. If the future is dropped, open connections
/// continue until they end.
///
/// Make `service` of your filters with `warp::service`.
///
/// ```no_run
/// use warp::Filter;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let registry = tickmark::Registry::new();
/// let metrics = tickmark_warp::HttpMetrics::builder().build(&registry)?;
/// let hello = tickmark_warp::path!(metrics; "hello" / String)
///     .map(|name: String| format!("hello {name}"));
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
/// tickmark_warp::serve(listener, metrics, warp::service(hello)).await;
/// # Ok(())
/// # }
/// ```
pub async fn serve<S, B>(listener: TcpListener, metrics: HttpMetrics, service: S)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    serve_until(pending(), listener, metrics, service).await;
}

/// Serves like [`serve`] until `stop` is ready, then closes the listener and waits up to
/// 10 seconds for the requests in progress. The remaining connections are closed.
pub async fn serve_until<S, B>(
    stop: impl Future<Output = ()>,
    listener: TcpListener,
    metrics: HttpMetrics,
    service: S,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    Server::new(metrics).serve_until(stop, listener, service).await;
}

/// Serves like [`serve_until`], with other limits.
///
/// ```no_run
/// use std::time::Duration;
///
/// use warp::Filter;
///
/// # async fn run(stop: impl Future<Output = ()>) -> Result<(), Box<dyn std::error::Error>> {
/// let registry = tickmark::Registry::new();
/// let metrics = tickmark_warp::HttpMetrics::builder().build(&registry)?;
/// let service = warp::service(tickmark_warp::path!(metrics; "hello").map(|| "hello"));
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
/// let server = tickmark_warp::Server::new(metrics).shutdown_limit(Duration::from_secs(3));
/// server.serve_until(stop, listener, service).await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is served before `serve_until`"]
pub struct Server {
    metrics: HttpMetrics,
    head_timeout: Duration,
    write_timeout: Duration,
    shutdown_limit: Duration,
}

impl Server {
    /// Creates a server that records its requests, with the default limits.
    pub fn new(metrics: HttpMetrics) -> Self {
        Self {
            metrics,
            head_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(60),
            shutdown_limit: Duration::from_secs(10),
        }
    }

    /// Closes a connection whose first bytes, HTTP/1.1 request head or HTTP/2 ping answer
    /// take longer. Limits the rest between two requests too. Default: 30 seconds.
    pub fn head_timeout(mut self, limit: Duration) -> Self {
        self.head_timeout = limit;
        self
    }

    /// Closes a connection whose client accepts no bytes for this time. A response
    /// without bytes to send may rest for any time, such as server-sent events. Default:
    /// 60 seconds.
    pub fn write_timeout(mut self, limit: Duration) -> Self {
        self.write_timeout = limit;
        self
    }

    /// Limits the wait for requests in progress at a shutdown. Default: 10 seconds.
    pub fn shutdown_limit(mut self, limit: Duration) -> Self {
        self.shutdown_limit = limit;
        self
    }

    /// Serves a listener until `stop` is ready, then waits for the requests in progress.
    pub async fn serve_until<S, B>(
        self,
        stop: impl Future<Output = ()>,
        listener: TcpListener,
        service: S,
    ) where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>
            + Clone
            + Send
            + 'static,
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        let service = self.metrics.layer().layer(service);
        let graceful = GracefulShutdown::new();
        let mut connections = Connections(JoinSet::new());
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                (stream, remote) = accept(&listener) => {
                    let service = WithConnection { service: service.clone(), remote };
                    connections.add(self.connection(stream, service, graceful.watcher()));
                }
                () = &mut stop => break,
            }
        }
        drop(listener);
        _ = tokio::time::timeout(self.shutdown_limit, graceful.shutdown()).await;
        connections.0.shutdown().await;
    }

    fn connection<S, B>(
        &self,
        stream: TcpStream,
        service: WithConnection<MetricsService<S>>,
        watcher: Watcher,
    ) -> impl Future<Output = ()> + Send + use<S, B>
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>
            + Clone
            + Send
            + 'static,
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        let mut server = auto::Builder::new(TokioExecutor::new());
        _ = server.http1().timer(TokioTimer::new()).header_read_timeout(self.head_timeout);
        let mut http2 = server.http2();
        _ = http2.timer(TokioTimer::new()).keep_alive_interval(self.head_timeout);
        _ = http2.keep_alive_timeout(self.head_timeout);
        let stream =
            FirstBytes::within(self.head_timeout, WriteTimeout::new(stream, self.write_timeout));
        async move {
            let service = TowerToHyperService::new(service);
            let connection =
                server.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
            // Errors are in the metrics of the requests.
            _ = watcher.watch(connection).await;
        }
    }
}

/// The connections of a server. They continue when this is dropped.
struct Connections(JoinSet<()>);

impl Connections {
    fn add(&mut self, connection: impl Future<Output = ()> + Send + 'static) {
        while self.0.try_join_next().is_some() {}
        drop(self.0.spawn(connection));
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        self.0.detach_all();
    }
}

/// Adds its [`Connection`] to each request.
#[derive(Clone)]
struct WithConnection<S> {
    service: S,
    remote: SocketAddr,
}

impl<S, B> Service<Request<Incoming>> for WithConnection<S>
where
    S: Service<Request<Incoming>, Response = Response<ResponseBody<B>>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Incoming>) -> S::Future {
        let connection = Connection { remote: self.remote, version: request.version() };
        _ = request.extensions_mut().insert(connection);
        self.service.call(request)
    }
}

/// Facts of a connection that filters cannot see otherwise.
#[derive(Clone, Copy, Debug)]
struct Connection {
    remote: SocketAddr,
    version: Version,
}

/// Extracts the address of the client below [`serve`], and `None` elsewhere.
/// `warp::addr::remote` works below `warp::serve` only.
#[must_use]
pub fn remote() -> impl Filter<Extract = (Option<SocketAddr>,), Error = Infallible> + Copy {
    warp::ext::optional::<Connection>()
        .map(|connection: Option<Connection>| connection.map(|known| known.remote))
}

/// Extracts the version of HTTP. Unknown versions count as HTTP/1.0, which supports
/// least.
pub(crate) fn version() -> impl Filter<Extract = (Version,), Error = Infallible> + Copy {
    warp::ext::optional::<Connection>().map(|connection: Option<Connection>| {
        connection.map_or(Version::HTTP_10, |known| known.version)
    })
}
