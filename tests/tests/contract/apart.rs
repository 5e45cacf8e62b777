//! Copies of the metrics with a task or a channel between them.

use tickmark_http::HttpMetrics;
use tickmark_tests::recorded;

use crate::client::get;
use crate::hosts::{Around, Boundary, Host, measured};

/// Two copies, and the boundary between them.
fn two(boundary: Boundary) -> impl FnOnce(HttpMetrics) -> Vec<Around> {
    move |metrics| {
        vec![Around::Metrics(metrics), Around::Boundary(boundary), Around::Metrics(metrics)]
    }
}

fn each() -> impl Iterator<Item = (Host, Boundary)> {
    Host::each().flat_map(|host| Boundary::ALL.map(|boundary| (host, boundary)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn separated_copies_count_each_request_once() {
    for (host, boundary) in each() {
        let server = host.serve_in(two(boundary)).await;
        for _ in 0..3 {
            assert_eq!(
                server.client.get("/items/1").await.body,
                "an item",
                "{host:?} {boundary:?}"
            );
            assert_eq!(server.client.get("/nothing").await.status, 404, "{host:?} {boundary:?}");
        }
        assert_eq!(
            server.settled_without_sizes().await,
            [
                "GET /items/{id}: 200 x 3, timed 3, request 3 of 0",
                "GET unmatched: 404 x 3, timed 3, request 3 of 0",
            ],
            "{host:?} {boundary:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn label_below_separated_copy_arrives() {
    for (host, boundary) in each() {
        let server = host.serve_saying(two(boundary), |metrics| vec![metrics.route("/said")]).await;
        // The outer copy announces that labels may come from below.
        assert_eq!(server.client.get("/full").await.status, 200, "{host:?} {boundary:?}");
        assert_eq!(server.client.get("/says").await.body, "true ", "{host:?} {boundary:?}");
        assert_eq!(
            server.settled().await,
            [
                "GET /full: 200 x 1, timed 1, request 1 of 0, response 1 of 5",
                "GET /said: 200 x 1, timed 1, request 1 of 0, response 1 of 5",
            ],
            "{host:?} {boundary:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_separated_instances_count_once_each() {
    for (host, boundary) in each() {
        let (outer_registry, outer) = measured();
        let copies = |inner| {
            let pair = [Around::Metrics(inner), Around::Metrics(outer)];
            [&pair[..], &[Around::Boundary(boundary)], &pair[..]].concat()
        };
        let server = host.serve_in(copies).await;
        for _ in 0..2 {
            assert_eq!(server.client.get("/full").await.status, 200, "{host:?} {boundary:?}");
        }
        let twice = |path: &str| {
            [format!("GET {path}: 200 x 2, timed 2, request 2 of 0, response 2 of 10")]
        };
        assert_eq!(server.settled().await, twice("/full"), "{host:?} {boundary:?}");
        let path = if host.knows_routes_up_front() { "/full" } else { "unmatched" };
        assert_eq!(recorded::settled(&outer_registry).await, twice(path), "{host:?} {boundary:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn task_outliving_its_client_counts_once() {
    for (host, boundary) in each() {
        let server = host.serve_in(two(boundary)).await;
        let stream = server.client.open(get("/gate")).await;
        server.reaches(1).await;
        drop(stream);
        server.reaches(0).await;
        // Releases the rest of the task, and a request after it.
        server.open_gate();
        server.open_gate();
        assert_eq!(server.client.get("/gate").await.status, 200, "{host:?} {boundary:?}");
        _ = server.settled().await;
        // Whether the label comes before the client leaves depends on the task.
        let count = |status| server.recorded().sum("http_requests_total", &["GET", "*", status]);
        assert_eq!(["200", "499", "*"].map(count), [1.0, 1.0, 2.0], "{host:?} {boundary:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn panic_in_another_task_counts_once() {
    for (host, boundary) in each().filter(|(_, boundary)| !matches!(boundary, Boundary::Buffer)) {
        let server = host.serve_in(two(boundary)).await;
        assert_eq!(server.client.send(get("/panics-later")).await, "", "{host:?} {boundary:?}");
        assert_eq!(
            server.settled().await,
            [
                "GET /panics-later: 500 x 1, timed 0, request 0 of 0, response 0 of 0",
                "/panics-later: panic x 1",
            ],
            "{host:?} {boundary:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn upload_counted_in_another_task_has_bytes() {
    for (host, boundary) in each() {
        let server = host.serve_counting_uploads_in(two(boundary)).await;
        assert_eq!(server.client.get("/full").await.status, 200, "{host:?} {boundary:?}");
        let head = "POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
        let chunked =
            format!("{head}transfer-encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n");
        assert!(
            server.client.send(chunked).await.ends_with("\r\n\r\nabcde"),
            "{host:?} {boundary:?}"
        );
        let recorded = server.settled().await;
        let upload = "POST /echo: 200 x 1, timed 1, request 1 of 5, response 1 of 5";
        assert!(recorded.iter().any(|line| line == upload), "{host:?} {boundary:?}: {recorded:?}");
    }
}
