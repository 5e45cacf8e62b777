//! Routes and their series.

use std::fmt;
use std::ptr;
use std::sync::OnceLock;

use http::{StatusCode, Version};
use tickmark::{Counter, Histogram, UpDownCounter};

use crate::abort::AbortReason;
use crate::dimension::Facts;
use crate::families::Families;
use crate::labelled::Places;
use crate::method::{MethodLabel, PerMethod};

/// A route of one [`HttpMetrics`](crate::HttpMetrics), ready to label requests.
///
/// A copied reference. Two are equal if they stand for the same route of the same
/// instance.
#[derive(Clone, Copy)]
pub struct RouteId(&'static Route);

/// One template with all its series, each made when it is first recorded in.
///
/// From then on a record finds its series by the route's address, the method and the
/// status: no hash, no lock.
struct Route {
    families: &'static Families,
    template: Box<str>,
    ignored: bool,
    by_method: PerMethod<OnceLock<Box<MethodSeries>>>,
    aborted: Places<Counter>,
}

/// The series of one route and method.
pub(crate) struct MethodSeries {
    pub(crate) requests: Places<Counter>,
    pub(crate) request_duration: Places<Histogram>,
    pub(crate) request_size: Places<Histogram>,
    pub(crate) response_size: Places<Histogram>,
    pub(crate) response_duration: Places<Histogram>,
    pub(crate) in_flight: Places<UpDownCounter>,
}

impl RouteId {
    /// The value of the label `path`.
    #[must_use]
    pub fn template(self) -> &'static str {
        &self.0.template
    }

    /// A route for the rest of the process. The caller sees to it that there is a limit
    /// to them.
    pub(crate) fn leak(families: &'static Families, template: &str, ignored: bool) -> Self {
        Self(Box::leak(Box::new(Route {
            families,
            template: template.into(),
            ignored,
            by_method: PerMethod::default(),
            aborted: Places::of(&families.aborted),
        })))
    }

    pub(crate) fn families(self) -> &'static Families {
        self.0.families
    }

    /// Whether both are routes of one instance.
    pub(crate) fn is_sibling(self, other: Self) -> bool {
        ptr::eq(self.0.families, other.0.families)
    }

    /// Whether its requests are not to be recorded.
    pub(crate) fn is_ignored(self) -> bool {
        self.0.ignored
    }

    /// The series of requests with this method.
    #[inline]
    pub(crate) fn series(self, method: MethodLabel) -> &'static MethodSeries {
        self.0.by_method[method].get_or_init(|| Box::new(MethodSeries::of(self.0.families)))
    }

    /// The series of requests that did not end as they should.
    pub(crate) fn aborted(self) -> &'static Places<Counter> {
        &self.0.aborted
    }

    /// Makes the series that a healthy route has, so that they are exposed as 0 before
    /// the first request.
    pub(crate) fn expose(self, method: MethodLabel, statuses: &[StatusCode]) {
        let version = Version::HTTP_11;
        let facts = Facts { method, route: self, version, status: None, reason: None };
        let series = self.series(method);
        for status in statuses.iter().copied().map(Some).chain([None]) {
            series.expose(Facts { status, ..facts });
        }
        for reason in AbortReason::ALL {
            self.aborted().expose(Facts { reason: Some(reason), ..facts });
        }
    }
}

impl MethodSeries {
    fn of(families: &'static Families) -> Self {
        Self {
            requests: Places::of(&families.requests),
            request_duration: Places::of(&families.request_duration),
            request_size: Places::of(&families.request_size),
            response_size: Places::of(&families.response_size),
            response_duration: Places::of(&families.response_duration),
            in_flight: Places::of(&families.in_flight),
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
