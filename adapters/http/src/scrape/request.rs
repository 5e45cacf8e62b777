//! What a request says about the scrape that it asks for.

use std::time::{Duration, Instant};

use http::header::{ACCEPT, ACCEPT_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Version};
use tickmark_text::{Format, accepts_gzip};

use super::gzip::Gzip;
use super::labels::Encoding;

/// How long a scrape may take that does not say it. Longer than any scraper waits that is
/// not told to.
const LONGEST: Duration = Duration::from_secs(60);

/// How long the scraper waits, in seconds.
const TIMEOUT: HeaderName = HeaderName::from_static("x-prometheus-scrape-timeout-seconds");

/// The page that the headers ask for, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) format: Format,
    pub(crate) encoding: Encoding,
    /// When the scrape is over, whether or not its page is.
    pub(crate) deadline: Instant,
    /// The answer needs a length. HTTP/1.0 marks the end of a body without one by the end
    /// of the connection, so that a part of a page looks like all of it.
    pub(crate) is_whole: bool,
}

impl Wanted {
    /// By a request that comes now.
    pub(crate) fn by(version: Version, headers: &HeaderMap) -> Self {
        let accept = headers.get_all(ACCEPT).iter().map(HeaderValue::as_bytes);
        let accept_encoding = headers.get_all(ACCEPT_ENCODING).iter().map(HeaderValue::as_bytes);
        let is_gzip = Gzip::IS_HERE && accepts_gzip(accept_encoding);
        Self {
            format: Format::negotiate(accept),
            encoding: if is_gzip { Encoding::Gzip } else { Encoding::Identity },
            deadline: Instant::now()
                + timeout(headers).map_or(LONGEST, |timeout| timeout.min(LONGEST)),
            is_whole: version < Version::HTTP_11,
        }
    }
}

/// `None` if the request does not say it, or nothing that is a time.
fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let seconds: f64 = headers.get(TIMEOUT)?.to_str().ok()?.trim().parse().ok()?;
    // What is too long for a duration is longer than the longest too.
    (seconds > 0.0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeout_of(value: &str) -> Option<Duration> {
        timeout(&HeaderMap::from_iter([(TIMEOUT, value.parse().unwrap())]))
    }

    #[test]
    fn a_timeout_is_a_positive_number_of_seconds() {
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
    fn a_deadline_is_at_most_a_minute_away() {
        let within = |value: &str, seconds: u64| {
            let headers = HeaderMap::from_iter([(TIMEOUT, value.parse().unwrap())]);
            let (before, deadline, after) =
                (Instant::now(), Wanted::by(Version::HTTP_11, &headers).deadline, Instant::now());
            let wait = Duration::from_secs(seconds);
            assert!((before + wait..=after + wait).contains(&deadline), "{value:?}");
        };
        within("7", 7);
        for value in ["60", "61", "1e300", "inf", "0", "soon"] {
            within(value, 60);
        }
    }
}
