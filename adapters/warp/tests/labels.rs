//! The path label of a request that passes several branches.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test helper fails by panicking"
)]

use std::convert::Infallible;

use http::{Request, StatusCode};
use tickmark::Registry;
use tickmark_tests::recorded::Recorded;
use tickmark_warp::{HttpMetrics, path, route, unmatched};
use tower_layer::Layer;
use tower_service::Service;
use warp::filters::BoxedFilter;
use warp::reject::not_found;
use warp::reply::{Reply, with_status};
use warp::{Filter, any, get, header, reply};

/// Returns a branch that labels `/files/{String}` and accepts requests with a key.
fn files(metrics: HttpMetrics) -> BoxedFilter<(reply::Response,)> {
    let files = path!(metrics; "files" / String).and(header::exact("x-key", "1"));
    files.map(|_| "files".into_response()).boxed()
}

/// Returns a default page without a route.
fn page(metrics: HttpMetrics) -> BoxedFilter<(reply::Response,)> {
    get().and(unmatched(metrics)).map(|| "page".into_response()).boxed()
}

/// Sends a GET of `/files/a`. Returns its status and its path label.
async fn ask(
    filters: impl FnOnce(HttpMetrics) -> BoxedFilter<(reply::Response,)>,
    key: &str,
) -> (u16, String) {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().build(&registry).unwrap();
    let mut service = metrics.layer().layer(warp::service(filters(metrics)));
    let request = Request::get("/files/a").header("x-key", key).body(String::new()).unwrap();
    let status = service.call(request).await.unwrap().status();
    let page = Recorded::of(&registry);
    let (labels, _) = page.series("http_requests_total").next().unwrap();
    (status.as_u16(), labels[1].clone())
}

const REJECTED: &str = "0";
const ACCEPTED: &str = "1";

#[tokio::test]
async fn branch_without_a_route_is_unmatched() {
    let route = || "/files/{String}".to_owned();
    type Filters = fn(HttpMetrics) -> BoxedFilter<(reply::Response,)>;
    let services: [Filters; 5] = [
        |metrics| files(metrics).or(page(metrics)).unify().boxed(),
        |metrics| {
            let other = path!(metrics; "other").map(|| "other".into_response());
            let inside = files(metrics).or(other).unify();
            inside.or(page(metrics)).unify().boxed()
        },
        |metrics| {
            let inside = files(metrics).or(page(metrics)).unify();
            path!(metrics; "other").map(|| "other".into_response()).or(inside).unify().boxed()
        },
        |metrics| {
            let decides = async |_, key: String| match key.as_str() {
                ACCEPTED => Ok("files".into_response()),
                _ => Err(not_found()),
            };
            let files = path!(metrics; "files" / String).and(header("x-key")).and_then(decides);
            files.or(page(metrics)).unify().boxed()
        },
        |metrics| {
            let logged = files(metrics).with(warp::log("files"));
            let page = any()
                .and(unmatched(metrics))
                .map(|| with_status("page", StatusCode::OK).into_response());
            logged.map(Reply::into_response).or(page).unify().boxed()
        },
    ];
    for service in services {
        assert_eq!(ask(service, ACCEPTED).await, (200, route()));
        assert_eq!(ask(service, REJECTED).await, (200, "unmatched".to_owned()));
    }
}

#[tokio::test]
async fn rejected_request_keeps_the_last_route() {
    assert_eq!(ask(files, REJECTED).await, (400, "/files/{String}".to_owned()));
    let two = |metrics: HttpMetrics| {
        let second = warp::path("files").and(route(metrics.route("/second"))).and(warp::post());
        files(metrics).or(second.map(|| "second".into_response())).unify().boxed()
    };
    assert_eq!(ask(two, REJECTED).await, (400, "/second".to_owned()));
    // A page that rejects before its label keeps the route.
    let posts = |metrics: HttpMetrics| {
        let page = warp::post().and(unmatched(metrics)).map(|| "page".into_response());
        files(metrics).or(page).unify().boxed()
    };
    assert_eq!(ask(posts, REJECTED).await, (400, "/files/{String}".to_owned()));
}

#[tokio::test]
async fn recovered_rejection_keeps_the_route() {
    let recovered = |metrics: HttpMetrics| {
        let handle = async |_| {
            Ok::<_, Infallible>(with_status("refused", StatusCode::FORBIDDEN).into_response())
        };
        files(metrics).recover(handle).unify().boxed()
    };
    assert_eq!(ask(recovered, REJECTED).await, (403, "/files/{String}".to_owned()));
    assert_eq!(ask(recovered, ACCEPTED).await, (200, "/files/{String}".to_owned()));
}

#[tokio::test]
async fn labelled_branch_overrides_one_that_rejected() {
    let two = |metrics: HttpMetrics| {
        let second = path!(metrics; "files" / ..).map(|| "second".into_response());
        files(metrics).or(second).unify().boxed()
    };
    assert_eq!(ask(two, REJECTED).await, (200, "/files/*".to_owned()));
}
