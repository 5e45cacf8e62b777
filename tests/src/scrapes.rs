//! The endpoint's counts of scrapes by a Prometheus, and of reads by hand.

use crate::page::{Page, as_f64};

const ENCODE_BOUNDS: [&str; 6] = ["0.0001", "0.001", "0.01", "0.1", "1.0", "10.0"];

/// The scrape metrics on the page of the scrape with this number, after all earlier ones
/// have ended. The reads by hand, with their number and bytes, have ended too. Durations
/// cannot be known from outside, so their values are ranges.
#[must_use]
pub fn expected(number: f64, (reads, read_bytes): (usize, usize)) -> Page {
    let mut page = Page::new("tickmark_");
    for (format, count) in
        [("text_0.0.4", as_f64(reads)), ("text_1.0.0", 0.0), ("openmetrics_1.0.0", number)]
    {
        _ = page.between("scrapes_total", &[("format", format)], (count, count));
    }
    page.exact("scrapes_in_flight", &[], 1);
    for cause in
        ["busy", "method", "unauthorized", "bad_filter", "timeout", "aborted", "failed", "too_long"]
    {
        page.exact("scrape_errors_total", &[("cause", cause)], 0);
    }
    for cause in ["limit", "head_timeout", "write_timeout"] {
        page.exact("scrape_connections_dropped_total", &[("cause", cause)], 0);
    }
    // Prometheus requests gzip; a page then has some kilobytes, and this one may not be
    // counted yet.
    let gzip = (500.0 * (number - 1.0), 50_000.0 * number);
    _ = page.between("scrape_bytes_total", &[("encoding", "gzip")], gzip);
    page.exact("scrape_bytes_total", &[("encoding", "identity")], read_bytes);

    let ended = number - 1.0 + as_f64(reads);
    let mut buckets: Vec<_> = ENCODE_BOUNDS.into_iter().map(|le| (le, (0.0, ended))).collect();
    buckets.push(("+Inf", (ended, ended)));
    for (le, counts) in buckets {
        _ = page.between("scrape_encode_seconds_bucket", &[("le", le)], counts);
    }
    _ = page.between("scrape_encode_seconds_count", &[], (ended, ended));
    let least = if ended > 0.0 { 1e-9 } else { 0.0 };
    _ = page.between("scrape_encode_seconds_sum", &[], (least, ended));
    page
}
