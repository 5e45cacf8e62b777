//! The metrics page that a tally expects, and how a scraped page differs.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Label names of a series, with their values.
pub type Labels = BTreeMap<String, String>;

/// The expected range of a series: least and greatest value, equal if the client knows it
/// exactly.
type Expected = (f64, f64);

/// The expected series of a page.
#[derive(Debug)]
pub struct Page {
    prefix: &'static str,
    series: BTreeMap<String, Expected>,
    histograms: Vec<Vec<String>>,
}

impl Page {
    pub(crate) fn new(prefix: &'static str) -> Page {
        Page { prefix, series: BTreeMap::new(), histograms: vec![] }
    }

    /// Differences of `scraped` from this page: a line per series that is wrong, missing
    /// or unexpected, and per decreasing bucket.
    #[must_use]
    pub fn differences(&self, scraped: &BTreeMap<String, f64>) -> Vec<String> {
        let wrong = self.series.iter().filter_map(|(series, (least, most))| {
            let found = scraped.get(series);
            let right = found.is_some_and(|value| (*least..=*most).contains(value));
            (!right).then(|| format!("{series} is {found:?}, not {least} to {most}"))
        });
        let unknown = scraped.keys().filter(|series| !self.series.contains_key(*series));
        let unknown = unknown.map(|series| format!("{series} is unexpected"));
        // Exact counts are cumulative by construction; ranges may not be.
        let falling = self
            .histograms
            .iter()
            .filter(|buckets| !buckets.iter().map(|bucket| scraped.get(bucket)).is_sorted());
        let falling = falling.map(|buckets| format!("{buckets:?} fall"));
        wrong.chain(unknown).chain(falling).collect()
    }

    /// Expects a value that the client knows exactly.
    pub(crate) fn exact(&mut self, name: &str, labels: &[(&str, &str)], count: usize) {
        _ = self.between(name, labels, (as_f64(count), as_f64(count)));
    }

    /// Expects a value in this range, inclusive.
    pub(crate) fn between(
        &mut self,
        name: &str,
        labels: &[(&str, &str)],
        expected: Expected,
    ) -> String {
        let labels = labels.iter().map(|(l, v)| ((*l).to_owned(), (*v).to_owned())).collect();
        let series = series(&format!("{}{name}", self.prefix), &labels);
        _ = self.series.insert(series.clone(), expected);
        series
    }

    /// A histogram of observations, each known to be in a range.
    pub(crate) fn histogram(
        &mut self,
        name: &str,
        labels: &[(&str, &str)],
        bounds: &[(&str, f64)],
        observed: Vec<(f64, f64)>,
    ) {
        let bucket = format!("{name}_bucket");
        let mut buckets = vec![];
        for (le, bound) in bounds.iter().copied().chain([("+Inf", f64::INFINITY)]) {
            let surely = observed.iter().filter(|(_, most)| *most <= bound).count();
            let maybe = observed.iter().filter(|(least, _)| *least <= bound).count();
            let labels = [labels, &[("le", le)]].concat();
            buckets.push(self.between(&bucket, &labels, (as_f64(surely), as_f64(maybe))));
        }
        self.histograms.push(buckets);
        self.exact(&format!("{name}_count"), labels, observed.len());
        let least = observed.iter().map(|(least, _)| least).sum();
        let most = observed.iter().map(|(_, most)| most).sum();
        _ = self.between(&format!("{name}_sum"), labels, (least, most));
    }
}

#[expect(clippy::cast_precision_loss, reason = "no test counts up to 2^53")]
pub(crate) fn as_f64(count: usize) -> f64 {
    count as f64
}

/// Normalizes a series, however it is written: `name{a="1",b="2"}`.
#[must_use]
pub fn series(name: &str, labels: &Labels) -> String {
    let mut series = name.to_owned();
    for (position, (label, value)) in labels.iter().enumerate() {
        let before = if position == 0 { '{' } else { ',' };
        write!(series, "{before}{label}={value:?}").unwrap();
    }
    if !labels.is_empty() {
        series.push('}');
    }
    series
}
