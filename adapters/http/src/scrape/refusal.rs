//! Refusals: answers without a page.

use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use tickmark_text::TooManyNames;

use super::body::ScrapeBody;
use super::labels::Cause;
use super::pipe::LONGEST_WHOLE;

/// Why a request is refused.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refusal {
    /// Neither GET nor HEAD.
    Method,
    /// The token is missing or wrong.
    Unauthorized,
    Filter(TooManyNames),
    /// This many scrapes are in progress, which is the limit.
    Busy(usize),
    /// The deadline passed before the page began.
    Late,
    /// Writing the beginning of the page failed.
    Failed,
    /// The page exceeds the limit of HTTP/1.0 answers.
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

    /// Returns the refusal of a scrape that ended before its page began.
    pub(crate) fn of_begun(cause: Cause) -> Self {
        match cause {
            Cause::Timeout => Self::Late,
            Cause::TooLong => Self::TooLong,
            _ => Self::Failed,
        }
    }

    pub(crate) fn response(self) -> Response<ScrapeBody> {
        let (status, text) = match self {
            Self::Method => {
                (StatusCode::METHOD_NOT_ALLOWED, "method not allowed: use GET".to_owned())
            }
            Self::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                "unauthorized: send the token as \"Authorization: Bearer <token>\"".to_owned(),
            ),
            Self::Filter(error) => (StatusCode::BAD_REQUEST, error.to_string()),
            Self::Busy(limit) => (
                StatusCode::SERVICE_UNAVAILABLE,
                format!("busy: {limit} scrapes in progress, which is the limit"),
            ),
            Self::Late => (
                StatusCode::SERVICE_UNAVAILABLE,
                "timeout: the collectors did not finish before the scrape deadline".to_owned(),
            ),
            Self::Failed => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "cannot write the page: a panic, failed compression, or no thread".to_owned(),
            ),
            Self::TooLong => (
                StatusCode::HTTP_VERSION_NOT_SUPPORTED,
                format!("page over {LONGEST_WHOLE} bytes: use HTTP/1.1, or accept gzip"),
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

#[cfg(test)]
mod tests {
    use http_body::Body;

    use super::*;

    #[test]
    fn failed_page_is_500_with_cause() {
        let response = Refusal::of_begun(Cause::Failed).response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let mut body = std::pin::pin!(response.into_body());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let std::task::Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(&mut context) else {
            panic!("a text is ready")
        };
        assert_eq!(
            frame.into_data().unwrap(),
            "cannot write the page: a panic, failed compression, or no thread\n"
        );
    }
}
