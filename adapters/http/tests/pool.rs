//! Pooled records of requests: state of an earlier request, the limit of a thread's pool,
//! and the end of a thread.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "test helpers fail by panicking"
)]

mod support;

use std::any::Any;
use std::cell::RefCell;
use std::convert::Infallible;
use std::future::{Ready, pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use bytes::Bytes;
use http::{Extensions, HeaderMap, Request, Response};
use http_body::{Body, Frame};
use http_body_util::{Empty, Full};
use support::{Reply, build, call, ok, poll, request, summary};
use tickmark::Registry;
use tickmark_http::{HttpMetrics, ResponseBody, adapter};
use tickmark_text::{Encoder, Format};
use tower::{Layer, Service, service_fn};

/// The limit of records in a thread's pool.
const KEPT: usize = 64;

/// Far over the limit of a thread's pool.
const MANY: usize = 10 * KEPT;

/// The number of requests after which a thread has its own blocks. After another thread
/// it is a guest, and gets a block after 1,024 records between two scrapes.
const EARNING: usize = 2_200;

/// Returns responses with unread bodies.
fn responses(metrics: HttpMetrics, count: usize) -> Vec<Response<ResponseBody<Full<Bytes>>>> {
    let answers = service_fn(|_: Request<Empty<Bytes>>| {
        ready(Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"12345")))))
    });
    let mut service = metrics.layer().layer(answers);
    std::iter::repeat_with(|| poll(service.call(Request::new(Empty::new())))).take(count).collect()
}

#[test]
fn record_is_as_large_as_a_pointer() {
    let service = service_fn(|_: Request<String>| ready(ok()));
    let service = HttpMetrics::builder().build(&Registry::new()).unwrap().layer().layer(service);
    fn future<S: Service<Request<String>>>(_service: &S) -> usize {
        size_of::<S::Future>()
    }
    assert_eq!(future(&service), size_of_val(&ready(ok())) + size_of::<usize>());
    assert_eq!(size_of::<ResponseBody<String>>(), size_of::<String>() + size_of::<usize>());
}

#[test]
fn thread_keeps_a_bounded_number_of_records() {
    let metrics = build(&Registry::new());
    // Fills the pool as well.
    drop(responses(metrics, EARNING));
    let mut open = Vec::new();
    let begun = allocation_counter::measure(|| open = responses(metrics, MANY));
    let ended = allocation_counter::measure(|| open.clear());
    assert!(
        begun.count_current >= (MANY - KEPT) as i64,
        "{begun:?}: one record each, except for the pooled ones"
    );
    assert!(ended.count_current <= KEPT as i64 - MANY as i64, "{ended:?}");
}

#[test]
fn requests_that_change_threads_are_counted_once() {
    let registry = Registry::new();
    let metrics = build(&registry);
    for _round in 0..3 {
        let begun = responses(metrics, MANY);
        let left = thread::spawn(move || {
            drop(responses(metrics, EARNING));
            allocation_counter::measure(|| drop(begun)).count_current
        });
        let left = left.join().unwrap();
        assert!(left <= KEPT as i64 - MANY as i64, "{left}: records over the limit are freed");
    }
    let count = 3 * (MANY + EARNING);
    assert_eq!(
        summary(&registry),
        [
            format!(
                "GET unmatched: 200 x {count}, timed {count}, request {count} of 0, \
                 response {count} of 0"
            ),
            format!("unmatched: body_dropped x {count}"),
        ]
    );
}

/// A thread-local that serves one more request in its destructor.
struct AtEnd {
    service: Box<dyn FnMut()>,
    _requests: Vec<Box<dyn Any>>,
}

impl Drop for AtEnd {
    fn drop(&mut self) {
        (self.service)();
    }
}

thread_local! {
    static AT_END: RefCell<Option<AtEnd>> = const { RefCell::new(None) };
}

/// Runs a thread that ends during a request and a body. Its pool is destroyed before or
/// after them.
fn end_thread(metrics: HttpMetrics, list_goes_first: bool) {
    let run = move || {
        // Destructors run in reverse order of registration.
        if list_goes_first {
            AT_END.with_borrow(|at_end| assert!(at_end.is_none()));
        }
        let mut pending = metrics
            .layer()
            .layer(service_fn(|_: Request<String>| pending::<Result<Reply, Infallible>>()));
        let mut service = metrics.layer().layer(service_fn(|_: Request<String>| ready(ok())));
        let requests: Vec<Box<dyn Any>> =
            vec![Box::new(pending.call(request())), Box::new(responses(metrics, 1).remove(0))];
        let service = Box::new(move || drop(call(&mut service)));
        AT_END.set(Some(AtEnd { service, _requests: requests }));
    };
    thread::spawn(run).join().unwrap();
}

#[test]
fn thread_end_ends_its_requests() {
    let registry = Registry::new();
    let metrics = build(&registry);
    for list_goes_first in [true, false] {
        end_thread(metrics, list_goes_first);
    }
    assert_eq!(
        summary(&registry),
        [
            "GET unmatched: 200 x 4, 499 x 2, timed 4, request 4 of 0, response 4 of 0",
            "unmatched: body_dropped x 2, cancelled x 2",
        ]
    );
}

/// A body that calls a service on drop.
struct Calls<S: Service<Request<String>>>(S);

impl<S> Body for Calls<S>
where
    S: Service<Request<String>> + Unpin,
{
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }
}

impl<S: Service<Request<String>>> Drop for Calls<S> {
    fn drop(&mut self) {
        drop(self.0.call(request()));
    }
}

#[test]
fn request_begins_while_a_body_drops() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let cancelled = move || {
        metrics
            .layer()
            .layer(service_fn(|_: Request<String>| pending::<Result<Reply, Infallible>>()))
    };
    let mut service = metrics.layer().layer(service_fn(move |_: Request<String>| {
        ready(Ok::<_, Infallible>(Response::new(Calls(cancelled()))))
    }));
    drop(poll(service.call(request())));
    assert_eq!(
        summary(&registry),
        [
            "GET unmatched: 200 x 1, 499 x 1, timed 1, request 1 of 0, response 1 of 0",
            "unmatched: body_dropped x 1, cancelled x 1",
        ]
    );
}

/// A request body of unknown length.
struct Unsized;

impl Body for Unsized {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }
}

/// Returns a request with these headers.
fn with_headers(headers: &[(&str, &str)]) -> Request<Unsized> {
    headers
        .iter()
        .fold(Request::get("/"), |head, (name, value)| head.header(*name, *value))
        .body(Unsized)
        .unwrap()
}

#[test]
fn next_request_inherits_no_panic() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let mut panics = metrics.layer().layer(service_fn(
        |_: Request<Unsized>| -> Ready<Result<Reply, Infallible>> {
            panic!("the service panics, by design")
        },
    ));
    let mut pends = metrics
        .layer()
        .layer(service_fn(|_: Request<Unsized>| pending::<Result<Reply, Infallible>>()));
    let panicked = catch_unwind(AssertUnwindSafe(|| drop(panics.call(with_headers(&[])))));
    assert!(panicked.is_err());
    drop(pends.call(with_headers(&[])));
    assert_eq!(
        summary(&registry),
        [
            "GET unmatched: 499 x 1, 500 x 1, timed 0, request 0 of 0, response 0 of 0",
            "unmatched: cancelled x 1, panic x 1"
        ]
    );
}

#[test]
fn next_request_inherits_no_size() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let mut service = metrics.layer().layer(service_fn(|_: Request<Unsized>| ready(ok())));
    drop(poll(service.call(with_headers(&[("content-length", "5")]))));
    drop(poll(service.call(with_headers(&[]))));
    assert_eq!(
        summary(&registry),
        ["GET unmatched: 200 x 2, timed 2, request 1 of 5, response 2 of 0"]
    );
}

#[test]
fn next_request_inherits_no_upload() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let offers = move |request| _ = adapter::count_request_bytes::<Unsized>(metrics, request);
    let mut cancelled = metrics.layer().layer(service_fn(move |request: Request<Unsized>| {
        offers(request);
        pending::<Result<Reply, Infallible>>()
    }));
    let mut service = metrics.layer().layer(service_fn(|_: Request<Unsized>| ready(ok())));
    drop(cancelled.call(with_headers(&[])));
    drop(poll(service.call(with_headers(&[("content-length", "5")]))));
    assert_eq!(
        summary(&registry),
        [
            "GET unmatched: 200 x 1, 499 x 1, timed 1, request 1 of 5, response 1 of 0",
            "unmatched: cancelled x 1"
        ]
    );
}

#[test]
fn next_request_inherits_no_exemplar() {
    let hook = |headers: &HeaderMap, _: &Extensions| vec![("id", headers.len().to_string())];
    let traced = HttpMetrics::builder().exemplars(hook).build(&Registry::new()).unwrap();
    let registry = Registry::new();
    let metrics = build(&registry);
    for metrics in [traced, metrics] {
        let mut service = metrics.layer().layer(service_fn(|_: Request<String>| ready(ok())));
        drop(call(&mut service));
    }
    let page = Encoder::new(&registry).encode_as(Format::OpenMetrics1_0(None)).to_vec();
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("http_requests_total{") && !page.contains("id="), "{page}");
}
