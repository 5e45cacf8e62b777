//! The memory of sending a page is independent of its length.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

use std::task::{Context, Poll, Waker};

use http::Request;
use http_body::Body;
use tickmark::Registry;
use tickmark_http::ScrapeEndpoint;

fn registry(series_count: u32) -> Registry {
    let registry = Registry::new();
    let family = registry.counter_family("requests", "Requests.", ["number"]).unwrap();
    family.set_series_limit(series_count as usize);
    (0..series_count).for_each(|number| family.with([&number.to_string()]).inc());
    registry
}

/// Returns the peak of memory during one page, above that at its start, and its length.
fn most_for_a_page(endpoint: &ScrapeEndpoint, encoding: &str) -> (u64, usize) {
    let request = Request::get("/metrics").header("accept-encoding", encoding).body(()).unwrap();
    let mut length = 0;
    let allocated = allocation_counter::measure(|| {
        let mut body = Box::pin(endpoint.respond(&request).into_body());
        let mut context = Context::from_waker(Waker::noop());
        loop {
            match body.as_mut().poll_frame(&mut context) {
                Poll::Ready(Some(frame)) => length += frame.unwrap().into_data().unwrap().len(),
                Poll::Ready(None) => break,
                Poll::Pending => {}
            }
        }
    });
    (allocated.bytes_max, length)
}

#[test]
fn page_memory_is_independent_of_series_count() {
    let (small, large) = (registry(2_000), registry(200_000));
    let (small, large) = (ScrapeEndpoint::new(&small), ScrapeEndpoint::new(&large));
    for (encoding, most) in [("identity", 400 << 10), ("gzip", 1 << 20)] {
        // The first page creates the encoder's state of each series.
        _ = (most_for_a_page(&small, encoding), most_for_a_page(&large, encoding));
        let (small, large) = (most_for_a_page(&small, encoding), most_for_a_page(&large, encoding));
        assert!(large.1 > 50 * small.1, "{encoding}: {small:?} and {large:?} bytes");
        assert!(
            large.0 <= most && large.0 <= small.0 + (192 << 10),
            "{encoding}: {small:?} and {large:?}"
        );
    }
}
