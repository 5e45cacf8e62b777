//! The test service: its routes and the actions of their handlers. Each host routes to
//! them in its framework's way.

use std::future::pending;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, UPGRADE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tickmark_http::{HttpMetrics, RouteId, detached, set_route};
use tokio::sync::Semaphore;

use crate::hosts::Host;
use crate::script::{Script, Step};

pub(crate) type Answer = Response<Script>;

/// State shared by the handlers.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) host: Host,
    pub(crate) metrics: HttpMetrics,
    /// Whether the service is called with counted bodies.
    pub(crate) counts_uploads: bool,
    /// The labels that `/says` sets.
    pub(crate) labels: Arc<[RouteId]>,
    /// The permits of `/gate`, one per request.
    pub(crate) gate: Arc<Semaphore>,
}

/// A route for GET and HEAD whose handler ignores the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Waits,
    Gate,
    Full,
    Chunks,
    Events,
    Broken,
    Bursts,
    PanicsAtOnce,
    PanicsLater,
    NoContent,
    NotModified,
    EarlyHints,
    Declared,
    DeclaredPending,
    DeclaredEmpty,
    Short,
    ShortOfAll,
    Long,
    Trailers,
    Big,
    Says,
    SaysInATask,
    Calls,
    CallsDetached,
}

impl Route {
    pub(crate) const ALL: [Self; 24] = [
        Self::Waits,
        Self::Gate,
        Self::Full,
        Self::Chunks,
        Self::Events,
        Self::Broken,
        Self::Bursts,
        Self::PanicsAtOnce,
        Self::PanicsLater,
        Self::NoContent,
        Self::NotModified,
        Self::EarlyHints,
        Self::Declared,
        Self::DeclaredPending,
        Self::DeclaredEmpty,
        Self::Short,
        Self::ShortOfAll,
        Self::Long,
        Self::Trailers,
        Self::Big,
        Self::Says,
        Self::SaysInATask,
        Self::Calls,
        Self::CallsDetached,
    ];

    /// A slash and one segment.
    pub(crate) fn template(self) -> &'static str {
        match self {
            Self::Waits => "/waits",
            Self::Gate => "/gate",
            Self::Full => "/full",
            Self::Chunks => "/chunks",
            Self::Events => "/events",
            Self::Broken => "/broken",
            Self::Bursts => "/bursts",
            Self::PanicsAtOnce => "/panics-at-once",
            Self::PanicsLater => "/panics-later",
            Self::NoContent => "/no-content",
            Self::NotModified => "/not-modified",
            Self::EarlyHints => "/early-hints",
            Self::Declared => "/declared",
            Self::DeclaredPending => "/declared-pending",
            Self::DeclaredEmpty => "/declared-empty",
            Self::Short => "/short",
            Self::ShortOfAll => "/short-of-all",
            Self::Long => "/long",
            Self::Trailers => "/trailers",
            Self::Big => "/big",
            Self::Says => "/says",
            Self::SaysInATask => "/says-in-a-task",
            Self::Calls => "/calls",
            Self::CallsDetached => "/calls-detached",
        }
    }

    pub(crate) async fn answer(self, context: Context) -> Answer {
        match self {
            Self::Waits => pending().await,
            Self::Gate => {
                context.gate.acquire().await.unwrap().forget();
                text("12345")
            }
            Self::Full => text("12345"),
            Self::Chunks => stream([Step::Data("123"), Step::Data("4567"), Step::Data("89")]),
            Self::Events => stream([Step::Data("12345"), Step::Never]),
            Self::Broken => stream([Step::Data("123"), Step::Pause, Step::Error]),
            Self::Bursts => stream([Step::Data("123"), Step::Pause, Step::Panic]),
            Self::PanicsAtOnce => panic!("the handler panics, as intended"),
            Self::PanicsLater => {
                tokio::task::yield_now().await;
                panic!("the handler panics, as intended")
            }
            Self::NoContent => with_status(StatusCode::NO_CONTENT, text("never sent")),
            Self::NotModified => {
                with_status(StatusCode::NOT_MODIFIED, stream([Step::Data("12345"), Step::Never]))
            }
            Self::EarlyHints => {
                with_status(StatusCode::EARLY_HINTS, stream([Step::Data("12345"), Step::Never]))
            }
            Self::Declared => declared(stream([Step::Data("123"), Step::Data("45")])),
            Self::DeclaredPending => declared(stream([Step::Data("12345"), Step::Never])),
            Self::DeclaredEmpty => declared(text("")),
            Self::Short => declared(stream([Step::Data("123"), Step::Pause])),
            Self::ShortOfAll => declared(stream([Step::Pause])),
            Self::Long => {
                declared(stream([Step::Data("123"), Step::Data("4567"), Step::Data("89")]))
            }
            Self::Trailers => stream([Step::Data("123"), Step::Data("4567"), Step::Trailers]),
            Self::Big => text("x".repeat(10_000)),
            Self::Says => says(&context),
            Self::SaysInATask => says_in_a_task(context).await,
            Self::Calls => calls(&context).await,
            Self::CallsDetached => detached(async move { calls(&context).await }).await,
        }
    }
}

pub(crate) fn text(text: impl Into<Bytes>) -> Answer {
    Response::new(Script::whole(text))
}

pub(crate) fn status(code: StatusCode) -> Answer {
    with_status(code, text(""))
}

fn with_status(code: StatusCode, mut answer: Answer) -> Answer {
    *answer.status_mut() = code;
    answer
}

fn stream(steps: impl IntoIterator<Item = Step>) -> Answer {
    Response::new(Script::Steps(steps.into_iter().collect()))
}

/// Declares a body of 5 bytes.
fn declared(mut answer: Answer) -> Answer {
    _ = answer.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("5"));
    answer
}

/// Sets the labels one by one, and responds with which were accepted.
fn says(context: &Context) -> Answer {
    text(context.labels.iter().map(|label| format!("{} ", set_route(*label))).collect::<String>())
}

/// Sets the first label in a task of its own, and the rest after that.
async fn says_in_a_task(context: Context) -> Answer {
    let refused = context.labels[0];
    let in_task = tokio::spawn(async move { set_route(refused) }).await.unwrap();
    let here = context.labels[1..]
        .iter()
        .map(|label| format!("{} ", set_route(*label)))
        .collect::<String>();
    text(format!("{in_task} {here}"))
}

/// Calls an instrumented service, and responds with its status.
async fn calls(context: &Context) -> Answer {
    status(context.host.call_in_process(context.metrics).await)
}

/// The response of `/upgrade`: an echo, if requested.
pub(crate) fn upgrade(headers: &HeaderMap, upgrade: Option<OnUpgrade>) -> Answer {
    let (Some(upgrade), Some(_)) = (upgrade, headers.get(UPGRADE)) else {
        return status(StatusCode::UPGRADE_REQUIRED);
    };
    let mut answer = tunnel(upgrade);
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    _ = answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
    _ = answer.headers_mut().insert(UPGRADE, HeaderValue::from_static("echo"));
    answer
}

/// Echoes all data.
fn tunnel(upgrade: OnUpgrade) -> Answer {
    drop(tokio::spawn(async move {
        // Fails if the client is gone.
        if let Ok(upgraded) = upgrade.await {
            let (mut reader, mut writer) = tokio::io::split(TokioIo::new(upgraded));
            _ = tokio::io::copy(&mut reader, &mut writer).await;
        }
    }));
    // Its body is never sent.
    stream([Step::Data("12345"), Step::Never])
}

/// The response to CONNECT: an echo, or a 403 if requested.
pub(crate) fn connect(headers: &HeaderMap, on_upgrade: OnUpgrade) -> Answer {
    if headers.contains_key("x-refuse") {
        with_status(StatusCode::FORBIDDEN, text("no"))
    } else {
        tunnel(on_upgrade)
    }
}

/// The response of `/items/{id}` to an id as in the path, which must be UTF-8.
pub(crate) fn item(id: &str) -> Answer {
    match percent_encoding::percent_decode_str(id).decode_utf8() {
        Ok(_) => text("an item"),
        Err(_) => status(StatusCode::BAD_REQUEST),
    }
}
