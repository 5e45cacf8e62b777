//! A page of series that were on an earlier one allocates nothing.

use allocation_counter::measure;
use tickmark::{Bounds, Registry, Scale};
use tickmark_text::{Encoder, Escaping, Format, accepts_gzip};

#[test]
fn pages_of_known_series_allocate_nothing() {
    let registry = Registry::new();
    let requests = registry.counter_family("requests", "R.", ["method", "route"]).unwrap();
    let open = registry.gauge_family("open", "O.", ["method"]).unwrap();
    let bounds = Bounds::new(Scale::Nanos, &[0.005, 0.01, 0.1, 1.0]).unwrap();
    let latency = registry.histogram_family("latency_seconds", "L.", ["method", "route"], &bounds).unwrap();
    let record = || {
        for route in ["/", "/a\"b", "/a\\b", "/a\nb"] {
            requests.with(["GET", route]).inc();
            open.with(["GET"]).set(-7);
            latency.with(["GET", route]).observe(12_345_678);
        }
    };
    let mut encoder = Encoder::new(registry);

    record();
    let first = measure(|| drop(encoder.encode()));
    assert!(first.count_total > 0, "the allocator counts");

    for _ in 0..100 {
        record();
        let later = measure(|| drop(encoder.encode()));
        assert_eq!((later.count_total, later.bytes_total), (0, 0));
    }
}

#[test]
fn a_page_that_is_still_held_costs_one_buffer() {
    let registry = Registry::new();
    let requests = registry.counter_family("requests", "R.", ["route"]).unwrap();
    for route in 0..1_000 {
        requests.with([&route.to_string()]).inc();
    }
    let mut encoder = Encoder::new(registry);
    let held = encoder.encode();
    // The buffer, and what makes it shareable when it is cut off.
    assert!(measure(|| assert_eq!(encoder.encode(), held)).count_total <= 2);
}

#[test]
fn negotiation_allocates_nothing() {
    let long = "text/plain;q=\"0.5\",*/*;q=0,".repeat(1_000);
    let headers = [b"application/openmetrics-text;version=\"1.0.0\";escaping=x".as_slice(), long.as_bytes()];
    let negotiated = measure(|| assert_eq!(Format::negotiate(headers).escaping(), Escaping::Underscores));
    let compressed = measure(|| assert!(!accepts_gzip(headers)));
    assert_eq!((negotiated.count_total, compressed.count_total), (0, 0));
}
