//! What measuring adds to a request: the layers of this project and of axum-prometheus around the same service, beside one
//! that does nothing.
//!
//! Requests are made beforehand. A service is called by hand, without a runtime and a socket, and its answer is read to the
//! end. Subjects take turns in short batches, timed by the clock of the thread; what is printed are medians, and the
//! allocations of one request.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::routing::get;
use axum_prometheus::PrometheusMetricLayerBuilder;
use bytes::Bytes;
use cpu_time::ThreadTime;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tickmark::Registry;
use tickmark_axum::HttpMetrics;
use tower::util::MapRequestLayer;
use tower::{Layer, Service, service_fn};
use warp::Filter;

/// Requests in a batch: about a tenth of a millisecond of them.
const BATCH: usize = 256;
const ROUNDS: usize = 2_000;

const PATHS: [&str; 4] = ["/users/1", "/users/2/posts", "/cart/3", "/items/4"];

/// A service in one of its wrappings.
struct Subject<'a> {
    name: &'static str,
    /// Answers requests, and says how long that took.
    run: Box<dyn FnMut(usize) -> f64 + 'a>,
    ns: Vec<f64>,
}

/// A subject whose requests are made by `request`, given a path, and are answered to the end by `respond`.
fn subject<'a, R: 'a>(
    name: &'static str,
    request: impl Fn(&str) -> R + 'a,
    mut respond: impl FnMut(R) + 'a,
) -> Subject<'a> {
    let run = move |count: usize| {
        let requests: Vec<R> = PATHS.iter().cycle().take(count).map(|path| request(path)).collect();
        let start = ThreadTime::now();
        for request in requests {
            respond(request);
        }
        start.elapsed().as_nanos() as f64 / count as f64
    };
    Subject { name, run: Box::new(run), ns: Vec::new() }
}

/// Takes turns, and prints what each adds to the first subject.
fn run(title: &str, mut subjects: Vec<Subject<'_>>) {
    for round in 0..ROUNDS {
        for subject in &mut subjects {
            let ns = (subject.run)(BATCH);
            // The first touch of a series is not what a request costs.
            if round > ROUNDS / 20 {
                subject.ns.push(ns);
            }
        }
    }
    println!("{title}: ns a request, ns more than the first (quartiles), allocations more than the first");
    let first = (median(&subjects[0].ns), allocations(&mut subjects[0]));
    for subject in &mut subjects {
        let ns = quartiles(&subject.ns);
        let [low, added, high] = ns.map(|ns| ns - first.0);
        let allocated = allocations(subject) - first.1;
        println!("  {:44}{:8.0}{added:8.0} ({low:.0} to {high:.0}){allocated:8}", subject.name, ns[1]);
    }
}

/// Of one request, beside the vector that it is in.
fn allocations(subject: &mut Subject<'_>) -> i64 {
    let count = |requests: usize, subject: &mut Subject<'_>| {
        allocation_counter::measure(|| _ = black_box((subject.run)(requests))).count_total as i64
    };
    (count(2 * BATCH, subject) - count(BATCH, subject)) / BATCH as i64
}

fn median(ns: &[f64]) -> f64 {
    quartiles(ns)[1]
}

fn quartiles(ns: &[f64]) -> [f64; 3] {
    let mut ns = ns.to_vec();
    ns.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| ns[ns.len() * quarter / 4])
}

/// Polls an answer that is there at once, and reads its body.
fn read<B: Body>(answer: impl Future<Output = Result<Response<B>, Infallible>>) {
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = pin!(answer).poll(&mut context) else { panic!("not ready") };
    let mut body = pin!(response.into_body());
    while let Poll::Ready(Some(frame)) = body.as_mut().poll_frame(&mut context) {
        _ = black_box(frame.is_ok());
        if body.is_end_stream() {
            break;
        }
    }
}

type PlainRequest = Request<Full<Bytes>>;
type PlainAnswer = Ready<Result<Response<Full<Bytes>>, Infallible>>;

fn plain_request(path: &str) -> PlainRequest {
    Request::get(path).body(Full::default()).unwrap()
}

fn answer() -> PlainAnswer {
    ready(Ok(Response::new(Full::from("hello"))))
}

/// Which of the routes a path is of.
fn route_of(path: &str) -> usize {
    PATHS.iter().position(|known| *known == path).unwrap()
}

fn metrics() -> HttpMetrics {
    HttpMetrics::builder().build(&Registry::new()).unwrap()
}

fn tower() {
    let metrics = metrics();
    let routes = PATHS.map(|path| metrics.route(path));
    let plain = || {
        service_fn(|request: PlainRequest| {
            _ = black_box(route_of(request.uri().path()));
            answer()
        })
    };
    let labelled = service_fn(move |request: PlainRequest| {
        _ = tickmark_axum::set_route(routes[route_of(request.uri().path())]);
        answer()
    });
    let mut without = MapRequestLayer::new(|request: PlainRequest| request).layer(plain());
    let mut with = metrics.layer().layer(labelled);
    run(
        "a plain tower service",
        vec![
            subject("a layer that does nothing", plain_request, move |request| read(without.call(request))),
            subject("tickmark", plain_request, move |request| read(with.call(request))),
        ],
    );
}

fn hyper() {
    use hyper::service::{Service, service_fn};
    let metrics = metrics();
    let routes = PATHS.map(|path| metrics.route(path));
    let without = service_fn(|request: PlainRequest| {
        _ = black_box(route_of(request.uri().path()));
        answer()
    });
    let labelled = service_fn(move |request: PlainRequest| {
        _ = tickmark_hyper::set_route(routes[route_of(request.uri().path())]);
        answer()
    });
    let with = tickmark_hyper::MetricsService::new(metrics, labelled);
    run(
        "a service of hyper's",
        vec![
            subject("bare", plain_request, |request| read(without.call(request))),
            subject("tickmark", plain_request, |request| read(with.call(request))),
        ],
    );
}

fn warp() {
    let metrics = metrics();
    let without = warp::path!("users" / u32)
        .map(|_| "hello")
        .or(warp::path!("users" / u32 / "posts").map(|_| "hello"))
        .or(warp::path!("cart" / u32).map(|_| "hello"))
        .or(warp::path!("items" / u32).map(|_| "hello"));
    let with = tickmark_warp::path!(metrics; "users" / u32)
        .map(|_| "hello")
        .or(tickmark_warp::path!(metrics; "users" / u32 / "posts").map(|_| "hello"))
        .or(tickmark_warp::path!(metrics; "cart" / u32).map(|_| "hello"))
        .or(tickmark_warp::path!(metrics; "items" / u32).map(|_| "hello"));
    let mut without = MapRequestLayer::new(|request: PlainRequest| request).layer(warp::service(without));
    let mut with = metrics.layer().layer(warp::service(with));
    run(
        "filters of warp",
        vec![
            subject("a layer that does nothing", plain_request, move |request| read(without.call(request))),
            subject("tickmark", plain_request, move |request| read(with.call(request))),
        ],
    );
}

fn router() -> Router {
    Router::new()
        .route("/users/{id}", get(async || "hello"))
        .route("/users/{id}/posts", get(async || "hello"))
        .route("/cart/{id}", get(async || "hello"))
        .route("/items/{id}", get(async || "hello"))
}

fn axum() {
    let request = |path: &str| Request::get(path).body(axum::body::Body::empty()).unwrap();
    let on = |mut router: Router| move |request: Request<axum::body::Body>| read(router.call(request));
    // Both take their names from the process, and one layer alone may install what renders them.
    let (theirs, _handle) =
        PrometheusMetricLayerBuilder::new().with_default_metrics().enable_response_body_size(false).build_pair();
    let theirs_with_sizes = PrometheusMetricLayerBuilder::new().enable_response_body_size(true).build();
    run(
        "a router of axum's",
        vec![
            subject(
                "a layer that does nothing",
                request,
                on(router().layer(MapRequestLayer::new(|request: axum::extract::Request| request))),
            ),
            subject("without any layer", request, on(router())),
            subject("tickmark", request, on(router().layer(tickmark_axum::layer(metrics())))),
            subject("axum-prometheus 0.10.1", request, on(router().layer(theirs))),
            subject("axum-prometheus 0.10.1, with response sizes", request, on(router().layer(theirs_with_sizes))),
        ],
    );
}

fn main() {
    // axum-prometheus has a task that empties its histograms every few seconds.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _entered = runtime.enter();
    // `cargo bench --bench adapters -- tower` runs that part alone.
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let parts: [(&str, fn()); 4] = [("tower", tower), ("hyper", hyper), ("warp", warp), ("axum", axum)];
    for (name, run) in parts {
        if asked.is_empty() || asked.iter().any(|asked| asked == name) {
            run();
        }
    }
}
