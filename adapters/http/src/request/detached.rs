//! Work that is no part of the request that polls it.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::slot;

/// Lets a handler call an instrumented service of the same process as a request of its
/// own.
///
/// Inside of a request, a service with the same metrics is taken for a second copy of the
/// layer: it labels the request and counts nothing. What runs in `future` is taken apart
/// from the request, so that the service counts as usual. A call made before, as in
/// `detached(service.call(request))`, is not: write
/// `detached(async { service.call(request).await })`. In another task, detach the call
/// there: `tokio::spawn(detached(service.oneshot(request)))`.
///
/// ```
/// # async fn handler<S: tower::Service<u8>>(service: S) {
/// use tower::ServiceExt;
///
/// let reply = tickmark_http::detached(service.oneshot(7)).await;
/// # drop(reply);
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
        let _left = slot::leave();
        self.project().future.poll(cx)
    }
}
