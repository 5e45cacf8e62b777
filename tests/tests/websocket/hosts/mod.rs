//! A server for each library.

mod axum;
mod fastwebsockets;
mod hyper;
mod tungstenite;
mod warp;

use tickmark::Registry;
use tickmark_http::HttpMetrics;
use tickmark_tests::recorded::{self, Recorded};
use tickmark_tests::wire::Client;
use tickmark_ws::{WsMetrics, WsMetricsBuilder};
use tokio::net::TcpListener;

use crate::client::Socket;
use crate::service::{Context, ECHO, Halves};
use crate::tally::{Tally, closes_of, lines_of};

/// A library that serves WebSockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Axum,
    Warp,
    Tungstenite,
    Fastwebsockets,
}

impl Host {
    /// In sequence. Prints each host, for the report of a failure.
    pub(crate) fn each() -> impl Iterator<Item = Self> {
        let hosts = [Self::Axum, Self::Warp, Self::Tungstenite, Self::Fastwebsockets];
        hosts.into_iter().inspect(|host| eprintln!("host: {host:?}"))
    }

    /// Whether the socket is a stream and a sink, which can be split and closed at the
    /// sink. fastwebsockets has frames that are read and written.
    pub(crate) fn is_stream_and_sink(self) -> bool {
        self != Self::Fastwebsockets
    }

    /// Whether the handler sees a ping. fastwebsockets replies to it silently.
    pub(crate) fn shows_pings(self) -> bool {
        self != Self::Fastwebsockets
    }

    /// Whether an unmasked frame is an error. fastwebsockets accepts it.
    pub(crate) fn refuses_unmasked_frames(self) -> bool {
        self != Self::Fastwebsockets
    }

    /// Whether a close with a reserved code is shown as one with code 1002 and
    /// tungstenite's reason. fastwebsockets makes it an error.
    pub(crate) fn shows_forbidden_closes(self) -> bool {
        self != Self::Fastwebsockets
    }

    /// Whether the limit holds for all fragments of a message together. fastwebsockets
    /// checks only each one.
    pub(crate) fn limits_the_sum_of_fragments(self) -> bool {
        self != Self::Fastwebsockets
    }

    /// Whether a handler can send a message in pieces. The others send whole messages.
    pub(crate) fn sends_pieces(self) -> bool {
        self == Self::Fastwebsockets
    }

    /// Whether a handler learns that a handshake led to no socket. warp drops it
    /// silently.
    pub(crate) fn reports_failed_handshakes(self) -> bool {
        self != Self::Warp
    }

    /// Whether the upgrade knows its route. The others receive the path.
    pub(crate) fn knows_routes(self) -> bool {
        self == Self::Axum
    }

    pub(crate) async fn serve(self) -> Server {
        self.serve_on(true, WsMetrics::builder()).await
    }

    /// Serves with this limit of distinct paths.
    pub(crate) async fn serve_with_max_paths(self, max_paths: usize) -> Server {
        self.serve_on(true, WsMetrics::builder().max_paths(max_paths)).await
    }

    /// Serves connections that stay HTTP after a 101, so that no socket is ever opened.
    pub(crate) async fn serve_without_upgrades(self) -> Server {
        self.serve_on(false, WsMetrics::builder()).await
    }

    async fn serve_on(self, upgrades: bool, settings: WsMetricsBuilder) -> Server {
        let registry = Registry::new();
        let http = HttpMetrics::builder().build(&registry).unwrap();
        let ws = settings.build(&registry).unwrap();
        let halves = Halves::new();
        let context = Context { http, ws, halves: halves.clone() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client(listener.local_addr().unwrap());
        drop(match self {
            Self::Axum => tokio::spawn(axum::serve(listener, context, upgrades)),
            Self::Warp => tokio::spawn(warp::serve(listener, context, upgrades)),
            Self::Tungstenite => tokio::spawn(tungstenite::serve(listener, context, upgrades)),
            Self::Fastwebsockets => {
                tokio::spawn(fastwebsockets::serve(listener, context, upgrades))
            }
        });
        Server { host: self, registry, client, halves, tally: Tally::default() }
    }
}

/// A service on a port of its own, until the runtime shuts down.
#[derive(Debug)]
pub(crate) struct Server {
    host: Host,
    pub(crate) registry: Registry,
    pub(crate) client: Client,
    pub(crate) halves: Halves,
    pub(crate) tally: Tally,
}

impl Server {
    /// A WebSocket to the echo.
    pub(crate) async fn connect(&self) -> Socket {
        self.connect_to(ECHO).await
    }

    pub(crate) async fn connect_to(&self, path: &'static str) -> Socket {
        Socket::open(self.client, path, "", path, self.tally.clone()).await
    }

    pub(crate) fn recorded(&self) -> Recorded {
        Recorded::of(&self.registry)
    }

    /// Number of active connections.
    pub(crate) fn active(&self) -> f64 {
        self.recorded().sum("ws_connections_active", &["*"])
    }

    /// The nonzero samples of WebSockets, without buckets.
    pub(crate) fn moved(&self) -> Vec<String> {
        let page = self.recorded();
        let moved =
            page.samples().filter(|(name, _, value)| name.starts_with("ws_") && *value != 0.0);
        moved.map(|(name, labels, value)| format!("{name} {} {value}", labels.join(" "))).collect()
    }

    /// Waits until every opened connection has ended, checks that the page and the
    /// clients agree, and returns how connections were closed.
    pub(crate) async fn settled(&self) -> Vec<String> {
        let opened = self.tally.connections();
        recorded::becomes(&self.registry, "the end of all connections", |page| {
            let ended = page.sum("ws_connection_duration_seconds_count", &["*"]);
            ended >= opened && page.sum("ws_connections_active", &["*"]) == 0.0
        })
        .await;
        // Another page: a page takes time to write, so one may contain a connection half
        // ended.
        let page = self.recorded();
        let mut expected = self.tally.lines();
        expected.retain(|line| self.host.shows_pings() || !line.contains(" received ping: "));
        assert_eq!(lines_of(&page), expected, "{:?}: the page, and the clients' counts", self.host);
        let sum = |name, labels: &[&str]| page.sum(name, labels);
        assert_eq!(sum("ws_connection_duration_seconds_count", &["*"]), opened, "{:?}", self.host);
        assert_eq!(sum("ws_closed_total", &["*", "*", "*"]), opened, "{:?}", self.host);
        assert_eq!(sum("ws_paths_overflow_total", &[]), 0.0, "{:?}", self.host);
        closes_of(&page)
    }

    /// Checks as [`settled`](Self::settled) does, and that the one connection was closed
    /// like this: `1008 by server`.
    pub(crate) async fn assert_closed(&self, how: &str) {
        assert_eq!(self.settled().await, [format!("{ECHO}: {how} x 1")], "{:?}", self.host);
    }
}
