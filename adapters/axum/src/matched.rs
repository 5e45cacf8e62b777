//! The layer, with the route that axum matched.

use std::any::type_name;

use axum::extract::MatchedPath;
use axum::http::Request;
use axum::routing::Route;
use tickmark_http::adapter::{self, RouteSource};
use tickmark_http::{HttpMetrics, RouteId};

use crate::cache;

/// The layer for a `Router`, made by [`layer`].
pub type MetricsLayer = tickmark_http::MetricsLayer<MatchedRoute>;

/// Records the requests to a `Router`, labelled by the template of the
/// matched route.
///
/// Add it last, on the outermost router; see [Where the layer
/// goes](crate#where-the-layer-goes).
///
/// ```
/// use axum::Router;
/// use axum::routing::get;
///
/// let registry = tickmark::Registry::new();
/// let metrics = tickmark_axum::HttpMetrics::builder().build(&registry)?;
/// let service: Router = Router::new()
///     .route("/cart/{id}", get(async || "2 books"))
///     .layer(tickmark_axum::layer(metrics));
/// # _ = service;
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[must_use = "add the layer to a router"]
pub fn layer(metrics: HttpMetrics) -> MetricsLayer {
    adapter::note_router(metrics);
    MetricsLayer::with_routes(metrics, MatchedRoute)
}

/// Takes the route from the `MatchedPath` of the request. A request without one is
/// `unmatched`.
#[derive(Clone, Copy, Debug, Default)]
pub struct MatchedRoute;

impl RouteSource for MatchedRoute {
    #[inline]
    fn route<B>(&self, metrics: HttpMetrics, request: &Request<B>) -> Option<RouteId> {
        request.extensions().get::<MatchedPath>().map(|path| cache::route(metrics, path))
    }

    // A router makes one service for each route, and for a handler only at a request.
    #[inline]
    fn is_one_of_many<S>() -> bool {
        type_name::<S>() == type_name::<Route>()
    }
}
