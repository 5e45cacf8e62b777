//! One request on its way into a service, whatever kind of service that is.

use http::Request;
use http_body::Body;

use crate::future::ResponseFuture;
use crate::metrics::HttpMetrics;
use crate::record::RequestRecord;
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
    // Into the caller, where the compiler can leave out moves of requests and responses; they are large.
    #[inline(always)]
    pub fn record<B: Body, F>(
        self,
        route: Option<RouteId>,
        request: Request<B>,
        call: impl FnOnce(Request<B>) -> F,
    ) -> ResponseFuture<F> {
        if slot::is_recording(self) {
            _ = route.map(set_route);
            return ResponseFuture::unrecorded(call(request));
        }
        let mut record = RequestRecord::start(route, self.unmatched(), &request);
        let future = record.run_service(|| call(request));
        ResponseFuture::recorded(future, record)
    }
}
