//! The families and series of each preset.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test helper fails by panicking"
)]

mod support;

use support::{BINARY, CLOSE, PING, TEXT, lines, names, open, receive_all, send};
use tickmark::Registry;
use tickmark_ws::{Preset, WsMetrics, WsMetricsBuilder};

/// Returns a registry after a closed connection, an open one, and a failed handshake.
fn after_two(settings: WsMetricsBuilder) -> Registry {
    let registry = Registry::new();
    let metrics = settings.build(&registry).unwrap();
    let mut socket = open(metrics, "/rooms/{id}", [TEXT, TEXT, PING, CLOSE]);
    receive_all(&mut socket);
    drop(socket);
    let mut socket = open(metrics, "/rooms/{id}", []);
    send(&mut socket, BINARY);
    metrics.handshake_failed("/rooms/{id}");
    // Open for the rest of the process.
    std::mem::forget(socket);
    registry
}

/// Returns the samples of these names, in order.
fn samples(registry: &Registry, names: &[&str]) -> Vec<String> {
    names.iter().flat_map(|name| lines(registry, name)).collect()
}

const LISTED_BY_DEFAULT: [&str; 8] = [
    "ws_closed",
    "ws_connection_duration_seconds",
    "ws_connections",
    "ws_connections_active",
    "ws_handshakes_failed",
    "ws_message_bytes",
    "ws_messages",
    "ws_paths_overflow",
];

/// Checks all families but those of messages and open connections, with this prefix and
/// this label for the path.
fn assert_the_rest(registry: &Registry, prefix: &str, label: &str) {
    let path = format!(r#"{label}="/rooms/{{id}}""#);
    let names = [
        "ws_connections_total",
        "ws_connection_duration_seconds_count",
        "ws_message_bytes_total",
        "ws_closed_total",
        "ws_handshakes_failed_total",
        "ws_paths_overflow_total",
    ]
    .map(|name| format!("{prefix}{name}"));
    let [connections, duration, bytes, closed, failed, overflow] = &names;
    assert_eq!(
        samples(registry, &names.each_ref().map(String::as_str)),
        [
            format!("{connections}{{{path}}} 2"),
            format!("{duration}{{{path}}} 1"),
            format!(r#"{bytes}{{{path},direction="received",opcode="binary"}} 0"#),
            format!(r#"{bytes}{{{path},direction="received",opcode="close"}} 2"#),
            format!(r#"{bytes}{{{path},direction="received",opcode="ping"}} 4"#),
            format!(r#"{bytes}{{{path},direction="received",opcode="text"}} 10"#),
            format!(r#"{bytes}{{{path},direction="sent",opcode="binary"}} 7"#),
            format!(r#"{bytes}{{{path},direction="sent",opcode="text"}} 0"#),
            format!(r#"{closed}{{{path},code="4xxx",initiator="client"}} 1"#),
            format!("{failed}{{{path}}} 1"),
            format!("{overflow} 0"),
        ]
    );
}

fn assert_active_and_messages(registry: &Registry, prefix: &str) {
    let messages = format!(r#"{prefix}ws_messages_total{{path="/rooms/{{id}}","#);
    assert_eq!(
        samples(
            registry,
            &[&format!("{prefix}ws_connections_active"), &format!("{prefix}ws_messages_total")]
        ),
        [
            format!(r#"{prefix}ws_connections_active{{path="/rooms/{{id}}"}} 1"#),
            format!(r#"{messages}direction="received",opcode="binary"}} 0"#),
            format!(r#"{messages}direction="received",opcode="close"}} 1"#),
            format!(r#"{messages}direction="received",opcode="ping"}} 1"#),
            format!(r#"{messages}direction="received",opcode="text"}} 2"#),
            format!(r#"{messages}direction="sent",opcode="binary"}} 1"#),
            format!(r#"{messages}direction="sent",opcode="text"}} 0"#),
        ]
    );
}

#[test]
fn default_preset_exposes_the_documented_names() {
    for settings in [
        WsMetrics::builder(),
        WsMetrics::builder().preset(Preset::DEFAULT).only_listed(true),
        WsMetrics::builder().preset(Preset::OTEL),
    ] {
        let registry = after_two(settings);
        assert_eq!(names(&registry), LISTED_BY_DEFAULT);
        assert_active_and_messages(&registry, "");
        assert_the_rest(&registry, "", "path");
    }
}

#[test]
fn axum_preset_has_its_prefix() {
    for settings in [WsMetrics::builder(), WsMetrics::builder().only_listed(true)] {
        let registry = after_two(settings.preset(Preset::AXUM));
        assert_eq!(names(&registry), LISTED_BY_DEFAULT.map(|name| format!("axum_{name}")));
        assert_active_and_messages(&registry, "axum_");
        assert_the_rest(&registry, "axum_", "path");
    }
}

/// Checks the three families of emmett-prometheus.
fn assert_emmett(registry: &Registry, prefix: &str) {
    let names = [
        "websocket_gauge",
        "websocket_messages_recv_count_total",
        "websocket_messages_send_count_total",
    ]
    .map(|name| format!("{prefix}{name}"));
    let counts = [1, 4, 1];
    assert_eq!(
        samples(registry, &names.each_ref().map(String::as_str)),
        [0, 1, 2].map(|family| format!(
            r#"{}{{websocket="/rooms/{{id}}"}} {}"#,
            names[family], counts[family]
        ))
    );
}

#[test]
fn emmett_preset_keeps_the_other_families() {
    let registry = after_two(WsMetrics::builder().preset(Preset::EMMETT));
    assert_eq!(
        names(&registry),
        [
            "emmett_websocket_gauge",
            "emmett_websocket_messages_recv_count",
            "emmett_websocket_messages_send_count",
            "emmett_ws_closed",
            "emmett_ws_connection_duration_seconds",
            "emmett_ws_connections",
            "emmett_ws_handshakes_failed",
            "emmett_ws_message_bytes",
            "emmett_ws_paths_overflow",
        ]
    );
    assert_emmett(&registry, "emmett_");
    assert_the_rest(&registry, "emmett_", "websocket");
}

#[test]
fn emmett_only_listed_leaves_out_the_others() {
    let registry = after_two(WsMetrics::builder().preset(Preset::EMMETT).only_listed(true));
    assert_eq!(
        names(&registry),
        [
            "emmett_websocket_gauge",
            "emmett_websocket_messages_recv_count",
            "emmett_websocket_messages_send_count",
            "emmett_ws_paths_overflow",
        ]
    );
    assert_emmett(&registry, "emmett_");
}

#[test]
fn set_prefix_replaces_that_of_the_preset() {
    let registry = after_two(WsMetrics::builder().prefix("shop_"));
    assert_eq!(names(&registry), LISTED_BY_DEFAULT.map(|name| format!("shop_{name}")));
    assert_active_and_messages(&registry, "shop_");
    assert_the_rest(&registry, "shop_", "path");
    for settings in [
        WsMetrics::builder().prefix("").preset(Preset::EMMETT),
        WsMetrics::builder().preset(Preset::EMMETT).prefix(""),
    ] {
        let registry = after_two(settings);
        assert_emmett(&registry, "");
        assert_the_rest(&registry, "", "websocket");
    }
}
