//! What leads from a number to a request.

use std::fmt;
use std::sync::Arc;

use http::{Extensions, HeaderMap};
use tickmark::{Counter, Histogram};

/// Labels of an exemplar, from the head of a request; empty for none.
type Hook = dyn Fn(&HeaderMap, &Extensions) -> Vec<(&'static str, String)> + Send + Sync;

/// The hook of an instance.
#[derive(Clone)]
pub(crate) struct ExemplarHook(Arc<Hook>);

impl ExemplarHook {
    pub(crate) fn new(
        labels: impl Fn(&HeaderMap, &Extensions) -> Vec<(&'static str, String)> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(labels))
    }

    /// The exemplar of a request, if it has one.
    pub(crate) fn ask(&self, headers: &HeaderMap, extensions: &Extensions) -> Option<RequestExemplar> {
        let labels = (self.0)(headers, extensions);
        (!labels.is_empty()).then(|| RequestExemplar(labels.into()))
    }
}

impl fmt::Debug for ExemplarHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExemplarHook")
    }
}

/// The exemplar of one request.
#[derive(Debug)]
pub(crate) struct RequestExemplar(Box<[(&'static str, String)]>);

impl RequestExemplar {
    fn labels(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
}

/// Counts one, with the exemplar if there is one.
#[inline]
pub(crate) fn count(counter: &Counter, exemplar: Option<&RequestExemplar>) {
    match exemplar {
        None => counter.inc(),
        Some(exemplar) => counter.add_with_exemplar(1, &exemplar.labels()),
    }
}

/// Observes a value, with the exemplar if there is one.
#[inline]
pub(crate) fn observe(histogram: &Histogram, value: u64, exemplar: Option<&RequestExemplar>) {
    match exemplar {
        None => histogram.observe(value),
        Some(exemplar) => histogram.observe_with_exemplar(value, &exemplar.labels()),
    }
}
