//! The layer and the service it creates.

use std::any::type_name;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::body::ResponseBody;
use super::call::record_noted;
use super::future::ResponseFuture;
use crate::metrics::HttpMetrics;
use crate::series::route::RouteId;

/// Finds the route of a request before its service is called.
pub trait RouteSource {
    /// Returns the route of the request, if the request carries it.
    fn route<B>(&self, metrics: HttpMetrics, request: &Request<B>) -> Option<RouteId>;

    /// Returns whether a router creates many services around an `S` from one layer.
    ///
    /// If true, call [`note_router`] once for each layer; without it, a copy of the layer
    /// in another task counts requests twice. Default: false.
    #[must_use]
    fn is_one_of_many<S>() -> bool {
        false
    }
}

/// The [`RouteSource`] of requests that do not carry their route. They are `unmatched`
/// until [`set_route`](crate::set_route) is called below.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRoute;

impl RouteSource for NoRoute {
    fn route<B>(&self, _metrics: HttpMetrics, _request: &Request<B>) -> Option<RouteId> {
        None
    }
}

/// Records the requests of a service.
///
/// A second copy below the first only labels. The request is counted once, by the
/// outermost copy, with the route of the innermost copy that knows one. A layer of
/// another instance counts the request as well. A label from below goes to the inner
/// instance of the two.
///
/// # Copies in other tasks
/// A task or a channel may lie between two copies. Once an instance has a second service,
/// its requests carry a mark in their extensions, by which a copy in another task finds
/// the record. A mark costs up to five allocations, and none where the outer copy knows
/// the route and the extensions have room. Such a free mark carries no label and does not
/// expire. Free marks end when a copy in another task meets one; requests that began
/// before keep the route of the outer copy.
///
/// Clones of a service are one service, as are two copies with nothing between them. The
/// services that an axum router creates from one layer are one service too, but their
/// requests without a route always carry a mark.
///
/// A request that inherits the extensions of another one inherits its mark, and counts as
/// a part of that request until its head, or forever with a free mark. To count it, send
/// it in [`detached`](crate::detached), or clear its extensions.
#[derive(Clone, Copy, Debug)]
pub struct MetricsLayer<R = NoRoute> {
    metrics: HttpMetrics,
    routes: R,
}

impl MetricsLayer {
    /// Creates a layer whose routes are set from below, by
    /// [`set_route`](crate::set_route).
    #[must_use]
    pub fn new(metrics: HttpMetrics) -> Self {
        Self::with_routes(metrics, NoRoute)
    }
}

impl<R> MetricsLayer<R> {
    /// Creates a layer that takes the route of each request from `routes`.
    #[must_use]
    pub fn with_routes(metrics: HttpMetrics, routes: R) -> Self {
        Self { metrics, routes }
    }
}

impl<S, R: RouteSource + Clone> Layer<S> for MetricsLayer<R> {
    type Service = MetricsService<S, R>;

    fn layer(&self, service: S) -> MetricsService<S, R> {
        if !R::is_one_of_many::<S>() {
            note_service::<S>(self.metrics);
        }
        MetricsService { service, metrics: self.metrics, routes: self.routes.clone() }
    }
}

impl HttpMetrics {
    /// Returns a layer for services that set the route from below, with
    /// [`set_route`](crate::set_route), or not at all.
    #[must_use]
    pub fn layer(self) -> MetricsLayer {
        MetricsLayer::new(self)
    }
}

/// Notes the services that a router creates from one layer, for which
/// [`RouteSource::is_one_of_many`] returns true. They are side by side, so that a request
/// passes one of them.
pub fn note_router(metrics: HttpMetrics) {
    metrics.copies().note_one();
}

/// Notes a service with these metrics around an `S`, for requests that may pass several
/// of them. Its clones are the same service.
pub fn note_service<S>(metrics: HttpMetrics) {
    metrics.copies().note(is_copy::<S>);
}

/// Returns whether a type is that of a service with metrics. The name suffices: an
/// unrecognized copy costs only allocations.
fn is_copy<S>() -> bool {
    let outer_name = |name: &'static str| name.split('<').next();
    outer_name(type_name::<S>()) == outer_name(type_name::<MetricsService<()>>())
}

/// A service whose requests are recorded; created by [`MetricsLayer`].
#[derive(Clone, Debug)]
pub struct MetricsService<S, R = NoRoute> {
    service: S,
    metrics: HttpMetrics,
    routes: R,
}

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for MetricsService<S, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    R: RouteSource,
    ReqBody: Body,
    ResBody: Body,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    #[inline(always)]
    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let route = self.routes.route(self.metrics, &request);
        record_noted(self.metrics, route, request, R::is_one_of_many::<S>(), |request| {
            self.service.call(request)
        })
    }
}
