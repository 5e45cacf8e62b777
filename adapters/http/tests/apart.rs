//! Copies of the layer in different tasks.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

mod support;

use std::convert::Infallible;
use std::future::pending;

use http::{Request, Response};
use http_body::Body;
use support::{Always, Recorded, Reply, build, ok, read, request, summary};
use tickmark::Registry;
use tickmark_http::{HttpMetrics, MetricsLayer, adapter, detached, set_route};
use tokio::sync::{mpsc, oneshot};
use tower::util::BoxCloneService;
use tower::{Layer, Service, ServiceExt, service_fn};

type Boxed = BoxCloneService<Request<String>, Reply, String>;

/// Hides the types, so that copies cannot recognize each other by type.
fn boxed<S, B>(service: S) -> Boxed
where
    S: Service<Request<String>, Response = Response<B>, Error: ToString, Future: Send>
        + Clone
        + Send
        + 'static,
    B: Body<Error: std::fmt::Debug> + Send + 'static,
{
    let service = service.map_response(|response: Response<B>| {
        read(response);
        Response::new(String::new())
    });
    BoxCloneService::new(service.map_err(|error| error.to_string()))
}

fn handler<F>(handle: impl Fn(Request<String>) -> F + Clone + Send + 'static) -> Boxed
where
    F: Future<Output = Result<Reply, Infallible>> + Send + 'static,
{
    boxed(service_fn(handle))
}

/// Calls the service in a separate task.
fn in_a_task(service: Boxed) -> Boxed {
    boxed(service_fn(move |request| {
        let task = tokio::spawn(service.clone().oneshot(request));
        async { task.await.unwrap_or_else(|error| Err(error.to_string())) }
    }))
}

async fn call(service: &Boxed) -> Result<(), String> {
    service.clone().oneshot(request()).await.map(drop)
}

fn complete(path: &str, count: usize) -> String {
    format!("GET {path}: 200 x {count}, timed {count}, request {count} of 0, response {count} of 0")
}

#[tokio::test]
async fn copy_in_a_task_only_labels() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let (known, said) = (metrics.route("/known"), metrics.route("/said"));
    let inner = MetricsLayer::with_routes(metrics, Always(known)).layer(handler(async |_| ok()));
    let outer = boxed(metrics.layer().layer(in_a_task(boxed(inner))));
    call(&outer).await.unwrap();
    assert_eq!(summary(&registry), [complete("/known", 1)]);

    let sets = handler(move |_| async move {
        tokio::task::yield_now().await;
        assert!(set_route(said), "the copy around it accepts labels");
        ok()
    });
    let inner = MetricsLayer::with_routes(metrics, Always(known)).layer(sets);
    let outer = boxed(metrics.layer().layer(in_a_task(in_a_task(boxed(inner)))));
    call(&outer).await.unwrap();
    assert_eq!(summary(&registry), [complete("/known", 1), complete("/said", 1)]);
}

#[tokio::test]
async fn task_without_a_copy_takes_no_label() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let route = metrics.route("/a");
    let refused = in_a_task(handler(move |_| async move {
        assert!(!set_route(route));
        ok()
    }));
    // The second copy makes the instance mark requests.
    let outer = boxed(metrics.layer().layer(boxed(metrics.layer().layer(refused))));
    call(&outer).await.unwrap();
    assert_eq!(summary(&registry), [complete("unmatched", 1)]);
}

#[tokio::test]
async fn three_instances_with_copies_count_once_each() {
    let registries = [(); 3].map(|()| Registry::new());
    let metrics = registries.each_ref().map(build);
    let measured = |service: Boxed| {
        metrics.iter().fold(service, |inside, metrics| boxed(metrics.layer().layer(inside)))
    };
    let adjacent = measured(measured(handler(async |_| ok())));
    let apart = measured(in_a_task(measured(handler(async |_| ok()))));
    for service in [adjacent, apart] {
        call(&service).await.unwrap();
    }
    for registry in &registries {
        assert_eq!(summary(registry), [complete("unmatched", 2)]);
    }
}

#[tokio::test]
async fn failure_of_the_task_counts_once() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let route = metrics.route("/a");
    let panics = handler(move |_| async move {
        assert!(set_route(route));
        panic!("the handler panics, by design")
    });
    let outer = boxed(metrics.layer().layer(in_a_task(boxed(metrics.layer().layer(panics)))));
    _ = call(&outer).await.unwrap_err();
    assert_eq!(
        summary(&registry),
        ["GET /a: 500 x 1, timed 0, request 0 of 0, response 0 of 0", "/a: error x 1"]
    );
}

/// Polls a pending future once, and drops it.
async fn cancel(future: impl Future<Output: std::fmt::Debug>) {
    tokio::select! {
        biased;
        output = future => panic!("not pending: {output:?}"),
        () = std::future::ready(()) => {}
    }
}

#[tokio::test]
async fn task_after_a_cancellation_counts_nothing() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let inner = boxed(metrics.layer().layer(handler(async |_| ok())));
    let (begin, begun) = oneshot::channel();
    let (end, ended) = oneshot::channel();
    let mut ends = Some((begun, end));
    let outer = metrics.layer().layer(service_fn(move |request: Request<String>| {
        let (inner, (begun, end)) = (inner.clone(), ends.take().unwrap());
        drop(tokio::spawn(async move {
            begun.await.unwrap();
            end.send(inner.oneshot(request).await.is_ok()).unwrap();
        }));
        pending::<Result<Reply, Infallible>>()
    }));
    cancel(outer.oneshot(request())).await;
    begin.send(()).unwrap();
    assert!(ended.await.unwrap(), "the service in the task is called nevertheless");
    assert_eq!(
        summary(&registry),
        [
            "GET unmatched: 499 x 1, timed 0, request 0 of 0, response 0 of 0",
            "unmatched: cancelled x 1",
        ]
    );
}

/// Returns a service below two copies of the layer. It sends its requests to the channel
/// and answers at once.
fn hands_out(metrics: HttpMetrics, to: &mpsc::UnboundedSender<Request<String>>) -> Boxed {
    let to = to.clone();
    let hands_out = handler(move |request| {
        to.send(request).unwrap();
        async { ok() }
    });
    boxed(metrics.layer().layer(boxed(metrics.layer().layer(hands_out))))
}

#[tokio::test]
async fn request_forwarded_after_head_counts_apart() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let (to, mut requests) = mpsc::unbounded_channel();
    let service = hands_out(metrics, &to);
    call(&service).await.unwrap();
    // The same request again with its extensions, as from a retry or a proxy.
    let again = requests.recv().await.unwrap();
    drop(tokio::spawn(service.clone().oneshot(again)).await.unwrap().unwrap());
    assert_eq!(summary(&registry), [complete("unmatched", 2)]);
}

#[tokio::test]
async fn request_forwarded_before_head_counts_if_detached() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let (callee, here) = (metrics.route("/callee"), metrics.route("/here"));
    let callee =
        boxed(MetricsLayer::with_routes(metrics, Always(callee)).layer(handler(async |_| ok())));
    let caller = |is_detached: bool| {
        let callee = callee.clone();
        let calls = handler(move |request| {
            let (parts, body) = request.into_parts();
            let call = callee.clone().oneshot(Request::from_parts(parts, body));
            async move {
                if is_detached {
                    drop(tokio::spawn(detached(call)).await.unwrap().unwrap());
                } else {
                    drop(tokio::spawn(call).await.unwrap().unwrap());
                }
                ok()
            }
        });
        boxed(MetricsLayer::with_routes(metrics, Always(here)).layer(calls))
    };
    call(&caller(true)).await.unwrap();
    assert_eq!(summary(&registry), [complete("/callee", 1), complete("/here", 1)]);
    call(&caller(false)).await.unwrap();
    let recorded = summary(&registry);
    let requests = Recorded::of(&registry).sum("http_requests_total", &["*", "*", "*"]);
    assert_eq!(requests, 3.0, "{recorded:?}");
}

#[tokio::test]
async fn detached_call_clears_all_marks() {
    let registries = [Registry::new(), Registry::new()];
    let [a, b] = registries.each_ref().map(build);
    let below = |service: Boxed| boxed(b.layer().layer(boxed(a.layer().layer(service))));
    let callee = below(below(handler(async |_| ok())));
    let calls = handler(move |request| {
        let call = tokio::spawn(detached(callee.clone().oneshot(request)));
        async move {
            drop(call.await.unwrap().unwrap());
            ok()
        }
    });
    call(&below(calls)).await.unwrap();
    for registry in &registries {
        assert_eq!(summary(registry), [complete("unmatched", 2)]);
    }
}

#[tokio::test]
async fn record_without_a_layer_marks_as_well() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let inner = boxed(service_fn(move |request: Request<String>| {
        adapter::record(metrics, None, request, async |_: Request<String>| ok())
    }));
    let inner = in_a_task(inner);
    let outer = boxed(service_fn(move |request: Request<String>| {
        adapter::record(metrics, None, request, |request| inner.clone().oneshot(request))
    }));
    call(&outer).await.unwrap();
    assert_eq!(summary(&registry), [complete("unmatched", 1)]);
}

#[tokio::test]
async fn upload_counted_before_inner_copy_arrives() {
    let registry = Registry::new();
    let metrics = build(&registry);
    let counted = service_fn(async |request: Request<tickmark_http::CountedBody<String>>| {
        read(Response::new(request.into_body()));
        ok()
    });
    let inner = metrics.request_bytes_layer().layer(metrics.layer().layer(counted));
    let outer = boxed(metrics.layer().layer(in_a_task(boxed(inner))));
    let upload = Request::post("/").header("content-length", "100").body("abc".to_owned()).unwrap();
    drop(outer.oneshot(upload).await.unwrap());
    assert_eq!(
        summary(&registry),
        ["POST unmatched: 200 x 1, timed 1, request 1 of 3, response 1 of 0"]
    );
}
