use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::program::Serving;

#[test]
fn either_signal_ends_it_well() {
    for signal in ["INT", "TERM"] {
        let mut serving = Serving::start(&[("METRICS_ADDR", "127.0.0.1:0")]);
        send(signal, &serving);
        assert_eq!(serving.child.wait().unwrap().code(), Some(0), "{signal}");
    }
}

#[test]
fn what_has_begun_is_finished() {
    let mut serving = Serving::start(&[("METRICS_ADDR", "127.0.0.1:0")]);
    let mut connection = open(&serving, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc");
    wait_until(|| serving.page().contains("emmett_http_requests_in_flight{method=\"POST\"} 1\n"));
    send("TERM", &serving);
    wait_until(|| TcpStream::connect(addr(&serving)).is_err());
    connection.write_all(b"def").unwrap();
    let mut response = String::new();
    let _size = connection.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n") && response.ends_with("\r\n\r\nabcdef"), "{response}");
    assert_eq!(serving.child.wait().unwrap().code(), Some(0));
}

#[test]
fn an_endless_stream_does_not_keep_it_alive() {
    let mut serving = Serving::start(&[]);
    let connection = open(&serving, "GET /stream?chunks=2&delay_ms=3600000 HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_until(|| serving.page().contains("emmett_http_requests_in_flight{method=\"GET\"} 1\n"));
    send("TERM", &serving);
    wait_until(|| serving.child.try_wait().unwrap().is_some());
    assert_eq!(serving.child.wait().unwrap().code(), Some(0));
    drop(connection);
}

fn addr(serving: &Serving) -> &str {
    serving.service.strip_prefix("http://").unwrap()
}

fn open(serving: &Serving, request: &str) -> TcpStream {
    let mut connection = TcpStream::connect(addr(serving)).unwrap();
    connection.write_all(request.as_bytes()).unwrap();
    connection
}

/// Asks the shell, whose `kill` is always there.
fn send(signal: &str, serving: &Serving) {
    let kill = format!("kill -s {signal} {}", serving.child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

fn wait_until(mut reached: impl FnMut() -> bool) {
    let start = Instant::now();
    while !reached() {
        assert!(start.elapsed() < Duration::from_secs(60), "not within a minute");
        thread::sleep(Duration::from_millis(10));
    }
}
