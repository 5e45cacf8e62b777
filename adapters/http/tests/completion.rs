//! When a request is complete, by the rules of bodies and of HTTP. Services are polled by
//! hand, without a server.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

mod support;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Version};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{Empty, Full};
use support::Recorded;
use tickmark::Registry;
use tickmark_http::{HttpMetrics, ResponseBody};
use tower::{Layer, Service, service_fn};

/// A scripted body: its frames, its declared length, and whether it reports its end.
#[derive(Default)]
struct Script {
    steps: VecDeque<Step>,
    exact: Option<u64>,
    knows_end: bool,
}

enum Step {
    Data(&'static str),
    Trailers,
    Pending,
    Error,
    Panic,
}

impl Script {
    fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), ..Self::default() }
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(match self.steps.pop_front() {
            Some(Step::Data(text)) => Some(Ok(Frame::data(Bytes::from_static(text.as_bytes())))),
            Some(Step::Trailers) => Some(Ok(Frame::trailers(HeaderMap::new()))),
            Some(Step::Error) => Some(Err("the body broke")),
            Some(Step::Pending) => return Poll::Pending,
            Some(Step::Panic) => panic!("the body panics, by design"),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.knows_end && self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.exact.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// Sends one request through the layer, up to the head of this response.
fn respond<B: Body>(
    registry: &Registry,
    method: Method,
    response: Response<B>,
) -> Response<ResponseBody<B>> {
    respond_in(Version::HTTP_11, registry, method, response)
}

fn respond_in<B: Body>(
    version: Version,
    registry: &Registry,
    method: Method,
    response: Response<B>,
) -> Response<ResponseBody<B>> {
    let metrics = HttpMetrics::builder().build(registry).unwrap();
    let mut response = Some(response);
    let mut service = metrics.layer().layer(service_fn(move |_: Request<Empty<Bytes>>| {
        std::future::ready(Ok::<_, Infallible>(response.take().unwrap()))
    }));
    let request = Request::builder().version(version).method(method).body(Empty::new()).unwrap();
    let mut future = Box::pin(service.call(request));
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => response,
        Poll::Pending => panic!("the service is ready"),
    }
}

/// Reads frames until the body is pending or ended, and returns their number.
fn take_frames<B: Body + Unpin>(body: &mut ResponseBody<B>) -> usize {
    let mut context = Context::from_waker(Waker::noop());
    let mut frames = 0;
    while let Poll::Ready(Some(Ok(_))) = Pin::new(&mut *body).poll_frame(&mut context) {
        frames += 1;
    }
    frames
}

/// Returns the requests in flight after a GET with this body, and the summary after its
/// drop.
fn run(script: Script) -> (f64, Vec<String>) {
    let registry = Registry::new();
    let mut response = respond(&registry, Method::GET, Response::new(script));
    _ = take_frames(response.body_mut());
    let in_flight = Recorded::of(&registry).in_flight();
    drop(response);
    assert_eq!(Recorded::of(&registry).in_flight(), 0.0);
    (in_flight, Recorded::of(&registry).summary())
}

const ENDED: f64 = 0.0;
const OPEN: f64 = 1.0;

fn complete(response_bytes: u64) -> Vec<String> {
    vec![format!("GET unmatched: 200 x 1, timed 1, request 1 of 0, response 1 of {response_bytes}")]
}

fn aborted(response_bytes: u64, reason: &str) -> Vec<String> {
    [complete(response_bytes), vec![format!("unmatched: {reason} x 1")]].concat()
}

#[test]
fn body_end_completes_the_request() {
    assert_eq!(run(Script::new([Step::Data("12345"), Step::Data("67")])), (ENDED, complete(7)));
    assert_eq!(run(Script::new([])), (ENDED, complete(0)));
}

#[test]
fn trailers_complete_the_request() {
    assert_eq!(
        run(Script::new([Step::Data("123"), Step::Trailers, Step::Pending])),
        (ENDED, complete(3))
    );
}

#[test]
fn end_of_stream_completes_the_request() {
    let script = Script { knows_end: true, ..Script::new([Step::Data("123")]) };
    let registry = Registry::new();
    let mut response = respond(&registry, Method::GET, Response::new(script));
    let mut context = Context::from_waker(Waker::noop());
    assert!(Pin::new(response.body_mut()).poll_frame(&mut context).is_ready());
    assert_eq!(Recorded::of(&registry).in_flight(), 0.0, "without a poll for the end");
    assert_eq!(Recorded::of(&registry).summary(), complete(3));
}

#[test]
fn last_declared_byte_completes_the_request() {
    let script = Script {
        exact: Some(5),
        ..Script::new([Step::Data("123"), Step::Data("45"), Step::Pending])
    };
    assert_eq!(run(script), (ENDED, complete(5)));
    let script = Script { exact: Some(5), ..Script::new([Step::Data("123"), Step::Pending]) };
    assert_eq!(run(script), (OPEN, aborted(3, "body_dropped")));
}

#[test]
fn content_length_declares_an_unsized_body() {
    let registry = Registry::new();
    let script = Script::new([Step::Data("123"), Step::Data("45"), Step::Pending]);
    let mut response = respond(
        &registry,
        Method::GET,
        Response::builder().header("content-length", "5").body(script).unwrap(),
    );
    assert_eq!(take_frames(response.body_mut()), 2);
    assert_eq!(Recorded::of(&registry).in_flight(), 0.0);
    assert_eq!(Recorded::of(&registry).summary(), complete(5));
}

#[test]
fn invalid_content_length_declares_nothing() {
    for nonsense in ["five", "", "-5", "99999999999999999999"] {
        let registry = Registry::new();
        let script = Script::new([Step::Data("12345"), Step::Pending]);
        let mut response = respond(
            &registry,
            Method::GET,
            Response::builder().header("content-length", nonsense).body(script).unwrap(),
        );
        _ = take_frames(response.body_mut());
        assert_eq!(Recorded::of(&registry).in_flight(), 1.0);
    }
}

/// Returns the summary of a GET whose response has these values of `Content-Length`. The
/// body is read until pending or ended, and dropped.
fn run_declaring(version: Version, content_lengths: &[&str], script: Script) -> Vec<String> {
    let registry = Registry::new();
    let mut response = Response::new(script);
    for length in content_lengths {
        _ = response.headers_mut().append("content-length", length.parse().unwrap());
    }
    let mut response = respond_in(version, &registry, Method::GET, response);
    _ = take_frames(response.body_mut());
    drop(response);
    assert_eq!(Recorded::of(&registry).in_flight(), 0.0);
    Recorded::of(&registry).summary()
}

const VERSIONS: [Version; 3] = [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2];

fn sized(exact: u64, steps: impl IntoIterator<Item = Step>) -> Script {
    Script { exact: Some(exact), ..Script::new(steps) }
}

#[test]
fn body_short_of_its_length_is_aborted() {
    let steps = || [Step::Data("12"), Step::Data("3")];
    for version in VERSIONS {
        for (content_lengths, script) in [
            (&["5"][..], Script::new(steps())),
            (&["5", "5"], Script::new(steps())),
            (&[], sized(5, steps())),
            (&["5"], sized(5, steps())),
            (&["5"], Script { knows_end: true, ..Script::new(steps()) }),
            (&["5"], Script::new(steps().into_iter().chain([Step::Trailers, Step::Pending]))),
            (&["18446744073709551614"], Script::new(steps())),
        ] {
            let recorded = run_declaring(version, content_lengths, script);
            assert_eq!(recorded, aborted(3, "body_short"), "{version:?} {content_lengths:?}");
        }
        let recorded = run_declaring(version, &["5"], Script::new([]));
        assert_eq!(recorded, aborted(0, "body_short"), "{version:?}");
        let recorded =
            run_declaring(version, &["5"], Script::new([Step::Data("123"), Step::Error]));
        assert_eq!(recorded, aborted(3, "body_error"), "{version:?}");
        let recorded =
            run_declaring(version, &["5"], Script::new([Step::Data("123"), Step::Pending]));
        assert_eq!(recorded, aborted(3, "body_dropped"), "{version:?}");
    }
}

#[test]
fn contradicting_lengths_owe_what_the_client_expects() {
    // The client expects the header's 5 bytes; an HTTP/1 server sends the body's 3.
    for version in VERSIONS {
        let body = sized(3, [Step::Data("123"), Step::Data("45")]);
        let expected =
            if version == Version::HTTP_2 { complete(5) } else { aborted(3, "body_short") };
        assert_eq!(run_declaring(version, &["5"], body), expected, "{version:?}");
        let body = sized(0, []);
        assert_eq!(run_declaring(version, &["5"], body), aborted(0, "body_short"), "{version:?}");
    }
}

#[test]
fn ended_body_overrides_an_http1_length() {
    let ended = || Script { knows_end: true, ..Script::default() };
    assert_eq!(run_declaring(Version::HTTP_11, &["5"], ended()), complete(0));
    assert_eq!(run_declaring(Version::HTTP_2, &["5"], ended()), aborted(0, "body_short"));
    assert_eq!(run_declaring(Version::HTTP_2, &[], ended()), complete(0));
}

#[test]
fn body_over_its_length_counts_sent_bytes() {
    let steps = || [Step::Data("123"), Step::Data("4567"), Step::Data("89")];
    assert_eq!(run_declaring(Version::HTTP_11, &["5"], Script::new(steps())), complete(5));
    assert_eq!(run_declaring(Version::HTTP_11, &[], sized(5, steps())), complete(5));
    assert_eq!(run_declaring(Version::HTTP_2, &["5"], Script::new(steps())), complete(9));
    // A client that refuses the surplus resets the stream before its end.
    let pending = Script::new(steps().into_iter().chain([Step::Pending]));
    assert_eq!(run_declaring(Version::HTTP_2, &["5"], pending), aborted(9, "body_dropped"));
}

#[test]
fn http2_body_dropped_after_length_is_complete() {
    let script = Script::new([Step::Data("12345"), Step::Pending]);
    assert_eq!(run_declaring(Version::HTTP_2, &["5"], script), complete(5));
}

#[test]
fn invalid_or_contradicting_header_owes_nothing() {
    for version in VERSIONS {
        for content_lengths in [&["five"][..], &["+5"], &["5, 5"], &["5", "6"], &["5", "x"]] {
            let recorded =
                run_declaring(version, content_lengths, Script::new([Step::Data("123")]));
            assert_eq!(recorded, complete(3), "{version:?} {content_lengths:?}");
        }
    }
}

#[test]
fn interrupted_body_is_aborted() {
    assert_eq!(
        run(Script::new([Step::Data("123"), Step::Error])),
        (ENDED, aborted(3, "body_error"))
    );
    assert_eq!(
        run(Script::new([Step::Data("1234"), Step::Pending])),
        (OPEN, aborted(4, "body_dropped"))
    );
    assert_eq!(run(Script::new([Step::Pending])), (OPEN, aborted(0, "body_dropped")));
}

#[test]
fn panicking_body_differs_from_dropped_body() {
    let registry = Registry::new();
    let mut response = respond(
        &registry,
        Method::GET,
        Response::new(Script::new([Step::Data("12"), Step::Panic])),
    );
    let panicked =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| take_frames(response.body_mut())));
    assert!(panicked.is_err());
    // Dropped after the panic.
    drop(response);
    assert_eq!(Recorded::of(&registry).summary(), aborted(2, "body_panic"));
    assert_eq!(Recorded::of(&registry).in_flight(), 0.0);
}

/// Returns the summary of a response whose body HTTP does not send. It is complete at the
/// head, without a poll of the body.
fn complete_at_the_head(method: Method, status: StatusCode) -> Vec<String> {
    let registry = Registry::new();
    let script = Script::new([Step::Data("never sent")]);
    let response = Response::builder().status(status).header("content-length", "5").body(script);
    let response = respond(&registry, method, response.unwrap());
    assert_eq!(Recorded::of(&registry).in_flight(), 0.0);
    drop(response);
    Recorded::of(&registry).summary()
}

#[test]
fn bodiless_response_is_complete_at_the_head() {
    for (method, status, expected) in [
        (Method::HEAD, 200, "HEAD unmatched: 200 x 1, timed 1, request 1 of 0, response 1 of 0"),
        (Method::GET, 204, "GET unmatched: 204 x 1, timed 1, request 1 of 0, response 1 of 0"),
        (Method::GET, 304, "GET unmatched: 304 x 1, timed 1, request 1 of 0, response 1 of 0"),
        (Method::GET, 101, "GET unmatched: 101 x 1, timed 0, request 1 of 0, response 1 of 0"),
        (Method::GET, 103, "GET unmatched: 500 x 1, timed 1, request 1 of 0, response 1 of 0"),
        (
            Method::CONNECT,
            200,
            "CONNECT unmatched: 200 x 1, timed 1, request 1 of 0, response 1 of 0",
        ),
    ] {
        assert_eq!(complete_at_the_head(method, StatusCode::from_u16(status).unwrap()), [expected]);
    }
}

#[test]
fn refused_connect_has_a_body() {
    let registry = Registry::new();
    let response = Response::builder().status(403).body(Full::new(Bytes::from("no"))).unwrap();
    let mut response = respond(&registry, Method::CONNECT, response);
    assert_eq!(Recorded::of(&registry).in_flight(), 1.0);
    _ = take_frames(response.body_mut());
    assert_eq!(
        Recorded::of(&registry).summary(),
        ["CONNECT unmatched: 403 x 1, timed 1, request 1 of 0, response 1 of 2"]
    );
}

#[test]
fn empty_body_is_complete_at_the_head() {
    let registry = Registry::new();
    let response = respond(&registry, Method::GET, Response::new(Empty::<Bytes>::new()));
    assert_eq!(Recorded::of(&registry).in_flight(), 0.0);
    drop(response);
    assert_eq!(Recorded::of(&registry).summary(), complete(0));
}

#[test]
fn ended_unsized_body_is_complete_at_head() {
    let registry = Registry::new();
    let response = respond(
        &registry,
        Method::GET,
        Response::new(Script { knows_end: true, ..Script::default() }),
    );
    assert_eq!(Recorded::of(&registry).in_flight(), 0.0);
    drop(response);
    assert_eq!(Recorded::of(&registry).summary(), complete(0));
}

#[test]
fn wrapped_body_keeps_length_and_end() {
    let registry = Registry::new();
    let response = respond(&registry, Method::HEAD, Response::new(Full::new(Bytes::from("12345"))));
    assert_eq!(response.body().size_hint().exact(), Some(5), "a HEAD keeps the length of its GET");
    assert!(!response.body().is_end_stream());

    let registry = Registry::new();
    let mut response =
        respond(&registry, Method::GET, Response::new(Full::new(Bytes::from("12345"))));
    assert_eq!(take_frames(response.body_mut()), 1);
    assert!(response.body().is_end_stream());
}
