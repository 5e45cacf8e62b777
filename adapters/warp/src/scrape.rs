//! The filter for scrapes.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body::Body;
use tickmark_http::{ScrapeBody, ScrapeEndpoint, ScrapeError};
use warp::Filter;
use warp::reply::Reply;

/// Answers scrapes with the page of a registry: GET and HEAD, a 405 to the rest.
///
/// On a listener of its own, by `warp::serve`, or behind a path of the service that is
/// [ignored](tickmark_http::HttpMetricsBuilder::ignore), so that scrapes are no requests to it.
///
/// ```
/// use warp::Filter;
///
/// let registry = tickmark::Registry::new();
/// let metrics = tickmark_warp::HttpMetrics::builder().ignore(["/metrics"]).build(&registry)?;
/// let endpoint = tickmark_warp::ScrapeEndpoint::new(&registry);
/// let scrapes = tickmark_warp::path!(metrics; "metrics").and(tickmark_warp::scrape(endpoint));
/// # drop(scrapes);
/// # Ok::<(), tickmark_warp::BuildError>(())
/// ```
pub fn scrape(endpoint: ScrapeEndpoint) -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone {
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    warp::method()
        .and(warp::header::headers_cloned())
        .and(query)
        .map(move |method, headers, query: String| answer(&endpoint, method, headers, &query))
}

fn answer(endpoint: &ScrapeEndpoint, method: Method, headers: HeaderMap, query: &str) -> impl Reply + use<> {
    let mut request = Request::new(());
    *request.method_mut() = method;
    *request.headers_mut() = headers;
    match format!("/?{query}").parse() {
        Ok(uri) => *request.uri_mut() = uri,
        // It was part of one before it got here.
        Err(_) => return StatusCode::BAD_REQUEST.into_response(),
    }
    let (head, body) = endpoint.respond(&request).into_parts();
    let mut reply = warp::reply::stream(Chunks(body)).into_response();
    *reply.status_mut() = head.status;
    *reply.headers_mut() = head.headers;
    reply
}

/// The data of the body: warp's own body is made of nothing else.
struct Chunks(ScrapeBody);

impl Stream for Chunks {
    type Item = Result<Bytes, ScrapeError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let frame = ready!(Pin::new(&mut self.0).poll_frame(cx));
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.into_data().unwrap_or_default())))
    }
}
