//! A whole request through the plain tower layer, over a service that responds at once:
//! the call, the head, and the body to its end.
#![expect(
    missing_docs,
    unused_results,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench"
)]

use std::convert::Infallible;
use std::future::ready;

use bytes::Bytes;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::Full;
use tickmark::Registry;
use tickmark_benches::{read, requests};
use tickmark_http::{HttpMetric, HttpMetrics, HttpMetricsBuilder, set_route};
use tower::{Layer, Service, service_fn};

type Answer = Response<Full<Bytes>>;

fn all_requests() -> Vec<Request<Full<Bytes>>> {
    let request = |[method, route, _]: &[String; 3]| {
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let head = Request::builder()
            .method(method.as_str())
            .uri(route.as_str())
            .header("traceparent", trace);
        head.body(Full::default()).unwrap()
    };
    requests().iter().map(request).collect()
}

/// One after another, cyclically.
fn in_turn<T: Copy>(items: Vec<T>) -> impl FnMut() -> T {
    let mut places = (0..items.len()).cycle();
    move || items[places.next().unwrap()]
}

/// Responses with the statuses of the requests.
fn answers() -> impl FnMut() -> Answer {
    let status = |[_, _, status]: &[String; 3]| status.parse().unwrap();
    let mut status = in_turn::<StatusCode>(requests().iter().map(status).collect());
    move || {
        let mut answer = Response::new(Full::from("hello"));
        *answer.status_mut() = status();
        answer
    }
}

/// A service that does not name a route, whichever of our layers the request passed.
fn unlabelled<B>() -> impl Service<Request<B>, Response = Answer, Error = Infallible> {
    let mut answer = answers();
    service_fn(move |_: Request<B>| ready(Ok(answer())))
}

/// A service that names the route, as a router does.
fn labelled<B>(
    metrics: HttpMetrics,
) -> impl Service<Request<B>, Response = Answer, Error = Infallible> {
    let mut answer = answers();
    let mut route = in_turn(requests().iter().map(|[_, route, _]| metrics.route(route)).collect());
    service_fn(move |_: Request<B>| {
        set_route(route());
        ready(Ok(answer()))
    })
}

fn bench<S, B>(criterion: &mut Criterion, name: &str, mut service: S)
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
    B: Body,
{
    let requests = all_requests();
    let mut next = requests.iter().cycle();
    criterion.bench_function(name, |bencher| {
        bencher.iter_batched(
            || next.next().unwrap().clone(),
            |request| read(service.call(request)),
            // Few enough to stay in the cache.
            BatchSize::NumIterations(256),
        );
    });
}

fn metrics(builder: HttpMetricsBuilder) -> HttpMetrics {
    builder.build(&Registry::new()).unwrap()
}

fn requests_as_set_at_first(criterion: &mut Criterion) {
    bench(criterion, "http/bare", unlabelled());
    bench(criterion, "http/unmatched", metrics(HttpMetrics::builder()).layer().layer(unlabelled()));
    let known = metrics(HttpMetrics::builder());
    bench(criterion, "http/known_route", known.layer().layer(labelled(known)));
}

/// Settings that cost time per request.
fn requests_with_more(criterion: &mut Criterion) {
    let builder = HttpMetrics::builder().enable(HttpMetric::ResponseDuration);
    let timed = metrics(builder.status_on_duration(true));
    bench(criterion, "http/with_response_duration", timed.layer().layer(labelled(timed)));

    let counted = metrics(HttpMetrics::builder());
    let service = counted.request_bytes_layer().layer(labelled(counted));
    bench(criterion, "http/with_request_bytes", counted.layer().layer(service));

    let traced = metrics(HttpMetrics::builder().exemplars(|headers, _| {
        let parent = headers.get("traceparent").and_then(|value| value.to_str().ok());
        let trace = parent.and_then(|parent| parent.split('-').nth(1));
        trace.map(|trace| ("trace_id", trace.to_owned())).into_iter().collect()
    }));
    bench(criterion, "http/with_exemplars", traced.layer().layer(labelled(traced)));
}

criterion_group!(benches, requests_as_set_at_first, requests_with_more);
criterion_main!(benches);
