//! The future of an answer to a scrape.

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
use super::request::ScrapeRequest;

/// The future of [`ScrapeEndpoint::answer`](crate::ScrapeEndpoint::answer).
///
/// Ready with the head of the answer and the beginning of the page, or with a refusal, at
/// the latest at the deadline of the scrape. Dropping it ends the scrape.
#[must_use = "dropping it ends the scrape"]
pub struct ScrapeFuture(State);

enum State {
    /// None after completion.
    Answered(Option<Box<Response<ScrapeBody>>>),
    Begun(Option<Begun>),
}

/// An admitted scrape.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) reader: Reader,
    pub(crate) request: ScrapeRequest,
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
        // Pending forever if polled after completion.
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
            Ok(()) => page(self.request, ScrapeBody::page(self.reader)),
            // Counted at the end of the scrape.
            Err(cause) => refusal(Refusal::of_begun(cause)),
        }
    }
}

pub(crate) fn page(request: ScrapeRequest, body: ScrapeBody) -> Response<ScrapeBody> {
    let mut response = varying(Response::new(body));
    set(response.headers_mut(), CONTENT_TYPE, request.format.content_type());
    if request.encoding == Encoding::Gzip {
        set(response.headers_mut(), CONTENT_ENCODING, "gzip");
    }
    response
}

/// Returns the response of a refusal. It varies by the same headers as a page, so that a
/// cache does not serve it to other scrapers.
pub(crate) fn refusal(refusal: Refusal) -> Response<ScrapeBody> {
    varying(refusal.response())
}

fn varying(mut response: Response<ScrapeBody>) -> Response<ScrapeBody> {
    set(response.headers_mut(), VARY, "Accept, Accept-Encoding");
    response
}
