//! Answers without a page.

use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use tickmark_text::TooManyNames;

use super::body::ScrapeBody;
use super::labels::Cause;

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
    /// The page could not be written, not even its beginning.
    Failed,
}

impl Refusal {
    pub(crate) fn cause(self) -> Cause {
        match self {
            Self::Method => Cause::Method,
            Self::Unauthorized => Cause::Unauthorized,
            Self::Filter(_) => Cause::BadFilter,
            Self::Busy(_) => Cause::Busy,
            Self::Failed => Cause::Failed,
        }
    }

    pub(crate) fn response(self) -> Response<ScrapeBody> {
        let (status, text) = match self {
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, String::from("a scrape is a GET")),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, String::from("scrapes need a token")),
            Self::Filter(error) => (StatusCode::BAD_REQUEST, error.to_string()),
            Self::Busy(limit) => {
                (StatusCode::SERVICE_UNAVAILABLE, format!("busy: scrapes at once are limited to {limit}"))
            }
            Self::Failed => (StatusCode::INTERNAL_SERVER_ERROR, String::from("the page could not be written")),
        };
        let mut response = Response::new(ScrapeBody::text(format!("{text}\n")));
        *response.status_mut() = status;
        set(response.headers_mut(), CONTENT_TYPE, "text/plain; charset=utf-8");
        match self {
            Self::Method => set(response.headers_mut(), ALLOW, "GET, HEAD"),
            Self::Unauthorized => set(response.headers_mut(), WWW_AUTHENTICATE, "Bearer"),
            Self::Busy(_) => set(response.headers_mut(), RETRY_AFTER, "1"),
            Self::Filter(_) | Self::Failed => {}
        }
        response
    }
}

pub(crate) fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    _ = headers.insert(name, HeaderValue::from_static(value));
}
