//! What the tests of this crate share: one request at a time, polled by hand.

#![allow(dead_code, unused_imports, reason = "each test program uses a part")]

use std::convert::Infallible;
use std::fmt::Debug;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use http_body::Body;
use tickmark::Registry;
use tickmark_http::{HttpMetrics, RouteId, RouteSource};
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

/// Calls the service once and polls it to its end, which must be there at once.
pub(crate) fn call<S, B>(service: &mut S) -> S::Response
where
    S: Service<Request<String>, Response = Response<B>, Error: Debug>,
{
    poll(service.call(request()))
}

/// What comes of a future that is ready at once.
pub(crate) fn poll<T, E: Debug>(future: impl Future<Output = Result<T, E>>) -> T {
    match Box::pin(future).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output.unwrap(),
        Poll::Pending => panic!("the future is pending"),
    }
}

/// Reads a body to its end, which must be there at once.
pub(crate) fn read<B: Body<Error: Debug>>(response: Response<B>) {
    let mut body = Box::pin(response.into_body());
    while let Poll::Ready(Some(frame)) =
        body.as_mut().poll_frame(&mut Context::from_waker(Waker::noop()))
    {
        _ = frame.unwrap();
    }
}

/// The samples of this name as they stand on a page, in order.
pub(crate) fn lines(registry: &Registry, name: &str) -> Vec<String> {
    let page = String::from_utf8(Encoder::new(registry).encode().to_vec()).unwrap();
    let is_of =
        |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
    let mut lines: Vec<_> = page.lines().filter(is_of).map(str::to_owned).collect();
    // Series come by slot, and which came first differs; buckets have to stay in their
    // order.
    if !name.ends_with("_bucket") {
        lines.sort_unstable();
    }
    lines
}

/// The names of all families, in order.
pub(crate) fn names(registry: &Registry) -> Vec<String> {
    registry.families().iter().map(|family| family.name().to_owned()).collect()
}

pub(crate) fn summary(registry: &Registry) -> Vec<String> {
    let page = Recorded::of(registry);
    assert_eq!(page.in_flight(), 0.0);
    page.assert_at_rest();
    page.summary()
}

/// A source that knows one route.
#[derive(Clone)]
pub(crate) struct Always(pub(crate) RouteId);

impl RouteSource for Always {
    fn route<B>(&self, metrics: HttpMetrics, _request: &Request<B>) -> Option<RouteId> {
        assert!(metrics.owns(self.0));
        Some(self.0)
    }
}
