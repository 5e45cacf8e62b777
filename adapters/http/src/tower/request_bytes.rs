//! Request bodies whose bytes are counted as they are read.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http::{Extensions, Request};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::metrics::HttpMetrics;
use crate::request::current;
use crate::request::trail::{self, Mark};
use crate::request::upload::Upload;

impl HttpMetrics {
    /// Returns a layer that records in `http_request_size_bytes` the bytes read of a
    /// request body, instead of the declared length. It goes below this instance's
    /// [`MetricsLayer`](crate::MetricsLayer).
    ///
    /// With it, a chunked body has a size, and an interrupted upload has the size that
    /// arrived. Bytes that the service does not read are not counted. The size is
    /// observed after both the head and the drop of the body; a request without a head
    /// has none. The service below receives another body type, so this is a layer of its
    /// own. Costs an allocation for each request, and an atomic add for each frame of its
    /// body.
    ///
    /// Does nothing without a layer of the same instance outside it. That layer may be in
    /// another task, if a second copy of it exists and the request carries its mark; see
    /// [`MetricsLayer`](crate::MetricsLayer).
    ///
    /// ```
    /// use std::convert::Infallible;
    ///
    /// use http::{Request, Response};
    /// use tickmark_http::{CountedBody, HttpMetrics};
    /// use tower::{Layer, Service, ServiceExt, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let registry = tickmark::Registry::new();
    /// let metrics = HttpMetrics::builder().build(&registry)?;
    /// let service = service_fn(async |unread: Request<CountedBody<String>>| {
    ///     drop(unread);
    ///     Ok::<_, Infallible>(Response::new(String::new()))
    /// });
    /// let service = metrics.layer().layer(metrics.request_bytes_layer().layer(service));
    /// drop(service.oneshot(Request::new("not read".to_owned())).await?);
    ///
    /// let page = tickmark_text::Encoder::new(&registry).encode_to_string();
    /// assert!(page.contains(r#"http_request_size_bytes_sum{method="GET",path="unmatched"} 0"#));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn request_bytes_layer(self) -> RequestBytesLayer {
        RequestBytesLayer(self)
    }
}

/// Wraps the body of a request in a counted one, as
/// [`request_bytes_layer`](HttpMetrics::request_bytes_layer) does, for services that are
/// not tower services.
pub fn count_request_bytes<B>(
    metrics: HttpMetrics,
    request: Request<B>,
) -> Request<CountedBody<B>> {
    let upload = Arc::new(Upload::default());
    let is_recorded = current::offer_upload(metrics.unmatched(), &upload)
        || offer_to_mark(metrics, request.extensions(), &upload);
    request.map(|body| CountedBody { body, upload: is_recorded.then_some(upload) })
}

/// Offers the body to a record in another task.
fn offer_to_mark(metrics: HttpMetrics, extensions: &Extensions, upload: &Arc<Upload>) -> bool {
    let copies = metrics.copies();
    if current::is_recording(metrics.unmatched()) || current::is_detached() || !copies.may_meet() {
        return false;
    }
    match trail::find(copies, extensions) {
        Some(Mark::Trail(trail)) => trail.offer_upload(upload),
        Some(Mark::Token) | None => false,
    }
}

pin_project! {
    /// A request body whose bytes are counted as they are read.
    ///
    /// Frames, trailers, length and end are those of the inner body.
    #[derive(Debug)]
    pub struct CountedBody<B> {
        #[pin]
        body: B,
        // None where the request is not recorded.
        upload: Option<Arc<Upload>>,
    }
}

impl<B: Body> Body for CountedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.project();
        let next = ready!(this.body.poll_frame(cx));
        if let (Some(upload), Some(Ok(frame))) = (this.upload, &next) {
            upload.add(frame.data_ref().map_or(0, Buf::remaining));
        }
        Poll::Ready(next)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Counts the bytes of request bodies; see [`HttpMetrics::request_bytes_layer`].
#[derive(Clone, Copy, Debug)]
pub struct RequestBytesLayer(HttpMetrics);

impl<S> Layer<S> for RequestBytesLayer {
    type Service = RequestBytes<S>;

    fn layer(&self, service: S) -> RequestBytes<S> {
        RequestBytes { service, metrics: self.0 }
    }
}

/// A service whose request bodies are counted; created by [`RequestBytesLayer`].
#[derive(Clone, Copy, Debug)]
pub struct RequestBytes<S> {
    service: S,
    metrics: HttpMetrics,
}

impl<S, B> Service<Request<B>> for RequestBytes<S>
where
    S: Service<Request<CountedBody<B>>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> S::Future {
        let request = count_request_bytes(self.metrics, request);
        self.service.call(request)
    }
}
