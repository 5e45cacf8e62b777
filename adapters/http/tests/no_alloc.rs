//! A request with existing series is recorded without allocation.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

use std::convert::Infallible;
use std::mem::take;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{Empty, Full};
use tickmark::Registry;
use tickmark_http::{HttpMetrics, set_route};
use tower::{Layer, Service, ServiceExt, service_fn};

/// Requests after which a thread has blocks of its own: where another test was first, it
/// is a guest, and earns a block by 1,024 records between two scrapes.
const EARNING: usize = 2_200;

#[test]
fn recording_does_not_allocate() {
    let metrics = HttpMetrics::builder().build(&Registry::new()).unwrap();
    let route = metrics.route("/a");
    let mut service = metrics.layer().layer(metrics.layer().layer(service_fn(
        move |request: Request<Empty<Bytes>>| {
            assert!(set_route(route));
            let status = if request.headers().is_empty() { 200 } else { 418 };
            let mut response = Response::new(Full::new(Bytes::from_static(b"12345")));
            *response.status_mut() = status.try_into().unwrap();
            std::future::ready(Ok::<_, Infallible>(response))
        },
    )));
    let mut respond = |request: Request<Empty<Bytes>>, reads_body: bool| {
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(Ok(response)) = pin!(service.call(request)).poll(&mut context) else {
            panic!("not ready")
        };
        let mut body = pin!(response.into_body());
        if reads_body {
            assert!(body.as_mut().poll_frame(&mut context).is_ready());
        }
    };
    let usual = || Request::new(Empty::new());
    let unusual = || Request::builder().header("host", "x").body(Empty::new()).unwrap();

    for (reads_body, request) in [(true, usual as fn() -> _), (false, usual), (true, unusual)] {
        (0..EARNING).for_each(|_| respond(request(), reads_body));
        let requests = [(); 100].map(|()| request());
        let allocations = allocation_counter::measure(|| {
            for request in requests {
                respond(request, reads_body);
            }
        });
        // The 418 has no index: its look-up does not allocate either.
        assert_eq!(allocations.count_total, 0, "{allocations:?}");
    }
}

type Answer = Result<Response<Full<Bytes>>, Infallible>;

/// An answer that is pending at first, in a box like those of async handlers.
fn late_answer() -> Pin<Box<dyn Future<Output = Answer>>> {
    let mut is_first = true;
    let wait =
        std::future::poll_fn(
            move |_| if take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) },
        );
    Box::pin(async {
        wait.await;
        Ok(Response::new(Full::new(Bytes::from_static(b"12345"))))
    })
}

/// Returns the allocations of 100 requests to a warm service.
fn allocations_of<B: Body>(
    mut service: impl Service<Request<Empty<Bytes>>, Response = Response<B>, Error = Infallible>,
) -> u64 {
    let mut respond = |request| {
        let mut context = Context::from_waker(Waker::noop());
        let mut future = pin!(service.call(request));
        assert!(future.as_mut().poll(&mut context).is_pending());
        let Poll::Ready(Ok(response)) = future.poll(&mut context) else { panic!("not ready") };
        assert!(pin!(response.into_body()).poll_frame(&mut context).is_ready());
    };
    (0..EARNING).for_each(|_| respond(Request::new(Empty::new())));
    let requests = [(); 100].map(|()| Request::new(Empty::new()));
    allocation_counter::measure(|| requests.into_iter().for_each(&mut respond)).count_total
}

#[test]
fn late_answers_do_not_allocate() {
    let metrics = HttpMetrics::builder().build(&Registry::new()).unwrap();
    let route = metrics.route("/a");
    let bare = service_fn(|_: Request<Empty<Bytes>>| late_answer());
    let labelled = service_fn(move |_: Request<Empty<Bytes>>| {
        assert!(set_route(route));
        late_answer()
    });
    assert_eq!(allocations_of(bare), 100, "the boxes of the answers");
    assert_eq!(allocations_of(metrics.layer().layer(labelled)), 100);
}

#[test]
fn marked_request_allocates_at_most_five_times() {
    let metrics = HttpMetrics::builder().build(&Registry::new()).unwrap();
    let answers = service_fn(|_: Request<Empty<Bytes>>| {
        std::future::ready(Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(
            b"12345",
        )))))
    });
    // The service between may be a task.
    let inner =
        metrics.layer().layer(answers).map_request(|request: Request<Empty<Bytes>>| request);
    let mut service = metrics.layer().layer(inner);
    let mut respond = |request| {
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(service.call(request)).poll(&mut context).is_ready());
    };
    (0..EARNING).for_each(|_| respond(Request::new(Empty::new())));
    let request = Request::new(Empty::new());
    let allocations = allocation_counter::measure(|| respond(request));
    assert!(allocations.count_total <= 5, "{allocations:?}");
}

#[test]
fn cancelled_request_does_not_allocate() {
    let metrics = HttpMetrics::builder().build(&Registry::new()).unwrap();
    let mut service = metrics.layer().layer(service_fn(|_: Request<Empty<Bytes>>| {
        std::future::pending::<Result<Response<Empty<Bytes>>, Infallible>>()
    }));
    let mut cancel = |request| drop(service.call(request));
    (0..EARNING).for_each(|_| cancel(Request::new(Empty::new())));
    let requests = [(); 100].map(|()| Request::new(Empty::new()));
    let allocations = allocation_counter::measure(|| requests.into_iter().for_each(&mut cancel));
    assert_eq!(allocations.count_total, 0, "{allocations:?}");
}
