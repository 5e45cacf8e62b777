//! The wait for the head of a response.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::body::ResponseBody;
use crate::length::ResponseLength;
use crate::record::RequestRecord;
use crate::relay::Relay;

pin_project! {
    /// The future of a [`MetricsService`](crate::MetricsService). Dropped before its end, the request is cancelled.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        future: F,
        part: Part,
    }
}

/// The part of a copy of the layer in its request.
#[derive(Debug)]
enum Part {
    Records(RequestRecord),
    /// Another task records.
    Relays(Relay),
    /// An outer copy on this thread records, or the body has the record.
    Nothing,
}

impl<F> ResponseFuture<F> {
    pub(crate) fn recorded(future: F, record: RequestRecord) -> Self {
        Self { future, part: Part::Records(record) }
    }

    pub(crate) fn relayed(future: F, relay: Relay) -> Self {
        Self { future, part: Part::Relays(relay) }
    }

    pub(crate) fn unrecorded(future: F) -> Self {
        Self { future, part: Part::Nothing }
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
        let record = match this.part {
            Part::Records(record) => record,
            Part::Relays(relay) => {
                let polled = relay.run_service(|| this.future.poll(cx));
                return polled.map_ok(|response| response.map(ResponseBody::unrecorded));
            }
            Part::Nothing => {
                return this.future.poll(cx).map_ok(|response| response.map(ResponseBody::unrecorded));
            }
        };
        match ready!(record.run_service(|| this.future.poll(cx))) {
            Ok(response) => {
                let version = record.version();
                let length = record.run_body(|| ResponseLength::of(version, response.headers(), response.body()));
                record.head(response.status(), length);
                let part = std::mem::replace(this.part, Part::Nothing);
                let record = if let Part::Records(record) = part { Some(record) } else { None };
                Poll::Ready(Ok(response.map(|body| ResponseBody::recorded(body, record))))
            }
            Err(error) => {
                record.service_error();
                Poll::Ready(Err(error))
            }
        }
    }
}
