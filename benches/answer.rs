//! Reading answers that are there at once, without a runtime.

use std::convert::Infallible;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::Response;
use http_body::Body;

/// Polls an answer, and reads its body to the end.
///
/// # Panics
/// When it is not there at once: then nothing would be measured.
#[expect(clippy::panic, reason = "a bench")]
pub fn read<B: Body>(answer: impl Future<Output = Result<Response<B>, Infallible>>) {
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = pin!(answer).poll(&mut context) else { panic!("not ready") };
    let mut body = pin!(response.into_body());
    while let Poll::Ready(Some(frame)) = body.as_mut().poll_frame(&mut context) {
        let _ = black_box(frame.is_ok());
        if body.is_end_stream() {
            break;
        }
    }
}
