//! Labels from below, and metrics below metrics.

use tickmark_http::HttpMetrics;
use tickmark_tests::recorded;

use crate::hosts::{Around, Host, Said, measured};

#[tokio::test]
async fn nested_metrics_count_once_with_innermost_label() {
    for host in Host::each() {
        let around = |metrics: HttpMetrics| {
            let outer = Around::Label(metrics.route("/outer"), Said::default());
            vec![
                Around::Metrics(metrics),
                Around::Metrics(metrics),
                outer,
                Around::Metrics(metrics),
            ]
        };
        let server = host.serve_saying(around, |metrics| vec![metrics.route("/said")]).await;
        assert_eq!(server.client.get("/items/1").await.body, "an item", "{host:?}");
        assert_eq!(server.client.get("/says").await.body, "true ", "{host:?}");
        assert_eq!(
            server.settled().await,
            [
                "GET /items/{id}: 200 x 1, timed 1, request 1 of 0, response 1 of 7",
                "GET /said: 200 x 1, timed 1, request 1 of 0, response 1 of 5",
            ],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn label_is_for_innermost_of_two_instances() {
    for host in Host::each() {
        let (outer_registry, outer) = measured();
        let server = host
            .serve_saying(
                |inner| vec![Around::Metrics(inner), Around::Metrics(outer)],
                |inner| vec![outer.route("/of-outer"), inner.route("/of-inner")],
            )
            .await;
        assert_eq!(server.client.get("/says").await.body, "false true ", "{host:?}");
        assert_eq!(
            server.settled().await,
            ["GET /of-inner: 200 x 1, timed 1, request 1 of 0, response 1 of 11"],
            "{host:?}"
        );
        let path = if host.knows_routes_up_front() { "/says" } else { "unmatched" };
        assert_eq!(
            recorded::settled(&outer_registry).await,
            [format!("GET {path}: 200 x 1, timed 1, request 1 of 0, response 1 of 11")],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn two_instances_with_copies_count_once_each() {
    for host in Host::each() {
        let (outer_registry, outer) = measured();
        let copies = |inner| {
            let pair = [Around::Metrics(inner), Around::Metrics(outer)];
            [pair.clone(), pair].concat()
        };
        let server = host.serve_in(copies).await;
        assert_eq!(server.client.get("/full").await.status, 200, "{host:?}");
        let one =
            |path: &str| [format!("GET {path}: 200 x 1, timed 1, request 1 of 0, response 1 of 5")];
        assert_eq!(server.settled().await, one("/full"), "{host:?}");
        let path = if host.knows_routes_up_front() { "/full" } else { "unmatched" };
        assert_eq!(recorded::settled(&outer_registry).await, one(path), "{host:?}");
    }
}

#[tokio::test]
async fn label_between_instances_is_for_the_outer() {
    for host in Host::each() {
        let (outer_registry, outer) = measured();
        let said = Said::default();
        let around = |inner| {
            vec![
                Around::Metrics(inner),
                Around::Label(outer.route("/between"), said.clone()),
                Around::Metrics(outer),
            ]
        };
        let server = host.serve_in(around).await;
        assert_eq!(server.client.get("/full").await.status, 200, "{host:?}");
        assert_eq!(*said.lock().unwrap(), [true], "{host:?}");
        assert_eq!(
            server.settled().await,
            ["GET /full: 200 x 1, timed 1, request 1 of 0, response 1 of 5"],
            "{host:?}"
        );
        assert_eq!(
            recorded::settled(&outer_registry).await,
            ["GET /between: 200 x 1, timed 1, request 1 of 0, response 1 of 5"],
            "{host:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn label_from_a_spawned_task_is_refused() {
    for host in Host::each() {
        let labels = |metrics: HttpMetrics| vec![metrics.route("/refused"), metrics.route("/said")];
        let server = host.serve_saying(|metrics| vec![Around::Metrics(metrics)], labels).await;
        // Again after the wait for the task, which may have moved the request to another
        // thread.
        assert_eq!(server.client.get("/says-in-a-task").await.body, "false true ", "{host:?}");
        assert_eq!(
            server.settled().await,
            ["GET /said: 200 x 1, timed 1, request 1 of 0, response 1 of 11"],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn label_from_a_buffer_worker_is_refused() {
    for host in Host::each() {
        let (in_worker, here) = (Said::default(), Said::default());
        let around = |metrics: HttpMetrics| {
            let label = metrics.route("/label");
            let inside = Around::LabelInABuffer(label, in_worker.clone());
            vec![inside, Around::Label(label, here.clone()), Around::Metrics(metrics)]
        };
        let server = host.serve_in(around).await;
        assert_eq!(server.client.get("/nothing").await.status, 404, "{host:?}");
        assert_eq!(*in_worker.lock().unwrap(), [false], "{host:?}");
        assert_eq!(*here.lock().unwrap(), [true], "{host:?}");
        assert_eq!(
            server.settled_without_sizes().await,
            ["GET /label: 404 x 1, timed 1, request 1 of 0"],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn in_process_call_counts_only_if_detached() {
    for host in Host::each() {
        let server = host.serve().await;
        assert_eq!(server.client.get("/calls").await.status, 200, "{host:?}");
        assert_eq!(
            server.settled().await,
            ["GET /callee: 200 x 1, timed 1, request 1 of 0, response 1 of 0"],
            "{host:?}: taken as an inner copy"
        );
        let server = host.serve().await;
        assert_eq!(server.client.get("/calls-detached").await.status, 200, "{host:?}");
        assert_eq!(
            server.settled_without_sizes().await,
            [
                "GET /callee: 200 x 1, timed 1, request 1 of 0",
                "GET /calls-detached: 200 x 1, timed 1, request 1 of 0",
                "/callee: body_dropped x 1",
            ],
            "{host:?}"
        );
    }
}
