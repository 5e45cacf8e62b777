//! Answers without a page.

use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use tickmark_text::TooManyNames;

use super::body::ScrapeBody;
use super::labels::Cause;
use super::pipe::LONGEST_WHOLE;

/// Why a request gets no page.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refusal {
    /// Neither GET nor HEAD.
    Method,
    /// Without the token, or with another.
    Unauthorized,
    Filter(TooManyNames),
    /// So many scrapes are being answered, and no more may be.
    Busy(usize),
    /// The time for the scrape was over before its page was begun.
    Late,
    /// The page could not be written, not even its beginning.
    Failed,
    /// Longer than an answer by HTTP/1.0 may be.
    TooLong,
}

impl Refusal {
    pub(crate) fn cause(self) -> Cause {
        match self {
            Self::Method => Cause::Method,
            Self::Unauthorized => Cause::Unauthorized,
            Self::Filter(_) => Cause::BadFilter,
            Self::Busy(_) => Cause::Busy,
            Self::Late => Cause::Timeout,
            Self::Failed => Cause::Failed,
            Self::TooLong => Cause::TooLong,
        }
    }

    /// The refusal of a scrape that ended before its page was begun.
    pub(crate) fn of_begun(cause: Cause) -> Self {
        match cause {
            Cause::Timeout => Self::Late,
            Cause::TooLong => Self::TooLong,
            _ => Self::Failed,
        }
    }

    pub(crate) fn response(self) -> Response<ScrapeBody> {
        let (status, text) = match self {
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, String::from("a scrape is a GET")),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, String::from("scrapes need a token")),
            Self::Filter(error) => (StatusCode::BAD_REQUEST, error.to_string()),
            Self::Busy(limit) => (
                StatusCode::SERVICE_UNAVAILABLE,
                format!("busy: scrapes at once are limited to {limit}"),
            ),
            Self::Late => (
                StatusCode::SERVICE_UNAVAILABLE,
                String::from("timeout: the collectors took longer than this scrape may take"),
            ),
            Self::Failed => {
                (StatusCode::INTERNAL_SERVER_ERROR, String::from("the page could not be written"))
            }
            Self::TooLong => (
                StatusCode::HTTP_VERSION_NOT_SUPPORTED,
                format!("page over {LONGEST_WHOLE} bytes: ask by HTTP/1.1, or for gzip"),
            ),
        };
        let mut response = Response::new(ScrapeBody::text(format!("{text}\n")));
        *response.status_mut() = status;
        set(response.headers_mut(), CONTENT_TYPE, "text/plain; charset=utf-8");
        match self {
            Self::Method => set(response.headers_mut(), ALLOW, "GET, HEAD"),
            Self::Unauthorized => set(response.headers_mut(), WWW_AUTHENTICATE, "Bearer"),
            Self::Busy(_) => set(response.headers_mut(), RETRY_AFTER, "1"),
            Self::Filter(_) | Self::Late | Self::Failed | Self::TooLong => {}
        }
        response
    }
}

pub(crate) fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    _ = headers.insert(name, HeaderValue::from_static(value));
}
