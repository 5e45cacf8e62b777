//! Recorded HTTP metrics, read from the page in short form. Used by the tests of all
//! adapters.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tickmark::Registry;
use tickmark_text::Encoder;

/// How long a test waits for an expected condition.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The samples of a page by name and label values, these in page order.
#[derive(Debug)]
pub struct Recorded(BTreeMap<(String, Vec<String>), f64>);

impl Recorded {
    /// Reads the registry now.
    #[must_use]
    pub fn of(registry: &Registry) -> Self {
        let page = String::from_utf8(Encoder::new(registry).encode().to_vec()).unwrap();
        Self(page.lines().filter(|line| !line.starts_with('#')).map(sample).collect())
    }

    /// All samples: name, label values, value.
    pub fn samples(&self) -> impl Iterator<Item = (&str, &[String], f64)> {
        self.0.iter().map(|((name, labels), value)| (name.as_str(), labels.as_slice(), *value))
    }

    /// The series of a name, with their label values.
    pub fn series(&self, name: &str) -> impl Iterator<Item = (&[String], f64)> {
        self.samples()
            .filter(move |(sample, ..)| *sample == name)
            .map(|(_, labels, value)| (labels, value))
    }

    /// Number of series of the family.
    #[must_use]
    pub fn series_count(&self, name: &str) -> usize {
        self.0.keys().filter(|(sample, _)| sample == name).count()
    }

    /// The sum of the series with these label values; `*` matches any.
    #[must_use]
    pub fn sum(&self, name: &str, labels: &[&str]) -> f64 {
        let is_asked = |values: &[String]| {
            values.len() == labels.len()
                && values.iter().zip(labels).all(|(value, label)| *label == "*" || value == label)
        };
        self.0
            .iter()
            .filter(|((sample, values), _)| sample == name && is_asked(values))
            .fold(0.0, |sum, (_, value)| sum + value)
    }

    /// Number of requests in flight, over all methods.
    #[must_use]
    pub fn in_flight(&self) -> f64 {
        self.sum("http_requests_in_flight", &["*"])
    }

    /// The records in short form: a line per method and path, and one per path with
    /// aborted requests.
    ///
    /// `GET /a: 200 x 2, timed 2, request 2 of 0, response 2 of 10`: two requests with
    /// responses of 5 bytes each.
    #[must_use]
    pub fn summary(&self) -> Vec<String> {
        let mut requests: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
        let mut aborted: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for ((name, labels), value) in &self.0 {
            match (name.as_str(), labels.as_slice()) {
                ("http_requests_total", [method, path, status]) => {
                    requests.entry((method, path)).or_default().push(format!("{status} x {value}"));
                }
                ("http_requests_aborted_total", [path, reason]) => {
                    aborted.entry(path).or_default().push(format!("{reason} x {value}"));
                }
                _ => {}
            }
        }
        let requests = requests.into_iter().map(|((method, path), statuses)| {
            let of = |name| self.sum(name, &[method, path]);
            format!(
                "{method} {path}: {}, timed {}, request {} of {}, response {} of {}",
                statuses.join(", "),
                of("http_request_duration_seconds_count"),
                of("http_request_size_bytes_count"),
                of("http_request_size_bytes_sum"),
                of("http_response_size_bytes_count"),
                of("http_response_size_bytes_sum"),
            )
        });
        let aborted =
            aborted.into_iter().map(|(path, reasons)| format!("{path}: {}", reasons.join(", ")));
        requests.chain(aborted).collect()
    }

    /// Checks the invariants that hold while nothing is in flight.
    pub fn assert_at_rest(&self) {
        let no_head: f64 = ["cancelled", "panic", "error"]
            .iter()
            .map(|reason| self.sum("http_requests_aborted_total", &["*", reason]))
            .sum();
        let with_head = self.sum("http_requests_total", &["*", "*", "*"]) - no_head;
        let upgraded = self.sum("http_requests_total", &["*", "*", "101"]);
        assert_eq!(
            self.sum("http_response_size_bytes_count", &["*", "*"]),
            with_head,
            "responses with a size"
        );
        assert_eq!(
            self.sum("http_request_duration_seconds_count", &["*", "*"]),
            with_head - upgraded,
            "timed requests"
        );
    }
}

fn sample(line: &str) -> ((String, Vec<String>), f64) {
    let (series, value) = line.rsplit_once(' ').unwrap();
    let (name, labels) = series.split_once('{').unwrap_or((series, ""));
    // No label of these tests needs escapes, so every other piece between quotes is a
    // value.
    let values = labels.split('"').skip(1).step_by(2).map(String::from).collect();
    ((name.to_owned(), values), value.parse().unwrap())
}

/// Waits until nothing is in flight, checks the invariants, and returns the records.
pub async fn settled(registry: &Registry) -> Vec<String> {
    reaches(registry, 0.0).await;
    let page = Recorded::of(registry);
    page.assert_at_rest();
    page.summary()
}

/// Waits until this many requests are in flight.
pub async fn reaches(registry: &Registry, in_flight: f64) {
    becomes(registry, &format!("{in_flight} in flight"), |page| page.in_flight() == in_flight)
        .await;
}

/// Waits until the page matches.
pub async fn becomes(registry: &Registry, what: &str, is_so: impl Fn(&Recorded) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let page = Recorded::of(registry);
        if is_so(&page) {
            return;
        }
        assert!(Instant::now() < deadline, "timed out waiting for {what}: {page:#?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
