//! A server for what `warp::serve` does not take: a service with something around it.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, pending};
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tickmark_http::{HttpMetrics, MetricsService, ResponseBody, accept};
use tokio::net::{TcpListener, TcpStream};
use tower_layer::Layer;
use tower_service::Service;
use warp::Filter;

/// How long a client may take for the head of a request by HTTP/1.1, and keep a connection after that without another.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves the connections of a listener, HTTP/1.1 and HTTP/2, and records their requests. Ends only when it is dropped, and
/// then its connections go on until they end by themselves. Whoever begins the head of a request of HTTP/1.1, or has had an
/// answer, and does not send a whole head within 30 seconds is sent away; whoever never sends anything is not.
///
/// `service` is what [`warp::service`] makes of your filters. `warp::serve` takes filters only, and nothing can be around
/// those.
///
/// ```no_run
/// use warp::Filter;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// # let registry = tickmark::Registry::new();
/// let metrics = tickmark_warp::HttpMetrics::builder().build(&registry)?;
/// let hello = tickmark_warp::path!(metrics; "hello" / String).map(|name: String| format!("hello {name}"));
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
/// tickmark_warp::serve(listener, metrics, warp::service(hello)).await;
/// # Ok(())
/// # }
/// ```
pub async fn serve<S, B>(listener: TcpListener, metrics: HttpMetrics, service: S)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send> + Clone + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    serve_until(pending(), listener, metrics, service).await;
}

/// [`serve`] until `stop` is ready: then no connection is accepted any more, and this ends when the requests that have begun
/// are answered.
pub async fn serve_until<S, B>(stop: impl Future<Output = ()>, listener: TcpListener, metrics: HttpMetrics, service: S)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send> + Clone + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let service = metrics.layer().layer(service);
    let connections = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            (stream, remote) = accept(&listener) => serve_connection(stream, remote, service.clone(), &connections),
            () = &mut stop => break,
        }
    }
    drop(listener);
    connections.shutdown().await;
}

fn serve_connection<S, B>(
    stream: TcpStream,
    remote: SocketAddr,
    service: MetricsService<S>,
    connections: &GracefulShutdown,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send> + Clone + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let service = TowerToHyperService::new(WithRemote { service, remote });
    let watcher = connections.watcher();
    drop(tokio::spawn(async move {
        let mut server = auto::Builder::new(TokioExecutor::new());
        _ = server.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
        // Why a connection ended tells nobody anything that the metrics do not.
        _ = watcher.watch(server.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned()).await;
    }));
}

/// A service that tells its requests where they come from.
#[derive(Clone)]
struct WithRemote<S> {
    service: S,
    remote: SocketAddr,
}

impl<S, B> Service<Request<Incoming>> for WithRemote<S>
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
        _ = request.extensions_mut().insert(Remote(self.remote));
        self.service.call(request)
    }
}

/// The other end of the connection of a request.
#[derive(Clone, Copy, Debug)]
struct Remote(SocketAddr);

/// Where a request comes from, if it was served by [`serve`]: `warp::addr::remote` knows it below `warp::serve` only.
#[must_use]
pub fn remote() -> impl Filter<Extract = (Option<SocketAddr>,), Error = Infallible> + Copy {
    warp::ext::optional::<Remote>().map(|remote: Option<Remote>| remote.map(|Remote(addr)| addr))
}
