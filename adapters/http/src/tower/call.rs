//! One request on its way into a service, whatever kind of service that is.

use std::sync::Arc;

use http::Request;
use http_body::Body;

use crate::future::ResponseFuture;
use crate::mark::{self, Mark, Trail};
use crate::method::MethodLabel;
use crate::metrics::HttpMetrics;
use crate::pool::PooledRecord;
use crate::record::InService;
use crate::route::RouteId;
use crate::{set_route, slot};

impl HttpMetrics {
    /// Hands a request to a service, and records it: what a
    /// [`MetricsLayer`](crate::MetricsLayer) does, for services that are none of tower's.
    ///
    /// `route` is the route of the request, if it is known already. `call` begins the
    /// request; it runs before this returns, and the service below may [say the
    /// route](set_route). Where a request is being recorded by these metrics already,
    /// this only labels it.
    ///
    /// Marks each request in its extensions, for a second call in another task: up to
    /// five allocations. A [`MetricsLayer`](crate::MetricsLayer) does not, if it made the
    /// only service of the instance.
    ///
    /// ```
    /// use http::{Request, Response};
    /// use tickmark_http::HttpMetrics;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let registry = tickmark::Registry::new();
    /// let metrics = HttpMetrics::builder().build(&registry)?;
    /// let home = metrics.route("/");
    /// let handler = async |_request| Ok::<_, std::convert::Infallible>(Response::new("hello".to_owned()));
    /// let response = metrics.record(Some(home), Request::new(String::new()), handler).await?;
    /// # drop(response);
    ///
    /// let page = String::from_utf8(tickmark_text::Encoder::new(registry).encode().to_vec())?;
    /// assert!(page.contains(r#"http_requests_total{method="GET",path="/",status="200"} 1"#));
    /// # Ok(())
    /// # }
    /// ```
    #[inline(always)]
    pub fn record<B: Body, F>(
        self,
        route: Option<RouteId>,
        request: Request<B>,
        call: impl FnOnce(Request<B>) -> F,
    ) -> ResponseFuture<F> {
        self.copies().note_unknown();
        self.record_noted(route, request, false, call)
    }

    /// [`record`](Self::record) of a service that was noted when it was made, or that is
    /// one of many of a router.
    #[doc(hidden)]
    // Into the caller, where the compiler can leave out moves of requests and responses;
    // they are large.
    #[inline(always)]
    pub fn record_noted<B: Body, F>(
        self,
        route: Option<RouteId>,
        mut request: Request<B>,
        is_one_of_many: bool,
        call: impl FnOnce(Request<B>) -> F,
    ) -> ResponseFuture<F> {
        let mut record = self.begin(route, &mut request, is_one_of_many);
        // One call in the code for all kinds of records, so that it is inlined and the
        // request is not moved.
        let in_service = record.enter_service();
        let future = call(request);
        InService::end(in_service);
        ResponseFuture::new(future, record)
    }

    /// Begins a request. Returns no record where the request is recorded already.
    #[inline(always)]
    fn begin<B: Body>(
        self,
        route: Option<RouteId>,
        request: &mut Request<B>,
        is_one_of_many: bool,
    ) -> PooledRecord {
        let mut trail = None;
        if slot::is_recording(self) {
            _ = route.map(set_route);
            return PooledRecord::default();
        }
        if self.copies().may_meet() || is_one_of_many && !mark::is_labelled(self, route) {
            match mark::put(self, route, is_one_of_many, request.extensions_mut()) {
                Ok(put) => trail = put,
                Err(Mark::Token) => return PooledRecord::default(),
                Err(Mark::Trail(trail)) => return self.begin_elsewhere(route, trail),
            }
        }
        let method = MethodLabel::of(request.method());
        let mut record =
            PooledRecord::begin(route, self.unmatched(), method, request.version(), trail);
        if let Some(record) = record.get() {
            record.ask(request);
        }
        record
    }

    /// Begins a request whose record is in another task. Labels it, if the copy knows the
    /// route.
    #[cold]
    #[inline(never)]
    fn begin_elsewhere(self, route: Option<RouteId>, trail: Arc<Trail>) -> PooledRecord {
        if let Some(route) = route {
            trail.label(route);
        }
        PooledRecord::begin_elsewhere(self.unset(), trail)
    }

    /// Notes the many services that a router makes with one layer: they are beside each
    /// other, so that a request passes one of them.
    #[doc(hidden)]
    pub fn note_router(self) {
        self.copies().note_one();
    }

    /// Notes a service with these metrics, for requests that may pass several of them.
    /// Its clones are the same service.
    #[doc(hidden)]
    pub fn note_service<S>(self) {
        self.copies().note::<S>(self.key());
    }
}
