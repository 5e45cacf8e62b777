//! A client that writes its frames by hand, and keeps count of them.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;
const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];

/// Messages and payload bytes by direction and opcode, as the server sees them.
pub(crate) type Traffic = BTreeMap<(&'static str, &'static str), (u64, u64)>;

/// One connection.
pub(crate) struct Client {
    stream: TcpStream,
    /// What is read, and not yet understood.
    rest: Vec<u8>,
    /// The answer to the handshake, in lower case.
    pub(crate) head: String,
    pub(crate) traffic: Traffic,
}

impl Client {
    /// Opens a connection.
    pub(crate) async fn connect(addr: SocketAddr, path: &str) -> Self {
        Self::ask(addr, path, "").await
    }

    /// Opens a connection with more headers.
    pub(crate) async fn ask(addr: SocketAddr, path: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        let ask = format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
        );
        stream.write_all(ask.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let end = loop {
            assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "closed in the handshake");
            if let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let rest = answer.split_off(end);
        let head = String::from_utf8(answer).unwrap().to_lowercase();
        assert!(head.starts_with("http/1.1 101 "), "{head}");
        Self { stream, rest, head, traffic: Traffic::new() }
    }

    /// Sends a message in one frame.
    pub(crate) async fn send(&mut self, opcode: u8, payload: &[u8]) {
        self.write(FIN | opcode, payload).await;
        self.count("received", opcode, payload.len());
    }

    /// Sends a message in fragments.
    pub(crate) async fn send_in_fragments(&mut self, opcode: u8, fragments: &[&[u8]]) {
        for (number, fragment) in fragments.iter().enumerate() {
            let opcode = if number == 0 { opcode } else { 0 };
            let fin = if number + 1 == fragments.len() { FIN } else { 0 };
            self.write(fin | opcode, fragment).await;
        }
        self.count("received", opcode, fragments.iter().map(|fragment| fragment.len()).sum());
    }

    /// Sends a frame that is no message, or none that the server should take.
    pub(crate) async fn write(&mut self, first_byte: u8, payload: &[u8]) {
        let mut frame = vec![first_byte];
        match payload.len() {
            length @ 0..126 => frame.push(MASKED | u8::try_from(length).unwrap()),
            length @ 126..65_536 => {
                frame.push(MASKED | 126);
                frame.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
            length => {
                frame.push(MASKED | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend(MASK);
        frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        self.write_raw(&frame).await;
    }

    pub(crate) async fn write_raw(&mut self, bytes: &[u8]) {
        // A server that has had enough may have gone.
        _ = self.stream.write_all(bytes).await;
    }

    /// The next message, which the handler sent; its opcode and payload.
    pub(crate) async fn receive(&mut self) -> (u8, Vec<u8>) {
        let (opcode, payload) = self.read().await.expect("a message");
        self.count("sent", opcode, payload.len());
        (opcode, payload)
    }

    /// The next frame, counted by nobody: what the server's library sends by itself. None at the end.
    pub(crate) async fn read(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let Some((frame, length)) = first_frame(&self.rest) {
                self.rest.drain(..length).for_each(drop);
                return Some(frame);
            }
            // A server that dropped its end with something unread resets the connection.
            if self.stream.read_buf(&mut self.rest).await.unwrap_or(0) == 0 {
                return None;
            }
        }
    }

    /// Reads to the end.
    pub(crate) async fn drain(&mut self) {
        while self.read().await.is_some() {}
    }

    fn count(&mut self, direction: &'static str, opcode: u8, bytes: usize) {
        let opcode = match opcode {
            TEXT => "text",
            BINARY => "binary",
            CLOSE => "close",
            PING => "ping",
            PONG => "pong",
            _ => panic!("opcode {opcode}"),
        };
        let (messages, all_bytes) = self.traffic.entry((direction, opcode)).or_default();
        *messages += 1;
        *all_bytes += bytes as u64;
    }
}

/// The first whole frame, which a server sends unmasked and never in fragments here; and its length.
fn first_frame(bytes: &[u8]) -> Option<((u8, Vec<u8>), usize)> {
    let (head, length) = match *bytes.get(1)? {
        126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().unwrap()))),
        127 => (10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().unwrap())).unwrap()),
        length => (2, usize::from(length)),
    };
    let payload = bytes.get(head..head + length)?;
    assert_eq!(bytes[0] & 0xf0, FIN, "a fragment, or an extension");
    Some(((bytes[0] & 0xf, payload.to_vec()), head + length))
}

/// The payload of a close.
pub(crate) fn close(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes(), reason.as_bytes()].concat()
}
