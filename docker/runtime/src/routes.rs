//! What the service does: one small handler per route.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Query};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::StreamExt;
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};
use tickmark_ws::WsMetrics;

use crate::websocket;

/// The measured routes. axum cannot list a router's routes, so they are named
/// here once more: the metrics then show them from the start, at 0.
pub(crate) const MEASURED: [(Method, &str); 12] = [
    (Method::GET, "/"),
    (Method::GET, "/hello/{name}"),
    (Method::GET, "/users/{id}"),
    (Method::PUT, "/users/{id}"),
    (Method::POST, "/echo"),
    (Method::GET, "/slow"),
    (Method::GET, "/work"),
    (Method::GET, "/status/{code}"),
    (Method::GET, "/stream"),
    (Method::GET, "/panic"),
    (Method::GET, "/api/v1/items/{item}"),
    (Method::GET, websocket::PATH),
];

/// For whoever watches over the process; not measured.
pub(crate) const HEALTH: &str = "/health";

/// An echo is held in memory, so it needs an end: room for every size bucket.
const ECHO_LIMIT: usize = 16 << 20;

/// The largest number that a chunk of 17 bytes has room for.
const CHUNKS_LIMIT: u64 = 9_999_999_999;

const SLOW_LIMIT: Duration = Duration::from_secs(10);

/// One or two milliseconds: all that a handler should compute without a pause.
const ROUNDS_LIMIT: u32 = 1_000_000;

/// The measured routes. WebSocket connections are measured if there are metrics.
pub(crate) fn router(front_page: Html<String>, connections: Option<WsMetrics>) -> Router {
    let echo = post(echo).layer(DefaultBodyLimit::max(ECHO_LIMIT));
    Router::new()
        .route("/", get(front_page))
        .route("/hello/{name}", get(hello))
        .route("/users/{id}", get(user).put(user))
        .route("/echo", echo)
        .route("/slow", get(slow))
        .route("/work", get(work))
        .route("/status/{code}", get(status))
        .route("/stream", get(chunks))
        .route("/panic", get(panics))
        .nest("/api/v1", Router::new().route("/items/{item}", get(item)))
        .route(websocket::PATH, get(websocket::upgrade).with_state(connections))
}

/// Whether the service itself answers `path`.
pub(crate) fn is_route(path: &str) -> bool {
    let templates = MEASURED.iter().map(|(_, template)| *template);
    templates.chain([HEALTH]).any(|template| matches(template, path))
}

fn matches(template: &str, path: &str) -> bool {
    template.split('/').count() == path.split('/').count()
        && template.split('/').zip(path.split('/')).all(|(expected, found)| {
            expected == found || (expected.starts_with('{') && !found.is_empty())
        })
}

/// What this is, and where its metrics are.
pub(crate) fn front_page_with_link(metrics: &str) -> Html<String> {
    front_page(&format!("<a href=\"{metrics}\">metrics</a>"))
}

/// The same where nobody knows under which address whoever reads this would reach the
/// metrics, if at all.
pub(crate) fn front_page_without_link(metrics_port: u16) -> Html<String> {
    front_page(&format!("metrics, at port {metrics_port} for those who may scrape them,"))
}

fn front_page(metrics: &str) -> Html<String> {
    Html(format!(
        "<!doctype html>\n<title>tickmark runtime</title>\n\
         <p>A small service that shows the tickmark metrics library at work.\n\
         <p>Its {metrics} count every request but health checks and scrapes.\n"
    ))
}

async fn hello(Path(name): Path<String>) -> String {
    format!("Hello, {name}!")
}

async fn user(Path(id): Path<String>) -> Result<Json<Value>, StatusCode> {
    // Compared, not parsed: no number is too long to be an id.
    if id.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(Json(json!({ "id": id })))
    } else {
        Err(StatusCode::BAD_REQUEST)
    }
}

async fn echo(headers: HeaderMap, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    if let Some(kind) = headers.get(CONTENT_TYPE) {
        let _none = response.headers_mut().insert(CONTENT_TYPE, kind.clone());
    }
    response
}

#[derive(Deserialize)]
struct Slow {
    ms: u64,
}

async fn slow(Query(Slow { ms }): Query<Slow>) -> StatusCode {
    let wait = Duration::from_millis(ms);
    if wait > SLOW_LIMIT {
        return StatusCode::BAD_REQUEST;
    }
    tokio::time::sleep(wait).await;
    StatusCode::OK
}

#[derive(Deserialize)]
struct Work {
    rounds: u32,
}

/// Computes, always as much for the same number: what a bench sets beside the cost of the
/// metrics.
async fn work(Query(Work { rounds }): Query<Work>) -> Result<String, StatusCode> {
    if rounds > ROUNDS_LIMIT {
        return Err(StatusCode::BAD_REQUEST);
    }
    // Marsaglia's xorshift: each round waits for the one before.
    let number = (0..rounds).fold(1_u64, |x, _| {
        let x = x ^ (x << 13);
        let x = x ^ (x >> 7);
        x ^ (x << 17)
    });
    Ok(format!("{number:016x}\n"))
}

async fn status(Path(code): Path<String>) -> StatusCode {
    // As StatusCode reads it: three digits, no sign.
    match StatusCode::from_bytes(code.as_bytes()).map(|status| status.as_u16()) {
        Ok(code @ 200..=599) => StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_REQUEST),
        _ => StatusCode::BAD_REQUEST,
    }
}

#[derive(Deserialize)]
struct Chunks {
    chunks: u64,
    #[serde(default)]
    delay_ms: u64,
}

async fn chunks(Query(Chunks { chunks, delay_ms }): Query<Chunks>) -> Response {
    if chunks > CHUNKS_LIMIT {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let body = stream::iter(1..=chunks).then(move |number| async move {
        // A sleep lasts a millisecond even for 0, and the first chunk waits for none.
        if number > 1 && delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        }
        Ok::<_, Infallible>(format!("chunk {number:010}\n"))
    });
    Body::from_stream(body).into_response()
}

#[expect(clippy::panic, reason = "it is this route's purpose")]
async fn panics() {
    panic!("asked to by a request for /panic");
}

async fn item(Path(item): Path<String>) -> Json<Value> {
    Json(json!({ "item": item }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_route_if_a_template_matches_it() {
        for path in ["/", "/health", "/echo", "/work", "/users/7", "/api/v1/items/metrics"] {
            assert!(is_route(path), "{path}");
        }
        for path in ["/metrics", "/health/", "/users/", "/users", "/api/v1/items", "//"] {
            assert!(!is_route(path), "{path}");
        }
    }
}
