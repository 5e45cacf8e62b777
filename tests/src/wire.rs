//! A client that writes plain bytes. Used by the tests of all adapters.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::recorded::PATIENCE;

/// The address of the server.
#[derive(Clone, Copy, Debug)]
pub struct Client(pub SocketAddr);

impl Client {
    /// Sends bytes on a new connection.
    pub async fn open(self, bytes: impl AsRef<[u8]>) -> TcpStream {
        let mut stream = TcpStream::connect(self.0).await.unwrap();
        stream.write_all(bytes.as_ref()).await.unwrap();
        stream
    }

    /// Sends bytes, and reads concurrently until the server closes.
    pub async fn send(self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = TcpStream::connect(self.0).await.unwrap();
        let (mut reader, mut writer) = stream.split();
        let mut answer = Vec::new();
        // A server that panicked may reset the connection; earlier bytes count.
        let exchange = async {
            tokio::join!(writer.write_all(bytes.as_ref()), reader.read_to_end(&mut answer))
        };
        _ = timeout(PATIENCE, exchange).await.expect("the server closes");
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// One request without a body on a connection of its own.
    pub async fn request(self, method: &str, path: &str) -> Answer {
        Answer::of(
            &self
                .send(format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"))
                .await,
        )
    }

    /// A GET on a connection of its own.
    pub async fn get(self, path: &str) -> Answer {
        self.request("GET", path).await
    }
}

/// A response. Status 0 means none: the server closed the connection.
#[derive(Debug)]
pub struct Answer {
    /// 0 without a response.
    pub status: u16,
    /// In lower case.
    pub head: String,
    /// As on the wire, including chunk framing.
    pub body: String,
}

impl Answer {
    fn of(answer: &str) -> Self {
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Self { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    /// The value of a header by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// Reads until the stream contains this text.
pub async fn read_until(stream: &mut TcpStream, text: &str) {
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains(text) {
        let read = timeout(PATIENCE, stream.read_buf(&mut seen)).await;
        assert_ne!(read.expect("the server answers").unwrap(), 0, "closed before {text:?}");
    }
}
