//! A page of known series allocates its chunks only.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

use allocation_counter::measure;
use tickmark::{Bounds, Registry, Scale};
use tickmark_text::{Encoder, Escaping, Format, NameFilter, accepts_gzip};

#[test]
fn pages_of_known_series_allocate_chunks_only() {
    let registry = Registry::new();
    let requests = registry.counter_family("requests", "R.", ["method", "route"]).unwrap();
    let open = registry.gauge_family("open", "O.", ["method"]).unwrap();
    let bounds = Bounds::new(Scale::Nanos, &[0.005, 0.01, 0.1, 1.0]).unwrap();
    let latency =
        registry.histogram_family("latency_seconds", "L.", ["method", "route"], &bounds).unwrap();
    let record = || {
        for route in ["/", "/a\"b", "/a\\b", "/a\nb"] {
            requests.with(["GET", route]).inc();
            open.with(["GET"]).set(-7);
            latency.with(["GET", route]).observe(12_345_678);
        }
    };
    let encoder = Encoder::new(&registry);

    record();
    let first = measure(|| drop(encoder.encode()));
    assert!(first.count_total > 2, "the allocator counts");

    for format in FORMATS {
        drop(encoder.encode_as(format));
        for _ in 0..100 {
            record();
            // The chunk allocates once, the end of the page does not allocate.
            let mut page = encoder.page(format, NameFilter::default());
            let chunk = measure(|| assert!(page.next().is_some_and(|chunk| !chunk.is_empty())));
            assert_eq!(chunk.count_total, 1);
            let end = measure(|| assert_eq!(page.next(), None));
            assert_eq!(end.count_total, 0);
        }
    }
}

const FORMATS: [Format; 3] =
    [Format::Text0_0_4, Format::OpenMetrics1_0(None), Format::Text1_0_0(Escaping::AllowUtf8)];

#[test]
fn memory_does_not_grow_with_the_page() {
    let registry = Registry::new();
    let requests = registry.counter_family("requests", "R.", ["route"]).unwrap();
    requests.set_series_limit(100_000);
    let encoder = Encoder::new(&registry);
    let pages = || {
        encoder
            .page(Format::Text0_0_4, NameFilter::default())
            .map(|chunk| chunk.len())
            .sum::<usize>()
    };
    for route in 0..10_000 {
        requests.with([&route.to_string()]).inc();
    }
    let few = measure(|| assert!(pages() > 0));
    for route in 10_000..100_000 {
        requests.with([&route.to_string()]).inc();
    }
    // The first page of the new series makes the engine keep 17 bytes for each.
    assert!(pages() > 2_000_000);
    let many = measure(|| assert!(pages() > 2_000_000));
    assert!(few.bytes_max < 1_100_000, "{few:?}");
    // One chunk, and nothing kept.
    assert!(many.bytes_max < 80_000, "{many:?}");
    assert!(many.bytes_current <= 0, "{many:?}");
}

const SERIES: usize = 100_000;

/// Creates a hundred thousand series. Asserts that their first page keeps this many bytes
/// for each, and a megabyte in all.
fn check_kept(registry: &Registry, series_bytes: usize, create: impl Fn(&str)) {
    const ENCODER_BYTES: usize = 1_100_000;
    (0..SERIES).for_each(|route| create(&route.to_string()));
    let encoder = Encoder::new(registry);
    let pages =
        || assert!(encoder.page(Format::Text0_0_4, NameFilter::default()).map(drop).count() > 10);
    let (first, second) = (measure(pages), measure(pages));
    let kept = usize::try_from(first.bytes_current).unwrap();
    let least = SERIES * series_bytes * 9 / 10;
    assert!(
        (least..SERIES * series_bytes + ENCODER_BYTES).contains(&kept),
        "{series_bytes}: {first:?}"
    );
    assert!(second.bytes_current <= 0 && second.bytes_max < 100_000, "{second:?}");
}

/// 17 bytes for each counter and gauge, as the docs of `Encoder::page` state. None for a
/// histogram.
#[test]
fn first_page_keeps_seventeen_bytes_per_series() {
    let registry = Registry::new();
    let counters = registry.counter_family("counters", "C.", ["route"]).unwrap();
    let gauges = registry.gauge_family("gauges", "G.", ["route"]).unwrap();
    let bounds = Bounds::new(Scale::One, &[1.0]).unwrap();
    let histograms = registry.histogram_family("histograms", "H.", ["route"], &bounds).unwrap();
    counters.set_series_limit(SERIES);
    gauges.set_series_limit(SERIES);
    histograms.set_series_limit(SERIES);
    check_kept(&registry, 17, |route| counters.with([route]).inc());
    check_kept(&registry, 17, |route| gauges.with([route]).set(1));
    check_kept(&registry, 0, |route| drop(histograms.with([route])));
}

#[test]
fn memory_of_a_long_series_is_freed() {
    let registry = Registry::new();
    let requests = registry.counter_family("requests", "R.", ["route"]).unwrap();
    for route in 0..1_000 {
        requests.with([&format!("{route:0>100}")]).inc();
    }
    let encoder = Encoder::new(&registry);
    let pages = || {
        drop(encoder.encode());
        drop(encoder.page(Format::Text0_0_4, NameFilter::default()).collect::<Vec<_>>());
    };
    pages();
    let kept = measure(|| {
        for length in [150_000, 6_000, 2 << 20] {
            requests.with([&"\"".repeat(length)]).inc();
            pages();
            assert!(requests.remove([&"\"".repeat(length)]));
            pages();
        }
    });
    assert!(kept.bytes_max > 4 << 20, "{kept:?}");
    assert!(kept.bytes_current < 500_000, "{kept:?}");
}

#[test]
fn negotiation_allocates_nothing() {
    let long = "text/plain;q=\"0.5\",*/*;q=0,".repeat(1_000);
    let headers =
        [b"application/openmetrics-text;version=\"1.0.0\";escaping=x".as_slice(), long.as_bytes()];
    let negotiated =
        measure(|| assert_eq!(Format::negotiate(headers).escaping(), Escaping::Underscores));
    let compressed = measure(|| assert!(!accepts_gzip(headers)));
    assert_eq!((negotiated.count_total, compressed.count_total), (0, 0));
}
