//! Routes and their series.

use std::fmt;
use std::ptr;
use std::sync::OnceLock;

use http::{StatusCode, Version};
use tickmark::{Counter, Histogram, Label, UpDownCounter};

use super::dense::Dense;
use super::families::Families;
use crate::labels::abort::AbortReason;
use crate::labels::dimension::Facts;
use crate::labels::method::{MethodLabel, PerMethod};

/// A route of one [`HttpMetrics`](crate::HttpMetrics), ready to label requests.
///
/// `Copy`, a reference. Equal ids denote the same route of the same instance.
#[derive(Clone, Copy)]
pub struct RouteId(&'static Route);

/// One route with all its series, each created by its first record.
///
/// A record finds its series by the route's address, the method and the status, without a
/// hash or a lock.
struct Route {
    families: &'static Families,
    template: Box<str>,
    ignored: bool,
    by_method: PerMethod<OnceLock<Box<MethodSeries>>>,
    aborted: Dense<Counter>,
}

/// The series of one route and method.
pub(crate) struct MethodSeries {
    pub(crate) requests: Dense<Counter>,
    pub(crate) request_duration: Dense<Histogram>,
    pub(crate) request_size: Dense<Histogram>,
    pub(crate) response_size: Dense<Histogram>,
    pub(crate) response_duration: Dense<Histogram>,
    pub(crate) in_flight: Dense<UpDownCounter>,
}

impl RouteId {
    /// The value of the label `path`.
    #[must_use]
    pub fn template(self) -> &'static str {
        &self.0.template
    }

    /// Leaks a route, so that a copied reference serves for the rest of the process. The
    /// caller limits their number.
    pub(crate) fn leak(families: &'static Families, template: &str, ignored: bool) -> Self {
        Self(Box::leak(Box::new(Route {
            families,
            template: template.into(),
            ignored,
            by_method: PerMethod::default(),
            aborted: Dense::of(&families.aborted),
        })))
    }

    pub(crate) fn families(self) -> &'static Families {
        self.0.families
    }

    /// Returns whether both are routes of one instance.
    pub(crate) fn is_sibling(self, other: Self) -> bool {
        ptr::eq(self.0.families, other.0.families)
    }

    /// Returns whether requests to this route are left unrecorded.
    pub(crate) fn is_ignored(self) -> bool {
        self.0.ignored
    }

    /// Returns the series of requests with this method.
    #[inline]
    pub(crate) fn series(self, method: MethodLabel) -> &'static MethodSeries {
        self.0.by_method[method].get_or_init(|| Box::new(MethodSeries::of(self.0.families)))
    }

    /// Returns the series of aborted requests.
    pub(crate) fn aborted(self) -> &'static Dense<Counter> {
        &self.0.aborted
    }

    /// Creates the usual series of the route, so that they are exposed as 0 before the
    /// first request.
    pub(crate) fn expose(self, method: MethodLabel, statuses: &[StatusCode]) {
        let version = Version::HTTP_11;
        let path = self.template();
        let facts = Facts { method, path, version, status: None, reason: None };
        let series = self.series(method);
        for status in statuses.iter().copied().map(Some).chain([None]) {
            series.expose(Facts { status, ..facts });
        }
        for reason in AbortReason::ALL {
            self.aborted().expose(Facts { reason: Some(*reason), ..facts });
        }
    }
}

impl MethodSeries {
    fn of(families: &'static Families) -> Self {
        Self {
            requests: Dense::of(&families.requests),
            request_duration: Dense::of(&families.request_duration),
            request_size: Dense::of(&families.request_size),
            response_size: Dense::of(&families.response_size),
            response_duration: Dense::of(&families.response_duration),
            in_flight: Dense::of(&families.in_flight),
        }
    }

    fn expose(&self, facts: Facts) {
        self.requests.expose(facts);
        self.request_duration.expose(facts);
        self.request_size.expose(facts);
        self.response_size.expose(facts);
        self.response_duration.expose(facts);
        self.in_flight.expose(facts);
    }
}

impl fmt::Debug for MethodSeries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MethodSeries").finish_non_exhaustive()
    }
}

impl PartialEq for RouteId {
    fn eq(&self, other: &Self) -> bool {
        ptr::eq(self.0, other.0)
    }
}

impl Eq for RouteId {}

impl fmt::Debug for RouteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RouteId").field(&self.template()).finish()
    }
}
