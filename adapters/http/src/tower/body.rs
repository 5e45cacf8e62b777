//! The way of a response body to the server.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use bytes::Buf;

use crate::pool::PooledRecord;

pin_project! {
    /// A response body whose bytes are counted. Dropped before its end, the request is
    /// aborted.
    ///
    /// Frames, trailers, length and end are those of the body inside, unchanged.
    #[derive(Debug, Default)]
    pub struct ResponseBody<B> {
        #[pin]
        body: B,
        // None where an outer copy of the layer has it, and where the request ended with
        // the head.
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

    // As for the future.
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
                // Nothing follows a trailers frame.
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
