//! The scrape service over a real socket. The contract tests of the workspace cover the
//! metrics of requests.
#![allow(clippy::unwrap_used, reason = "a test helper fails by panicking")]

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tickmark::Registry;
use tickmark_hyper::{ScrapeEndpoint, ScrapeService, scrape, scrape_with};
use tickmark_tests::recorded::PATIENCE;
use tickmark_tests::wire::Client;
use tokio::net::TcpListener;

/// Serves on its own port until the test ends.
async fn serve(service: ScrapeService) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client(listener.local_addr().unwrap());
    drop(tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            drop(tokio::spawn(
                http1::Builder::new().serve_connection(TokioIo::new(stream), service.clone()),
            ));
        }
    }));
    client
}

#[tokio::test]
async fn get_and_head_succeed_on_any_path() {
    let registry = Registry::new();
    registry.counter("a", "A.").unwrap().add(3);
    let client = serve(scrape(&registry)).await;
    for path in ["/metrics", "/"] {
        let page = client.get(path).await;
        assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        assert!(
            page.body.starts_with("# HELP a_total A.\n# TYPE a_total counter\na_total 3\n"),
            "{page:?}"
        );
    }
    let head = client.request("HEAD", "/metrics").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    let post = client.request("POST", "/metrics").await;
    assert_eq!((post.status, post.header("allow")), (405, Some("get, head")));
}

#[tokio::test]
async fn settings_of_the_endpoint_hold() {
    let registry = Registry::new();
    let endpoint = ScrapeEndpoint::builder().self_metrics(false).build(&registry).unwrap();
    let client = serve(scrape_with(endpoint)).await;
    assert_eq!(client.get("/").await.body, "");
}

#[tokio::test]
async fn blocking_collector_delays_no_request() {
    let registry = Registry::new();
    let (begin, mut begun) = tokio::sync::mpsc::unbounded_channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let blocks = move |_: &mut tickmark::collect::Collection| {
        _ = begin.send(());
        _ = released.lock().unwrap().recv_timeout(2 * PATIENCE);
    };
    let service = scrape(&registry);
    registry.register_collector("blocks", blocks).unwrap();
    let client = serve(service).await;
    let scraping = tokio::spawn(async move { client.get("/").await });
    begun.recv().await.unwrap();
    assert_eq!(client.request("HEAD", "/").await.status, 200);
    assert!(!scraping.is_finished());
    drop(release);
    assert_eq!(scraping.await.unwrap().status, 200);
    let by_1_0 = client.send("GET / HTTP/1.0\r\n\r\n").await;
    let (head, body) = by_1_0.split_once("\r\n\r\n").unwrap();
    assert!(head.to_lowercase().contains(&format!("\r\ncontent-length: {}", body.len())), "{head}");
}
