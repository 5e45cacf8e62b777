//! The rule that separates requests without a response from responses being sent, on a
//! page of the real service.

use serde_json::json;
use tickmark_tests::client::{Call, Client};
use tickmark_tests::process::wait_for;
use tickmark_tests::service::Service;
use tickmark_tests::{by_hand, conversations};

use crate::promtool::{assert_computed, expects, scraped};

/// Every kind of ended request.
fn end_requests(service: &Service) {
    _ = by_hand::cancel_before_the_head(service, 2);
    _ = by_hand::leave_in_mid_stream(service, 1);
    _ = by_hand::send_unread_bodies(service);
    _ = conversations::chat(service, 1);
    let client = Client::new(service.addr());
    for call in [
        Call::new("GET", "/hello/you", "/hello/{name}").reply(11),
        Call::new("HEAD", "/hello/you", "/hello/{name}").reply(0),
        Call::new("POST", "/echo", "/echo").body(100).reply(100),
        Call::new("GET", "/status/204", "/status/{code}").status(204).reply(0),
        Call::new("GET", "/nowhere", "unmatched").status(404).reply(0),
        Call::new("GET", "/panic", "/panic").status(500),
    ] {
        _ = client.make(&call);
    }
}

/// Waits until this many requests are in flight, and checks how many wait for a response.
fn assert_unanswered(service: &Service, in_flight: usize, unanswered: usize) {
    let gauge = format!("\nemmett_http_requests_in_flight{{method=\"GET\"}} {in_flight}\n");
    wait_for("requests in flight", || service.metrics().contains(&gauge).then_some(()));
    // Another page: the first may contain a request half ended.
    let page = service.metrics();
    let families = ["emmett_http_requests_", "emmett_http_response_size_bytes_count"];
    let samples =
        page.lines().filter(|line| families.iter().any(|family| line.starts_with(family)));
    let series = samples.map(|line| {
        let (series, value) = line.rsplit_once(' ').unwrap();
        (scraped(series), format!("{value}x120"))
    });
    let unanswered = json!([{"labels": "{}", "value": unanswered}]);
    let rule = "sum(job_instance:emmett_http_requests_unanswered:sum)";
    assert_computed(&series.collect(), &[expects(rule, &unanswered)]);
}

#[test]
fn only_requests_without_a_head_wait() {
    let service = Service::start();
    end_requests(&service);
    assert_unanswered(&service, 0, 0);
    let _streams = [by_hand::open_stream(&service), by_hand::open_stream(&service)];
    assert_unanswered(&service, 2, 0);
    let _slow = by_hand::ask_slowly(&service);
    assert_unanswered(&service, 3, 1);
}
