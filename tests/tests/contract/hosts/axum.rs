//! axum: a router with handlers.

use axum::Router;
use axum::body::Body;
use axum::error_handling::HandleErrorLayer;
use axum::extract::{Path, Request};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use bytes::Bytes;
use http::{Method, Response, StatusCode};
use tickmark_axum::{HttpMetrics, layer};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower::buffer::BufferLayer;
use tower::layer::layer_fn;
use tower::limit::ConcurrencyLimitLayer;
use tower::util::MapRequestLayer;
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use super::around::{Around, panics_in_call, say, timeout};
use super::boundary::{Boundary, Elsewhere};
use crate::service::{Context, Route, connect, status, upgrade};

pub(super) async fn serve(
    listener: TcpListener,
    context: Context,
    around: Vec<Around>,
    stopped: oneshot::Receiver<()>,
) {
    let router = around.into_iter().fold(routes(&context), wrap);
    let server =
        axum::serve(listener, router).with_graceful_shutdown(async move { drop(stopped.await) });
    server.await.unwrap();
}

fn routes(context: &Context) -> Router {
    let router = Router::new()
        .route("/items/{id}", get(async |Path(_): Path<String>| "an item"))
        .route("/echo", post(async |body: Bytes| body))
        .route("/unread", post(async || "unread"))
        .route("/upgrade", get(upgrades))
        .fallback(fallback);
    let router = Route::ALL.into_iter().fold(router, |router, route| {
        let context = context.clone();
        router
            .route(route.template(), get(async move || route.answer(context).await.map(Body::new)))
    });
    if context.counts_uploads {
        router.layer(context.metrics.request_bytes_layer())
    } else {
        router
    }
}

async fn upgrades(mut request: Request) -> Response<Body> {
    let on_upgrade = hyper::upgrade::on(&mut request);
    upgrade(request.headers(), Some(on_upgrade)).map(Body::new)
}

async fn fallback(mut request: Request) -> Response<Body> {
    let answer = match *request.method() {
        Method::CONNECT => {
            let on_upgrade = hyper::upgrade::on(&mut request);
            connect(request.headers(), on_upgrade)
        }
        _ => status(StatusCode::NOT_FOUND),
    };
    answer.map(Body::new)
}

fn wrap(router: Router, around: Around) -> Router {
    match around {
        Around::Metrics(metrics) => router.layer(layer(metrics)),
        Around::CatchPanic => router.layer(CatchPanicLayer::new()),
        Around::Timeout => router.layer(timeout()),
        Around::Compression => router.layer(CompressionLayer::new()),
        Around::OneAtATime => router.layer(ConcurrencyLimitLayer::new(1)),
        Around::Label(label, said) => {
            router.layer(MapRequestLayer::new(move |request: Request| say(label, &said, request)))
        }
        Around::LabelInABuffer(label, said) => {
            let failed = HandleErrorLayer::new(async |_: BoxError| {
                StatusCode::SERVICE_UNAVAILABLE.into_response()
            });
            let label = MapRequestLayer::new(move |request: Request| say(label, &said, request));
            router
                .layer(ServiceBuilder::new().layer(failed).layer(BufferLayer::new(8)).layer(label))
        }
        Around::Boundary(Boundary::Buffer) => {
            let failed = HandleErrorLayer::new(async |_: BoxError| {
                StatusCode::SERVICE_UNAVAILABLE.into_response()
            });
            router.layer(ServiceBuilder::new().layer(failed).layer(BufferLayer::new(8)))
        }
        Around::Boundary(boundary) => {
            let has_thread = matches!(boundary, Boundary::Thread);
            router.layer(layer_fn(move |service| Elsewhere { service, has_thread }))
        }
        Around::PanicsInCall(label) => router
            .layer(MapRequestLayer::new(move |_: Request| -> Request { panics_in_call(label) })),
    }
}

pub(super) async fn call_in_process(metrics: HttpMetrics) -> StatusCode {
    let service = Router::new().route("/callee", get(async || "callee")).layer(layer(metrics));
    service.oneshot(Request::get("/callee").body(Body::empty()).unwrap()).await.unwrap().status()
}
