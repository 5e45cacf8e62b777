//! Handlers that panic, caught and uncaught.

use tickmark_http::HttpMetrics;

use crate::hosts::{Around, Host, Server};

/// In the first poll, and after a wait.
const IN_POLLS: [&str; 2] = ["/panics-at-once", "/panics-later"];

/// A server of a service that panics when called.
async fn panicking(host: Host, around: impl FnOnce(HttpMetrics) -> Vec<Around>) -> Server {
    host.serve_in(|metrics| {
        let mut layers = vec![Around::PanicsInCall(metrics.route("/panics-in-call"))];
        layers.extend(around(metrics));
        layers
    })
    .await
}

fn panicked(path: &str) -> [String; 2] {
    [
        format!("GET {path}: 500 x 1, timed 0, request 0 of 0, response 0 of 0"),
        format!("{path}: panic x 1"),
    ]
}

/// Checks that panics in the call and in the polls are 500s without a head. The client
/// gets the status.
async fn assert_panicked(host: Host, status: u16, around: impl Fn(HttpMetrics) -> Vec<Around>) {
    let server = panicking(host, &around).await;
    assert_eq!(server.client.get("/full").await.status, status, "{host:?}");
    assert_eq!(server.settled().await, panicked("/panics-in-call"), "{host:?}");
    for path in IN_POLLS {
        let server = host.serve_in(&around).await;
        assert_eq!(server.client.get(path).await.status, status, "{host:?} {path}");
        assert_eq!(server.settled().await, panicked(path), "{host:?}");
    }
}

#[tokio::test]
async fn uncaught_panic_is_a_500_and_closes() {
    for host in Host::each() {
        assert_panicked(host, 0, |metrics| vec![Around::Metrics(metrics)]).await;
    }
}

#[tokio::test]
async fn panic_caught_outside_is_headless_500() {
    for host in Host::each() {
        assert_panicked(host, 500, |metrics| vec![Around::Metrics(metrics), Around::CatchPanic])
            .await;
    }
}

#[tokio::test]
async fn panic_does_not_affect_the_next_request() {
    for host in Host::each() {
        let server = host.serve().await;
        for path in IN_POLLS {
            assert_eq!(server.client.get(path).await.status, 0, "{host:?}");
        }
        assert_eq!(server.client.get("/full").await.status, 200, "{host:?}");
        let [at_once, later] = IN_POLLS.map(panicked);
        assert_eq!(
            server.settled().await,
            [
                "GET /full: 200 x 1, timed 1, request 1 of 0, response 1 of 5",
                &at_once[0],
                &later[0],
                &at_once[1],
                &later[1],
            ],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn panic_caught_inside_is_an_ordinary_500() {
    for host in Host::each() {
        let around = |metrics| vec![Around::CatchPanic, Around::Metrics(metrics)];
        let in_call = panicking(host, around).await;
        let in_polls = host.serve_in(around).await;
        let asked = [(&in_call, "/full"), (&in_polls, IN_POLLS[0]), (&in_polls, IN_POLLS[1])];
        let mut bytes = "";
        let mut answers = vec![];
        for (server, path) in asked {
            answers.push(server.client.get(path).await);
        }
        for answer in &answers {
            bytes = answer.header("content-length").unwrap();
            assert_eq!(
                (answer.status, answer.body.len().to_string().as_str()),
                (500, bytes),
                "{host:?}"
            );
        }
        let complete =
            |path| format!("GET {path}: 500 x 1, timed 1, request 1 of 0, response 1 of {bytes}");
        assert_eq!(in_call.settled().await, [complete("/panics-in-call")], "{host:?}");
        assert_eq!(in_polls.settled().await, IN_POLLS.map(complete), "{host:?}");
    }
}
