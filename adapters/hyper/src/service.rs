//! The service around yours.

use http::{Request, Response};
use http_body::Body;
use hyper::service::Service;
use tickmark_http::{HttpMetrics, ResponseBody, ResponseFuture, adapter};

/// Records the requests of a service of hyper's.
///
/// The requests are `unmatched` until the service inside calls
/// [`set_route`](tickmark_http::set_route): see [the crate's description](crate). Around
/// a service that has the same metrics it only passes on.
///
/// Make one at start and clone it for each connection. A second one with the same metrics
/// may be a copy below the first: from then on each request carries a mark, which
/// allocates up to five times.
#[derive(Clone, Copy, Debug)]
pub struct MetricsService<S> {
    service: S,
    metrics: HttpMetrics,
}

impl<S> MetricsService<S> {
    /// Around `service`.
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
        adapter::record_noted(self.metrics, None, request, false, |request| self.service.call(request))
    }
}
