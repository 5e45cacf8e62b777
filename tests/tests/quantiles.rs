//! Another library's records on our page: an `hdrhistogram` as a summary, by a collector
//! of a few lines.
#![expect(clippy::unwrap_used, reason = "a test helper fails by panicking")]

use std::sync::{Arc, Mutex, PoisonError};

use hdrhistogram::Histogram;
use tickmark::Registry;
use tickmark::collect::{Collection, Collector};
use tickmark_text::Encoder;

const QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];

/// Durations in microseconds, to three significant digits.
#[derive(Clone)]
struct JobDurations(Arc<Mutex<Recorded>>);

struct Recorded {
    micros: Histogram<u64>,
    /// The library keeps no sum.
    micros_sum: u64,
}

impl JobDurations {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Recorded { micros: Histogram::new(3).unwrap(), micros_sum: 0 })))
    }

    fn record(&self, micros: u64) {
        let mut recorded = self.0.lock().unwrap();
        recorded.micros.record(micros).unwrap();
        recorded.micros_sum += micros;
    }
}

impl Collector for JobDurations {
    fn collect(&self, out: &mut Collection) {
        let recorded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value_at = |quantile| match recorded.micros.len() {
            0 => f64::NAN,
            _ => seconds(recorded.micros.value_at_quantile(quantile)),
        };
        out.summary("job_seconds", "Time that a job took.", [], &QUANTILES).series(
            [],
            &QUANTILES.map(value_at),
            seconds(recorded.micros_sum),
            recorded.micros.len(),
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "no test records 2^53 microseconds")]
fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}

/// The values on the page, line by line.
fn values(page: &[u8]) -> Vec<(String, f64)> {
    let lines = std::str::from_utf8(page).unwrap().lines().filter(|line| !line.starts_with('#'));
    let parts = lines.map(|line| line.rsplit_once(' ').unwrap());
    parts.map(|(series, value)| (series.to_owned(), value.parse().unwrap())).collect()
}

#[test]
fn hdrhistogram_is_exposed_as_a_summary() {
    let registry = Registry::new();
    let durations = JobDurations::new();
    registry.register_collector("jobs", durations.clone()).unwrap();
    let encoder = Encoder::new(&registry);
    let series = [
        r#"job_seconds{quantile="0.5"}"#,
        r#"job_seconds{quantile="0.9"}"#,
        r#"job_seconds{quantile="0.99"}"#,
        "job_seconds_sum",
        "job_seconds_count",
    ];

    let empty = values(&encoder.encode());
    assert_eq!(empty.iter().map(|(series, _)| &**series).collect::<Vec<_>>(), series);
    assert!(empty[..3].iter().all(|(_, value)| value.is_nan()));
    assert_eq!((empty[3].1, empty[4].1), (0.0, 0.0));

    // Out of order; 7,919 is coprime to the number of values.
    let micros: Vec<u64> = (0..10_000).map(|number| number * 7_919 % 10_000 + 1).collect();
    micros.iter().for_each(|micros| durations.record(*micros));
    let page = encoder.encode();
    assert!(
        page.starts_with(b"# HELP job_seconds Time that a job took.\n# TYPE job_seconds summary\n")
    );
    let seen = values(&page);
    for ((_, value), naive) in seen.iter().zip([0.005, 0.009, 0.0099]) {
        assert!((value / naive - 1.0).abs() < 0.001, "{value} instead of {naive}");
    }
    assert_eq!((seen[3].1, seen[4].1), (seconds(micros.iter().sum()), 10_000.0));
}
