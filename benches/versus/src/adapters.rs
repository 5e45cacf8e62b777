//! Services in the layers of this project and of axum-prometheus, and in a layer that
//! does nothing.
//!
//! Requests are made beforehand. A service is called directly, without a runtime and a
//! socket, and its response is read to the end.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::routing::get;
use axum_prometheus::{PrometheusMetricLayer, PrometheusMetricLayerBuilder};
use bytes::Bytes;
use cpu_time::ThreadTime;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tickmark::Registry;
use tickmark_axum::HttpMetrics;
use tickmark_benches::{pending_once, read, read_second};
use tower::util::MapRequestLayer;
use tower::{Layer, Service, service_fn};
use warp::Filter;

const PATHS: [&str; 4] = ["/users/1", "/users/2/posts", "/cart/3", "/items/4"];

/// A service with one kind of layer.
pub struct Served {
    pub name: &'static str,
    /// Responds to this many requests, and returns the nanoseconds per request.
    pub run: Box<dyn FnMut(usize) -> f64>,
}

/// A service: `request` makes a request for a path, and `respond` runs it to the end of
/// the response.
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

/// A framework with a kind of handler, and its services; the first has no metrics.
pub type Framework = (&'static str, fn() -> Vec<Served>);

/// A handler that is ready at once is the hardest case for a layer: nothing else is
/// moved. Real handlers are boxed futures, and sometimes pending.
pub const FRAMEWORKS: [Framework; 9] = [
    ("plain tower", tower::<AtOnce>),
    ("plain tower, async handler", tower::<Boxed>),
    ("plain tower, async handler pending once", tower::<PendingOnce>),
    ("hyper", hyper::<AtOnce>),
    ("hyper, async handler", hyper::<Boxed>),
    ("hyper, async handler pending once", hyper::<PendingOnce>),
    ("warp", warp),
    ("axum", axum::<Boxed>),
    ("axum, handler pending once", axum::<PendingOnce>),
];

type PlainRequest = Request<Full<Bytes>>;
type PlainAnswer = Result<Response<Full<Bytes>>, Infallible>;

fn plain_request(path: &str) -> PlainRequest {
    Request::get(path).body(Full::default()).unwrap()
}

fn answer() -> PlainAnswer {
    Ok(Response::new(Full::from("hello")))
}

/// The future of a handler.
trait Handler: 'static {
    type Answer: Future<Output = PlainAnswer>;

    /// Whether responses are pending once.
    const IS_LATE: bool = false;

    /// Names the route of a request, and responds to it.
    fn handle(
        request: PlainRequest,
        name_route: impl FnOnce(&PlainRequest) + Send + 'static,
    ) -> Self::Answer;

    /// Reads a response to its end.
    fn read<B: Body>(answer: impl Future<Output = Result<Response<B>, Infallible>>) {
        if Self::IS_LATE { read_second(answer) } else { read(answer) }
    }
}

/// Responds without a future of its own.
struct AtOnce;

impl Handler for AtOnce {
    type Answer = Ready<PlainAnswer>;

    fn handle(
        request: PlainRequest,
        name_route: impl FnOnce(&PlainRequest) + Send + 'static,
    ) -> Self::Answer {
        name_route(&request);
        ready(answer())
    }
}

type BoxedAnswer = Pin<Box<dyn Future<Output = PlainAnswer> + Send>>;

/// A boxed `async` block that owns its request.
struct Boxed;

impl Handler for Boxed {
    type Answer = BoxedAnswer;

    fn handle(
        request: PlainRequest,
        name_route: impl FnOnce(&PlainRequest) + Send + 'static,
    ) -> BoxedAnswer {
        Box::pin(async move {
            name_route(&request);
            answer()
        })
    }
}

/// The same, pending once before its response.
struct PendingOnce;

impl Handler for PendingOnce {
    type Answer = BoxedAnswer;

    const IS_LATE: bool = true;

    fn handle(
        request: PlainRequest,
        name_route: impl FnOnce(&PlainRequest) + Send + 'static,
    ) -> BoxedAnswer {
        Box::pin(async move {
            name_route(&request);
            pending_once().await;
            answer()
        })
    }
}

/// Two readings of the adapters' clock: the largest unavoidable cost of a timed request.
fn clock() -> Served {
    let run = |count: usize| {
        let start = ThreadTime::now();
        for _ in 0..count {
            two_readings();
        }
        start.elapsed().as_nanos() as f64 / count as f64
    };
    Served { name: "limit: two readings of the clock", run: Box::new(run) }
}

#[cfg(not(feature = "quanta"))]
fn two_readings() {
    let start = black_box(std::time::Instant::now());
    _ = black_box(start.elapsed());
}

#[cfg(feature = "quanta")]
fn two_readings() {
    // Like the adapters: `quanta::Instant` first looks for a clock of the thread.
    static CLOCK: std::sync::OnceLock<quanta::Clock> = std::sync::OnceLock::new();
    let clock = || CLOCK.get_or_init(quanta::Clock::new);
    let start = black_box(clock().raw());
    let clock = clock();
    _ = black_box(clock.delta_as_nanos(start, clock.raw()));
}

/// The route of a path.
fn route_of(path: &str) -> usize {
    PATHS.iter().position(|known| *known == path).unwrap()
}

fn metrics() -> HttpMetrics {
    HttpMetrics::builder().build(&Registry::new()).unwrap()
}

fn tower<H: Handler>() -> Vec<Served> {
    let metrics = metrics();
    let routes = PATHS.map(|path| metrics.route(path));
    let plain = service_fn(|request: PlainRequest| {
        H::handle(request, |request| _ = black_box(route_of(request.uri().path())))
    });
    let labelled = service_fn(move |request: PlainRequest| {
        H::handle(request, move |request| {
            _ = tickmark_axum::set_route(routes[route_of(request.uri().path())])
        })
    });
    let mut without = MapRequestLayer::new(|request: PlainRequest| request).layer(plain);
    let mut with = metrics.layer().layer(labelled);
    vec![
        served("a layer that does nothing", plain_request, move |request| {
            H::read(without.call(request))
        }),
        served("tickmark", plain_request, move |request| H::read(with.call(request))),
        clock(),
    ]
}

fn hyper<H: Handler>() -> Vec<Served> {
    use hyper::service::{Service, service_fn};
    let metrics = metrics();
    let routes = PATHS.map(|path| metrics.route(path));
    let without = service_fn(|request: PlainRequest| {
        H::handle(request, |request| _ = black_box(route_of(request.uri().path())))
    });
    let labelled = service_fn(move |request: PlainRequest| {
        H::handle(request, move |request| {
            _ = tickmark_hyper::set_route(routes[route_of(request.uri().path())])
        })
    });
    let with = tickmark_hyper::MetricsService::new(metrics, labelled);
    vec![
        served("bare", plain_request, move |request| H::read(without.call(request))),
        served("tickmark", plain_request, move |request| H::read(with.call(request))),
        clock(),
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
    let mut without =
        MapRequestLayer::new(|request: PlainRequest| request).layer(warp::service(without));
    let mut with = metrics.layer().layer(warp::service(with));
    vec![
        served("a layer that does nothing", plain_request, move |request| {
            read(without.call(request))
        }),
        served("tickmark", plain_request, move |request| read(with.call(request))),
        clock(),
    ]
}

fn router<H: Handler>() -> Router {
    let handler = get(async || {
        if H::IS_LATE {
            pending_once().await;
        }
        "hello"
    });
    PATTERNS.iter().fold(Router::new(), |router, pattern| router.route(pattern, handler.clone()))
}

const PATTERNS: [&str; 4] = ["/users/{id}", "/users/{id}/posts", "/cart/{id}", "/items/{id}"];

fn axum<H: Handler>() -> Vec<Served> {
    let request = |path: &str| Request::get(path).body(axum::body::Body::empty()).unwrap();
    let on = |mut router: Router| {
        move |request: Request<axum::body::Body>| H::read(router.call(request))
    };
    let nothing = MapRequestLayer::new(|request: axum::extract::Request| request);
    let theirs_with_sizes =
        PrometheusMetricLayerBuilder::new().enable_response_body_size(true).build();
    vec![
        served("a layer that does nothing", request, on(router::<H>().layer(nothing))),
        served("without any layer", request, on(router::<H>())),
        served("tickmark", request, on(router::<H>().layer(tickmark_axum::layer(metrics())))),
        served("axum-prometheus 0.10.1", request, on(router::<H>().layer(axum_prometheus()))),
        served(
            "axum-prometheus 0.10.1, with response sizes",
            request,
            on(router::<H>().layer(theirs_with_sizes)),
        ),
        clock(),
    ]
}

/// Returns a layer of axum-prometheus. All take their names from process-wide settings,
/// and only the first may install the renderer.
fn axum_prometheus() -> PrometheusMetricLayer<'static> {
    static IS_INSTALLED: AtomicBool = AtomicBool::new(false);
    let builder = PrometheusMetricLayerBuilder::new();
    // Relaxed: the flag publishes nothing.
    if IS_INSTALLED.swap(true, Ordering::Relaxed) {
        return builder.enable_response_body_size(false).build();
    }
    builder.with_default_metrics().enable_response_body_size(false).build_pair().0
}
