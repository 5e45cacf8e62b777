//! The metrics about scrapes.

use tickmark::Registry;
use tickmark::collect::Collection;
use tickmark_http::ScrapeEndpoint;

use crate::client::serve;
use crate::{get, gunzip, large, page_of, respond, small, whole};

const FRESH: &str = "\
# HELP tickmark_scrape_bytes_total Bytes of pages handed to the server, by encoding.
# TYPE tickmark_scrape_bytes_total counter
tickmark_scrape_bytes_total{encoding=\"identity\"} 0
tickmark_scrape_bytes_total{encoding=\"gzip\"} 0
# HELP tickmark_scrape_connections_dropped_total \
Connections of metrics listeners that were closed at a limit, by cause.
# TYPE tickmark_scrape_connections_dropped_total counter
tickmark_scrape_connections_dropped_total{cause=\"limit\"} 0
tickmark_scrape_connections_dropped_total{cause=\"head_timeout\"} 0
tickmark_scrape_connections_dropped_total{cause=\"write_timeout\"} 0
# HELP tickmark_scrape_encode_seconds \
Time to collect, write and compress the page of a scrape, without the network.
# TYPE tickmark_scrape_encode_seconds histogram
tickmark_scrape_encode_seconds_bucket{le=\"0.0001\"} 0
tickmark_scrape_encode_seconds_bucket{le=\"0.001\"} 0
tickmark_scrape_encode_seconds_bucket{le=\"0.01\"} 0
tickmark_scrape_encode_seconds_bucket{le=\"0.1\"} 0
tickmark_scrape_encode_seconds_bucket{le=\"1.0\"} 0
tickmark_scrape_encode_seconds_bucket{le=\"10.0\"} 0
tickmark_scrape_encode_seconds_bucket{le=\"+Inf\"} 0
tickmark_scrape_encode_seconds_sum 0
tickmark_scrape_encode_seconds_count 0
# HELP tickmark_scrape_errors_total Scrapes without a complete page, by cause.
# TYPE tickmark_scrape_errors_total counter
tickmark_scrape_errors_total{cause=\"busy\"} 0
tickmark_scrape_errors_total{cause=\"method\"} 0
tickmark_scrape_errors_total{cause=\"unauthorized\"} 0
tickmark_scrape_errors_total{cause=\"bad_filter\"} 0
tickmark_scrape_errors_total{cause=\"timeout\"} 0
tickmark_scrape_errors_total{cause=\"aborted\"} 0
tickmark_scrape_errors_total{cause=\"failed\"} 0
tickmark_scrape_errors_total{cause=\"too_long\"} 0
# HELP tickmark_scrapes_total Scrapes answered with a page, by format.
# TYPE tickmark_scrapes_total counter
tickmark_scrapes_total{format=\"text_0.0.4\"} 0
tickmark_scrapes_total{format=\"text_1.0.0\"} 0
tickmark_scrapes_total{format=\"openmetrics_1.0.0\"} 0
# HELP tickmark_scrapes_in_flight Scrapes whose page has not ended, including this one.
# TYPE tickmark_scrapes_in_flight gauge
tickmark_scrapes_in_flight 0
";

/// Returns the current value in the registry, without a scrape of the endpoint.
pub(crate) fn value(registry: &Registry, series: &str) -> u64 {
    let page = String::from_utf8(page_of(registry)).unwrap();
    let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series}")).parse().unwrap()
}

fn values<const N: usize>(
    registry: &Registry,
    name: &str,
    label: &str,
    values: [&str; N],
) -> [u64; N] {
    values.map(|of| value(registry, &format!("{name}{{{label}={of:?}}}")))
}

#[test]
fn all_series_begin_at_0() {
    let registry = Registry::new();
    _ = ScrapeEndpoint::new(&registry);
    assert_eq!(String::from_utf8(page_of(&registry)).unwrap(), FRESH);
}

#[tokio::test]
async fn scrapes_and_their_bytes_are_counted() {
    let registry = large(300);
    let client = serve(&ScrapeEndpoint::new(&registry));
    let openmetrics = ("accept", "application/openmetrics-text");
    let text = ("accept", "text/plain;version=1.0.0");
    let mut sent = [0, 0];
    for headers in [&[][..], &[openmetrics], &[text], &[openmetrics, ("accept-encoding", "gzip")]] {
        let answer = client.get(headers).await;
        let is_gzip = answer.header("content-encoding") == Some("gzip");
        sent[usize::from(is_gzip)] += answer.body.len() as u64;
        let page =
            String::from_utf8(if is_gzip { gunzip(&answer.body) } else { answer.body }).unwrap();
        assert!(page.contains("\ntickmark_scrapes_in_flight 1"), "a page counts itself");
    }
    assert_eq!(client.request("HEAD", "/metrics", &[]).await.status, 200);
    let formats = ["text_0.0.4", "text_1.0.0", "openmetrics_1.0.0"];
    assert_eq!(values(&registry, "tickmark_scrapes_total", "format", formats), [1, 1, 2]);
    assert_eq!(
        values(&registry, "tickmark_scrape_bytes_total", "encoding", ["identity", "gzip"]),
        sent
    );
    assert_eq!(value(&registry, "tickmark_scrape_encode_seconds_count"), 4);
    assert_eq!(value(&registry, "tickmark_scrapes_in_flight"), 0);
    let causes = ["busy", "method", "bad_filter", "timeout", "aborted", "failed"];
    assert_eq!(values(&registry, "tickmark_scrape_errors_total", "cause", causes), [0; 6]);
}

#[tokio::test]
async fn errors_are_counted_by_cause() {
    let registry = large(300);
    let client = serve(&ScrapeEndpoint::new(&registry));
    for _ in 0..2 {
        let timeout = ("x-prometheus-scrape-timeout-seconds", "0.000000001");
        assert_eq!(client.get(&[timeout]).await.status, 503);
        let too_many = format!("/metrics?{}", ["name[]=a"; 1_025].join("&"));
        assert_eq!(client.request("GET", &too_many, &[]).await.status, 400);
        assert_eq!(client.request("POST", "/metrics", &[]).await.status, 405);
    }
    let causes = ["busy", "method", "bad_filter", "timeout", "aborted", "failed"];
    assert_eq!(
        values(&registry, "tickmark_scrape_errors_total", "cause", causes),
        [0, 2, 2, 2, 0, 0]
    );
    assert_eq!(value(&registry, "tickmark_scrapes_total{format=\"text_0.0.4\"}"), 2);
}

/// Only the time of the polls is work, not the time of a slow network between them.
#[test]
fn time_between_polls_is_not_work() {
    let registry = large(300);
    let response = respond(&ScrapeEndpoint::new(&registry), get());
    let before = std::time::Instant::now();
    std::thread::sleep(std::time::Duration::from_millis(300));
    drop(response);
    assert!(before.elapsed().as_millis() >= 300);
    let page = String::from_utf8(page_of(&registry)).unwrap();
    let sum = page
        .lines()
        .find_map(|line| line.strip_prefix("tickmark_scrape_encode_seconds_sum "))
        .unwrap();
    assert!((0.000_000_001..0.3).contains(&sum.parse::<f64>().unwrap()), "{sum}");
}

#[tokio::test]
async fn endpoints_of_one_registry_count_together() {
    let registry = small();
    let first = ScrapeEndpoint::new(&registry);
    let second = ScrapeEndpoint::builder().build(&registry).unwrap();
    let third = ScrapeEndpoint::builder().build(&registry.clone()).unwrap();
    for endpoint in [&first, &second, &third] {
        assert!(!whole(respond(endpoint, get()).into_body()).await.is_empty());
    }
    assert_eq!(value(&registry, "tickmark_scrapes_total{format=\"text_0.0.4\"}"), 3);
    // Even after the first endpoint is dropped, and all of them.
    drop((first, second, third));
    let third = ScrapeEndpoint::builder().build(&registry).unwrap();
    assert!(!whole(respond(&third, get()).into_body()).await.is_empty());
    assert_eq!(value(&registry, "tickmark_scrapes_total{format=\"text_0.0.4\"}"), 4);
}

#[test]
fn prefixed_endpoint_counts_under_its_prefix() {
    let registry = small();
    let plain = ScrapeEndpoint::builder().build(&registry).unwrap();
    let prefixed = ScrapeEndpoint::builder().build(&registry.with_prefix("shop_")).unwrap();
    drop((respond(&plain, get()), respond(&prefixed, get()), respond(&prefixed, get())));
    assert_eq!(value(&registry, "tickmark_scrapes_total{format=\"text_0.0.4\"}"), 1);
    assert_eq!(value(&registry, "shop_tickmark_scrapes_total{format=\"text_0.0.4\"}"), 2);
}

#[test]
fn endpoint_with_other_labels_counts_nothing() {
    let registry = small();
    let plain = ScrapeEndpoint::new(&registry);
    let settings = [registry.with_label("shop", "1"), registry.with_plain_bounds()];
    for other in &settings {
        let second = ScrapeEndpoint::new(other);
        assert_eq!(respond(&second, get()).status(), 200);
        assert!(ScrapeEndpoint::builder().build(other).is_err());
    }
    drop(respond(&plain, get()));
    assert_eq!(value(&registry, "tickmark_scrapes_total{format=\"text_0.0.4\"}"), 1);
    let page = String::from_utf8(page_of(&registry)).unwrap();
    assert!(!page.contains("tickmark_collector_failures_total"), "{page}");
}

#[test]
fn endpoints_built_concurrently_count_together() {
    for _ in 0..50 {
        let registry = small();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                _ = scope.spawn(|| {
                    drop(respond(&ScrapeEndpoint::builder().build(&registry).unwrap(), get()))
                });
            }
        });
        assert_eq!(value(&registry, "tickmark_scrapes_total{format=\"text_0.0.4\"}"), 4);
    }
}

#[tokio::test]
async fn endpoints_of_two_registries_count_apart() {
    let (one, other) = (small(), small());
    _ = ScrapeEndpoint::builder().build(&one).unwrap();
    let other_endpoint = ScrapeEndpoint::builder().build(&other).unwrap();
    let read = other.clone();
    one.register_collector("other", move |_: &mut Collection| drop(read.families())).unwrap();
    let second = ScrapeEndpoint::builder().build(&one).unwrap();
    assert!(!whole(respond(&second, get()).into_body()).await.is_empty());
    drop(other_endpoint);
    assert_eq!(value(&one, "tickmark_scrapes_total{format=\"text_0.0.4\"}"), 1);
    assert_eq!(value(&other, "tickmark_scrapes_total{format=\"text_0.0.4\"}"), 0);
}

#[test]
fn taken_name_is_refused_by_build() {
    let registry = Registry::new();
    _ = registry.gauge("tickmark_scrape_bytes", "Mine.").unwrap();
    let error = ScrapeEndpoint::builder().build(&registry).unwrap_err();
    assert!(error.to_string().contains("\"tickmark_scrape_bytes\""), "{error}");
    assert_eq!(
        page_of(&registry),
        b"# HELP tickmark_scrape_bytes Mine.\n\
          # TYPE tickmark_scrape_bytes gauge\n\
          tickmark_scrape_bytes 0\n"
    );
    // Once the name is free, the endpoint registers its metrics.
    assert!(registry.unregister("tickmark_scrape_bytes"));
    _ = ScrapeEndpoint::builder().build(&registry).unwrap();
    assert_eq!(String::from_utf8(page_of(&registry)).unwrap(), FRESH);
}

#[test]
fn taken_name_is_reported_by_new() {
    let registry = Registry::new();
    _ = registry.gauge("tickmark_scrape_bytes", "Mine.").unwrap();
    let endpoint = ScrapeEndpoint::new(&registry);
    assert_eq!(respond(&endpoint, get()).status(), 200);
    let page = String::from_utf8(page_of(&registry)).unwrap();
    let reported = "tickmark_collector_failures_total{collector=\"tickmark_scrapes\",\
                    family=\"tickmark_scrape_bytes_total\",reason=\"name taken\"} ";
    assert!(page.contains(reported), "{page}");
    // The other families are exposed as usual.
    assert_eq!(value(&registry, "tickmark_scrapes_total{format=\"text_0.0.4\"}"), 1);
    assert_eq!(value(&registry, "tickmark_scrapes_in_flight"), 0);
    assert_eq!(value(&registry, "tickmark_scrape_encode_seconds_count"), 1);
    for line in FRESH.lines().filter(|line| !line.contains("tickmark_scrape_bytes")) {
        let name = line.rsplit_once(' ').map_or(line, |(name, _)| name);
        assert!(page.contains(name), "{name} is missing in {page}");
    }
    // They end with their endpoint.
    drop(endpoint);
    assert!(!String::from_utf8(page_of(&registry)).unwrap().contains("tickmark_scrapes_total"));
}

#[test]
fn self_metrics_can_be_disabled() {
    let registry = Registry::new();
    let endpoint = ScrapeEndpoint::builder().self_metrics(false).build(&registry).unwrap();
    drop(respond(&endpoint, get()));
    assert_eq!(page_of(&registry), b"");
}

#[test]
fn endpoint_does_not_keep_its_registry() {
    let registry = small();
    let alive = std::sync::Arc::new(());
    let watched = std::sync::Arc::downgrade(&alive);
    registry.register_collector("watched", move |_: &mut Collection| _ = &alive).unwrap();
    drop((ScrapeEndpoint::new(&registry), registry));
    assert_eq!(watched.strong_count(), 0, "the endpoint does not keep its registry alive");
}
