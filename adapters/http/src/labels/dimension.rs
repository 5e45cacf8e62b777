//! What the labels of a series say.

use std::sync::Arc;

use http::{StatusCode, Version};

use crate::abort::AbortReason;
use crate::method::MethodLabel;
use crate::route::RouteId;
use crate::status::StatusLabels;

/// What one label says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dimension {
    Method,
    /// The template of the route.
    Path,
    Status,
    /// Why a request did not end as it should.
    Reason,
    /// A setting, the same for all requests.
    Scheme,
    /// The status from 500 up, otherwise empty.
    ErrorType,
    /// The version of HTTP.
    Version,
}

/// A label: what it says, and its name.
pub(crate) type Label = (Dimension, &'static str);

/// What is known of a request when something is recorded of it.
#[derive(Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) method: MethodLabel,
    pub(crate) route: RouteId,
    pub(crate) version: Version,
    pub(crate) status: Option<StatusCode>,
    pub(crate) reason: Option<AbortReason>,
}

/// What the texts of labels depend on beside the request.
#[derive(Clone, Debug)]
pub(crate) struct Texts {
    pub(crate) statuses: StatusLabels,
    pub(crate) scheme: Arc<str>,
}

impl Facts {
    /// The value of a label.
    pub(crate) fn text<'a>(&'a self, dimension: Dimension, texts: &'a Texts) -> &'a str {
        let status = |status: &'a Option<StatusCode>| {
            status.as_ref().map_or("", |status| texts.statuses.text(status))
        };
        match dimension {
            Dimension::Method => self.method.as_str(),
            Dimension::Path => self.route.template(),
            Dimension::Status => status(&self.status),
            Dimension::Reason => self.reason.map_or("", AbortReason::as_str),
            Dimension::Scheme => &texts.scheme,
            Dimension::ErrorType if self.status.is_some_and(|status| status.as_u16() >= 500) => {
                status(&self.status)
            }
            Dimension::ErrorType => "",
            Dimension::Version => version_text(self.version),
        }
    }
}

/// How many versions of HTTP have a place.
const VERSIONS: usize = 5;

fn version_text(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    }
}

fn version_place(version: Version) -> usize {
    match version {
        Version::HTTP_09 => 0,
        Version::HTTP_10 => 1,
        Version::HTTP_2 => 2,
        Version::HTTP_3 => 3,
        _ => 4,
    }
}

/// What tells the series of a family apart within one route and method.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Axes {
    status: Option<StatusLabels>,
    version: bool,
    reason: bool,
}

impl Axes {
    pub(crate) fn of(labels: &[Label], statuses: StatusLabels) -> Self {
        let has = |dimension| labels.iter().any(|(label, _)| *label == dimension);
        Self {
            status: (has(Dimension::Status) || has(Dimension::ErrorType)).then_some(statuses),
            version: has(Dimension::Version),
            reason: has(Dimension::Reason),
        }
    }

    /// How many places there are.
    pub(crate) fn places(self) -> usize {
        self.status.map_or(1, StatusLabels::places) * self.versions() * self.reasons()
    }

    /// The place of a request's series; none for an unusual status, which is looked up by
    /// its labels.
    #[inline]
    pub(crate) fn place(self, facts: &Facts) -> Option<usize> {
        let status = match self.status {
            Some(statuses) => statuses.place(facts.status?)?,
            None => 0,
        };
        // As set at first, and on the way of each request.
        if !self.version && !self.reason {
            return Some(status);
        }
        let version = if self.version { version_place(facts.version) } else { 0 };
        let reason = if self.reason { facts.reason? as usize } else { 0 };
        Some((status * self.versions() + version) * self.reasons() + reason)
    }

    /// Whether enough is known to say which series it is.
    pub(crate) fn are_known(self, facts: &Facts) -> bool {
        (self.status.is_none() || facts.status.is_some())
            && (!self.reason || facts.reason.is_some())
    }

    fn versions(self) -> usize {
        if self.version { VERSIONS } else { 1 }
    }

    fn reasons(self) -> usize {
        if self.reason { AbortReason::ALL.len() } else { 1 }
    }
}
