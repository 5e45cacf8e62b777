//! One request on its way into a service, whatever kind of service that is.

use http::Request;
use http_body::Body;

use crate::future::ResponseFuture;
use crate::mark::{self, Mark};
use crate::metrics::HttpMetrics;
use crate::record::RequestRecord;
use crate::relay::Relay;
use crate::route::RouteId;
use crate::{set_route, slot};

impl HttpMetrics {
    /// Hands a request to a service, and records it: what a [`MetricsLayer`](crate::MetricsLayer) does, for services that
    /// are none of tower's.
    ///
    /// `route` is the route of the request, if it is known already. `call` begins the request; it runs before this returns,
    /// and the service below may [say the route](set_route). Where a request is being recorded by these metrics already, this
    /// only labels it.
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
    /// Called so, the instance takes it that there are copies below, and marks each request in its
    /// extensions. The mark costs some allocations; a [`MetricsLayer`](crate::MetricsLayer) saves
    /// them where its services are the only ones.
    #[inline(always)]
    pub fn record<B: Body, F>(
        self,
        route: Option<RouteId>,
        request: Request<B>,
        call: impl FnOnce(Request<B>) -> F,
    ) -> ResponseFuture<F> {
        self.copies().note_unknown();
        self.record_noted(route, request, call)
    }

    /// [`record`](Self::record) of a service that was noted when it was made.
    #[doc(hidden)]
    // Into the caller, where the compiler can leave out moves of requests and responses; they are large.
    #[inline(always)]
    pub fn record_noted<B: Body, F>(
        self,
        route: Option<RouteId>,
        mut request: Request<B>,
        call: impl FnOnce(Request<B>) -> F,
    ) -> ResponseFuture<F> {
        if slot::is_recording(self) {
            _ = route.map(set_route);
            return ResponseFuture::unrecorded(call(request));
        }
        let mut trail = None;
        if self.copies().are_several() {
            if slot::is_detached() {
                mark::clear(request.extensions_mut());
            }
            match mark::find(self, request.extensions()) {
                Some(Mark::Trail(trail)) => {
                    let relay = Relay::new(self, trail, route);
                    let future = relay.run_service(|| call(request));
                    return ResponseFuture::relayed(future, relay);
                }
                Some(Mark::Token) => return ResponseFuture::unrecorded(call(request)),
                None => trail = mark::put(self, route, request.extensions_mut()),
            }
        }
        let mut record = RequestRecord::start(route, self.unmatched(), trail, &request);
        let future = record.run_service(|| call(request));
        ResponseFuture::recorded(future, record)
    }

    /// Notes a service with these metrics, for requests that may pass several of them. Its clones
    /// are the same service.
    #[doc(hidden)]
    pub fn note_service<S>(self) {
        self.copies().note::<S>(self.key());
    }
}
