//! The wait for the head of a response.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::body::ResponseBody;
use crate::request::pool::PooledRecord;
use crate::request::record::InService;

pin_project! {
    /// The future of a [`MetricsService`](crate::MetricsService). Dropping it before its
    /// end records the request as cancelled.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        future: F,
        // None where an outer copy on this thread has the record, and once the body has.
        record: PooledRecord,
    }
}

impl<F> ResponseFuture<F> {
    #[inline(always)]
    pub(crate) fn new(future: F, record: PooledRecord) -> Self {
        Self { future, record }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    // Inlined into the caller, where the compiler can omit moves of requests and
    // responses; they are large.
    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let in_service = this.record.enter_service();
        let polled = this.future.poll(cx);
        InService::end(in_service);
        match ready!(polled) {
            Ok(response) => {
                if let Some(record) = this.record.get() {
                    record.answer(&response);
                }
                Poll::Ready(Ok(
                    response.map(|body| ResponseBody::new(body, this.record.take_sending()))
                ))
            }
            Err(error) => {
                if let Some(record) = this.record.get() {
                    record.service_error();
                }
                Poll::Ready(Err(error))
            }
        }
    }
}
