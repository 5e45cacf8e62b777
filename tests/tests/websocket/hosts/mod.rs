//! A server for each library.

mod axum;
mod fastwebsockets;
pub(crate) mod tungstenite;
mod warp;

use std::net::SocketAddr;

use tickmark::Registry;
use tickmark_http::HttpMetrics;
use tickmark_tests::recorded::{self, Recorded};
use tickmark_ws::WsMetrics;
use tokio::net::TcpListener;

use crate::client::{Client, Traffic};
use crate::echo::Halves;

/// The route of the echo.
pub(crate) const ECHO: &str = "/ws/echo";
/// The route of a socket in two halves.
pub(crate) const SPLIT: &str = "/ws/split";

/// The longest message that the libraries are told to take.
pub(crate) const LONGEST: usize = 200_000;

/// A library of sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Axum,
    Warp,
    /// In a service of hyper's.
    Tungstenite,
    /// The same.
    Fastwebsockets,
}

impl Host {
    /// One after the other. Says each on the way, for the report of a failure.
    pub(crate) fn each() -> impl Iterator<Item = Self> {
        [Self::Axum, Self::Warp, Self::Tungstenite, Self::Fastwebsockets]
            .into_iter()
            .inspect(|host| eprintln!("host: {host:?}"))
    }

    /// Whether a socket is a `Stream` and a `Sink`, which can be split. fastwebsockets has frames only.
    pub(crate) fn has_halves(self) -> bool {
        self != Self::Fastwebsockets
    }

    /// Whether a ping that came is seen. fastwebsockets answers it, and goes on reading.
    pub(crate) fn sees_pings(self) -> bool {
        self != Self::Fastwebsockets
    }

    /// Whether there are HTTP metrics around it.
    pub(crate) fn has_http_metrics(self) -> bool {
        matches!(self, Self::Axum | Self::Warp)
    }

    pub(crate) async fn serve(self) -> Server {
        let registry = Registry::new();
        let http = HttpMetrics::builder().build(&registry).unwrap();
        let context = Context { http, ws: WsMetrics::builder().build(&registry).unwrap(), halves: Halves::new() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server { registry, addr: listener.local_addr().unwrap(), halves: context.halves.clone() };
        drop(match self {
            Self::Axum => tokio::spawn(axum::serve(listener, context)),
            Self::Warp => tokio::spawn(warp::serve(listener, context)),
            Self::Tungstenite => tokio::spawn(tungstenite::serve(listener, context)),
            Self::Fastwebsockets => tokio::spawn(fastwebsockets::serve(listener, context)),
        });
        server
    }
}

/// The service of axum for a server of the test's own, and what it records.
pub(crate) fn axum_router() -> (Registry, ::axum::Router) {
    let registry = Registry::new();
    let http = HttpMetrics::builder().build(&registry).unwrap();
    let ws = WsMetrics::builder().build(&registry).unwrap();
    (registry, axum::router(Context { http, ws, halves: Halves::new() }))
}

/// What handlers know.
#[derive(Clone)]
pub(crate) struct Context {
    http: HttpMetrics,
    ws: WsMetrics,
    halves: Halves,
}

/// A service on a port of its own, until the runtime ends.
pub(crate) struct Server {
    pub(crate) registry: Registry,
    pub(crate) addr: SocketAddr,
    pub(crate) halves: Halves,
}

impl Server {
    pub(crate) async fn connect(&self) -> Client {
        Client::connect(self.addr, ECHO).await
    }

    pub(crate) fn recorded(&self) -> Recorded {
        Recorded::of(&self.registry)
    }

    /// Waits until this many connections are open.
    pub(crate) async fn reaches(&self, active: u32) {
        self.until(|recorded| recorded.sum("ws_connections_active", &["*"]) == f64::from(active)).await;
    }

    /// Waits until what is recorded is as it should be.
    pub(crate) async fn until(&self, is_so: impl Fn(&Recorded) -> bool) {
        recorded::until(|| self.recorded(), is_so).await;
    }

    /// Waits until no connection is open, and checks that there was this one, how it was closed, and what went through it.
    pub(crate) async fn assert_ended(&self, host: Host, traffic: &Traffic, code: &str, initiator: &str) {
        self.reaches(0).await;
        let recorded = self.recorded();
        assert_eq!(recorded.sum("ws_connections_total", &["*"]), 1.0, "{host:?}");
        assert_eq!(recorded.sum("ws_connection_duration_seconds_count", &["*"]), 1.0, "{host:?}");
        assert_eq!(recorded.sum("ws_closed_total", &["*", code, initiator]), 1.0, "{host:?}: {recorded:?}");
        assert_eq!(recorded.sum("ws_closed_total", &["*", "*", "*"]), 1.0, "{host:?}: {recorded:?}");
        self.assert_traffic(host, traffic);
    }

    /// Checks all messages and bytes.
    pub(crate) fn assert_traffic(&self, host: Host, traffic: &Traffic) {
        let recorded = self.recorded();
        for direction in ["received", "sent"] {
            for opcode in ["text", "binary", "ping", "pong", "close"] {
                let of = |name| recorded.sum(name, &["*", direction, opcode]);
                let (messages, bytes) = traffic.get(&(direction, opcode)).copied().unwrap_or_default();
                let counted = (of("ws_messages_total"), of("ws_message_bytes_total"));
                assert_eq!(counted, (messages as f64, bytes as f64), "{host:?}: {direction} {opcode}");
            }
        }
    }
}
