//! Connections of hyper, for hosts without a server of their own.

use std::convert::Infallible;
use std::error::Error;
use std::future::ready;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use tickmark_hyper::{MetricsService, set_route};
use tokio::net::TcpListener;

use crate::service::{Context, ECHO, SPLIT, TAUGHT};

/// Serves HTTP/1.1, with or without upgrades.
pub(super) async fn serve<S, B>(listener: TcpListener, service: S, upgrades: bool)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let connection =
            http1::Builder::new().serve_connection(TokioIo::new(stream), service.clone());
        // Tests break connections on purpose.
        drop(tokio::spawn(async move {
            _ = if upgrades { connection.with_upgrades().await } else { connection.await };
        }));
    }
}

/// Serves a function that responds at once, with metrics around it.
pub(super) async fn serve_answers(
    listener: TcpListener,
    context: Context,
    upgrades: bool,
    answer: fn(Context, Request<Incoming>) -> Response<Full<Bytes>>,
) {
    let http = context.http;
    let answers =
        service_fn(move |request| ready(Ok::<_, Infallible>(answer(context.clone(), request))));
    serve(listener, MetricsService::new(http, answers), upgrades).await;
}

/// The path of the route, passed to the metrics; `None` without a route.
pub(super) fn route(context: &Context, request: &Request<Incoming>) -> Option<&'static str> {
    let path = [ECHO, SPLIT, TAUGHT].into_iter().find(|path| *path == request.uri().path())?;
    _ = set_route(context.http.route(path));
    Some(path)
}

pub(super) fn status(code: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = code;
    response
}
