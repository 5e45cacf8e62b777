//! The service that records requests.

use http::{Request, Response};
use http_body::Body;
use hyper::service::Service;
use tickmark_http::{HttpMetrics, ResponseBody, ResponseFuture, adapter};

/// Records the requests to a hyper service.
///
/// A request is `unmatched` until the service inside calls
/// [`set_route`](tickmark_http::set_route); see [Routes](crate#routes). Around a service
/// with the same metrics it only forwards.
///
/// Create one at start and clone it for each connection. A second one with the same
/// metrics could be nested in the first. From then on each request carries a mark, which
/// takes up to five allocations.
#[derive(Clone, Copy, Debug)]
pub struct MetricsService<S> {
    service: S,
    metrics: HttpMetrics,
}

impl<S> MetricsService<S> {
    /// Wraps `service`.
    #[must_use]
    pub fn new(metrics: HttpMetrics, service: S) -> Self {
        adapter::note_service::<S>(metrics);
        Self { service, metrics }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for MetricsService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ReqBody: Body,
    ResBody: Body,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn call(&self, request: Request<ReqBody>) -> Self::Future {
        adapter::record_noted(self.metrics, None, request, false, |r| self.service.call(r))
    }
}
