//! The effects of the settings, and the settings that are refused.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test helper fails by panicking"
)]

mod support;

use std::time::{Duration, Instant};

use support::{
    BINARY, CLOSE, PING, TEXT, TestMessage, bounds, lines, names, open, receive, receive_all, send,
};
use tickmark::{RegisterError, Registry};
use tickmark_ws::{Connection, Opcode, WsMetrics, WsMetricsBuilder};

fn build(settings: WsMetricsBuilder) -> (Registry, WsMetrics) {
    let registry = Registry::new();
    let metrics = settings.build(&registry).unwrap();
    (registry, metrics)
}

/// Returns the value of the only sample of this name.
fn value(registry: &Registry, name: &str) -> f64 {
    let lines = lines(registry, name);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines[0].rsplit_once(' ').unwrap().1.parse().unwrap()
}

#[test]
fn message_sizes_have_a_direction() {
    let (registry, metrics) = build(WsMetrics::builder().message_sizes(true));
    assert!(names(&registry).contains(&"ws_message_size_bytes".to_owned()));
    let mut socket = open(metrics, "/a", [TEXT, BINARY, PING]);
    receive_all(&mut socket);
    send(&mut socket, TestMessage(Opcode::Text, 100, None));
    send(&mut socket, CLOSE);
    let name = "ws_message_size_bytes";
    let with = |what: &str, direction: &str, value: u16| {
        format!(r#"{name}_{what}{{path="/a",direction="{direction}"}} {value}"#)
    };
    assert_eq!(
        lines(&registry, &format!("{name}_count")),
        [with("count", "received", 3), with("count", "sent", 2)]
    );
    assert_eq!(
        lines(&registry, &format!("{name}_sum")),
        [with("sum", "received", 16), with("sum", "sent", 102)]
    );
    let bounds = bounds(&registry, name);
    assert_eq!(bounds[..7], ["100.0", "1000.0", "10000.0", "100000.0", "1e+06", "1e+07", "+Inf"]);
}

#[test]
fn reply_is_timed_from_the_first_message() {
    let (registry, metrics) = build(WsMetrics::builder().reply_durations(true));
    let count = || value(&registry, "ws_reply_duration_seconds_count");
    let sum = || value(&registry, "ws_reply_duration_seconds_sum");
    let mut socket = open(metrics, "/a", [TEXT, BINARY, PING, TEXT]);
    send(&mut socket, TEXT);
    assert_eq!(count(), 0.0, "no message to reply to");

    let before_first = Instant::now();
    _ = receive(&mut socket);
    let after_first = Instant::now();
    // The two messages must not have the same time.
    std::thread::sleep(Duration::from_millis(10));
    _ = receive(&mut socket);
    send(&mut socket, PING);
    assert_eq!(count(), 0.0, "a ping is not a reply");
    let least = after_first.elapsed();
    send(&mut socket, BINARY);
    let most = before_first.elapsed();
    assert_eq!(count(), 1.0);
    let timed = Duration::from_secs_f64(sum());
    assert!((least..=most).contains(&timed), "{timed:?}, not {least:?} to {most:?}");

    send(&mut socket, TEXT);
    assert_eq!(receive(&mut socket), Some(PING));
    send(&mut socket, TEXT);
    assert_eq!(count(), 1.0, "already replied to, and a ping expects no reply");
    _ = receive(&mut socket);
    send(&mut socket, TEXT);
    assert_eq!(count(), 2.0);
}

#[test]
fn optional_families_are_off_by_default() {
    let (registry, _) = build(WsMetrics::builder());
    assert!(!names(&registry).iter().any(|name| name.contains("size") || name.contains("reply")));
}

#[test]
fn set_bounds_are_exposed() {
    let settings = WsMetrics::builder()
        .message_sizes(true)
        .size_bounds([1.0, 64.0])
        .duration_bounds([0.001, 7.5]);
    let (registry, metrics) = build(settings);
    drop(open(metrics, "/a", []));
    assert_eq!(bounds(&registry, "ws_connection_duration_seconds"), ["0.001", "7.5", "+Inf"]);
    assert_eq!(bounds(&registry, "ws_message_size_bytes")[..3], ["1.0", "64.0", "+Inf"]);
}

#[test]
fn default_bounds_are_exposed() {
    let (registry, metrics) = build(WsMetrics::builder().reply_durations(true));
    drop(open(metrics, "/a", []));
    let lifetimes =
        ["0.1", "1.0", "10.0", "60.0", "300.0", "1800.0", "3600.0", "21600.0", "86400.0", "+Inf"];
    assert_eq!(bounds(&registry, "ws_connection_duration_seconds"), lifetimes);
    let replies = [
        "0.001", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0",
        "10.0", "+Inf",
    ];
    assert_eq!(bounds(&registry, "ws_reply_duration_seconds"), replies);
}

#[test]
fn paths_over_the_limit_share_one() {
    let (registry, metrics) = build(WsMetrics::builder().max_paths(2));
    let overflow = || value(&registry, "ws_paths_overflow_total");
    let sockets: Vec<_> =
        ["/a", "/b", "/c", "/d", "/c", "/a"].map(|path| open(metrics, path, [TEXT])).into();
    assert_eq!(overflow(), 3.0, "connections over the limit");
    let counts = |name: &str, counts: [u8; 3]| {
        assert_eq!(
            lines(&registry, name),
            [0, 1, 2].map(|path| format!(
                r#"{name}{{path="{}"}} {}"#,
                ["/a", "/b", "_overflow"][path],
                counts[path]
            ))
        );
    };
    counts("ws_connections_total", [2, 1, 3]);
    counts("ws_connections_active", [2, 1, 3]);
    drop(sockets);
    counts("ws_connections_active", [0, 0, 0]);
    assert_eq!(overflow(), 3.0);
}

#[test]
fn exposed_path_starts_at_zero() {
    let (registry, metrics) = build(WsMetrics::builder().message_sizes(true));
    assert_eq!(lines(&registry, "ws_connections_total"), [""; 0]);
    metrics.expose_path("/a");
    metrics.expose_path("/a");
    for name in
        ["ws_connections_total", "ws_connections_active", "ws_connection_duration_seconds_count"]
    {
        assert_eq!(lines(&registry, name), [format!(r#"{name}{{path="/a"}} 0"#)]);
    }
    for name in ["ws_messages_total", "ws_message_bytes_total"] {
        let at_zero = |direction: &str, opcode: &str| {
            format!(r#"{name}{{path="/a",direction="{direction}",opcode="{opcode}"}} 0"#)
        };
        assert_eq!(
            lines(&registry, name),
            [
                at_zero("received", "binary"),
                at_zero("received", "text"),
                at_zero("sent", "binary"),
                at_zero("sent", "text"),
            ]
        );
    }
    assert_eq!(lines(&registry, "ws_message_size_bytes_count").len(), 2);
    for name in ["ws_closed_total", "ws_handshakes_failed_total"] {
        assert_eq!(lines(&registry, name), [""; 0], "{name}");
    }
    assert_eq!(value(&registry, "ws_paths_overflow_total"), 0.0);
}

#[test]
fn connection_counts_reported_messages() {
    let (registry, metrics) = build(WsMetrics::builder());
    let mut connection: Connection = metrics.connection("/a");
    connection.received(&TEXT);
    connection.sent(&CLOSE);
    connection.received(&TestMessage(Opcode::Close, 2, Some(1000)));
    assert_eq!(value(&registry, "ws_connections_active"), 1.0);
    // Ends on another thread.
    std::thread::spawn(move || drop(connection)).join().unwrap();
    assert_eq!(value(&registry, "ws_connections_active"), 0.0);
    let closed = r#"ws_closed_total{path="/a",code="4xxx",initiator="server"} 1"#;
    assert_eq!(lines(&registry, "ws_closed_total"), [closed]);
}

#[test]
fn into_inner_ends_the_connection() {
    let (registry, metrics) = build(WsMetrics::builder());
    let socket = open(metrics, "/a", [TEXT]);
    let inside = socket.into_inner();
    assert_eq!(value(&registry, "ws_connections_active"), 0.0);
    assert_eq!(inside.0, [TEXT]);
}

/// Checks that these settings are refused and register nothing.
fn refused(registry: &Registry, settings: WsMetricsBuilder) -> RegisterError {
    let before = names(registry);
    let error = settings.build(registry).unwrap_err();
    assert_eq!(names(registry), before);
    error
}

#[test]
fn taken_names_are_refused() {
    // The first family registered, and the last.
    let (first, last, all) = (Registry::new(), Registry::new(), Registry::new());
    _ = first.gauge("ws_connections_active", "Taken.").unwrap();
    _ = last.counter("ws_paths_overflow_total", "Taken.").unwrap();
    _ = WsMetrics::builder().build(&all).unwrap();
    for registry in [first, last, all.clone()] {
        let error = refused(&registry, WsMetrics::builder());
        assert!(matches!(&error, RegisterError::Clash { .. }), "{error}");
    }
    _ = WsMetrics::builder().prefix("other_").build(&all).unwrap();
}

#[test]
fn prefix_of_an_invalid_name_is_refused() {
    for prefix in ["2", "with space ", "with-dash_"] {
        let error = refused(&Registry::new(), WsMetrics::builder().prefix(prefix));
        assert!(matches!(error, RegisterError::InvalidName { .. }), "{error}");
        assert!(error.to_string().contains(prefix), "{error}");
    }
}

#[test]
fn invalid_bounds_are_refused() {
    let refused = |settings| refused(&Registry::new(), settings).to_string();
    assert_eq!(
        refused(WsMetrics::builder().duration_bounds([2.0, 1.0])),
        "invalid duration_bounds: invalid bound 1.0: must be above 2.0 before it"
    );
    assert_eq!(
        refused(WsMetrics::builder().message_sizes(true).size_bounds([f64::NAN])),
        "invalid size_bounds: invalid bound NaN: must be finite, +Inf is always there"
    );
    // Even if they are not used.
    assert_eq!(
        refused(WsMetrics::builder().size_bounds([1.0, 1.0])),
        "invalid size_bounds: invalid bound 1.0: must be above 1.0 before it"
    );
}

#[test]
fn duration_bound_below_a_millisecond_is_refused() {
    let settings = WsMetrics::builder().duration_bounds([1.0, 1.000_1]);
    assert_eq!(
        refused(&Registry::new(), settings).to_string(),
        "invalid duration_bounds: invalid bound 1.0001: \
         no value of Scale::Millis lies above 1.0 and up to it"
    );
}
