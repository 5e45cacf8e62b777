//! Scrapes: over real sockets served by plain hyper, and of bodies that are polled by
//! hand.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
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

/// One chunk in every format.
fn small() -> Registry {
    let registry = Registry::new();
    registry.counter("a", "A.").unwrap().add(3);
    registry
}

/// A registry with a page of many chunks: a kilobyte for each series.
fn large(series_count: usize) -> Registry {
    let registry = Registry::new();
    let family = registry.counter_family("large", "Large.", ["label"]).unwrap();
    family.set_series_limit(series_count);
    for number in 0..series_count {
        family.with([&format!("{number:x>1000}")]).add(number as u64);
    }
    registry
}

/// The same, of labels that are not compressed much.
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

/// An endpoint that leaves the registry as it is.
fn unmetered(registry: &Registry) -> ScrapeEndpoint {
    ScrapeEndpoint::builder().self_metrics(false).build(registry).unwrap()
}

/// The page as the encoder gives it at once.
fn page_of(registry: &Registry) -> Vec<u8> {
    Encoder::new(registry).encode().to_vec()
}

fn get() -> http::request::Builder {
    Request::get("/metrics")
}

fn respond(endpoint: &ScrapeEndpoint, request: http::request::Builder) -> Response<ScrapeBody> {
    endpoint.respond(&request.body(()).unwrap())
}

/// The answer without a server around the endpoint.
async fn answer(
    endpoint: &ScrapeEndpoint,
    request: http::request::Builder,
) -> Response<ScrapeBody> {
    let Ok(response) = endpoint.answer(&request.body(()).unwrap()).await;
    response
}

/// All of a body that ends as it should.
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
