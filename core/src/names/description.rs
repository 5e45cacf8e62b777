//! Descriptions: everything about a family except its series.

use std::borrow::Cow;

use crate::bounds::scale::Scale;
use crate::names::labels::ConstantLabels;
use crate::names::name;
use crate::value::Kind;

/// Everything about a family except its series, registered and collected alike.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Description {
    /// The base name, without `_total` and `_info`.
    pub(crate) name: Box<str>,
    /// The suffix of its sample names: `_total` or `_info`.
    pub(crate) suffix: &'static str,
    pub(crate) help: Box<str>,
    pub(crate) kind: Kind,
    pub(crate) label_names: Box<[Box<str>]>,
    /// Whether each series has its own label names, after the constant labels.
    pub(crate) has_open_labels: bool,
    /// Whether the label names of an open family may be any UTF-8 text.
    pub(crate) allows_utf8: bool,
    /// The labels of the scope of its registration.
    pub(crate) constant_labels: ConstantLabels,
    pub(crate) unit: Option<Box<str>>,
    /// The finite bounds of a histogram, in units of exposition; empty for other kinds.
    pub(crate) bounds: Cow<'static, [f64]>,
    /// The unit of a histogram's whole sums; `One` for other kinds.
    pub(crate) scale: Scale,
    /// The quantiles of a summary; empty for other kinds.
    pub(crate) quantiles: Box<[f64]>,
    /// The states of a state set; empty for other kinds.
    pub(crate) states: Box<[Box<str>]>,
    /// See [`Registry::with_plain_bounds`](crate::Registry::with_plain_bounds).
    pub(crate) has_plain_bounds: bool,
    /// See [`Registry::with_created_times`](crate::Registry::with_created_times).
    pub(crate) keeps_created_times: bool,
    /// Whether it is a fault family, exposed only after a fault.
    pub(crate) is_of_faults: bool,
}

impl Description {
    /// Describes a family without bounds, quantiles and states, outside of any scope.
    pub(crate) fn new(name: &str, help: &str, label_names: &[&str], kind: Kind) -> Self {
        Self {
            name: name.into(),
            suffix: kind.suffix(),
            help: help.into(),
            kind,
            label_names: label_names.iter().map(|label| Box::from(*label)).collect(),
            has_open_labels: false,
            allows_utf8: false,
            constant_labels: ConstantLabels::default(),
            unit: None,
            bounds: Cow::Borrowed(&[]),
            scale: Scale::One,
            quantiles: Box::default(),
            states: Box::default(),
            has_plain_bounds: false,
            keeps_created_times: false,
            is_of_faults: false,
        }
    }

    /// Returns the name of its samples, without the suffixes of histograms and summaries:
    /// a counter's ends in `_total`. Faults name the family so.
    pub(crate) fn exposed_name(&self) -> Cow<'_, str> {
        name::exposed(&self.name, self.suffix)
    }

    /// Exposes a counter by its name as given, with or without `_total`. Changes no other
    /// kind: OpenMetrics requires `_info`.
    pub(crate) fn named_as_given(self, given: &str) -> Self {
        let is_bare = self.kind == Kind::Counter && !given.ends_with(self.suffix);
        Self { suffix: if is_bare { "" } else { self.suffix }, ..self }
    }
}
