//! One request on its way into a service of any kind.

use std::sync::Arc;

use http::Request;
use http_body::Body;

use super::future::ResponseFuture;
use crate::labels::method::MethodLabel;
use crate::metrics::HttpMetrics;
use crate::request::current::{self, set_route};
use crate::request::pool::PooledRecord;
use crate::request::record::InService;
use crate::request::trail::{self, Mark, Trail};
use crate::series::route::RouteId;

/// Hands a request to a service and records it, as a
/// [`MetricsLayer`](crate::MetricsLayer) does, for services that are not tower services.
///
/// `route` is the route of the request, if known. `call` starts the request and runs
/// before this returns; the service below may [set the route](set_route). Inside a
/// request that these metrics record already, this only labels it.
///
/// Marks each request in its extensions, for a second call in another task, which takes
/// up to five allocations. A [`MetricsLayer`](crate::MetricsLayer) does not, if it made
/// the only service of the instance.
///
/// ```
/// use std::convert::Infallible;
///
/// use http::{Request, Response};
/// use tickmark_http::{HttpMetrics, adapter};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let registry = tickmark::Registry::new();
/// let metrics = HttpMetrics::builder().build(&registry)?;
/// let home = metrics.route("/");
/// let handler = async |_request| Ok::<_, Infallible>(Response::new("hello".to_owned()));
/// let request = Request::new(String::new());
/// let response = adapter::record(metrics, Some(home), request, handler).await?;
/// # _ = response;
///
/// let page = tickmark_text::Encoder::new(&registry).encode_to_string();
/// assert!(page.contains(r#"http_requests_total{method="GET",path="/",status="200"} 1"#));
/// # Ok(())
/// # }
/// ```
#[inline(always)]
pub fn record<B: Body, F>(
    metrics: HttpMetrics,
    route: Option<RouteId>,
    request: Request<B>,
    call: impl FnOnce(Request<B>) -> F,
) -> ResponseFuture<F> {
    metrics.copies().note_unknown();
    record_noted(metrics, route, request, false, call)
}

/// [`record`] for a service noted by [`note_service`](crate::adapter::note_service), or,
/// with `is_one_of_many`, for one of a noted router.
// Inlined into the caller, where the compiler can omit moves of requests and responses;
// they are large.
#[inline(always)]
pub fn record_noted<B: Body, F>(
    metrics: HttpMetrics,
    route: Option<RouteId>,
    mut request: Request<B>,
    is_one_of_many: bool,
    call: impl FnOnce(Request<B>) -> F,
) -> ResponseFuture<F> {
    let mut record = begin(metrics, route, &mut request, is_one_of_many);
    // A single call for all kinds of records, so that it is inlined and the request is
    // not moved.
    let in_service = record.enter_service();
    let future = call(request);
    InService::end(in_service);
    ResponseFuture::new(future, record)
}

/// Begins a request. Returns no record where the request is recorded already.
#[inline(always)]
fn begin<B: Body>(
    metrics: HttpMetrics,
    route: Option<RouteId>,
    request: &mut Request<B>,
    is_one_of_many: bool,
) -> PooledRecord {
    let mut trail = None;
    if current::is_recording(metrics.unmatched()) {
        _ = route.map(set_route);
        return PooledRecord::default();
    }
    if metrics.copies().may_meet() || is_one_of_many && !is_labelled(metrics, route) {
        let is_labelled = is_labelled(metrics, route);
        match trail::put(metrics.copies(), is_labelled, is_one_of_many, request.extensions_mut()) {
            Ok(put) => trail = put,
            Err(Mark::Token) => return PooledRecord::default(),
            Err(Mark::Trail(trail)) => return begin_elsewhere(metrics, route, trail),
        }
    }
    let method = MethodLabel::of(request.method());
    let mut record =
        PooledRecord::begin(route, metrics.unmatched(), method, request.version(), trail);
    if let Some(record) = record.get() {
        record.ask(request);
    }
    record
}

/// Returns whether the request has a route other than `unmatched`.
#[inline]
fn is_labelled(metrics: HttpMetrics, route: Option<RouteId>) -> bool {
    route.is_some_and(|route| route != metrics.unmatched())
}

/// Begins a request whose record is in another task. Labels it, if the copy knows the
/// route.
#[cold]
#[inline(never)]
fn begin_elsewhere(
    metrics: HttpMetrics,
    route: Option<RouteId>,
    trail: Arc<Trail>,
) -> PooledRecord {
    if let Some(route) = route {
        trail.label(route);
    }
    PooledRecord::begin_elsewhere(metrics.unset(), trail)
}
