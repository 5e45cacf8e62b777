//! WebSocket connections to the service's echo, by a client that counts.

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use tungstenite::protocol::frame::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

use crate::echo::PATH;
use crate::service::Service;

/// The traffic of one connection, and how it ended.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// Messages and bytes by direction and opcode, as the service sees them.
    pub traffic: BTreeMap<(&'static str, &'static str), (usize, usize)>,
    /// The label values `code` and `initiator`.
    pub closed: (&'static str, &'static str),
    /// The shortest and the longest time that it can have been open.
    pub took: (Duration, Duration),
}

/// An open connection.
struct Client {
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    traffic: BTreeMap<(&'static str, &'static str), (usize, usize)>,
    start: Instant,
}

impl Client {
    fn connect(service: &Service) -> Self {
        let start = Instant::now();
        let url = format!("ws://{}{PATH}", service.addr());
        let (socket, _) = tungstenite::connect(url).unwrap();
        Self { socket, traffic: BTreeMap::new(), start }
    }

    fn count(&mut self, direction: &'static str, opcode: &'static str, bytes: usize) {
        let (messages, all_bytes) = self.traffic.entry((direction, opcode)).or_default();
        *messages += 1;
        *all_bytes += bytes;
    }

    /// Sends a message, which is echoed.
    fn echo(&mut self, opcode: &'static str, message: &Message) {
        self.socket.send(message.clone()).unwrap();
        self.count("received", opcode, message.len());
        assert_eq!(self.socket.read().unwrap(), *message);
        self.count("sent", opcode, message.len());
    }

    /// Sends text and data, which are echoed.
    fn talk(&mut self) {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            for (opcode, message) in [
                ("text", Message::text("x".repeat(length))),
                ("binary", Message::binary(vec![7; length])),
            ] {
                self.echo(opcode, &message);
            }
        }
        self.socket.send(Message::Ping("1234".into())).unwrap();
        self.count("received", "ping", 4);
        // The library sends the pong, without the service.
        assert_eq!(self.socket.read().unwrap(), Message::Pong("1234".into()));
    }

    /// Reads until the connection ends.
    fn end(mut self, closed: (&'static str, &'static str)) -> Conversation {
        while self.socket.read().is_ok() {}
        self.left(closed)
    }

    fn left(self, closed: (&'static str, &'static str)) -> Conversation {
        let took = (Duration::ZERO, self.start.elapsed());
        Conversation { traffic: self.traffic, closed, took }
    }
}

/// Exchanges messages and ends in every way: closed by the client, closed by the service,
/// and without a close.
#[must_use]
pub fn hold(service: &Service) -> Vec<Conversation> {
    vec![closed_by_client(service), closed_by_service(service), left_open(service)]
}

/// Sends this many short texts, which are echoed, and closes.
#[must_use]
pub fn chat(service: &Service, messages: usize) -> Conversation {
    let mut client = Client::connect(service);
    for number in 0..messages {
        client.echo("text", &Message::text(format!("message {number}")));
    }
    client.socket.close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() })).unwrap();
    client.count("received", "close", 2);
    client.end(("1000", "client"))
}

fn closed_by_client(service: &Service) -> Conversation {
    let mut client = Client::connect(service);
    client.talk();
    let close = CloseFrame { code: CloseCode::from(4001), reason: "bye".into() };
    client.socket.close(Some(close)).unwrap();
    client.count("received", "close", 5);
    client.end(("4xxx", "client"))
}

fn closed_by_service(service: &Service) -> Conversation {
    let mut client = Client::connect(service);
    client.talk();
    client.socket.send(Message::text("close 1008")).unwrap();
    client.count("received", "text", 10);
    client.count("sent", "close", 2);
    // The response to it.
    client.count("received", "close", 2);
    client.end(("1008", "server"))
}

fn left_open(service: &Service) -> Conversation {
    let mut client = Client::connect(service);
    client.talk();
    client.left(("1006", "none"))
}
