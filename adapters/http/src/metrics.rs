//! One instance of the metrics: its families and its routes.

use std::collections::HashMap;
use std::fmt;
use std::ptr;
use std::sync::{Mutex, PoisonError};

use http::{Method, StatusCode};

use crate::labels::method::MethodLabel;
use crate::request::trail::Copies;
use crate::series::families::Families;
use crate::series::route::RouteId;
use crate::series::settings::Settings;

/// The path of requests without a route.
const UNMATCHED: &str = "unmatched";

/// The path of requests whose route is over the limit.
const OVERFLOW: &str = "_overflow";

/// Part of the templates that axum gives to its fallbacks, which are not routes.
const AXUM_PRIVATE: &str = "__private__axum_";

/// The HTTP metrics of a service, registered in one registry under one prefix.
///
/// `Copy`, a reference to an instance that is never freed. Services are cloned for every
/// request, and all cores would contend for a shared count. Create one for the life of
/// the process, not one for each request. Instances are independent: each counts the
/// requests of its own layers and labels them with its own routes.
///
/// ```
/// use tickmark_http::HttpMetrics;
///
/// let registry = tickmark::Registry::new();
/// let metrics = HttpMetrics::builder().prefix("shop_").build(&registry)?;
/// assert_eq!(metrics.route("/cart/{id}").template(), "/cart/{id}");
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[derive(Clone, Copy)]
pub struct HttpMetrics(&'static Instance);

struct Instance {
    families: &'static Families,
    /// The three routes without a template.
    unmatched: RouteId,
    overflow: RouteId,
    unrecorded: RouteId,
    /// A route that no caller receives.
    unset: RouteId,
    copies: Copies,
    exposed_statuses: Box<[StatusCode]>,
    /// By template. The ignored ones are present from the start, outside the limit.
    routes: Mutex<HashMap<Box<str>, RouteId>>,
    most_routes: usize,
}

impl HttpMetrics {
    /// Creates an instance that is never freed.
    pub(crate) fn leak(families: Families, settings: Settings) -> Self {
        let families: &'static Families = Box::leak(Box::new(families));
        let is_ignored = |template: &str| settings.ignored.iter().any(|it| it == template);
        let unmatched = RouteId::leak(families, UNMATCHED, is_ignored(UNMATCHED));
        let overflow = RouteId::leak(families, OVERFLOW, is_ignored(OVERFLOW));
        let unrecorded = RouteId::leak(families, "", true);
        let unset = RouteId::leak(families, "", true);
        let mut routes = HashMap::new();
        for template in &settings.ignored {
            _ = routes
                .entry(template.as_str().into())
                .or_insert_with(|| RouteId::leak(families, template, true));
        }
        let most_routes = routes.len().saturating_add(settings.max_routes);
        Self(Box::leak(Box::new(Instance {
            families,
            unmatched,
            overflow,
            unrecorded,
            unset,
            copies: Copies::new(),
            exposed_statuses: settings.exposed_statuses.into(),
            routes: Mutex::new(routes),
            most_routes,
        })))
    }

    /// Returns the route with this template, which becomes the label `path`. The same
    /// template always returns the same route.
    ///
    /// Resolve routes once, at start. A route lives as long as the process, so their
    /// number is [limited](crate::HttpMetricsBuilder::max_routes). A new template over
    /// the limit returns the route `_overflow`, and `metrics_routes_overflow_total`
    /// counts the call. An empty template returns the route `unmatched`, as does one that
    /// axum generates for a fallback. Takes a lock. Allocates.
    #[must_use]
    pub fn route(self, template: &str) -> RouteId {
        if template.is_empty() || template == UNMATCHED || template.contains(AXUM_PRIVATE) {
            return self.0.unmatched;
        }
        if template == OVERFLOW {
            return self.0.overflow;
        }
        // A panic cannot leave the map half changed.
        let mut routes = self.0.routes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = routes.get(template) {
            return *known;
        }
        if routes.len() >= self.0.most_routes {
            self.0.families.routes_overflow.inc();
            return self.0.overflow;
        }
        let route = RouteId::leak(self.0.families, template, false);
        _ = routes.insert(template.into(), route);
        route
    }

    /// Exposes the usual series of a route as 0 from now on. These are the series of
    /// statuses 200 and 500 ([or
    /// others](crate::HttpMetricsBuilder::exposed_statuses)), of duration and sizes, and
    /// of all abort reasons.
    ///
    /// Otherwise a series appears with its first request, and a rate over it misses that
    /// request. An ignored route, or one over the limit, exposes nothing.
    ///
    /// ```
    /// use http::Method;
    /// use tickmark_http::HttpMetrics;
    ///
    /// let registry = tickmark::Registry::new();
    /// let metrics = HttpMetrics::builder().build(&registry)?;
    /// metrics.expose_route(&Method::GET, "/cart/{id}");
    ///
    /// let page = tickmark_text::Encoder::new(&registry).encode_to_string();
    /// assert!(page.contains(
    ///     r#"http_requests_total{method="GET",path="/cart/{id}",status="200"} 0"#
    /// ));
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn expose_route(self, method: &Method, template: &str) {
        let route = self.route(template);
        if !route.is_ignored() && route != self.0.overflow {
            route.expose(MethodLabel::of(method), &self.0.exposed_statuses);
        }
    }

    /// Returns the route whose requests are not recorded.
    pub(crate) fn unrecorded(self) -> RouteId {
        self.0.unrecorded
    }

    /// Returns whether the route belongs to this instance.
    pub(crate) fn owns(self, route: RouteId) -> bool {
        route.is_sibling(self.0.unmatched)
    }

    /// Identifies the instance.
    pub(crate) fn key(self) -> usize {
        ptr::from_ref(self.0).addr()
    }

    /// Returns a route that no caller can set.
    pub(crate) fn unset(self) -> RouteId {
        self.0.unset
    }

    #[inline]
    pub(crate) fn copies(self) -> &'static Copies {
        &self.0.copies
    }

    /// Returns the route of requests without one.
    pub(crate) fn unmatched(self) -> RouteId {
        self.0.unmatched
    }
}

impl fmt::Debug for HttpMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpMetrics")
            .field("most_routes", &self.0.most_routes)
            .finish_non_exhaustive()
    }
}
