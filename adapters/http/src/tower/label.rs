//! A layer that labels requests and records nothing.

use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

use crate::request::current::set_route;
use crate::series::route::RouteId;

/// Labels the requests to a service with one route, for a
/// [`MetricsLayer`](crate::MetricsLayer) outside it.
///
/// Serves services that do not set their route, such as a file server. Does nothing
/// without a layer of the same instance outside.
#[derive(Clone, Copy, Debug)]
pub struct RouteLabelLayer(RouteId);

impl RouteLabelLayer {
    /// Creates a layer that labels with this route.
    #[must_use]
    pub fn new(route: RouteId) -> Self {
        Self(route)
    }
}

impl<S> Layer<S> for RouteLabelLayer {
    type Service = RouteLabel<S>;

    fn layer(&self, service: S) -> RouteLabel<S> {
        RouteLabel { service, route: self.0 }
    }
}

/// A service whose requests are labelled; created by [`RouteLabelLayer`].
#[derive(Clone, Debug)]
pub struct RouteLabel<S> {
    service: S,
    route: RouteId,
}

impl<S: Service<Request>, Request> Service<Request> for RouteLabel<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> S::Future {
        _ = set_route(self.route);
        self.service.call(request)
    }
}
