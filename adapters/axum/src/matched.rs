//! The route that axum matched.

use std::any::type_name;

use axum::extract::MatchedPath;
use axum::http::Request;
use axum::routing::Route;
use tickmark_http::adapter::{self, RouteSource};
use tickmark_http::{HttpMetrics, RouteId};

use crate::cache;

/// The layer for a `Router`, made by [`layer`].
pub type MetricsLayer = tickmark_http::MetricsLayer<MatchedRoute>;

/// Records the requests to a [`Router`](axum::Router), labelled by the template of the
/// matched route.
///
/// To be added last, on the outermost router; see [the crate's
/// description](crate#where-the-layer-goes).
#[must_use]
pub fn layer(metrics: HttpMetrics) -> MetricsLayer {
    adapter::note_router(metrics);
    MetricsLayer::with_routes(metrics, MatchedRoute)
}

/// Takes the route from the [`MatchedPath`] of the request. Without one, the request is
/// `unmatched`.
#[derive(Clone, Copy, Debug, Default)]
pub struct MatchedRoute;

impl RouteSource for MatchedRoute {
    #[inline]
    fn route<B>(&self, metrics: HttpMetrics, request: &Request<B>) -> Option<RouteId> {
        request.extensions().get::<MatchedPath>().map(|path| cache::route(metrics, path))
    }

    // A router makes a service for each route, and for handlers not before a request.
    #[inline]
    fn is_one_of_many<S>() -> bool {
        type_name::<S>() == type_name::<Route>()
    }
}
