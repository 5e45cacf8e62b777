//! The client, which writes frames by hand and counts them.

use tickmark_tests::recorded::PATIENCE;
use tickmark_tests::wire::Client;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

use crate::frame::{self, masked, unmasked};
use crate::message::Message;
use crate::tally::Tally;

/// The request, with the key of RFC 6455, section 1.3.
pub(crate) fn handshake(path: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    )
}

/// One open WebSocket.
#[derive(Debug)]
pub(crate) struct Socket {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
    path: &'static str,
    tally: Tally,
    /// The part of a message received so far.
    begun: Option<(u8, Vec<u8>)>,
    /// Pings without a pong.
    asked: Vec<Vec<u8>>,
    has_closed: bool,
}

impl Socket {
    /// Opens a WebSocket; `more` are further headers, and `path` is that of the route.
    pub(crate) async fn open(
        client: Client,
        asked: &str,
        more: &str,
        path: &'static str,
        tally: Tally,
    ) -> Self {
        let (reader, writer) = client.open(handshake(asked, more)).await.into_split();
        let mut reader = BufReader::new(reader);
        let head = read_head(&mut reader).await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(head.contains(": s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{head}");
        assert!(!head.to_lowercase().contains("sec-websocket-extensions"), "{head}");
        tally.opened(path);
        Self { reader, writer, path, tally, begun: None, asked: vec![], has_closed: false }
    }

    pub(crate) async fn send(&mut self, message: Message) {
        self.write(masked(true, message.opcode(), &message.payload())).await;
        self.has_sent(message);
    }

    pub(crate) async fn text(&mut self, text: impl Into<String>) {
        self.send(Message::text(text)).await;
    }

    /// Sends a text in an unmasked frame.
    pub(crate) async fn send_bare(&mut self, text: &str) {
        self.write(unmasked(1, text.as_bytes())).await;
        self.has_sent(Message::text(text));
    }

    /// Sends a message in pieces of this size, with a ping before each but the first.
    pub(crate) async fn send_in_pieces(&mut self, message: Message, piece_bytes: usize) {
        let payload = message.payload();
        let pieces = payload.chunks(piece_bytes);
        let last = pieces.len() - 1;
        for (number, piece) in pieces.enumerate() {
            if number > 0 {
                self.send(Message::Ping(vec![0; number])).await;
            }
            let opcode = if number == 0 { message.opcode() } else { 0 };
            self.write(masked(number == last, opcode, piece)).await;
        }
        self.has_sent(message);
    }

    /// Sends a close that the server shows as another one, or not at all.
    pub(crate) async fn send_forbidden_close(&mut self, code: u16, shown: Option<Message>) {
        self.write(masked(true, 8, &code.to_be_bytes())).await;
        self.has_closed = true;
        if let Some(shown) = shown {
            self.tally.received(self.path, &shown);
        }
    }

    fn has_sent(&mut self, message: Message) {
        self.tally.received(self.path, &message);
        match message {
            Message::Ping(payload) => self.asked.push(payload),
            Message::Close(_) => self.has_closed = true,
            _ => {}
        }
    }

    /// Writes bytes that are not a whole message and not counted.
    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        // A server that refuses the beginning may be gone before the end.
        _ = self.writer.write_all(bytes.as_ref()).await;
    }

    /// The next message from the server; `None` if it closed the connection. Counted,
    /// unless the server's library sends it by itself: the replies to a ping and to a
    /// close.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        loop {
            let frame = timeout(PATIENCE, frame::read(&mut self.reader)).await;
            let frame =
                frame.unwrap_or_else(|_| panic!("timed out waiting for a frame or the end"))?;
            if let Some(message) = self.collect(frame) {
                if !self.is_answer(&message) {
                    self.tally.sent(self.path, &message);
                }
                return Some(message);
            }
        }
    }

    fn collect(&mut self, frame: frame::Frame) -> Option<Message> {
        // A control frame may come between two frames of a message.
        if frame.opcode >= 8 {
            return Some(Message::of(frame.opcode, frame.payload));
        }
        let (opcode, mut payload) = self.begun.take().unwrap_or((frame.opcode, vec![]));
        payload.extend(frame.payload);
        if frame.is_last {
            return Some(Message::of(opcode, payload));
        }
        self.begun = Some((opcode, payload));
        None
    }

    fn is_answer(&mut self, message: &Message) -> bool {
        match message {
            Message::Pong(payload) => match self.asked.iter().position(|asked| asked == payload) {
                Some(position) => {
                    _ = self.asked.remove(position);
                    true
                }
                None => false,
            },
            Message::Close(_) => self.has_closed,
            _ => false,
        }
    }

    /// Sends a text and reads until it is echoed, counting all messages before it.
    pub(crate) async fn round_trip(&mut self, text: &str) {
        self.text(text).await;
        while self.next().await.unwrap() != Message::text(text) {}
    }

    /// Reads, and counts, until the server closes the connection.
    pub(crate) async fn ends(&mut self) {
        while self.next().await.is_some() {}
    }
}

/// The head of the response, and not a byte more.
async fn read_head(reader: &mut BufReader<OwnedReadHalf>) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).await.unwrap(), 0, "closed within the head: {head}");
    }
    head
}
