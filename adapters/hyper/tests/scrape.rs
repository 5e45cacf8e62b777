//! The scrape service over a real socket. What the metrics record of requests is in the contract, in the tests across crates.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tickmark::Registry;
use tickmark_hyper::ScrapeService;
use tickmark_tests::wire::Client;
use tokio::net::TcpListener;

/// Serves on a port of its own until the test ends.
async fn serve(service: ScrapeService) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client(listener.local_addr().unwrap());
    drop(tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            http1::Builder::new().serve_connection(TokioIo::new(stream), service.clone()).await.unwrap();
        }
    }));
    client
}

#[tokio::test]
async fn scrapes_are_answered_on_any_path_and_other_methods_are_not_allowed() {
    let registry = Registry::new();
    registry.counter("a", "A.").unwrap().add(3);
    let client = serve(ScrapeService::new(&registry)).await;
    for path in ["/metrics", "/"] {
        let page = client.get(path).await;
        assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        assert!(page.body.starts_with("# HELP a_total A.\n# TYPE a_total counter\na_total 3\n"), "{page:?}");
    }
    let head = client.request("HEAD", "/metrics").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    let post = client.request("POST", "/metrics").await;
    assert_eq!((post.status, post.header("allow")), (405, Some("get, head")));
}
