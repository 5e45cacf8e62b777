//! FamilyNames that older readers do not know, in letters that they do.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::negotiate::format::Escaping;

const TOTAL: &str = "_total";

impl Escaping {
    /// A metric name as this scheme writes it, without the suffix of a sample.
    ///
    /// Suffixes (`_bucket`, `_sum`, `_count`, `_info`) are added to the result; but a
    /// counter is [`Escaping::counter_name`]. The result of all schemes but
    /// [`Escaping::AllowUtf8`] is a legacy name. An empty name, which no metric has,
    /// stays empty.
    ///
    /// [`Escaping::Values`] is one-to-one, but for legacy names that start with `U__` and
    /// so look escaped.
    ///
    /// ```
    /// use tickmark_text::Escaping;
    ///
    /// assert_eq!(Escaping::AllowUtf8.metric_name("http.route_2"), "http.route_2");
    /// assert_eq!(Escaping::Underscores.metric_name("http.route_2"), "http_route_2");
    /// assert_eq!(Escaping::Dots.metric_name("http.route_2"), "http_dot_route__2");
    /// assert_eq!(Escaping::Values.metric_name("http.route_2"), "U__http_2e_route__2");
    /// assert_eq!(Escaping::Values.metric_name("http:route_2"), "http:route_2");
    /// ```
    #[must_use]
    pub fn metric_name(self, name: &str) -> Cow<'_, str> {
        escape(self, name, NameKind::Metric)
    }

    /// A label name as this scheme writes it: as a metric name, but a colon is not legal
    /// in it.
    ///
    /// ```
    /// use tickmark_text::Escaping;
    ///
    /// assert_eq!(Escaping::Underscores.label_name("http.route"), "http_route");
    /// assert_eq!(Escaping::Dots.label_name("http_route"), "http__route");
    /// ```
    #[must_use]
    pub fn label_name(self, name: &str) -> Cow<'_, str> {
        escape(self, name, NameKind::Label)
    }

    /// The names of a counter with the base name `base`, which is without `_total`.
    ///
    /// ```
    /// use tickmark_text::Escaping;
    ///
    /// let name = Escaping::Values.counter_name("cpu.load");
    /// assert_eq!(name.sample_name(), "U__cpu_2e_load__total");
    /// assert_eq!(name.openmetrics_family_name(), "U__cpu_2e_load_");
    /// ```
    #[must_use]
    pub fn counter_name(self, base: &str) -> CounterName {
        CounterName { sample: self.metric_name(&format!("{base}{TOTAL}")).into_owned() }
    }
}

/// The escaped names of a counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterName {
    /// Ends in `_total` under every scheme.
    sample: String,
}

impl CounterName {
    /// The name of its samples, and of its family in the text formats. It is escaped
    /// together with its `_total`.
    ///
    /// ```
    /// assert_eq!(tickmark_text::Escaping::Dots.counter_name("jobs").sample_name(), "jobs__total");
    /// ```
    #[must_use]
    pub fn sample_name(&self) -> &str {
        &self.sample
    }

    /// The name of its family in OpenMetrics: that of its samples without `_total`, six
    /// bytes less.
    ///
    /// ```
    /// assert_eq!(tickmark_text::Escaping::Dots.counter_name("jobs").openmetrics_family_name(), "jobs_");
    /// ```
    #[must_use]
    pub fn openmetrics_family_name(&self) -> &str {
        self.sample.strip_suffix(TOTAL).unwrap_or(&self.sample)
    }
}

/// Whether every reader takes `name` as a metric name without quotes:
/// `[a-zA-Z_:][a-zA-Z0-9_:]*`.
///
/// ```
/// use tickmark_text::is_legacy_metric_name;
///
/// assert!(is_legacy_metric_name("job:requests:rate_5m"));
/// assert!(!is_legacy_metric_name("http.requests"));
/// assert!(!is_legacy_metric_name("5m"));
/// ```
#[must_use]
pub fn is_legacy_metric_name(name: &str) -> bool {
    NameKind::Metric.is_legacy(name)
}

/// Whether every reader takes `name` as a label name without quotes:
/// `[a-zA-Z_][a-zA-Z0-9_]*`.
///
/// ```
/// use tickmark_text::is_legacy_label_name;
///
/// assert!(is_legacy_label_name("route_2"));
/// assert!(!is_legacy_label_name("http.route"));
/// assert!(!is_legacy_label_name("a:b"));
/// ```
#[must_use]
pub fn is_legacy_label_name(name: &str) -> bool {
    NameKind::Label.is_legacy(name)
}

#[derive(Clone, Copy, PartialEq)]
enum NameKind {
    Metric,
    Label,
}

impl NameKind {
    /// Whether a legacy name of this kind may have `scalar` at byte `place`.
    fn allows(self, place: usize, scalar: char) -> bool {
        match scalar {
            'a'..='z' | 'A'..='Z' | '_' => true,
            '0'..='9' => place > 0,
            ':' => self == Self::Metric,
            _ => false,
        }
    }

    fn is_legacy(self, name: &str) -> bool {
        !name.is_empty() && name.char_indices().all(|(place, scalar)| self.allows(place, scalar))
    }
}

fn escape(escaping: Escaping, name: &str, kind: NameKind) -> Cow<'_, str> {
    let stays = match escaping {
        Escaping::AllowUtf8 => true,
        Escaping::Underscores | Escaping::Values => kind.is_legacy(name),
        // This one doubles the underscores of legacy names too.
        Escaping::Dots => false,
    };
    if stays || name.is_empty() {
        return Cow::Borrowed(name);
    }
    let mut escaped = String::from(if escaping == Escaping::Values { "U__" } else { "" });
    for (place, scalar) in name.char_indices() {
        match (escaping, scalar) {
            (Escaping::Dots | Escaping::Values, '_') => escaped.push_str("__"),
            (Escaping::Dots, '.') => escaped.push_str("_dot_"),
            (_, scalar) if kind.allows(place, scalar) => escaped.push(scalar),
            (Escaping::Dots, _) => escaped.push_str("__"),
            // Writing to a string cannot fail.
            (Escaping::Values, scalar) => _ = write!(escaped, "_{:x}_", u32::from(scalar)),
            (Escaping::Underscores | Escaping::AllowUtf8, _) => escaped.push('_'),
        }
    }
    Cow::Owned(escaped)
}
