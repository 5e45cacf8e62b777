//! A layer that labels and counts nothing.

use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

use crate::route::RouteId;
use crate::slot::set_route;

/// Labels the requests to a service with one route, for a
/// [`MetricsLayer`](crate::MetricsLayer) outside of it.
///
/// For services that do not know their own route, such as one that serves files. Without
/// a layer of the same instance outside it does nothing.
#[derive(Clone, Copy, Debug)]
pub struct RouteLabelLayer(RouteId);

impl RouteLabelLayer {
    /// Labels with this route.
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

/// A service whose requests are labelled; made by [`RouteLabelLayer`].
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
