//! Label dimensions: what a label says of a request.

use std::sync::Arc;

use http::{StatusCode, Version};
use tickmark::Label;

use super::abort::AbortReason;
use super::method::MethodLabel;
use super::status::StatusLabels;

/// The value that one label has for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dimension {
    Method,
    /// The template of the route.
    Path,
    Status,
    /// Why a request was aborted.
    Reason,
    /// A setting, the same for all requests.
    Scheme,
    /// The status from 500 up, otherwise empty.
    ErrorType,
    /// The HTTP version.
    Version,
}

/// A label: its dimension and its name.
pub(crate) type DimensionLabel = (Dimension, &'static str);

/// The facts known of a request when it is recorded.
#[derive(Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) method: MethodLabel,
    /// The template of the route.
    pub(crate) path: &'static str,
    pub(crate) version: Version,
    pub(crate) status: Option<StatusCode>,
    pub(crate) reason: Option<AbortReason>,
}

/// The settings that label texts depend on.
#[derive(Clone, Debug)]
pub(crate) struct Texts {
    pub(crate) statuses: StatusLabels,
    pub(crate) scheme: Arc<str>,
}

impl Facts {
    /// Returns the value of a label.
    pub(crate) fn text<'a>(&'a self, dimension: Dimension, texts: &'a Texts) -> &'a str {
        let status = |status: &'a Option<StatusCode>| {
            status.as_ref().map_or("", |status| texts.statuses.text(status))
        };
        match dimension {
            Dimension::Method => self.method.as_str(),
            Dimension::Path => self.path,
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

/// Number of HTTP versions with an index.
const VERSION_COUNT: usize = 5;

fn version_text(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    }
}

fn version_index(version: Version) -> usize {
    match version {
        Version::HTTP_09 => 0,
        Version::HTTP_10 => 1,
        Version::HTTP_2 => 2,
        Version::HTTP_3 => 3,
        _ => 4,
    }
}

/// The dimensions that tell series of one route and method apart.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Axes {
    status: Option<StatusLabels>,
    version: bool,
    reason: bool,
}

impl Axes {
    pub(crate) fn of(labels: &[DimensionLabel], statuses: StatusLabels) -> Self {
        let has = |dimension| labels.iter().any(|(label, _)| *label == dimension);
        Self {
            status: (has(Dimension::Status) || has(Dimension::ErrorType)).then_some(statuses),
            version: has(Dimension::Version),
            reason: has(Dimension::Reason),
        }
    }

    /// Returns the number of indices.
    pub(crate) fn count(self) -> usize {
        self.status.map_or(1, StatusLabels::count) * self.versions() * self.reasons()
    }

    /// Returns the index of a request's series; none for an unusual status, whose series
    /// is looked up by its labels.
    #[inline]
    pub(crate) fn index(self, facts: &Facts) -> Option<usize> {
        let status = match self.status {
            Some(statuses) => statuses.index(facts.status?)?,
            None => 0,
        };
        // The default, and on the path of every request.
        if !self.version && !self.reason {
            return Some(status);
        }
        let version = if self.version { version_index(facts.version) } else { 0 };
        let reason = if self.reason { facts.reason?.index() } else { 0 };
        Some((status * self.versions() + version) * self.reasons() + reason)
    }

    /// Returns whether the facts determine a series.
    pub(crate) fn are_known(self, facts: &Facts) -> bool {
        (self.status.is_none() || facts.status.is_some())
            && (!self.reason || facts.reason.is_some())
    }

    fn versions(self) -> usize {
        if self.version { VERSION_COUNT } else { 1 }
    }

    fn reasons(self) -> usize {
        if self.reason { AbortReason::ALL.len() } else { 1 }
    }
}
