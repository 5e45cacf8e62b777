//! Scrapes over sockets served by plain hyper, and with bodies polled by hand.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

mod answers;
mod client;
mod collectors;
mod gone;
mod http10;
mod limits;
mod metrics;
mod negotiation;
mod streaming;

use std::io::Read;

use flate2::read::GzDecoder;
use http::{Request, Response};
use http_body_util::BodyExt;
use tickmark::Registry;
use tickmark_http::{ScrapeBody, ScrapeEndpoint};
use tickmark_text::Encoder;

/// Returns a registry with a page of one chunk in every format.
fn small() -> Registry {
    let registry = Registry::new();
    registry.counter("a", "A.").unwrap().add(3);
    registry
}

/// Returns a registry with a page of many chunks: a kilobyte for each series.
fn large(series_count: usize) -> Registry {
    let registry = Registry::new();
    let family = registry.counter_family("large", "Large.", ["label"]).unwrap();
    family.set_series_limit(series_count);
    for number in 0..series_count {
        family.with([&format!("{number:x>1000}")]).add(number as u64);
    }
    registry
}

/// Returns such a registry with labels that compress badly.
fn random(series_count: u64) -> Registry {
    let registry = Registry::new();
    let family = registry.counter_family("random", "Random.", ["label"]).unwrap();
    family.set_series_limit(usize::MAX);
    let mut number = 1_u64;
    let mut digits = || {
        // Marsaglia's xorshift.
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
        format!("{number:016x}")
    };
    for _ in 0..series_count {
        family.with([&(0..60).map(|_| digits()).collect::<String>()]).inc();
    }
    registry
}

/// Returns an endpoint without metrics about scrapes.
fn unmetered(registry: &Registry) -> ScrapeEndpoint {
    ScrapeEndpoint::builder().self_metrics(false).build(registry).unwrap()
}

/// Returns the page that the encoder writes in one call.
fn page_of(registry: &Registry) -> Vec<u8> {
    Encoder::new(registry).encode().to_vec()
}

fn get() -> http::request::Builder {
    Request::get("/metrics")
}

fn respond(endpoint: &ScrapeEndpoint, request: http::request::Builder) -> Response<ScrapeBody> {
    endpoint.respond(&request.body(()).unwrap())
}

/// Returns the answer of the endpoint, without a server.
async fn answer(
    endpoint: &ScrapeEndpoint,
    request: http::request::Builder,
) -> Response<ScrapeBody> {
    let Ok(response) = endpoint.answer(&request.body(()).unwrap()).await;
    response
}

/// Returns all bytes of a complete body.
async fn whole(body: ScrapeBody) -> Vec<u8> {
    body.collect().await.unwrap().to_bytes().to_vec()
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut decoder = GzDecoder::new(bytes);
    let mut page = Vec::new();
    _ = decoder.read_to_end(&mut page).unwrap();
    assert_eq!(decoder.into_inner().len(), 0, "nothing follows the stream");
    page
}
