//! Layers that a test puts around the test service.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use tickmark_http::{HttpMetrics, RouteId, set_route};
use tower::buffer::BufferLayer;
use tower::limit::ConcurrencyLimitLayer;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Layer, Service, ServiceExt};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

use super::boundary::{Boundary, Elsewhere};

/// A layer around the service and the layers inside.
#[derive(Clone)]
pub(crate) enum Around {
    Metrics(HttpMetrics),
    CatchPanic,
    /// Responds after 20 ms with status 408.
    Timeout,
    Compression,
    OneAtATime,
    /// Sets the label when called, and stores whether it was accepted.
    Label(RouteId, Said),
    /// The same, called by a worker.
    LabelInABuffer(RouteId, Said),
    /// Calls the inner service in a task or through a channel.
    Boundary(Boundary),
    /// Sets the label when called, and panics.
    PanicsInCall(RouteId),
}

/// Which labels were accepted, in order.
pub(crate) type Said = Arc<Mutex<Vec<bool>>>;

pub(crate) type Reply = Response<UnsyncBoxBody<Bytes, BoxError>>;

/// A tower service around any inner service.
pub(crate) type TowerService = BoxCloneSyncService<Request<Incoming>, Reply, BoxError>;

impl Around {
    /// Wraps a tower service.
    pub(crate) fn tower(self, service: TowerService) -> TowerService {
        match self {
            Self::Metrics(metrics) => boxed(metrics.layer().layer(service)),
            Self::CatchPanic => boxed(CatchPanicLayer::new().layer(service)),
            Self::Timeout => boxed(timeout().layer(service)),
            Self::Compression => boxed(CompressionLayer::new().layer(service)),
            Self::OneAtATime => boxed(ConcurrencyLimitLayer::new(1).layer(service)),
            Self::Label(label, said) => {
                boxed(service.map_request(move |request| say(label, &said, request)))
            }
            Self::LabelInABuffer(label, said) => {
                boxed(BufferLayer::new(8).layer(Self::Label(label, said).tower(service)))
            }
            Self::Boundary(Boundary::Buffer) => boxed(BufferLayer::new(8).layer(service)),
            Self::Boundary(boundary) => {
                boxed(Elsewhere { service, has_thread: matches!(boundary, Boundary::Thread) })
            }
            Self::PanicsInCall(label) => {
                boxed(service.map_request(move |_: Request<Incoming>| -> Request<Incoming> {
                    panics_in_call(label)
                }))
            }
        }
    }
}

pub(crate) fn timeout() -> TimeoutLayer {
    TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_millis(20))
}

pub(crate) fn say<R>(label: RouteId, said: &Said, request: R) -> R {
    said.lock().unwrap().push(set_route(label));
    request
}

pub(crate) fn panics_in_call(label: RouteId) -> ! {
    _ = set_route(label);
    panic!("the call panics, as intended")
}

/// Erases the type of the service.
pub(crate) fn boxed<S, B>(service: S) -> TowerService
where
    S: Service<Request<Incoming>, Response = Response<B>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    BoxCloneSyncService::new(service.map_response(box_body).map_err(Into::into))
}

pub(crate) fn box_body<B>(response: Response<B>) -> Reply
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    response.map(|body| body.map_err(Into::into).boxed_unsync())
}

type Call = Request<Incoming>;

/// For servers that require infallible services; the layers here do not fail.
pub(crate) fn infallible(
    service: TowerService,
) -> impl Service<Call, Response = Reply, Error = Infallible, Future: Send> + Clone + Send {
    service.map_err(|error| -> Infallible { panic!("no layer here fails, but one did: {error}") })
}
