//! Limits of series: no choice of a client costs a path within `max_paths` its labels.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test helper fails by panicking"
)]

mod support;

use std::collections::BTreeSet;

use support::{TEXT, TestMessage, lines, lines_of, page};
use tickmark::Registry;
use tickmark_ws::{Opcode, Preset, WsMetrics, WsMetricsBuilder};

const OPCODES: [Opcode; 5] =
    [Opcode::Text, Opcode::Binary, Opcode::Ping, Opcode::Pong, Opcode::Close];

/// A close code for each value of the label `code`, and further codes that share one.
const CODES: [Option<u16>; 24] = [
    None,
    Some(1000),
    Some(1001),
    Some(1002),
    Some(1003),
    Some(1005),
    Some(1006),
    Some(1007),
    Some(1008),
    Some(1009),
    Some(1010),
    Some(1011),
    Some(1012),
    Some(1013),
    Some(1014),
    Some(1015),
    Some(3000),
    Some(3999),
    Some(4000),
    Some(4999),
    Some(0),
    Some(1004),
    Some(2000),
    Some(u16::MAX),
];

/// The number of values of the label `code`.
const CODE_LABELS: usize = 18;

fn build(settings: WsMetricsBuilder) -> (Registry, WsMetrics) {
    let registry = Registry::new();
    let metrics = settings.build(&registry).unwrap();
    (registry, metrics)
}

/// Sends and receives a message of every opcode.
fn exchange_everything(metrics: WsMetrics, path: &str) {
    let mut connection = metrics.connection(path);
    for opcode in OPCODES {
        connection.received(&TestMessage(opcode, 1, None));
        connection.sent(&TestMessage(opcode, 1, None));
    }
}

/// Ends connections with every code by either side, and one without a close.
fn close_every_way(metrics: WsMetrics, path: &str) {
    for code in CODES {
        metrics.connection(path).received(&TestMessage(Opcode::Close, 2, code));
        metrics.connection(path).sent(&TestMessage(Opcode::Close, 2, code));
    }
    drop(metrics.connection(path));
}

fn path(number: usize) -> String {
    format!("/{number}/{{id}}")
}

/// Returns the series that lost a label to the limit of their family.
fn merged(page: &str) -> Vec<String> {
    let values = |name: &str, label: &str| {
        let merged = format!("{label}=\"_overflow\"");
        lines_of(page, name)
            .into_iter()
            .filter(move |line| line.contains(&merged))
            .collect::<Vec<_>>()
    };
    [
        values("ws_messages_total", "opcode"),
        values("ws_message_bytes_total", "opcode"),
        values("ws_closed_total", "code"),
        values("ws_message_size_bytes_count", "direction"),
        lines_of(page, "tickmark_series_overflow_total"),
    ]
    .concat()
}

#[test]
fn every_code_and_opcode_fits_each_path() {
    let paths = 1_024;
    let (registry, metrics) = build(WsMetrics::builder().message_sizes(true).reply_durations(true));
    for path in (0..paths).map(path) {
        exchange_everything(metrics, &path);
        close_every_way(metrics, &path);
    }
    // Each code by either side, and the end without a close.
    let closes = 2 * CODE_LABELS + 1;
    let page_of_all = page(&registry);
    assert_eq!(merged(&page_of_all), [""; 0]);
    for (name, per_path) in [
        ("ws_messages_total", 10),
        ("ws_message_bytes_total", 10),
        ("ws_message_size_bytes_count", 2),
        ("ws_reply_duration_seconds_count", 1),
        ("ws_closed_total", closes),
    ] {
        assert_eq!(lines_of(&page_of_all, name).len(), paths * per_path, "{name}");
    }
    assert_eq!(lines_of(&page_of_all, "ws_paths_overflow_total"), ["ws_paths_overflow_total 0"]);

    // The next path shares `_overflow`, and keeps every other label.
    exchange_everything(metrics, "/one/more");
    close_every_way(metrics, "/one/more");
    let page_of_more = page(&registry);
    assert_eq!(merged(&page_of_more), [""; 0]);
    assert_eq!(lines_of(&page_of_more, "ws_closed_total").len(), (paths + 1) * closes);
    let connections = 2 + 2 * CODES.len();
    let counted = format!("ws_paths_overflow_total {connections}");
    assert_eq!(lines_of(&page_of_more, "ws_paths_overflow_total"), [counted]);
    let overflow = format!(r#"ws_connections_total{{path="_overflow"}} {connections}"#);
    assert!(lines_of(&page_of_more, "ws_connections_total").contains(&overflow));
}

#[test]
fn ten_thousand_paths_keep_their_labels() {
    let paths = 10_000;
    let (registry, metrics) = build(WsMetrics::builder().max_paths(paths));
    for path in (0..paths).map(path) {
        exchange_everything(metrics, &path);
        metrics.handshake_failed(&path);
    }
    let page = page(&registry);
    assert_eq!(merged(&page), [""; 0]);
    assert!(!page.contains("\"_overflow\""));
    assert_eq!(lines_of(&page, "ws_messages_total").len(), paths * 10);
    for name in [
        "ws_connections_total",
        "ws_connections_active",
        "ws_handshakes_failed_total",
        "ws_closed_total",
    ] {
        assert_eq!(lines_of(&page, name).len(), paths, "{name}");
    }
}

#[test]
fn every_preset_keeps_its_paths_apart() {
    // More than the default limit of a family in the core.
    let paths = 2_100;
    for preset in [Preset::DEFAULT, Preset::OTEL, Preset::AXUM, Preset::EMMETT] {
        for settings in [WsMetrics::builder(), WsMetrics::builder().only_listed(true)] {
            let settings =
                settings.preset(preset).message_sizes(true).reply_durations(true).max_paths(paths);
            let (registry, metrics) = build(settings);
            for path in (0..paths).map(path) {
                drop(metrics.connection(&path));
                metrics.handshake_failed(&path);
            }
            let page = page(&registry);
            let merged: Vec<_> =
                page.lines().filter(|line| line.contains("\"_overflow\"")).collect();
            assert_eq!(merged, [""; 0], "{preset:?}");
        }
    }
}

#[test]
fn absurd_path_limit_limits_nothing() {
    for max_paths in [usize::MAX, usize::MAX - 1, usize::MAX / 10, usize::MAX / 54] {
        let (registry, metrics) =
            build(WsMetrics::builder().max_paths(max_paths).message_sizes(true));
        for path in (0..60).map(path) {
            close_every_way(metrics, &path);
        }
        assert_eq!(merged(&page(&registry)), [""; 0], "{max_paths}");
    }
}

#[test]
fn zero_paths_keep_other_labels() {
    let (registry, metrics) = build(WsMetrics::builder().max_paths(0).message_sizes(true));
    for number in 0..50 {
        exchange_everything(metrics, &path(number));
        close_every_way(metrics, &path(number));
    }
    assert_eq!(merged(&page(&registry)), [""; 0]);
    assert_eq!(lines(&registry, "ws_messages_total").len(), 10);
    assert_eq!(lines(&registry, "ws_closed_total").len(), 2 * CODE_LABELS + 1);
}

#[test]
fn reserved_paths_do_not_count_as_paths() {
    let (registry, metrics) = build(WsMetrics::builder().max_paths(1));
    for path in ["unmatched", "_overflow", "/a", "/b", "unmatched", "_overflow", "/a"] {
        metrics.connection(path).received(&TEXT);
    }
    let counts = [("/a", 2), ("_overflow", 3), ("unmatched", 2)];
    let expected =
        counts.map(|(path, count)| format!(r#"ws_connections_total{{path="{path}"}} {count}"#));
    assert_eq!(lines(&registry, "ws_connections_total"), expected);
    // Only `/b` lost its path.
    assert_eq!(lines(&registry, "ws_paths_overflow_total"), ["ws_paths_overflow_total 1"]);
}

#[test]
fn every_call_over_the_limit_counts() {
    let (registry, metrics) = build(WsMetrics::builder().max_paths(1));
    metrics.expose_path("/a");
    let counted = || lines(&registry, "ws_paths_overflow_total").concat();
    let calls: [fn(WsMetrics); 4] = [
        |metrics| metrics.expose_path("/b"),
        |metrics| metrics.handshake_failed("/b"),
        |metrics| drop(metrics.connection("/b")),
        |metrics| drop(support::open(metrics, "/b", [])),
    ];
    let mut expected = 0;
    // A path over the limit stays unknown.
    for call in [calls, calls].concat() {
        call(metrics);
        expected += 1;
        assert_eq!(counted(), format!("ws_paths_overflow_total {expected}"));
    }
    metrics.connection("/a").sent(&TEXT);
    assert_eq!(counted(), format!("ws_paths_overflow_total {expected}"));
    let shown: BTreeSet<_> = lines(&registry, "ws_connections_total").into_iter().collect();
    assert!(shown.contains(r#"ws_connections_total{path="_overflow"} 4"#), "{shown:?}");
}
