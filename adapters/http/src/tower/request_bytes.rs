//! Request bodies whose bytes are counted as they are read.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http::{Extensions, Request};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::dimension::Facts;
use crate::mark::{self, Mark};
use crate::metrics::HttpMetrics;
use crate::route::MethodSeries;
use crate::slot;

impl HttpMetrics {
    /// A layer that makes `http_request_size_bytes` say what was read of a request's
    /// body, instead of what was declared; it goes below this instance's
    /// [`MetricsLayer`](crate::MetricsLayer).
    ///
    /// With it a chunked body has a size too, and an upload that broke off has the size
    /// of what came. What the service does not read, it does not count. The size is
    /// observed once the head is there and the body is dropped; a request without a head
    /// has none. The service below gets another type of body, which is why this is a
    /// layer of its own. Costs an allocation, and an atomic add for each frame of the
    /// body.
    ///
    /// Without a layer of the same instance outside of it, it does nothing. That layer
    /// may be in another task, if there is a second copy of it and the request carries
    /// its mark; see [`MetricsLayer`](crate::MetricsLayer).
    ///
    /// ```
    /// use http::{Request, Response};
    /// use http_body::Body;
    /// use tower::{Layer, Service, ServiceExt, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let registry = tickmark::Registry::new();
    /// let metrics = tickmark_http::HttpMetrics::builder().build(&registry)?;
    /// let service = service_fn(async |request: Request<tickmark_http::CountedBody<String>>| {
    ///     let _unread = request;
    ///     Ok::<_, std::convert::Infallible>(Response::new(String::new()))
    /// });
    /// let service = metrics.layer().layer(metrics.request_bytes_layer().layer(service));
    /// drop(service.oneshot(Request::new("not read".to_owned())).await?);
    ///
    /// let page = String::from_utf8(tickmark_text::Encoder::new(registry).encode().to_vec())?;
    /// assert!(page.contains(r#"http_request_size_bytes_sum{method="GET",path="unmatched"} 0"#));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn request_bytes_layer(self) -> RequestBytesLayer {
        RequestBytesLayer(self)
    }

    /// Gives a request a body that is counted: what
    /// [`request_bytes_layer`](Self::request_bytes_layer) does, for services that are
    /// none of tower's.
    pub fn count_request_bytes<B>(self, request: Request<B>) -> Request<CountedBody<B>> {
        let upload = Arc::new(Upload::default());
        let is_recorded =
            slot::offer_upload(self, &upload) || self.offer_to_mark(request.extensions(), &upload);
        request.map(|body| CountedBody { body, upload: is_recorded.then_some(upload) })
    }
}

impl HttpMetrics {
    /// Offers the body to a record in another task.
    fn offer_to_mark(self, extensions: &Extensions, upload: &Arc<Upload>) -> bool {
        if slot::is_recording(self) || slot::is_detached() || !self.copies().may_meet() {
            return false;
        }
        matches!(mark::find(self, extensions), Some(Mark::Trail(trail)) if trail.offer_upload(upload))
    }
}

/// What is known of the body of one request. Shared by the body and by the record of the
/// request; whoever lets go of it last records it.
#[derive(Default)]
pub(crate) struct Upload {
    /// Added to by the body alone, read when nobody is left: `Arc` orders the two.
    read_bytes: AtomicU64,
    /// Where to record it; unset if the request had no head.
    answer: OnceLock<(&'static MethodSeries, Facts)>,
}

impl Upload {
    /// Notes that there is a head.
    pub(crate) fn answered(&self, series: &'static MethodSeries, facts: Facts) {
        _ = self.answer.set((series, facts));
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some((series, facts)) = self.answer.get() {
            let read_bytes = *self.read_bytes.get_mut();
            series.request_size.record(|| *facts, |size| size.observe(read_bytes));
        }
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("read_bytes", &self.read_bytes).finish_non_exhaustive()
    }
}

pin_project! {
    /// A request body whose bytes are counted as they are read; otherwise the body
    /// inside, unchanged.
    #[derive(Debug)]
    pub struct CountedBody<B> {
        #[pin]
        body: B,
        // None where nobody records the request.
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
            let bytes = frame.data_ref().map_or(0, Buf::remaining);
            // Relaxed: see the field.
            _ = upload.read_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
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

/// A service whose request bodies are counted; made by [`RequestBytesLayer`].
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
        let request = self.metrics.count_request_bytes(request);
        self.service.call(request)
    }
}
