//! Requests through the layers, around a service that responds at once, or as a boxed
//! future when polled again: 1,000 of each.

use std::convert::Infallible;
use std::future::{Ready, poll_fn, ready};
use std::mem::take;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::Body as AxumBody;
use axum::routing::get;
use bytes::Bytes;
use gungraun::{library_benchmark, library_benchmark_group};
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tickmark::Registry;
use tickmark_axum::HttpMetrics;
use tickmark_benches::read;
use tower::{Layer, Service, service_fn};

use crate::about;

const REQUESTS: usize = 1_000;
const PATH: &str = "/users/1";

/// A service with its requests, after one response.
struct Served<S, B> {
    service: S,
    requests: Vec<Request<B>>,
}

fn served<S, B, A>(mut service: S, body: fn() -> B) -> Served<S, B>
where
    S: Service<Request<B>, Response = Response<A>, Error = Infallible>,
    A: Body,
{
    let request = || Request::get(PATH).body(body()).unwrap();
    read(service.call(request()));
    Served { service, requests: std::iter::repeat_with(request).take(REQUESTS).collect() }
}

fn serve<S, B, A>(Served { mut service, requests }: Served<S, B>) -> S
where
    S: Service<Request<B>, Response = Response<A>, Error = Infallible>,
    A: Body,
{
    for request in requests {
        read(service.call(request));
    }
    service
}

fn metrics() -> HttpMetrics {
    HttpMetrics::builder().build(&Registry::new()).unwrap()
}

type Answer = Ready<Result<Response<Full<Bytes>>, Infallible>>;

fn answer() -> Answer {
    ready(Ok(Response::new(Full::from("hello"))))
}

/// Responds like boxed `async` handlers.
type LateAnswer = Pin<Box<dyn Future<Output = Result<Response<Full<Bytes>>, Infallible>>>>;

fn late_answer() -> LateAnswer {
    let mut is_first = true;
    let wait = poll_fn(move |_| if take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) });
    Box::pin(async {
        wait.await;
        answer().into_inner()
    })
}

/// Polls a late response once, and reads it to its end.
fn read_late<B: Body>(answer: impl Future<Output = Result<Response<B>, Infallible>>) {
    let mut answer = pin!(answer);
    assert!(answer.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    read(answer);
}

fn serve_late<B: Body>(
    mut service: impl Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>
    + 'static,
) -> Run {
    let request = || Request::get(PATH).body(Full::default()).unwrap();
    read_late(service.call(request()));
    let requests: Vec<_> = std::iter::repeat_with(request).take(REQUESTS).collect();
    Box::new(move || requests.into_iter().for_each(|request| read_late(service.call(request))))
}

/// The common interface of the services below.
type Run = Box<dyn FnOnce()>;

/// The same without a layer; this cost is contained in the others.
fn bare() -> Run {
    let served = served(service_fn(|_: Request<Full<Bytes>>| answer()), Full::default);
    Box::new(|| _ = serve(served))
}

fn tower() -> Run {
    let metrics = metrics();
    let route = metrics.route("/users/{id}");
    let service = service_fn(move |_: Request<Full<Bytes>>| {
        tickmark_axum::set_route(route);
        answer()
    });
    let served = served(metrics.layer().layer(service), Full::default);
    Box::new(|| _ = serve(served))
}

fn late_bare() -> Run {
    serve_late(service_fn(|_: Request<Full<Bytes>>| late_answer()))
}

fn late_tower() -> Run {
    let metrics = metrics();
    let route = metrics.route("/users/{id}");
    serve_late(metrics.layer().layer(service_fn(move |_: Request<Full<Bytes>>| {
        tickmark_axum::set_route(route);
        late_answer()
    })))
}

fn router() -> Router {
    Router::new().route("/users/{id}", get(async || "hello"))
}

fn axum_alone() -> Run {
    let served = served(router(), AxumBody::empty);
    Box::new(|| _ = serve(served))
}

fn axum() -> Run {
    let served = served(router().layer(tickmark_axum::layer(metrics())), AxumBody::empty);
    Box::new(|| _ = serve(served))
}

#[library_benchmark]
#[bench::no_layer(args = (), setup = bare, config = about(493_100))]
#[bench::tower(args = (), setup = tower, config = about(1_573_045))]
#[bench::no_layer_late(args = (), setup = late_bare, config = about(631_252))]
#[bench::tower_late(args = (), setup = late_tower, config = about(1_757_198))]
#[bench::axum_without_metrics(args = (), setup = axum_alone, config = about(5_910_597))]
#[bench::axum(args = (), setup = axum, config = about(8_697_464))]
fn request(run: Run) {
    run();
}

library_benchmark_group!(name = requests, benchmarks = [request]);
