//! The HTTP/2 client, which is hyper's, and HTTP/1.1 requests as text.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Empty;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tickmark_tests::wire::Client;
use tokio::net::TcpStream;

/// One connection of HTTP/2.
pub(crate) async fn connect(client: Client) -> SendRequest<Empty<Bytes>> {
    let stream = TokioIo::new(TcpStream::connect(client.0).await.unwrap());
    let (sender, connection) = handshake(TokioExecutor::new(), stream).await.unwrap();
    // The server decides how it ends.
    drop(tokio::spawn(async move { drop(connection.await) }));
    sender
}

pub(crate) fn request(method: Method, path: &str) -> Request<Empty<Bytes>> {
    let uri = format!("http://x{path}");
    Request::builder().method(method).uri(uri).body(Empty::new()).unwrap()
}

/// A GET that keeps the connection open.
pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")
}

/// The last GET of a connection.
pub(crate) fn last_get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
}
