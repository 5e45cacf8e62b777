//! A service with a router written by hand, and a real server for it.

#![allow(dead_code, unused_imports, reason = "each test program uses a part")]

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body::{Body, Frame};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::HttpService;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tickmark::Registry;
use tickmark_hyper::{HttpMetrics, MetricsService, RouteId, set_route};
use tokio::net::TcpListener;

pub(crate) use tickmark_tests::recorded::{Recorded, reaches, settled};
pub(crate) use tickmark_tests::wire::{Answer, Client, read_until};

/// A body by script.
#[derive(Debug, Default)]
pub(crate) struct Script(Vec<Step>);

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Data(&'static str),
    Trailers,
    Error,
    Panic,
    Never,
}

impl Body for Script {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let Some(step) = self.0.first().cloned() else { return Poll::Ready(None) };
        if let Step::Never = step {
            return Poll::Pending;
        }
        _ = self.0.remove(0);
        Poll::Ready(Some(match step {
            Step::Data(text) => Ok(Frame::data(Bytes::from_static(text.as_bytes()))),
            Step::Trailers => Ok(Frame::trailers(HeaderMap::from_iter([(
                http::HeaderName::from_static("x-end"),
                HeaderValue::from_static("yes"),
            )]))),
            Step::Error => Err(io::Error::other("the body breaks, as it should")),
            Step::Panic | Step::Never => panic!("the body panics, as it should"),
        }))
    }
}

/// The routes of the test service.
#[derive(Clone, Copy)]
pub(crate) struct Routes {
    metrics: HttpMetrics,
}

/// What the service says when it fails as a whole.
#[derive(Debug)]
pub(crate) struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the service fails, as it should")
    }
}

impl std::error::Error for Broken {}

impl Routes {
    pub(crate) fn new(metrics: HttpMetrics) -> Self {
        Self { metrics }
    }

    pub(crate) async fn dispatch<B: Body>(self, request: Request<B>) -> Result<Response<Script>, Broken> {
        let path = request.uri().path();
        let template = if path.starts_with("/items/") { "/items/{id}" } else { path };
        let known = ["/items/{id}", "/waits", "/fails", "/panics", "/events", "/whole", "/broken", "/bursts", "/up"];
        if !known.contains(&template) {
            return Ok(reply(StatusCode::NOT_FOUND, []));
        }
        _ = set_route(self.metrics.route(template));
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Ok(reply(StatusCode::METHOD_NOT_ALLOWED, []));
        }
        // hyper drops the body of an answer to HEAD in HTTP/1 only.
        if *request.method() == Method::HEAD && request.version() == Version::HTTP_2 {
            return Ok(reply(StatusCode::OK, []));
        }
        Ok(match template {
            "/waits" => pending().await,
            "/fails" => return Err(Broken),
            "/panics" => panic!("the handler panics, as it should"),
            "/events" => reply(StatusCode::OK, [Step::Data("12345"), Step::Never]),
            "/whole" => reply(StatusCode::OK, [Step::Data("123"), Step::Data("4567"), Step::Trailers]),
            "/broken" => reply(StatusCode::OK, [Step::Data("123"), Step::Error]),
            "/bursts" => reply(StatusCode::OK, [Step::Data("123"), Step::Panic]),
            "/up" => {
                let mut reply = reply(StatusCode::SWITCHING_PROTOCOLS, []);
                let headers = [("connection", "upgrade"), ("upgrade", "echo")];
                reply.headers_mut().extend(
                    headers.map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value))),
                );
                reply
            }
            _ => reply(StatusCode::OK, [Step::Data("an item")]),
        })
    }
}

fn reply(status: StatusCode, steps: impl Into<Vec<Step>>) -> Response<Script> {
    let mut response = Response::new(Script(steps.into()));
    *response.status_mut() = status;
    response
}

/// Serves on a port of its own until the test ends: HTTP/1.1, or HTTP/2 to who begins with it.
pub(crate) async fn serve<S, B>(service: S, is_http2: bool) -> Client
where
    S: HttpService<Incoming, ResBody = B, Error: std::error::Error + Send + Sync, Future: Send>
        + Clone
        + Send
        + 'static,
    B: Body<Data: Send, Error: std::error::Error + Send + Sync> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client(listener.local_addr().unwrap());
    drop(tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (stream, service) = (TokioIo::new(stream), service.clone());
            drop(tokio::spawn(async move {
                // What breaks a connection is what the tests are about.
                if is_http2 {
                    _ = http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service).await;
                } else {
                    _ = http1::Builder::new().serve_connection(stream, service).with_upgrades().await;
                }
            }));
        }
    }));
    client
}

/// A registry with HTTP metrics in it.
pub(crate) fn measured() -> (Registry, HttpMetrics) {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().build(&registry).unwrap();
    (registry, metrics)
}

/// The test service with metrics around it, served.
pub(crate) async fn serve_measured(metrics: HttpMetrics, is_http2: bool) -> Client {
    let routes = Routes::new(metrics);
    let service = hyper::service::service_fn(move |request| routes.dispatch(request));
    serve(MetricsService::new(metrics, service), is_http2).await
}
