//! The naive tally: keeps every exchange, and recounts them all for each series. It is
//! the specification that the metrics are compared with.

use std::collections::BTreeSet;

use crate::conversations::Conversation;
use crate::echo;
use crate::exchange::Exchange;
use crate::page::{Page, as_f64};

const DURATION_BOUNDS: [(&str, f64); 11] = [
    ("0.005", 0.005),
    ("0.01", 0.01),
    ("0.025", 0.025),
    ("0.05", 0.05),
    ("0.1", 0.1),
    ("0.25", 0.25),
    ("0.5", 0.5),
    ("1.0", 1.0),
    ("2.5", 2.5),
    ("5.0", 5.0),
    ("10.0", 10.0),
];

const SIZE_BOUNDS: [(&str, f64); 6] = [
    ("100.0", 1e2),
    ("1000.0", 1e3),
    ("10000.0", 1e4),
    ("100000.0", 1e5),
    ("1e+06", 1e6),
    ("1e+07", 1e7),
];

const LIFETIME_BOUNDS: [(&str, f64); 9] = [
    ("0.1", 0.1),
    ("1.0", 1.0),
    ("10.0", 10.0),
    ("60.0", 60.0),
    ("300.0", 300.0),
    ("1800.0", 1_800.0),
    ("3600.0", 3_600.0),
    ("21600.0", 21_600.0),
    ("86400.0", 86_400.0),
];

const ABORT_REASONS: [&str; 7] =
    ["cancelled", "panic", "error", "body_dropped", "body_error", "body_panic", "body_short"];

/// All requests to the service.
#[derive(Debug)]
pub struct Tally {
    prefix: &'static str,
    known: Vec<(&'static str, &'static str)>,
    exchanges: Vec<Exchange>,
    conversations: Vec<Conversation>,
}

impl Tally {
    /// A tally of a service with this `prefix` of metrics, and these methods and paths
    /// known from the start.
    #[must_use]
    pub fn new(prefix: &'static str, known: &[(&'static str, &'static str)]) -> Tally {
        Tally { prefix, known: known.to_vec(), exchanges: Vec::new(), conversations: Vec::new() }
    }

    /// Adds the exchanges of a client.
    pub fn add(&mut self, exchanges: impl IntoIterator<Item = Exchange>) {
        self.exchanges.extend(exchanges);
    }

    /// Adds WebSocket connections, each of which began as a request.
    pub fn add_conversations(&mut self, conversations: Vec<Conversation>) {
        let promised = Exchange::new("GET", echo::PATH, 101);
        self.exchanges.extend(conversations.iter().map(|_| promised.clone()));
        self.conversations.extend(conversations);
    }

    /// Number of exchanges.
    #[must_use]
    pub fn exchanges(&self) -> usize {
        self.exchanges.len()
    }

    /// The page of HTTP and WebSocket metrics once nothing is in flight.
    #[must_use]
    pub fn expected(&self) -> Page {
        let mut page = Page::new(self.prefix);
        let seen = self.exchanges.iter().map(|e| (e.method, e.path));
        let routes: BTreeSet<_> = self.known.iter().copied().chain(seen).collect();
        for (method, path) in &routes {
            self.expect_requests(&mut page, method, path);
            self.expect_histograms(&mut page, method, path);
            page.exact("http_requests_in_flight", &[("method", method)], 0);
        }
        let known =
            self.known.iter().flat_map(|(_, path)| ABORT_REASONS.map(|reason| (*path, reason)));
        let seen = self.exchanges.iter().filter_map(|e| Some((e.path, e.aborted?)));
        for (path, reason) in known.chain(seen).collect::<BTreeSet<_>>() {
            let of = |e: &&Exchange| e.path == path && e.aborted == Some(reason);
            page.exact(
                "http_requests_aborted_total",
                &[("path", path), ("reason", reason)],
                self.count(of),
            );
        }
        page.exact("metrics_routes_overflow_total", &[], 0);
        self.expect_connections(&mut page);
        page
    }

    fn expect_connections(&self, page: &mut Page) {
        let path = ("path", echo::PATH);
        page.exact("ws_connections_total", &[path], self.conversations.len());
        page.exact("ws_connections_active", &[path], 0);
        page.exact("ws_paths_overflow_total", &[], 0);
        let took =
            self.conversations.iter().map(|c| (c.took.0.as_secs_f64(), c.took.1.as_secs_f64()));
        page.histogram("ws_connection_duration_seconds", &[path], &LIFETIME_BOUNDS, took.collect());
        for (code, initiator) in self.conversations.iter().map(|c| c.closed) {
            let count = self.conversations.iter().filter(|c| c.closed == (code, initiator)).count();
            page.exact("ws_closed_total", &[path, ("code", code), ("initiator", initiator)], count);
        }
        let usual =
            ["received", "sent"].into_iter().flat_map(|way| [(way, "text"), (way, "binary")]);
        let seen = self.conversations.iter().flat_map(|c| c.traffic.keys().copied());
        for (direction, opcode) in usual.chain(seen) {
            let traffic =
                self.conversations.iter().filter_map(|c| c.traffic.get(&(direction, opcode)));
            let (messages, bytes): (Vec<_>, Vec<_>) = traffic.copied().unzip();
            let labels = [path, ("direction", direction), ("opcode", opcode)];
            page.exact("ws_messages_total", &labels, messages.iter().sum());
            page.exact("ws_message_bytes_total", &labels, bytes.iter().sum());
        }
    }

    fn expect_requests(&self, page: &mut Page, method: &str, path: &str) {
        let of_route = |e: &&Exchange| e.method == method && e.path == path;
        let known = self.known.contains(&(method, path)).then_some([200, 500]);
        let seen = self.exchanges.iter().filter(of_route).map(|e| e.status);
        for status in known.into_iter().flatten().chain(seen).collect::<BTreeSet<_>>() {
            let count = self.count(|e| of_route(e) && e.status == status);
            let status = status.to_string();
            let labels = [("method", method), ("path", path), ("status", &status)];
            page.exact("http_requests_total", &labels, count);
        }
    }

    fn expect_histograms(&self, page: &mut Page, method: &str, path: &str) {
        let labels = [("method", method), ("path", path)];
        let of_route = |e: &&Exchange| e.method == method && e.path == path;
        let exchanges: Vec<_> = self.exchanges.iter().filter(of_route).collect();
        let exactly = |size| (as_f64(size), as_f64(size));

        let sizes = exchanges.iter().filter_map(|e| e.request_size).map(exactly);
        page.histogram("http_request_size_bytes", &labels, &SIZE_BOUNDS, sizes.collect());

        let sizes = exchanges.iter().filter_map(|e| e.response_size).map(exactly);
        page.histogram("http_response_size_bytes", &labels, &SIZE_BOUNDS, sizes.collect());

        // A 101 is only the start of a connection.
        let answered = exchanges.iter().filter(|e| e.response_size.is_some() && e.status != 101);
        let took = answered.map(|e| (e.took.0.as_secs_f64(), e.took.1.as_secs_f64()));
        page.histogram("http_request_duration_seconds", &labels, &DURATION_BOUNDS, took.collect());
    }

    fn count(&self, wanted: impl Fn(&&Exchange) -> bool) -> usize {
        self.exchanges.iter().filter(wanted).count()
    }
}
