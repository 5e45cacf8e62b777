//! Helpers of this crate's tests: one request at a time, polled by hand.

#![allow(dead_code, unused_imports, reason = "each test program uses some of them")]

use std::convert::Infallible;
use std::fmt::Debug;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use http_body::Body;
use tickmark::Registry;
use tickmark_http::adapter::{self, RouteSource};
use tickmark_http::{HttpMetrics, RouteId};
use tickmark_text::Encoder;
use tower::Service;

pub(crate) use tickmark_tests::recorded::Recorded;

pub(crate) type Reply = Response<String>;

pub(crate) fn build(registry: &Registry) -> HttpMetrics {
    HttpMetrics::builder().build(registry).unwrap()
}

pub(crate) fn request() -> Request<String> {
    Request::new(String::new())
}

pub(crate) fn ok() -> Result<Reply, Infallible> {
    Ok(Response::new(String::new()))
}

/// Calls the service once and polls it to its end. It must be ready.
pub(crate) fn call<S, B>(service: &mut S) -> S::Response
where
    S: Service<Request<String>, Response = Response<B>, Error: Debug>,
{
    poll(service.call(request()))
}

/// Returns the output of a ready future.
pub(crate) fn poll<T, E: Debug>(future: impl Future<Output = Result<T, E>>) -> T {
    match Box::pin(future).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output.unwrap(),
        Poll::Pending => panic!("the future is pending"),
    }
}

/// Reads a ready body to its end.
pub(crate) fn read<B: Body<Error: Debug>>(response: Response<B>) {
    let mut body = Box::pin(response.into_body());
    while let Poll::Ready(Some(frame)) =
        body.as_mut().poll_frame(&mut Context::from_waker(Waker::noop()))
    {
        _ = frame.unwrap();
    }
}

/// Returns the samples of this name on the page, in order.
pub(crate) fn lines(registry: &Registry, name: &str) -> Vec<String> {
    let page = String::from_utf8(Encoder::new(registry).encode().to_vec()).unwrap();
    let is_of =
        |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
    let mut lines: Vec<_> = page.lines().filter(is_of).map(str::to_owned).collect();
    // Series are in slot order, which differs between runs. Buckets must keep their
    // order.
    if !name.ends_with("_bucket") {
        lines.sort_unstable();
    }
    lines
}

/// Returns the names of all families, in order.
pub(crate) fn names(registry: &Registry) -> Vec<String> {
    registry.families().iter().map(|family| family.name().to_owned()).collect()
}

pub(crate) fn summary(registry: &Registry) -> Vec<String> {
    let page = Recorded::of(registry);
    assert_eq!(page.in_flight(), 0.0);
    page.assert_at_rest();
    page.summary()
}

/// A source of one fixed route.
#[derive(Clone)]
pub(crate) struct Always(pub(crate) RouteId);

impl RouteSource for Always {
    fn route<B>(&self, metrics: HttpMetrics, _request: &Request<B>) -> Option<RouteId> {
        assert!(adapter::owns(metrics, self.0));
        Some(self.0)
    }
}
