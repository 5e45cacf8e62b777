use std::io::{BufRead, BufReader, Lines, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::program::{DEADLINE, Serving};

#[test]
fn either_signal_ends_it_with_success() {
    for signal in ["INT", "TERM"] {
        let mut serving = Serving::start(&[("METRICS_ADDR", "127.0.0.1:0")]);
        send(signal, &serving);
        assert_eq!(exit_code(&mut serving), Some(0), "{signal}");
    }
}

#[test]
fn requests_in_progress_are_finished() {
    let mut serving = Serving::start(&[]);
    let mut lines = begin_stream(&serving, "chunks=3&delay_ms=400");
    send("TERM", &serving);
    assert!(lines.any(|line| line.unwrap() == "chunk 0000000003"));
    assert_eq!(exit_code(&mut serving), Some(0));
}

#[test]
fn endless_stream_does_not_prevent_the_end() {
    let mut serving = Serving::start(&[]);
    let lines = begin_stream(&serving, "chunks=2&delay_ms=3600000");
    send("TERM", &serving);
    assert_eq!(exit_code(&mut serving), Some(0));
    drop(lines);
}

/// On both listeners, with clients that do not read and clients that do not write.
#[test]
fn stuck_scrapes_do_not_prevent_the_end() {
    for metrics in [&[][..], &[("METRICS_ADDR", "127.0.0.1:0")]] {
        let mut serving = Serving::start(&[&[("SHUTDOWN_SECONDS", "1")], metrics].concat());
        let addr = serving
            .metrics
            .strip_prefix("http://")
            .unwrap()
            .strip_suffix("/metrics")
            .unwrap()
            .to_owned();
        let requests = format!("GET /metrics HTTP/1.1\r\nHost: {addr}\r\n\r\n").repeat(100);
        let stuck = [requests.as_str(), "GET /metr", ""].map(|begun| {
            let mut connection = TcpStream::connect(&addr).unwrap();
            connection.write_all(begun.as_bytes()).unwrap();
            connection
        });
        send("TERM", &serving);
        assert_eq!(exit_code(&mut serving), Some(0), "{metrics:?}");
        drop(stuck);
    }
}

/// Begins a stream. Returns when its first chunk has arrived.
fn begin_stream(serving: &Serving, query: &str) -> Lines<BufReader<TcpStream>> {
    let addr = serving.service.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(addr).unwrap();
    let request = format!("GET /stream?{query} HTTP/1.1\r\nHost: {addr}\r\n\r\n");
    connection.write_all(request.as_bytes()).unwrap();
    connection.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut lines = BufReader::new(connection).lines();
    assert!(lines.any(|line| line.unwrap() == "chunk 0000000001"));
    lines
}

/// Sends a signal through the `kill` of the shell.
fn send(signal: &str, serving: &Serving) {
    let kill = format!("kill -s {signal} {}", serving.child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

/// Waits for the exit code. Panics after [`DEADLINE`].
fn exit_code(serving: &mut Serving) -> Option<i32> {
    let start = Instant::now();
    while start.elapsed() < DEADLINE {
        if let Some(status) = serving.child.try_wait().unwrap() {
            return status.code();
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("still running after the deadline");
}
