//! Names and settings, by a socket in memory.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails by panicking")]

mod support;

use std::pin::Pin;
use std::time::{Duration, Instant};

use futures_sink::Sink;
use support::{Text, lines, names, receive, send};
use tickmark::{RegisterError, Registry};
use tickmark_ws::{BuildError, Preset, WsMetrics, WsMetricsBuilder};

/// A registry after one connection at `/a`, with a text of 5 bytes each way.
fn after_one(settings: WsMetricsBuilder) -> Registry {
    let registry = Registry::new();
    let mut socket = settings.build(&registry).unwrap().websocket("/a", Text::echo(5));
    receive(&mut socket);
    send(&mut socket, Text::new(5));
    registry
}

#[test]
fn the_names_of_each_preset() {
    let default = [
        "ws_closed",
        "ws_connection_duration_seconds",
        "ws_connections",
        "ws_connections_active",
        "ws_handshakes_failed",
        "ws_message_bytes",
        "ws_messages",
        "ws_paths_overflow",
    ];
    assert_eq!(names(&after_one(WsMetrics::builder())), default);
    assert_eq!(names(&after_one(WsMetrics::builder().preset(Preset::OTEL).only_listed())), default);
    let axum = default.map(|name| format!("axum_{name}"));
    assert_eq!(names(&after_one(WsMetrics::builder().preset(Preset::AXUM))), axum);
    assert_eq!(
        names(&after_one(WsMetrics::builder().preset(Preset::EMMETT).only_listed())),
        [
            "emmett_websocket_gauge",
            "emmett_websocket_messages_recv_count",
            "emmett_websocket_messages_send_count",
            "emmett_ws_paths_overflow",
        ]
    );
    let more = names(&after_one(WsMetrics::builder().preset(Preset::EMMETT).prefix("app_")));
    assert!(more.contains(&"app_websocket_gauge".to_owned()) && more.contains(&"app_ws_closed".to_owned()), "{more:?}");
}

#[test]
fn what_is_recorded_under_the_default_names() {
    let registry = after_one(WsMetrics::builder());
    for line in [
        r#"ws_connections_total{path="/a"} 1"#,
        r#"ws_connections_active{path="/a"} 0"#,
        r#"ws_connection_duration_seconds_count{path="/a"} 1"#,
        r#"ws_closed_total{path="/a",code="1006",initiator="none"} 1"#,
    ] {
        let name = line.split('{').next().unwrap();
        assert_eq!(lines(&registry, name), [line]);
    }
    assert_eq!(
        lines(&registry, "ws_message_bytes_total"),
        [("received", "text", 5), ("received", "binary", 0), ("sent", "text", 5), ("sent", "binary", 0)].map(
            |(direction, opcode, bytes)| format!(
                r#"ws_message_bytes_total{{path="/a",direction="{direction}",opcode="{opcode}"}} {bytes}"#
            )
        )
    );
}

#[test]
fn what_is_recorded_under_the_names_of_emmett() {
    let registry = after_one(WsMetrics::builder().preset(Preset::EMMETT).only_listed());
    for (name, value) in [
        ("emmett_websocket_gauge", 0),
        ("emmett_websocket_messages_recv_count_total", 1),
        ("emmett_websocket_messages_send_count_total", 1),
    ] {
        assert_eq!(lines(&registry, name), [format!(r#"{name}{{websocket="/a"}} {value}"#)]);
    }
}

#[test]
fn sizes_are_there_if_asked_for() {
    let registry = after_one(WsMetrics::builder().message_sizes().size_bounds([4.0, 5.0]));
    let buckets = lines(&registry, "ws_message_size_bytes_bucket");
    for direction in ["received", "sent"] {
        for (le, count) in [("4.0", 0), ("5.0", 1)] {
            let labels = format!(r#"path="/a",direction="{direction}",le="{le}""#);
            let line = format!("ws_message_size_bytes_bucket{{{labels}}} {count}");
            assert!(buckets.contains(&line), "{line} is not in {buckets:#?}");
        }
    }
}

#[test]
fn a_reply_is_timed_once_from_the_first_message_that_waits_for_it() {
    let registry = Registry::new();
    let metrics = WsMetrics::builder().reply_durations().build(&registry).unwrap();
    let mut socket = metrics.websocket("/a", Text::echo(5));
    let assert_timed = |count: u32| {
        let name = "ws_reply_duration_seconds_count";
        assert_eq!(lines(&registry, name), [format!(r#"{name}{{path="/a"}} {count}"#)]);
    };
    send(&mut socket, Text::new(1));
    assert_timed(0);
    receive(&mut socket);
    receive(&mut socket);
    send(&mut socket, Text::new(1));
    assert_timed(1);
    send(&mut socket, Text::new(1));
    assert_timed(1);
}

#[test]
fn a_reply_is_timed_from_its_cause() {
    let registry = Registry::new();
    let metrics = WsMetrics::builder().reply_durations().build(&registry).unwrap();
    let mut socket = metrics.websocket("/a", Text::echo(5));
    receive(&mut socket);
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(2) {}
    receive(&mut socket);
    send(&mut socket, Text::new(1));
    let [sum] = &lines(&registry, "ws_reply_duration_seconds_sum")[..] else { panic!("one series") };
    let seconds: f64 = sum.rsplit_once(' ').unwrap().1.parse().unwrap();
    assert!(seconds >= 0.002, "{seconds}");
}

#[test]
fn what_the_socket_does_not_take_is_not_counted() {
    let registry = Registry::new();
    let mut socket = WsMetrics::builder().build(&registry).unwrap().websocket("/a", Text::echo(5));
    assert!(Pin::new(&mut socket).start_send(Text::new(6)).is_err());
    send(&mut socket, Text::new(5));
    let sent = r#"ws_message_bytes_total{path="/a",direction="sent",opcode="text"} 5"#;
    assert!(lines(&registry, "ws_message_bytes_total").contains(&sent.to_owned()));
}

#[test]
fn a_known_path_starts_at_0() {
    let registry = Registry::new();
    WsMetrics::builder().build(&registry).unwrap().known_path("/a");
    for name in ["ws_connections_total", "ws_connections_active", "ws_connection_duration_seconds_count"] {
        assert_eq!(lines(&registry, name), [format!(r#"{name}{{path="/a"}} 0"#)]);
    }
    assert_eq!(lines(&registry, "ws_messages_total").len(), 4, "text and binary, both ways");
}

#[test]
fn paths_beyond_the_limit_share_one() {
    let registry = Registry::new();
    let metrics = WsMetrics::builder().max_paths(2).build(&registry).unwrap();
    for path in ["/a", "/b", "/c", "/d", "/a"] {
        drop(metrics.connection(path));
    }
    assert_eq!(
        lines(&registry, "ws_connections_total"),
        [("/a", 2), ("/b", 1), ("_overflow", 2)]
            .map(|(path, count)| format!(r#"ws_connections_total{{path="{path}"}} {count}"#))
    );
    assert_eq!(lines(&registry, "ws_paths_overflow_total"), ["ws_paths_overflow_total 2"]);
}

#[test]
fn settings_that_cannot_be_leave_nothing_behind() {
    let registry = Registry::new();
    let _taken = registry.gauge("ws_paths_overflow_total", "Taken.").unwrap();
    let taken = WsMetrics::builder().build(&registry).unwrap_err();
    assert!(matches!(taken, BuildError::Register(RegisterError::Clash { .. })), "{taken}");
    let invalid = WsMetrics::builder().prefix("2x_").build(&registry).unwrap_err();
    assert!(matches!(invalid, BuildError::Register(RegisterError::InvalidName { .. })), "{invalid}");
    let unordered = WsMetrics::builder().prefix("a_").duration_bounds([2.0, 1.0]).build(&registry).unwrap_err();
    assert!(unordered.to_string().starts_with("invalid duration bounds: "), "{unordered}");
    assert_eq!(names(&registry), ["ws_paths_overflow_total"]);
}
