//! From a request to a query: a real Prometheus knows the requests of real clients to the
//! running service, series by series.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use tickmark_tests::by_hand;
use tickmark_tests::client::{Call, Client};
use tickmark_tests::conversations;
use tickmark_tests::engine;
use tickmark_tests::exchange::Exchange;
use tickmark_tests::process::wait_for;
use tickmark_tests::prometheus::{self, Prometheus, Scrape};
use tickmark_tests::say_skipped;
use tickmark_tests::scrapes;
use tickmark_tests::service::{KNOWN, Service};
use tickmark_tests::tally::Tally;

const CLIENTS: usize = 4;
const ROUNDS: usize = 10;

#[test]
fn prometheus_agrees_with_the_clients() {
    if !prometheus::available() {
        return say_skipped("prometheus and promtool are not installed");
    }
    let service = Service::start();
    let prometheus = Prometheus::start(service.addr());
    let mut tally = Tally::new("emmett_", &KNOWN);

    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(|| make_calls(&service))).collect();
        for client in clients {
            tally.add(client.join().unwrap());
        }
    });
    assert!(tally.exchanges() > 1_000, "{}", tally.exchanges());
    for _ in 0..ROUNDS {
        tally.add_conversations(conversations::hold(&service));
    }
    tally.add(by_hand::send_unread_bodies(&service));
    tally.add(by_hand::cancel_before_the_head(&service, 5));
    tally.add(by_hand::leave_in_mid_stream(&service, 3));

    // The service notices with a delay that a client has gone.
    wait_for("scrape of a service at rest", || {
        let scraped = prometheus.scrape().series;
        let gauges = ["emmett_http_requests_in_flight", "emmett_ws_connections_active"];
        let is_under_way = |series: &str| gauges.iter().any(|gauge| series.starts_with(gauge));
        let mut under_way = scraped.iter().filter(|(series, _)| is_under_way(series));
        under_way.all(|(_, count)| *count == 0.0).then_some(())
    });
    let Scrape { series, number } = prometheus.scrape();
    let (about_scrapes, scraped): (BTreeMap<_, _>, _) =
        series.into_iter().partition(|(series, _)| is_about_scrapes(series));
    check_scrapes(&about_scrapes, scraped.len());
    let (own, scraped): (BTreeMap<_, _>, _) =
        scraped.into_iter().partition(|(series, _)| engine::is_own(series));
    assert_eq!(engine::expected(&scraped).differences(&own), [""; 0]);
    let (counted, scraped) =
        scraped.into_iter().partition(|(series, _)| series.starts_with("tickmark_"));
    assert_eq!(scrapes::expected(number, service.reads()).differences(&counted), [""; 0]);
    assert_eq!(tally.expected().differences(&scraped), [""; 0]);
    assert_eq!(prometheus.complaints(), [""; 0]);

    let checked = prometheus::check_metrics(&service.metrics());
    assert!(
        checked.status.success() && checked.stdout.is_empty() && checked.stderr.is_empty(),
        "{checked:?}"
    );
}

/// Whether this series is one that Prometheus itself adds to every target.
fn is_about_scrapes(series: &str) -> bool {
    series == "up" || series.starts_with("scrape_")
}

/// The last scrape took all of the page, and nothing that was missing before.
fn check_scrapes(about_scrapes: &BTreeMap<String, f64>, series: usize) {
    let of = |name: &str| about_scrapes[name].to_string();
    assert_eq!(of("up"), "1");
    assert_eq!(of("scrape_samples_scraped"), series.to_string());
    assert_eq!(of("scrape_samples_post_metric_relabeling"), series.to_string());
    assert_eq!(of("scrape_series_added"), "0");
}

/// One client's share: every route, in every documented way.
fn make_calls(service: &Service) -> Vec<Exchange> {
    let client = Client::new(service.addr());
    let rounds = (0..ROUNDS).flat_map(round);
    let large = [1_000_000, 1_000_001, 10_000_001];
    let large = large.map(|size| Call::new("POST", "/echo", "/echo").body(size).reply(size));
    let slow = [0, 1, 30, 60, 300].map(|ms| {
        let wait = Duration::from_millis(ms);
        Call::new("GET", format!("/slow?ms={ms}"), "/slow").reply(0).at_least(wait)
    });
    let calls: Vec<_> = rounds.chain(large).chain(slow).collect();
    calls.iter().map(|call| client.make(call)).collect()
}

fn round(number: usize) -> Vec<Call> {
    let name = "n".repeat(number);
    let hello = "/hello/{name}";
    let user = format!("/users/{number}");
    let mut calls = vec![
        Call::new("GET", "/", "/"),
        Call::new("HEAD", "/", "/").reply(0),
        Call::new("GET", format!("/hello/x{name}"), hello).reply("Hello, x!".len() + number),
        Call::new("GET", "/hello/%E2%82%AC", hello).reply("Hello, €!".len()),
        Call::new("GET", "/hello/%FF", hello).status(400),
        Call::new("HEAD", "/hello/head", hello).reply(0),
        Call::new("GET", user.clone(), "/users/{id}").reply(r#"{"id":"0"}"#.len()),
        Call::new("PUT", user, "/users/{id}").body(0).reply(r#"{"id":"0"}"#.len()),
        Call::new("GET", "/users/me", "/users/{id}").status(400).reply(0),
        Call::new("POST", "/users/1", "/users/{id}").body(0).status(405).reply(0),
        Call::new("GET", "/echo", "/echo").status(405).reply(0),
        Call::new("BREW", "/echo", "/echo").status(405).reply(0),
        Call::new("POST", "/echo", "/echo").chunked(1_000 * number).reply(1_000 * number),
        Call::new("GET", "/slow?ms=10001", "/slow").status(400).reply(0),
        Call::new("GET", "/slow?ms=soon", "/slow").status(400),
        Call::new("GET", "/work?rounds=100", "/work").reply(17),
        Call::new("GET", "/panic", "/panic").status(500),
        Call::new("GET", "/api/v1/items/box", "/api/v1/items/{item}")
            .reply(r#"{"item":"box"}"#.len()),
        Call::new("GET", "/api/v1/nothing", "unmatched").status(404).reply(0),
        Call::new("GET", format!("/nothing/{number}"), "unmatched").status(404).reply(0),
        Call::new("DELETE", "/.env", "unmatched").status(404).reply(0),
        Call::new("HEAD", "/stream?chunks=3", "/stream").reply(0),
    ];
    let statuses = [200, 201, 204, 302, 304, 404, 418, 429, 500, 503, 599];
    calls.extend(statuses.map(|code| {
        Call::new("GET", format!("/status/{code}"), "/status/{code}").status(code).reply(0)
    }));
    let refused = ["101", "199", "600", "0200", "+200", "ok"];
    calls.extend(refused.map(|code| {
        Call::new("GET", format!("/status/{code}"), "/status/{code}").status(400).reply(0)
    }));
    let sizes = [0, 1, 99, 100, 101, 1_000, 1_001, 10_000, 65_537, 100_001];
    calls.extend(sizes.map(|size| Call::new("POST", "/echo", "/echo").body(size).reply(size)));
    calls.extend([0, 1, number, 60, 6_000].map(|chunks| {
        let target = format!("/stream?chunks={chunks}&delay_ms={}", u8::from(chunks < 10));
        Call::new("GET", target, "/stream").reply(17 * chunks)
    }));
    calls
}
