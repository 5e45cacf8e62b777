//! Response bodies whose bytes are counted.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::request::pool::PooledRecord;

pin_project! {
    /// A response body whose bytes are counted. Dropping it before its end aborts the
    /// request.
    ///
    /// Frames, trailers, length and end are those of the inner body.
    #[derive(Debug, Default)]
    pub struct ResponseBody<B> {
        #[pin]
        body: B,
        // None where an outer copy of the layer has the record, and where the request
        // ended with the head.
        record: PooledRecord,
    }
}

impl<B> ResponseBody<B> {
    #[inline(always)]
    pub(crate) fn new(body: B, record: PooledRecord) -> Self {
        Self { body, record }
    }
}

impl<B: Body> Body for ResponseBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    // Inlined for the same reason as `ResponseFuture::poll`.
    #[inline(always)]
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let Some(record) = this.record.get() else {
            return this.body.poll_frame(cx);
        };
        let (polled, is_end) = record.run_body(|| {
            let polled = this.body.as_mut().poll_frame(cx);
            let is_end = matches!(polled, Poll::Ready(Some(Ok(_)))) && this.body.is_end_stream();
            (polled, is_end)
        });
        let next = ready!(polled);
        match &next {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    record.body_bytes(data.remaining());
                }
                // A trailers frame is the last.
                if is_end || frame.is_trailers() {
                    record.body_end();
                }
            }
            Some(Err(_)) => record.body_error(),
            None => record.body_end(),
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
