//! hyper: a service of its own, with a dispatch by hand.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tickmark_http::adapter;
use tickmark_hyper::{HttpMetrics, MetricsService, set_route};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower::{BoxError, ServiceExt};

use super::around::{Around, Reply, TowerService, box_body, boxed, panics_in_call};
use crate::service::{Answer, Context, Route, connect, item, status, text, upgrade};

/// A hyper service is such a function.
type Handler =
    Arc<dyn Fn(Request<Incoming>) -> BoxFuture<'static, Result<Reply, BoxError>> + Send + Sync>;

pub(super) async fn serve(
    listener: TcpListener,
    context: Context,
    around: Vec<Around>,
    stopped: oneshot::Receiver<()>,
) {
    let service = service_fn(move |request| dispatch(context.clone(), request));
    let handler = around.into_iter().fold(handler(service), wrap);
    serve_connections(listener, service_fn(move |request| handler(request)), stopped).await;
}

fn wrap(inside: Handler, around: Around) -> Handler {
    match around {
        Around::Metrics(metrics) => {
            handler(MetricsService::new(metrics, service_fn(move |request| inside(request))))
        }
        Around::PanicsInCall(label) => Arc::new(move |_| panics_in_call(label)),
        layer => {
            let service = layer.tower(boxed(tower::service_fn(move |request| inside(request))));
            Arc::new(move |request| service.clone().oneshot(request).boxed())
        }
    }
}

fn handler<S, B>(service: S) -> Handler
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = BoxError, Future: Send + 'static>
        + Send
        + Sync
        + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    Arc::new(move |request| {
        let response = service.call(request);
        async move { response.await.map(box_body) }.boxed()
    })
}

async fn dispatch(context: Context, mut request: Request<Incoming>) -> Result<Answer, BoxError> {
    if request.method() == Method::CONNECT {
        let on_upgrade = hyper::upgrade::on(&mut request);
        return Ok(connect(request.headers(), on_upgrade));
    }
    let path = request.uri().path().to_owned();
    let (template, methods) = match path.as_str() {
        "/echo" | "/unread" => (path.as_str(), [Method::POST, Method::POST]),
        "/upgrade" | "/fails" => (path.as_str(), [Method::GET, Method::HEAD]),
        _ if path.starts_with("/items/") => ("/items/{id}", [Method::GET, Method::HEAD]),
        _ if route_at(&path).is_some() => (path.as_str(), [Method::GET, Method::HEAD]),
        _ => return Ok(status(StatusCode::NOT_FOUND)),
    };
    // Before the method check: a wrong method has a route too.
    _ = set_route(context.metrics.route(template));
    if !methods.contains(request.method()) {
        return Ok(status(StatusCode::METHOD_NOT_ALLOWED));
    }
    answer(context, &path, request).await
}

async fn answer(
    context: Context,
    path: &str,
    mut request: Request<Incoming>,
) -> Result<Answer, BoxError> {
    Ok(match path {
        "/echo" if context.counts_uploads => {
            echo(adapter::count_request_bytes(context.metrics, request)).await
        }
        "/echo" => echo(request).await,
        "/unread" => text("unread"),
        "/upgrade" => {
            let on_upgrade = hyper::upgrade::on(&mut request);
            upgrade(request.headers(), Some(on_upgrade))
        }
        "/fails" => return Err("the service fails, as intended".into()),
        path => match route_at(path) {
            Some(route) => route.answer(context).await,
            None => item(path.trim_start_matches("/items/")),
        },
    })
}

async fn echo(request: Request<impl Body>) -> Answer {
    match request.into_body().collect().await {
        Ok(body) => text(body.to_bytes()),
        Err(_) => status(StatusCode::BAD_REQUEST),
    }
}

fn route_at(path: &str) -> Option<Route> {
    Route::ALL.into_iter().find(|route| route.template() == path)
}

/// Serves HTTP/1.1 and HTTP/2 until shutdown, and then completes the requests in flight.
pub(super) async fn serve_connections<S, B>(
    listener: TcpListener,
    service: S,
    stopped: oneshot::Receiver<()>,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error: Into<BoxError>, Future: Send>,
    S: Clone + Send + 'static,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    let connections = GracefulShutdown::new();
    let mut stopped = pin!(stopped);
    loop {
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => accepted.unwrap(),
            _ = &mut stopped => break,
        };
        let (service, watcher) = (service.clone(), connections.watcher());
        drop(tokio::spawn(async move {
            let server = auto::Builder::new(TokioExecutor::new());
            let connection = server.serve_connection_with_upgrades(TokioIo::new(stream), service);
            // Tests break connections on purpose.
            _ = watcher.watch(connection.into_owned()).await;
        }));
    }
    drop(listener);
    connections.shutdown().await;
}

/// Serves a tower service.
pub(super) async fn serve_tower(
    listener: TcpListener,
    service: TowerService,
    stopped: oneshot::Receiver<()>,
) {
    serve_connections(listener, hyper_util::service::TowerToHyperService::new(service), stopped)
        .await;
}

pub(super) async fn call_in_process(metrics: HttpMetrics) -> StatusCode {
    let service =
        MetricsService::new(metrics, service_fn(async |_| Ok::<_, Infallible>(callee(metrics))));
    service.call(Request::new(Empty::<Bytes>::new())).await.unwrap().status()
}

/// Responds to a request in the same process.
pub(super) fn callee(metrics: HttpMetrics) -> Response<Full<Bytes>> {
    _ = set_route(metrics.route("/callee"));
    Response::new(Full::from("callee"))
}
