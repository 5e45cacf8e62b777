//! Requests by hand, over connections of their own, that an ordinary client cannot make.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::exchange::Exchange;
use crate::process::{DEADLINE, wait_for};
use crate::service::Service;

/// Sends bodies that the service does not read: it answers and closes the connection.
#[must_use]
pub fn send_unread_bodies(service: &Service) -> Vec<Exchange> {
    let table = [
        ("PUT", "/users/1", "/users/{id}", 200, 1_500),
        ("POST", "/users/1", "/users/{id}", 405, 3),
        ("PATCH", "/.env", "unmatched", 404, 100),
        ("DELETE", "/status/503", "/status/{code}", 405, 101),
    ];
    let send = |(method, target, path, status, size)| {
        let start = Instant::now();
        let mut response = String::new();
        _ = request(service, method, target, size).read_to_string(&mut response).unwrap();
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        Exchange {
            request_size: Some(size),
            response_size: Some(body.len()),
            took: (Duration::ZERO, start.elapsed()),
            ..Exchange::new(method, path, status)
        }
    };
    table.map(send).into()
}

/// Disconnects while `count` requests, all that are in flight, wait for their responses.
#[must_use]
pub fn cancel_before_the_head(service: &Service, count: usize) -> Vec<Exchange> {
    let connections: Vec<_> = (0..count).map(|_| ask_slowly(service)).collect();
    let in_flight = format!("\nemmett_http_requests_in_flight{{method=\"GET\"}} {count}\n");
    wait_for("slow requests in flight", || service.metrics().contains(&in_flight).then_some(()));
    drop(connections);
    let cancelled = Exchange {
        request_size: None,
        response_size: None,
        aborted: Some("cancelled"),
        ..Exchange::new("GET", "/slow", 499)
    };
    vec![cancelled; count]
}

/// Disconnects `count` times after the first chunk of a stream.
#[must_use]
pub fn leave_in_mid_stream(service: &Service, count: usize) -> Vec<Exchange> {
    let leave = || {
        let start = Instant::now();
        drop(open_stream(service));
        Exchange {
            response_size: Some(17),
            took: (Duration::ZERO, start.elapsed()),
            aborted: Some("body_dropped"),
            ..Exchange::new("GET", "/stream", 200)
        }
    };
    (0..count).map(|_| leave()).collect()
}

/// Opens a stream, and returns the rest of it after the first chunk.
#[must_use]
pub fn open_stream(service: &Service) -> Lines<BufReader<TcpStream>> {
    // The second chunk is an hour away.
    let connection = request(service, "GET", "/stream?chunks=2&delay_ms=3600000", 0);
    let mut lines = BufReader::new(connection).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "HTTP/1.1 200 OK");
    assert!(lines.any(|line| line.unwrap() == "chunk 0000000001"));
    lines
}

/// Requests a response that takes the service ten seconds.
#[must_use]
pub fn ask_slowly(service: &Service) -> TcpStream {
    request(service, "GET", "/slow?ms=10000", 0)
}

/// A connection with one request sent, with a body of `size` bytes.
fn request(service: &Service, method: &str, target: &str, size: usize) -> TcpStream {
    let head = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\n", service.addr());
    let body = "x".repeat(size);
    let request = format!("{head}Connection: close\r\nContent-Length: {size}\r\n\r\n{body}");
    let mut connection = TcpStream::connect(service.addr()).unwrap();
    connection.set_read_timeout(Some(DEADLINE)).unwrap();
    // In one write: the service may close the connection as soon as it has the head.
    connection.write_all(request.as_bytes()).unwrap();
    connection
}
