//! What the tests of this crate share: one request at a time, polled by hand.

#![allow(dead_code, unused_imports, reason = "each test program uses a part")]

use std::convert::Infallible;
use std::fmt::Debug;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use tickmark::Registry;
use tickmark_http::{HttpMetrics, RouteId, RouteSource};
use tower::Service;

mod page;

pub(crate) use page::Page;

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
    let mut future = Box::pin(service.call(request()));
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(response) => response.unwrap(),
        Poll::Pending => panic!("the service is pending"),
    }
}

pub(crate) fn summary(registry: &Registry) -> Vec<String> {
    let page = Page::of(registry);
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
