//! Requests and their responses, for the [tally](crate::tally).

use std::time::Duration;

/// One request and its response, as its client knows them.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The label value `method`.
    pub method: &'static str,
    /// The label value `path`.
    pub path: &'static str,
    /// The label value `status`.
    pub status: u16,
    /// The declared size of the request's body in bytes; `None` if not declared.
    pub request_size: Option<usize>,
    /// The size of the response's body in bytes; `None` without a response.
    pub response_size: Option<usize>,
    /// The shortest and the longest time that the service can have taken.
    pub took: (Duration, Duration),
    /// The label value `reason`, if the exchange was aborted.
    pub aborted: Option<&'static str>,
}

impl Exchange {
    /// A completed exchange without bodies and duration.
    #[must_use]
    pub fn new(method: &'static str, path: &'static str, status: u16) -> Exchange {
        let took = (Duration::ZERO, Duration::ZERO);
        Exchange {
            method,
            path,
            status,
            request_size: Some(0),
            response_size: Some(0),
            took,
            aborted: None,
        }
    }
}
