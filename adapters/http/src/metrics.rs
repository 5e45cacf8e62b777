//! One instance of the metrics: its families, and the routes it knows.

use std::collections::HashMap;
use std::fmt;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use http::{Method, StatusCode};

use crate::builder::HttpMetricsBuilder;
use crate::families::Families;
use crate::layer::MetricsLayer;
use crate::mark::{Copies, Token};
use crate::method::MethodLabel;
use crate::route::RouteId;

/// The path of requests that matched no route.
const UNMATCHED: &str = "unmatched";

/// The path of requests whose route came after the limit of routes was reached.
const OVERFLOW: &str = "_overflow";

/// Part of the templates that axum gives to its fallbacks, which are no routes.
const AXUM_PRIVATE: &str = "__private__axum_";

/// Instances made in this process.
static INSTANCES: AtomicUsize = AtomicUsize::new(0);

/// The HTTP metrics of a service, registered in one registry under one prefix.
///
/// A copied reference to a table that is never freed: services are cloned for every
/// request, and a shared count would be contended by all cores. So make one for the life
/// of the process, not one for each request. Instances are independent: each counts the
/// requests of its own layers and labels them with its own routes.
///
/// ```
/// use tickmark_http::HttpMetrics;
///
/// let registry = tickmark::Registry::new();
/// let metrics = HttpMetrics::builder().prefix("shop_").build(&registry)?;
/// assert_eq!(metrics.route("/cart/{id}").template(), "/cart/{id}");
/// # Ok::<(), tickmark_http::BuildError>(())
/// ```
#[derive(Clone, Copy)]
pub struct HttpMetrics(&'static Table);

/// What an instance knows.
struct Table {
    families: &'static Families,
    /// The three routes that are no templates.
    unmatched: RouteId,
    overflow: RouteId,
    unrecorded: RouteId,
    /// A route that is given to no caller.
    unset: RouteId,
    copies: Copies,
    /// None for all but the first instances of a process.
    token: Option<&'static Token>,
    /// Of which statuses a known route has series from the start.
    known_statuses: Box<[StatusCode]>,
    /// By template. The ignored ones are there from the start, and beside the limit.
    routes: Mutex<HashMap<Box<str>, RouteId>>,
    most_routes: usize,
}

impl HttpMetrics {
    /// Starts with the default settings.
    pub fn builder() -> HttpMetricsBuilder {
        HttpMetricsBuilder::default()
    }

    pub(crate) fn leak(
        families: Families,
        max_routes: usize,
        ignored: &[String],
        known_statuses: Box<[StatusCode]>,
    ) -> Self {
        let families: &'static Families = Box::leak(Box::new(families));
        let is_ignored = |template: &str| ignored.iter().any(|ignored| ignored == template);
        let unmatched = RouteId::leak(families, UNMATCHED, is_ignored(UNMATCHED));
        let overflow = RouteId::leak(families, OVERFLOW, is_ignored(OVERFLOW));
        let unrecorded = RouteId::leak(families, "", true);
        let unset = RouteId::leak(families, "", true);
        let mut routes = HashMap::new();
        for template in ignored {
            _ = routes
                .entry(template.as_str().into())
                .or_insert_with(|| RouteId::leak(families, template, true));
        }
        let most_routes = routes.len().saturating_add(max_routes);
        let routes = Mutex::new(routes);
        let copies = Copies::default();
        // Relaxed: the number alone counts.
        let token = Token::numbered(INSTANCES.fetch_add(1, Ordering::Relaxed));
        let table = Table {
            families,
            unmatched,
            overflow,
            unrecorded,
            unset,
            copies,
            token,
            known_statuses,
            routes,
            most_routes,
        };
        Self(Box::leak(Box::new(table)))
    }

    /// The route with this template, which becomes the label `path`; the same for the
    /// same template, at any time.
    ///
    /// Resolve routes once, at start: this takes a lock and a hash. What is given out
    /// stays for the life of the process, so there is a limit
    /// ([`max_routes`](HttpMetricsBuilder::max_routes)). A new template beyond it is
    /// turned away: it gets the route `_overflow`, and `metrics_routes_overflow_total`
    /// counts the call. An empty template is `unmatched`, and so is one that axum made up
    /// for a fallback.
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

    /// The route with this template, with its usual series exposed as 0 from now on:
    /// those of statuses 200 and 500 ([or others](HttpMetricsBuilder::known_statuses)),
    /// of duration and sizes, and of all reasons to abort.
    ///
    /// Otherwise a series appears with its first request, and a rate over it misses that
    /// one. A route that is ignored, or turned away by the limit, exposes nothing.
    #[expect(clippy::must_use_candidate, reason = "also called for the series alone")]
    pub fn known_route(self, method: &Method, template: &str) -> RouteId {
        let route = self.route(template);
        if !route.is_ignored() && route != self.0.overflow {
            route.expose(MethodLabel::of(method), &self.0.known_statuses);
        }
        route
    }

    /// A route whose requests are not recorded, for one place of a service that is to be
    /// left out.
    ///
    /// As [`ignore`](HttpMetricsBuilder::ignore) does for a template: where the route is
    /// only said from below, the gauge of requests in flight moves all the same.
    #[must_use]
    pub fn unrecorded(self) -> RouteId {
        self.0.unrecorded
    }

    /// Whether the route is one of this instance.
    #[must_use]
    pub fn owns(self, route: RouteId) -> bool {
        route.is_sibling(self.0.unmatched)
    }

    /// A number that tells instances apart, for tables that are looked up by instance.
    #[must_use]
    pub fn key(self) -> usize {
        ptr::from_ref(self.0).addr()
    }

    /// A layer for services that say the route from below, by
    /// [`set_route`](crate::set_route), or not at all.
    #[must_use]
    pub fn layer(self) -> MetricsLayer {
        MetricsLayer::new(self)
    }

    /// A route that no caller can set.
    pub(crate) fn unset(self) -> RouteId {
        self.0.unset
    }

    #[inline]
    pub(crate) fn copies(self) -> &'static Copies {
        &self.0.copies
    }

    pub(crate) fn token(self) -> Option<&'static Token> {
        self.0.token
    }

    /// The route of requests without one.
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
