//! Services in the layers of this project and of axum-prometheus, and in a layer that does nothing.
//!
//! Requests are made beforehand. A service is called by hand, without a runtime and a socket, and its answer is read to the
//! end.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;

use axum::Router;
use axum::routing::get;
use axum_prometheus::PrometheusMetricLayerBuilder;
use bytes::Bytes;
use cpu_time::ThreadTime;
use http::{Request, Response};
use http_body_util::Full;
use tickmark::Registry;
use tickmark_axum::HttpMetrics;
use tickmark_benches::read;
use tower::util::MapRequestLayer;
use tower::{Layer, Service, service_fn};
use warp::Filter;

const PATHS: [&str; 4] = ["/users/1", "/users/2/posts", "/cart/3", "/items/4"];

/// A service in one of its wrappings.
pub struct Served {
    pub name: &'static str,
    /// Answers so many requests, and says how many nanoseconds each took.
    pub run: Box<dyn FnMut(usize) -> f64>,
}

/// A service whose requests are made by `request`, given a path, and are answered to the end by `respond`.
fn served<R: 'static>(
    name: &'static str,
    request: impl Fn(&str) -> R + 'static,
    mut respond: impl FnMut(R) + 'static,
) -> Served {
    let run = move |count: usize| {
        let requests: Vec<R> = PATHS.iter().cycle().take(count).map(|path| request(path)).collect();
        let start = ThreadTime::now();
        for request in requests {
            respond(request);
        }
        start.elapsed().as_nanos() as f64 / count as f64
    };
    Served { name, run: Box::new(run) }
}

/// A framework, and its services: the first without anything measured.
pub type Framework = (&'static str, fn() -> Vec<Served>);

pub const FRAMEWORKS: [Framework; 4] = [("plain tower", tower), ("hyper", hyper), ("warp", warp), ("axum", axum)];

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

fn tower() -> Vec<Served> {
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
    vec![
        served("a layer that does nothing", plain_request, move |request| read(without.call(request))),
        served("tickmark", plain_request, move |request| read(with.call(request))),
    ]
}

fn hyper() -> Vec<Served> {
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
    vec![
        served("bare", plain_request, move |request| read(without.call(request))),
        served("tickmark", plain_request, move |request| read(with.call(request))),
    ]
}

fn warp() -> Vec<Served> {
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
    vec![
        served("a layer that does nothing", plain_request, move |request| read(without.call(request))),
        served("tickmark", plain_request, move |request| read(with.call(request))),
    ]
}

fn router() -> Router {
    Router::new()
        .route("/users/{id}", get(async || "hello"))
        .route("/users/{id}/posts", get(async || "hello"))
        .route("/cart/{id}", get(async || "hello"))
        .route("/items/{id}", get(async || "hello"))
}

fn axum() -> Vec<Served> {
    let request = |path: &str| Request::get(path).body(axum::body::Body::empty()).unwrap();
    let on = |mut router: Router| move |request: Request<axum::body::Body>| read(router.call(request));
    // Both take their names from the process, and one layer alone may install what renders them.
    let (theirs, _handle) =
        PrometheusMetricLayerBuilder::new().with_default_metrics().enable_response_body_size(false).build_pair();
    let theirs_with_sizes = PrometheusMetricLayerBuilder::new().enable_response_body_size(true).build();
    vec![
        served(
            "a layer that does nothing",
            request,
            on(router().layer(MapRequestLayer::new(|request: axum::extract::Request| request))),
        ),
        served("without any layer", request, on(router())),
        served("tickmark", request, on(router().layer(tickmark_axum::layer(metrics())))),
        served("axum-prometheus 0.10.1", request, on(router().layer(theirs))),
        served("axum-prometheus 0.10.1, with response sizes", request, on(router().layer(theirs_with_sizes))),
    ]
}
