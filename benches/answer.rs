//! Reading responses that are ready at once, without a runtime.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::Response;
use http_body::Body;

/// Polls a response, and reads its body to the end.
///
/// # Panics
/// If it is not ready at once: then nothing would be measured.
#[expect(clippy::panic, reason = "a bench")]
pub fn read<B: Body>(answer: impl Future<Output = Result<Response<B>, Infallible>>) {
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = pin!(answer).poll(&mut context) else { panic!("not ready") };
    let mut body = pin!(response.into_body());
    while let Poll::Ready(Some(frame)) = body.as_mut().poll_frame(&mut context) {
        _ = black_box(frame.is_ok());
        if body.is_end_stream() {
            break;
        }
    }
}

/// Like [`read`], for a response that is pending once.
///
/// # Panics
/// If the response is ready at once, or not at the second poll.
pub fn read_second<B: Body>(answer: impl Future<Output = Result<Response<B>, Infallible>>) {
    let mut answer = pin!(answer);
    assert!(answer.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    read(answer);
}

/// Returns a future that is pending once.
pub fn pending_once() -> impl Future<Output = ()> + Send + 'static {
    let mut is_ready = false;
    poll_fn(
        move |_| {
            if std::mem::replace(&mut is_ready, true) { Poll::Ready(()) } else { Poll::Pending }
        },
    )
}
