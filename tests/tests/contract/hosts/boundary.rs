//! A task or a channel between two layers.

use std::convert::identity;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use http::Request;
use tokio::runtime::Handle;
use tower::{Service, ServiceExt};

/// How a request reaches the inner service.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Boundary {
    /// A task per request.
    Task,
    /// A thread per request.
    Thread,
    /// A channel to one worker.
    Buffer,
}

impl Boundary {
    pub(crate) const ALL: [Self; 3] = [Self::Task, Self::Thread, Self::Buffer];
}

/// Calls the inner service in a task or on a thread that outlives the caller.
#[derive(Clone)]
pub(crate) struct Elsewhere<S> {
    pub(crate) service: S,
    pub(crate) has_thread: bool,
}

impl<S, B> Service<Request<B>> for Elsewhere<S>
where
    S: Service<Request<B>, Response: Send, Error: Send, Future: Send> + Clone + Send + 'static,
    B: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let call = self.service.clone().oneshot(request);
        let task = if self.has_thread {
            let runtime = Handle::current();
            tokio::task::spawn_blocking(move || runtime.block_on(call))
        } else {
            tokio::spawn(call)
        };
        Box::pin(async { task.await.map_or_else(|_| panic!("the task panicked"), identity) })
    }
}
