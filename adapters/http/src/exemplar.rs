//! Exemplars of requests.

use std::fmt;
use std::sync::Arc;

use http::{Extensions, HeaderMap};
use tickmark::{Counter, Histogram};

/// Computes the exemplar labels of a request head; empty for no exemplar.
type Hook = dyn Fn(&HeaderMap, &Extensions) -> Vec<(&'static str, String)> + Send + Sync;

/// The exemplar hook of an instance.
#[derive(Clone)]
pub(crate) struct ExemplarHook(Arc<Hook>);

impl ExemplarHook {
    pub(crate) fn new<F>(labels: F) -> Self
    where
        F: Fn(&HeaderMap, &Extensions) -> Vec<(&'static str, String)> + Send + Sync + 'static,
    {
        Self(Arc::new(labels))
    }

    /// Returns the exemplar of a request, if it has one.
    pub(crate) fn ask(
        &self,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Option<RequestExemplar> {
        let labels = (self.0)(headers, extensions);
        (!labels.is_empty()).then(|| RequestExemplar::of(labels))
    }
}

impl fmt::Debug for ExemplarHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExemplarHook")
    }
}

/// The limit of OpenMetrics on the characters of an exemplar's names and values.
const MOST_CHARACTERS: usize = 128;

/// A label that exceeds the limit, so that the core refuses the exemplar.
const TOO_LONG: (&str, &str) = ("too_long", {
    const TEXT: [u8; MOST_CHARACTERS + 1] = [b'x'; MOST_CHARACTERS + 1];
    match std::str::from_utf8(&TEXT) {
        Ok(text) => text,
        Err(_) => "",
    }
});

/// The exemplar of one request. Labels over the limit are dropped at once: a client may
/// choose their length.
#[derive(Debug)]
pub(crate) enum RequestExemplar {
    Labels(Box<[(&'static str, Box<str>)]>),
    /// Over the limit. The core refuses and counts it.
    TooLong,
}

impl RequestExemplar {
    fn of(labels: Vec<(&'static str, String)>) -> Self {
        if is_too_long(&labels) {
            return Self::TooLong;
        }
        Self::Labels(
            labels.into_iter().map(|(name, value)| (name, value.into_boxed_str())).collect(),
        )
    }

    fn labels(&self) -> Vec<(&str, &str)> {
        match self {
            Self::Labels(labels) => labels.iter().map(|(name, value)| (*name, &**value)).collect(),
            Self::TooLong => vec![TOO_LONG],
        }
    }
}

fn is_too_long(labels: &[(&'static str, String)]) -> bool {
    let texts = || labels.iter().flat_map(|(name, value)| [*name, value.as_str()]);
    let characters = texts().flat_map(str::chars);
    // Counts no further than needed. Every name has a character, so the number of labels
    // is bounded as well.
    labels.len() > MOST_CHARACTERS || characters.take(MOST_CHARACTERS + 1).count() > MOST_CHARACTERS
}

/// Adds one, with the exemplar if present.
#[inline]
pub(crate) fn count(counter: &Counter, exemplar: Option<&RequestExemplar>) {
    match exemplar {
        None => counter.inc(),
        Some(exemplar) => counter.add_with_exemplar(1, &exemplar.labels()),
    }
}

/// Observes a value, with the exemplar if present.
#[inline]
pub(crate) fn observe(histogram: &Histogram, value: u64, exemplar: Option<&RequestExemplar>) {
    match exemplar {
        None => histogram.observe(value),
        Some(exemplar) => histogram.observe_with_exemplar(value, &exemplar.labels()),
    }
}
