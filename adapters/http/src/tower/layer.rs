//! The layer, and the service that it makes.

use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use crate::body::ResponseBody;
use crate::future::ResponseFuture;
use crate::metrics::HttpMetrics;
use crate::route::RouteId;

/// Where a request carries its route before its service is called.
pub trait RouteSource {
    /// The route of the request; none if it is not known here.
    fn route<B>(&self, metrics: HttpMetrics, request: &Request<B>) -> Option<RouteId>;

    /// Whether a router makes many services around an `S` when it takes the layer once.
    #[doc(hidden)]
    #[must_use]
    fn is_one_of_many<S>() -> bool {
        false
    }
}

/// The request does not say its route: `unmatched`, until [`set_route`](crate::set_route)
/// is called below.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRoute;

impl RouteSource for NoRoute {
    fn route<B>(&self, _metrics: HttpMetrics, _request: &Request<B>) -> Option<RouteId> {
        None
    }
}

/// Records the requests of a service.
///
/// Applied once more below itself it only labels: the request is counted once, by the
/// outermost copy, with the route of the innermost one that knows any. A layer of another
/// instance counts the request too, on its own account; a label from below is for the
/// inner one of the two.
///
/// A task or a channel may lie between two copies. Once an instance has made a second
/// service, its requests carry a mark in their extensions, which leads a copy in another
/// task to the record. The mark costs up to five allocations, and none where the outer
/// copy knows the route and the extensions have room. Such a free mark carries no label
/// and does not expire. It is used until a copy in another task meets one: requests that
/// began before that keep the route of the outer copy. Clones of a service are one
/// service, and so are two copies with nothing between them. The services that a router
/// of axum makes with one layer are one too, but its requests without a route always
/// carry a mark.
///
/// A request that is made of another one's extensions has its mark too. It is taken for a
/// part of that one until that one has its head, or for ever by a free mark, unless it is
/// sent in [`detached`](crate::detached). Clear the extensions of a request that is to
/// count by itself.
#[derive(Clone, Copy, Debug)]
pub struct MetricsLayer<R = NoRoute> {
    metrics: HttpMetrics,
    routes: R,
}

impl MetricsLayer {
    /// A layer that knows no routes itself.
    #[must_use]
    pub fn new(metrics: HttpMetrics) -> Self {
        Self::with_routes(metrics, NoRoute)
    }
}

impl<R> MetricsLayer<R> {
    /// A layer that asks `routes` for the route of each request.
    #[must_use]
    pub fn with_routes(metrics: HttpMetrics, routes: R) -> Self {
        Self { metrics, routes }
    }
}

impl<S, R: RouteSource + Clone> Layer<S> for MetricsLayer<R> {
    type Service = MetricsService<S, R>;

    fn layer(&self, service: S) -> MetricsService<S, R> {
        if !R::is_one_of_many::<S>() {
            self.metrics.note_service::<S>();
        }
        MetricsService { service, metrics: self.metrics, routes: self.routes.clone() }
    }
}

/// A service whose requests are recorded; made by [`MetricsLayer`].
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
        self.metrics.record_noted(route, request, R::is_one_of_many::<S>(), |request| {
            self.service.call(request)
        })
    }
}
