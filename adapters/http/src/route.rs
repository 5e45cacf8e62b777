//! Routes and their series.

use std::fmt;
use std::ptr;
use std::sync::OnceLock;

use http::StatusCode;
use tickmark::{Counter, Histogram};

use crate::abort::AbortReason;
use crate::families::Families;
use crate::method::{MethodLabel, PerMethod};
use crate::status;

/// A route of one [`HttpMetrics`](crate::HttpMetrics), ready to label requests.
///
/// A copied reference. Two are equal if they stand for the same route of the same instance.
#[derive(Clone, Copy)]
pub struct RouteId(&'static Route);

/// One template with all its series, each made when it is first recorded in.
///
/// From then on a record finds its series by the route's address, the method and the status: no hash, no lock.
pub(crate) struct Route {
    families: &'static Families,
    template: Box<str>,
    ignored: bool,
    by_method: PerMethod<OnceLock<Box<MethodSeries>>>,
    aborted: [OnceLock<Counter>; AbortReason::ALL.len()],
}

/// The series of one route and method.
#[derive(Default)]
struct MethodSeries {
    /// By the slot of the status.
    requests: [OnceLock<Counter>; status::SLOTS],
    request_duration: OnceLock<Histogram>,
    request_size: OnceLock<Histogram>,
    response_size: OnceLock<Histogram>,
}

impl RouteId {
    /// The value of the label `path`.
    #[must_use]
    pub fn template(self) -> &'static str {
        &self.0.template
    }

    /// A route for the rest of the process. The caller sees to it that there is a limit to them.
    pub(crate) fn leak(families: &'static Families, template: &str, ignored: bool) -> Self {
        Self(Box::leak(Box::new(Route {
            families,
            template: template.into(),
            ignored,
            by_method: PerMethod::default(),
            aborted: Default::default(),
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

    pub(crate) fn count_request(self, method: MethodLabel, status: StatusCode) {
        self.with_requests(method, status, Counter::inc);
    }

    pub(crate) fn count_aborted(self, reason: AbortReason) {
        self.with_aborted(reason, Counter::inc);
    }

    /// Makes the series that a healthy route has, so that they are exposed as 0 before the first request.
    pub(crate) fn expose(self, method: MethodLabel) {
        for status in [StatusCode::OK, StatusCode::INTERNAL_SERVER_ERROR] {
            self.with_requests(method, status, |_| ());
        }
        for reason in AbortReason::ALL {
            self.with_aborted(reason, |_| ());
        }
        _ = self.request_duration(method);
        _ = self.request_size(method);
        _ = self.response_size(method);
    }

    pub(crate) fn request_duration(self, method: MethodLabel) -> &'static Histogram {
        let make = || self.0.families.request_duration.with([method.as_str(), self.template()]).clone();
        self.series(method).request_duration.get_or_init(make)
    }

    pub(crate) fn request_size(self, method: MethodLabel) -> &'static Histogram {
        let make = || self.0.families.request_size.with([method.as_str(), self.template()]).clone();
        self.series(method).request_size.get_or_init(make)
    }

    pub(crate) fn response_size(self, method: MethodLabel) -> &'static Histogram {
        let make = || self.0.families.response_size.with([method.as_str(), self.template()]).clone();
        self.series(method).response_size.get_or_init(make)
    }

    fn series(self, method: MethodLabel) -> &'static MethodSeries {
        self.0.by_method[method].get_or_init(Box::default)
    }

    fn with_requests(self, method: MethodLabel, status: StatusCode, record: impl FnOnce(&Counter)) {
        let find = || self.0.families.requests.with([method.as_str(), self.template(), status.as_str()]);
        match status::slot(status).and_then(|slot| self.series(method).requests.get(slot)) {
            Some(series) => record(series.get_or_init(|| find().clone())),
            None => record(&find()),
        }
    }

    fn with_aborted(self, reason: AbortReason, record: impl FnOnce(&Counter)) {
        let find = || self.0.families.aborted.with([self.template(), reason.as_str()]);
        match self.0.aborted.get(reason as usize) {
            Some(series) => record(series.get_or_init(|| find().clone())),
            None => record(&find()),
        }
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
