//! Clients of another library than the server's.

use bytes::Bytes;
use fastwebsockets::{FragmentCollector, Frame, OpCode, handshake};
use futures_util::{SinkExt, StreamExt};
use http::Request;
use http::header::{CONNECTION, HOST, UPGRADE};
use http_body_util::Empty;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message as TungsteniteMessage;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::hosts::{Host, Server};
use crate::message::Message;
use crate::service::ECHO;

/// The messages of the clients; all are echoed.
fn talk() -> Vec<Message> {
    let texts = (0..100).map(|length| Message::Text("ü".repeat(length)));
    texts.chain((0..10).map(|length| Message::Binary(vec![1; length * 1_000]))).collect()
}

impl Server {
    /// Counts a message that was sent and echoed.
    fn echoed(&self, message: &Message) {
        self.tally.received(ECHO, message);
        self.tally.sent(ECHO, message);
    }
}

#[tokio::test]
async fn fastwebsockets_client_is_counted() {
    for host in Host::each().filter(|host| *host != Host::Fastwebsockets) {
        let server = host.serve().await;
        let request = Request::get(ECHO)
            .header(HOST, "x")
            .header(CONNECTION, "upgrade")
            .header(UPGRADE, "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", handshake::generate_key());
        let request = request.body(Empty::<Bytes>::new()).unwrap();
        let stream = TcpStream::connect(server.client.0).await.unwrap();
        let (socket, _) = handshake::client(&TokioExecutor::new(), request, stream).await.unwrap();
        server.tally.opened(ECHO);
        let mut socket = FragmentCollector::new(socket);
        for message in talk() {
            let opcode = OpCode::try_from(message.opcode()).unwrap();
            socket
                .write_frame(Frame::new(true, opcode, None, message.payload().into()))
                .await
                .unwrap();
            let frame = socket.read_frame().await.unwrap();
            assert_eq!(Message::of(frame.opcode as u8, frame.payload.into()), message, "{host:?}");
            server.echoed(&message);
        }
        socket.write_frame(Frame::close(4002, b"enough")).await.unwrap();
        server.tally.received(ECHO, &Message::Close(Some((4002, "enough".to_owned()))));
        assert_eq!(socket.read_frame().await.unwrap().opcode, OpCode::Close, "{host:?}");
        server.assert_closed("4xxx by client").await;
    }
}

#[tokio::test]
async fn tungstenite_client_is_counted() {
    let host = Host::Fastwebsockets;
    let server = host.serve().await;
    let stream = TcpStream::connect(server.client.0).await.unwrap();
    let (mut socket, _) = client_async(format!("ws://x{ECHO}"), stream).await.unwrap();
    server.tally.opened(ECHO);
    for message in talk() {
        socket.send(message.clone().into()).await.unwrap();
        assert_eq!(Message::from(socket.next().await.unwrap().unwrap()), message, "{host:?}");
        server.echoed(&message);
    }
    let close = CloseFrame { code: 4002.into(), reason: "enough".into() };
    socket.send(TungsteniteMessage::Close(Some(close))).await.unwrap();
    server.tally.received(ECHO, &Message::Close(Some((4002, "enough".to_owned()))));
    while socket.next().await.is_some() {}
    server.assert_closed("4xxx by client").await;
}
