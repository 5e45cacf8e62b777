//! Work detached from the request that polls it.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::current;

/// Detaches a future from the current request, so that a call to an instrumented service
/// counts as a request of its own.
///
/// Without it, a service with the same metrics inside a request acts as a second copy of
/// the layer: it labels the request and counts nothing. Only what runs in `future` is
/// detached. Write `detached(async { service.call(request).await })`, because
/// `detached(service.call(request))` makes the call before. In another task, detach the
/// call there: `tokio::spawn(detached(service.oneshot(request)))`.
///
/// ```
/// # async fn handler<S: tower::Service<u8>>(service: S) {
/// use tower::ServiceExt;
///
/// let reply = tickmark_http::detached(service.oneshot(7)).await;
/// # _ = reply;
/// # }
/// ```
pub fn detached<F: Future>(future: F) -> Detached<F> {
    Detached { future }
}

pin_project! {
    /// The future of [`detached`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Detached<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Detached<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let _guard = current::detach();
        self.project().future.poll(cx)
    }
}
