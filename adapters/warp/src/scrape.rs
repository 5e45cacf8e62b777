//! The filter for scrapes.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Method, Request, Response, StatusCode, Version};
use http_body::Body;
use tickmark::Registry;
use tickmark_http::{ScrapeBody, ScrapeEndpoint, ScrapeError};
use warp::reply::Reply;
use warp::{Filter, reply};

use crate::serve::version;

/// Returns a filter that answers scrapes with the page of the registry: GET and HEAD, a
/// 405 for other methods.
///
/// Serve it on a listener of its own, with `warp::serve`. In a service with other paths,
/// exclude its path with [`ignore`](tickmark_http::HttpMetricsBuilder::ignore), so that
/// scrapes do not count as requests.
///
/// ```
/// use warp::Filter;
///
/// let registry = tickmark::Registry::new();
/// let metrics = tickmark_warp::HttpMetrics::builder().ignore(["/metrics"]).build(&registry)?;
/// let scrapes = tickmark_warp::path!(metrics; "metrics").and(tickmark_warp::scrape(&registry));
/// # _ = scrapes;
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
///
/// Below [`serve`](crate::serve()) the page is streamed. Below `warp::serve` a filter
/// cannot see the version of HTTP, so every page is buffered as for HTTP/1.0. It then has
/// a length, and a page over 16 MiB as sent is a 505.
#[must_use]
pub fn scrape(
    registry: &Registry,
) -> impl Filter<Extract = (impl Reply + use<>,), Error = Infallible> + Clone + use<> {
    scrape_with(ScrapeEndpoint::new(registry))
}

/// Returns a filter that answers scrapes with an endpoint; see [`scrape`].
///
/// ```
/// use tickmark_warp::{ScrapeEndpoint, scrape_with};
///
/// let registry = tickmark::Registry::new();
/// let scrapes = scrape_with(ScrapeEndpoint::builder().max_scrapes(2).build(&registry)?);
/// # _ = scrapes;
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[must_use]
pub fn scrape_with(
    endpoint: ScrapeEndpoint,
) -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone {
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    warp::method().and(warp::header::headers_cloned()).and(query).and(version()).then(
        move |method, headers, query: String, version| {
            let request = request(method, headers, &query, version);
            let answer = request.map(|request| endpoint.answer(&request));
            async move {
                match answer {
                    Some(answer) => {
                        let Ok(response) = answer.await;
                        replied(response)
                    }
                    None => StatusCode::BAD_REQUEST.into_response(),
                }
            }
        },
    )
}

/// Returns `None` for an invalid query, which the server has already refused.
fn request(
    method: Method,
    headers: HeaderMap,
    query: &str,
    version: Version,
) -> Option<Request<()>> {
    let mut request = Request::new(());
    *request.method_mut() = method;
    *request.headers_mut() = headers;
    *request.version_mut() = version;
    *request.uri_mut() = format!("/?{query}").parse().ok()?;
    Some(request)
}

fn replied(response: Response<ScrapeBody>) -> reply::Response {
    let (mut head, body) = response.into_parts();
    // A stream of warp carries no length.
    if let Some(length) = body.size_hint().exact() {
        _ = head.headers.insert(CONTENT_LENGTH, length.into());
    }
    let mut reply = warp::reply::stream(Chunks(body)).into_response();
    *reply.status_mut() = head.status;
    *reply.headers_mut() = head.headers;
    reply
}

/// The data of the body. A body of warp has nothing else.
struct Chunks(ScrapeBody);

impl Stream for Chunks {
    type Item = Result<Bytes, ScrapeError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let frame = ready!(Pin::new(&mut self.0).poll_frame(cx));
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.into_data().unwrap_or_default())))
    }
}
