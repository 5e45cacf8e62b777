//! The scrape that a request asks for.

use std::time::{Duration, Instant};

use http::header::{ACCEPT, ACCEPT_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Version};
use tickmark_text::{Format, accepts_gzip};

use super::gzip::Gzip;
use super::labels::Encoding;

/// The longest time for a scrape, and the default. Longer than the default timeouts of
/// scrapers.
const LONGEST: Duration = Duration::from_secs(60);

/// The timeout of the scraper, in seconds.
const TIMEOUT: HeaderName = HeaderName::from_static("x-prometheus-scrape-timeout-seconds");

/// The format, encoding and deadline of a requested page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScrapeRequest {
    pub(crate) format: Format,
    pub(crate) encoding: Encoding,
    /// The end of the scrape, even with an unfinished page.
    pub(crate) deadline: Instant,
    /// The answer needs a length. Without one, HTTP/1.0 ends the body by closing the
    /// connection, so that a truncated page looks complete.
    pub(crate) is_whole: bool,
}

impl ScrapeRequest {
    /// Reads a request that arrives now.
    pub(crate) fn of(version: Version, headers: &HeaderMap) -> Self {
        let accept = headers.get_all(ACCEPT).iter().map(HeaderValue::as_bytes);
        let accept_encoding = headers.get_all(ACCEPT_ENCODING).iter().map(HeaderValue::as_bytes);
        let is_gzip = Gzip::IS_ENABLED && accepts_gzip(accept_encoding);
        Self {
            format: Format::negotiate(accept),
            encoding: if is_gzip { Encoding::Gzip } else { Encoding::Identity },
            deadline: Instant::now()
                + timeout(headers).map_or(LONGEST, |timeout| timeout.min(LONGEST)),
            is_whole: version < Version::HTTP_11,
        }
    }
}

/// Reads the timeout; none without the header or a positive number in it.
fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let seconds: f64 = headers.get(TIMEOUT)?.to_str().ok()?.trim().parse().ok()?;
    // A number too large for a duration exceeds the longest as well.
    (seconds > 0.0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeout_of(value: &str) -> Option<Duration> {
        timeout(&HeaderMap::from_iter([(TIMEOUT, value.parse().unwrap())]))
    }

    #[test]
    fn timeout_is_positive_seconds() {
        for (value, seconds) in
            [("10", 10.0), ("0.25", 0.25), ("10.000000", 10.0), ("1e1", 10.0), (" 5 ", 5.0)]
        {
            assert_eq!(timeout_of(value), Some(Duration::from_secs_f64(seconds)), "{value:?}");
        }
        for value in ["", "0", "-0", "-1", "NaN", "ten", "10s", "1,5", "-inf"] {
            assert_eq!(timeout_of(value), None, "{value:?}");
        }
        assert_eq!(timeout(&HeaderMap::new()), None);
        assert_eq!(
            timeout(&HeaderMap::from_iter([(TIMEOUT, HeaderValue::from_bytes(b"1\xff").unwrap())])),
            None
        );
    }

    #[test]
    fn deadline_is_at_most_a_minute_away() {
        let within = |value: &str, seconds: u64| {
            let headers = HeaderMap::from_iter([(TIMEOUT, value.parse().unwrap())]);
            let (before, deadline, after) = (
                Instant::now(),
                ScrapeRequest::of(Version::HTTP_11, &headers).deadline,
                Instant::now(),
            );
            let wait = Duration::from_secs(seconds);
            assert!((before + wait..=after + wait).contains(&deadline), "{value:?}");
        };
        within("7", 7);
        for value in ["60", "61", "1e300", "inf", "0", "soon"] {
            within(value, 60);
        }
    }
}
