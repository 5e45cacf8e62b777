//! The wait for the head of a response.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::body::ResponseBody;
use crate::length::ResponseLength;
use crate::record::RequestRecord;

pin_project! {
    /// The future of a [`MetricsService`](crate::MetricsService). Dropped before its end, the request is cancelled.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        future: F,
        // None where an outer copy of the layer has it, and once the body has it.
        record: Option<RequestRecord>,
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn recorded(future: F, record: RequestRecord) -> Self {
        Self { future, record: Some(record) }
    }

    pub(crate) fn unrecorded(future: F) -> Self {
        Self { future, record: None }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    // Into the caller, where the compiler can leave out moves of requests and responses; they are large.
    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(record) = this.record else {
            return this.future.poll(cx).map_ok(|response| response.map(ResponseBody::unrecorded));
        };
        match ready!(record.run_service(|| this.future.poll(cx))) {
            Ok(response) => {
                let version = record.version();
                let length = record.run_body(|| ResponseLength::of(version, response.headers(), response.body()));
                record.head(response.status(), length);
                let record = this.record.take();
                Poll::Ready(Ok(response.map(|body| ResponseBody::recorded(body, record))))
            }
            Err(error) => {
                record.service_error();
                Poll::Ready(Err(error))
            }
        }
    }
}
