//! Methods, heads and refusals.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http_body::Body;
use tickmark::collect::Collection;
use tickmark_http::ScrapeEndpoint;

use crate::client::serve;
use crate::metrics::value;
use crate::{get, respond, small, unmetered, whole};

const PAGE: &str = "# HELP a_total A.\n# TYPE a_total counter\na_total 3\n";
const CONTENT_TYPE: &str = "content-type: text/plain; version=0.0.4; charset=utf-8";
const VARY: &str = "vary: accept, accept-encoding";

#[tokio::test]
async fn get_answers_with_the_page() {
    let answer = serve(&unmetered(&small())).get(&[]).await;
    assert_eq!((answer.status, answer.text()), (200, PAGE));
    assert_eq!(answer.headers, [&format!("content-length: {}", PAGE.len()), CONTENT_TYPE, VARY]);
}

#[tokio::test]
async fn head_has_get_headers_without_length() {
    let client = serve(&unmetered(&small()));
    for headers in
        [&[][..], &[("accept-encoding", "gzip"), ("accept", "application/openmetrics-text")]]
    {
        let (head, get) =
            (client.request("HEAD", "/metrics", headers).await, client.get(headers).await);
        assert_eq!((head.status, head.text()), (200, ""));
        let length = |line: &&String| line.starts_with("content-length");
        assert_eq!(get.headers.iter().filter(length).count(), 1);
        assert_eq!(
            head.headers,
            get.headers.iter().filter(|line| !length(line)).cloned().collect::<Vec<_>>()
        );
    }
}

#[test]
fn head_body_is_at_its_end() {
    let response = respond(&unmetered(&small()), http::Request::head("/metrics"));
    assert!(response.body().is_end_stream());
    assert_eq!(response.body().size_hint().exact(), None);
}

#[test]
fn head_runs_no_collector() {
    let registry = small();
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let collect = move |_: &mut Collection| _ = counted.fetch_add(1, Ordering::Relaxed);
    registry.register_collector("counting", collect).unwrap();
    let endpoint = unmetered(&registry);
    drop(respond(&endpoint, http::Request::head("/metrics")));
    assert_eq!(runs.load(Ordering::Relaxed), 0);
    drop(respond(&endpoint, get()));
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn other_methods_are_refused() {
    let client = serve(&unmetered(&small()));
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "QUERY", "get"] {
        let answer = client.request(method, "/metrics", &[]).await;
        assert_eq!((answer.status, answer.text()), (405, "method not allowed: use GET\n"));
        assert_eq!(
            answer.headers,
            [
                "allow: get, head",
                "content-length: 28",
                "content-type: text/plain; charset=utf-8",
                VARY
            ]
        );
    }
}

#[tokio::test]
async fn query_selects_families() {
    let registry = small();
    _ = registry.gauge("b", "B.").unwrap();
    _ = registry.gauge("c", "C.").unwrap();
    let client = serve(&unmetered(&registry));
    for (query, page) in [
        (
            "",
            "# HELP a_total A.\n# TYPE a_total counter\na_total 3\n\
             # HELP b B.\n# TYPE b gauge\nb 0\n# HELP c C.\n# TYPE c gauge\nc 0\n",
        ),
        (
            "?name[]=a&name%5B%5D=c",
            "# HELP a_total A.\n# TYPE a_total counter\na_total 3\n\
             # HELP c C.\n# TYPE c gauge\nc 0\n",
        ),
        ("?name[]=a_total", PAGE),
        ("?name[]=nothing", ""),
    ] {
        let answer = client.request("GET", &format!("/metrics{query}"), &[]).await;
        assert_eq!((answer.status, answer.text(), answer.is_whole), (200, page, true), "{query}");
        assert_eq!(answer.header("content-length"), Some(page.len().to_string().as_str()));
    }
}

#[tokio::test]
async fn query_over_1024_names_is_refused() {
    let client = serve(&unmetered(&small()));
    for (method, body) in [("GET", "invalid query: more than 1024 names in name[]\n"), ("HEAD", "")]
    {
        let target = |count: usize| format!("/metrics?{}", ["name[]=a"; 2_000][..count].join("&"));
        assert_eq!(client.request(method, &target(1_024), &[]).await.status, 200);
        let answer = client.request(method, &target(1_025), &[]).await;
        assert_eq!((answer.status, answer.text()), (400, body));
        assert_eq!(answer.header("vary"), Some("accept, accept-encoding"));
    }
}

#[tokio::test]
async fn empty_registry_has_an_empty_page() {
    let endpoint = unmetered(&tickmark::Registry::new());
    let response = respond(&endpoint, get());
    assert_eq!(response.body().size_hint().exact(), Some(0));
    assert!(whole(response.into_body()).await.is_empty());
    let answer = serve(&endpoint).get(&[("accept-encoding", "gzip")]).await;
    assert_eq!(crate::gunzip(&answer.body), b"");
}

#[tokio::test]
async fn concurrent_scrapes_get_a_page_each() {
    let endpoint =
        ScrapeEndpoint::builder().self_metrics(false).max_scrapes(400).build(&small()).unwrap();
    let pages = [(); 4].map(|()| {
        let endpoint = endpoint.clone();
        std::thread::spawn(move || {
            (0..100).map(|_| respond(&endpoint, get()).into_body()).collect::<Vec<_>>()
        })
    });
    for body in pages.into_iter().flat_map(|thread| thread.join().unwrap()) {
        assert_eq!(whole(body).await, PAGE.as_bytes());
    }
}

#[tokio::test]
async fn requests_without_the_token_are_refused() {
    let registry = small();
    let endpoint =
        ScrapeEndpoint::builder().bearer_token("s3cret".parse().unwrap()).build(&registry).unwrap();
    assert!(!format!("{endpoint:?}").contains("s3cret"));
    let client = serve(&endpoint);
    let mut answers = Vec::new();
    for headers in
        [&[][..], &[("authorization", "Bearer wrong")], &[("authorization", "Basic s3cret")]]
    {
        answers.push(client.get(headers).await);
    }
    let twice = [("authorization", "Bearer s3cret"), ("authorization", "Bearer s3cret")];
    answers.push(client.get(&twice).await);
    answers.push(client.request("POST", "/metrics", &[]).await);
    for answer in &answers {
        assert_eq!(
            (answer.status, answer.text()),
            (401, "unauthorized: send the token as \"Authorization: Bearer <token>\"\n")
        );
        assert_eq!(answer.header("www-authenticate"), Some("bearer"));
    }
    let refused = value(&registry, "tickmark_scrape_errors_total{cause=\"unauthorized\"}");
    assert_eq!((refused, answers.len()), (5, 5));
    let answer = client.get(&[("authorization", "bearer s3cret")]).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().starts_with(PAGE));
    assert_eq!(
        client.request("POST", "/metrics", &[("authorization", "bearer s3cret")]).await.status,
        405
    );
}
