//! The answer to a scrape, once it has begun.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, VARY};

use super::body::ScrapeBody;
use super::labels::{Cause, Encoding};
use super::pipe::Reader;
use super::refusal::{Refusal, set};
use super::request::Wanted;

/// The future of [`ScrapeEndpoint::answer`](super::ScrapeEndpoint::answer): ready with the head of the answer and the
/// beginning of the page, or with a refusal at the deadline of the scrape at the latest.
///
/// Dropping it ends the scrape.
#[must_use = "dropping it ends the scrape"]
pub struct ScrapeFuture(State);

enum State {
    /// Nothing after it was handed out.
    Answered(Option<Box<Response<ScrapeBody>>>),
    Begun(Option<Begun>),
}

/// An admitted scrape.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) reader: Reader,
    pub(crate) wanted: Wanted,
}

impl ScrapeFuture {
    pub(crate) fn answered(response: Response<ScrapeBody>) -> Self {
        Self(State::Answered(Some(Box::new(response))))
    }

    pub(crate) fn begun(begun: Begun) -> Self {
        Self(State::Begun(Some(begun)))
    }
}

impl Future for ScrapeFuture {
    type Output = Result<Response<ScrapeBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let response = match &mut self.0 {
            State::Answered(response) => response.take().map(|response| *response),
            State::Begun(begun) => match begun {
                Some(Begun { reader, .. }) => {
                    let outcome = ready!(reader.poll_begun(cx));
                    begun.take().map(|begun| begun.response(outcome))
                }
                None => None,
            },
        };
        // Polled after it was ready, it is pending for ever.
        response.map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
    }
}

impl fmt::Debug for ScrapeFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScrapeFuture").finish_non_exhaustive()
    }
}

impl Begun {
    pub(crate) fn response(self, outcome: Result<(), Cause>) -> Response<ScrapeBody> {
        match outcome {
            Ok(()) => page(self.wanted, ScrapeBody::page(self.reader)),
            // Counted when it ended.
            Err(cause) => refusal(Refusal::of_begun(cause)),
        }
    }
}

pub(crate) fn page(wanted: Wanted, body: ScrapeBody) -> Response<ScrapeBody> {
    let mut response = varying(Response::new(body));
    set(response.headers_mut(), CONTENT_TYPE, wanted.format.content_type());
    if wanted.encoding == Encoding::Gzip {
        set(response.headers_mut(), CONTENT_ENCODING, "gzip");
    }
    response
}

/// With the headers by which caches tell answers apart: a refusal must not answer others either.
pub(crate) fn refusal(refusal: Refusal) -> Response<ScrapeBody> {
    varying(refusal.response())
}

fn varying(mut response: Response<ScrapeBody>) -> Response<ScrapeBody> {
    set(response.headers_mut(), VARY, "Accept, Accept-Encoding");
    response
}
