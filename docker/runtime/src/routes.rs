//! The routes of the service, one small handler each.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::handler::Handler;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{self, MethodRouter};
use axum::{Json, Router};
use futures_util::StreamExt;
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::websocket;

/// The health check. It is not measured.
pub(crate) const HEALTH: &str = "/health";

/// The limit of an echo, which is held in memory. It reaches every size bucket.
const ECHO_LIMIT: usize = 16 << 20;

/// The largest number that fits in a chunk of 17 bytes.
const CHUNKS_LIMIT: u64 = 9_999_999_999;

const SLOW_LIMIT: Duration = Duration::from_secs(10);

/// One or two milliseconds: as long as a handler should compute without yielding.
const ROUNDS_LIMIT: u32 = 1_000_000;

/// A measured route.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) template: &'static str,
    handler: MethodRouter<App>,
}

/// Returns all measured routes.
pub(crate) fn measured() -> [Route; 12] {
    let echo = echo.layer(DefaultBodyLimit::max(ECHO_LIMIT));
    [
        get("/", front_page),
        get("/hello/{name}", hello),
        get("/users/{id}", user),
        put("/users/{id}", user),
        post("/echo", echo),
        get("/slow", slow),
        get("/work", work),
        get("/status/{code}", status),
        get("/stream", chunks),
        get("/panic", panics),
        get("/api/v1/items/{item}", item),
        get(websocket::PATH, websocket::upgrade),
    ]
}

fn get<T: 'static>(template: &'static str, handler: impl Handler<T, App>) -> Route {
    Route { method: Method::GET, template, handler: routing::get(handler) }
}

fn put<T: 'static>(template: &'static str, handler: impl Handler<T, App>) -> Route {
    Route { method: Method::PUT, template, handler: routing::put(handler) }
}

fn post<T: 'static>(template: &'static str, handler: impl Handler<T, App>) -> Route {
    Route { method: Method::POST, template, handler: routing::post(handler) }
}

/// Returns a router of the measured routes.
pub(crate) fn router(app: App) -> Router {
    let add = |router: Router<App>, route: Route| router.route(route.template, route.handler);
    measured().into_iter().fold(Router::new(), add).with_state(app)
}

/// Returns whether the service itself answers `path`.
pub(crate) fn is_route(path: &str) -> bool {
    let templates = measured().map(|route| route.template);
    templates.into_iter().chain([HEALTH]).any(|template| matches(template, path))
}

fn matches(template: &str, path: &str) -> bool {
    template.split('/').count() == path.split('/').count()
        && template.split('/').zip(path.split('/')).all(|(expected, found)| {
            expected == found || (expected.starts_with('{') && !found.is_empty())
        })
}

/// Returns the front page, with a link to the metrics.
pub(crate) fn front_page_with_link(metrics: &str) -> Arc<str> {
    page(&format!("<a href=\"{metrics}\">metrics</a>"))
}

/// Returns the front page without a link, for metrics at an address that its readers
/// cannot use.
pub(crate) fn front_page_without_link(metrics_port: u16) -> Arc<str> {
    page(&format!("metrics, at port {metrics_port} for scrapers,"))
}

fn page(metrics: &str) -> Arc<str> {
    format!(
        "<!doctype html>\n<title>tickmark runtime</title>\n\
         <p>A small service that shows the tickmark metrics library at work.\n\
         <p>Its {metrics} count every request except health checks and scrapes.\n"
    )
    .into()
}

async fn front_page(State(app): State<App>) -> Html<String> {
    Html(app.front_page.as_ref().to_owned())
}

async fn hello(Path(name): Path<String>) -> String {
    format!("Hello, {name}!")
}

async fn user(Path(id): Path<String>) -> Result<Json<Value>, StatusCode> {
    // Compared, not parsed: an id has no maximum length.
    if id.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(Json(json!({ "id": id })))
    } else {
        Err(StatusCode::BAD_REQUEST)
    }
}

async fn echo(headers: HeaderMap, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    if let Some(kind) = headers.get(CONTENT_TYPE) {
        _ = response.headers_mut().insert(CONTENT_TYPE, kind.clone());
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

/// Computes for a fixed time per round. A benchmark compares the cost of the metrics with
/// it.
async fn work(Query(Work { rounds }): Query<Work>) -> Result<String, StatusCode> {
    if rounds > ROUNDS_LIMIT {
        return Err(StatusCode::BAD_REQUEST);
    }
    // Marsaglia's xorshift: each round depends on the one before.
    let number = (0..rounds).fold(1_u64, |x, _| {
        let x = x ^ (x << 13);
        let x = x ^ (x >> 7);
        x ^ (x << 17)
    });
    Ok(format!("{number:016x}\n"))
}

async fn status(Path(code): Path<String>) -> StatusCode {
    // StatusCode accepts three digits and no sign.
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
        // A sleep lasts a millisecond even for 0. The first chunk is not delayed.
        if number > 1 && delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        }
        Ok::<_, Infallible>(format!("chunk {number:010}\n"))
    });
    Body::from_stream(body).into_response()
}

#[expect(clippy::panic, reason = "the purpose of this route")]
async fn panics() {
    panic!("requested by GET /panic");
}

async fn item(Path(item): Path<String>) -> Json<Value> {
    Json(json!({ "item": item }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_match_a_template_are_routes() {
        for path in ["/", "/health", "/echo", "/work", "/users/7", "/api/v1/items/metrics"] {
            assert!(is_route(path), "{path}");
        }
        for path in ["/metrics", "/health/", "/users/", "/users", "/api/v1/items", "//"] {
            assert!(!is_route(path), "{path}");
        }
    }
}
