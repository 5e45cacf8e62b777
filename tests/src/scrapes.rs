//! What the endpoint counts of the scrapes of a Prometheus that is alone with it.

use crate::page::Page;

const ENCODE_BOUNDS: [&str; 6] = ["0.0001", "0.001", "0.01", "0.1", "1.0", "10.0"];

/// The metrics about scrapes on a page that is the answer to the scrape with this number, of which all before it have
/// ended. How long they took nobody else knows, so that is only between limits.
#[must_use]
pub fn expected(number: f64) -> Page {
    let mut page = Page::new("tickmark_");
    for (format, count) in [("text_0.0.4", 0.0), ("text_1.0.0", 0.0), ("openmetrics_1.0.0", number)] {
        let _series = page.between("scrapes_total", &[("format", format)], (count, count));
    }
    page.exact("scrapes_in_flight", &[], 1);
    for cause in ["busy", "method", "bad_filter", "timeout", "aborted", "failed"] {
        page.exact("scrape_errors_total", &[("cause", cause)], 0);
    }
    let ended = number - 1.0;
    // Every scrape asked for gzip; a page has some kilobytes when it is compressed, and this one may not be counted yet.
    let _series = page.between("scrape_bytes_total", &[("encoding", "gzip")], (500.0 * ended, 50_000.0 * number));
    page.exact("scrape_bytes_total", &[("encoding", "identity")], 0);

    let mut buckets: Vec<_> = ENCODE_BOUNDS.into_iter().map(|le| (le, (0.0, ended))).collect();
    buckets.push(("+Inf", (ended, ended)));
    for (le, counts) in buckets {
        let _series = page.between("scrape_encode_seconds_bucket", &[("le", le)], counts);
    }
    let _series = page.between("scrape_encode_seconds_count", &[], (ended, ended));
    let least = if ended > 0.0 { 1e-9 } else { 0.0 };
    let _series = page.between("scrape_encode_seconds_sum", &[], (least, ended));
    page
}
