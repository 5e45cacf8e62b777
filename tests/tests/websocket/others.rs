//! Clients of other libraries than the server's.

use std::collections::BTreeMap;

use bytes::Bytes;
use fastwebsockets::{FragmentCollector, Frame, OpCode, Payload};
use futures_util::{SinkExt, StreamExt};
use http::Request;
use http::header::{CONNECTION, HOST, UPGRADE};
use http_body_util::Empty;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::client::Traffic;
use crate::hosts::{ECHO, Host, Server};

const LENGTHS: [usize; 5] = [0, 1, 126, 65_536, 100_000];

/// What both clients say: texts of these lengths come back, and then the client closes with 4002 and two bytes more.
fn expected() -> Traffic {
    let texts = (LENGTHS.len() as u64, LENGTHS.iter().sum::<usize>() as u64);
    BTreeMap::from([(("received", "text"), texts), (("sent", "text"), texts), (("received", "close"), (1, 4))])
}

async fn talk_by_fastwebsockets(server: &Server) {
    let stream = TcpStream::connect(server.addr).await.unwrap();
    let request = Request::get(ECHO)
        .header(HOST, "x")
        .header(UPGRADE, "websocket")
        .header(CONNECTION, "upgrade")
        .header("sec-websocket-key", fastwebsockets::handshake::generate_key())
        .header("sec-websocket-version", "13")
        .body(Empty::<Bytes>::new())
        .unwrap();
    let (socket, _) = fastwebsockets::handshake::client(&TokioExecutor::new(), request, stream).await.unwrap();
    let mut frames = FragmentCollector::new(socket);
    for length in LENGTHS {
        frames.write_frame(Frame::text(Payload::Owned(vec![b'x'; length]))).await.unwrap();
        let frame = frames.read_frame().await.unwrap();
        assert_eq!((frame.opcode, frame.payload.len()), (OpCode::Text, length));
    }
    frames.write_frame(Frame::close(4002, b"ok")).await.unwrap();
    while frames.read_frame().await.is_ok_and(|frame| frame.opcode != OpCode::Close) {}
}

async fn talk_by_tungstenite(server: &Server) {
    use tokio_tungstenite::tungstenite::protocol::CloseFrame;
    use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

    let stream = TcpStream::connect(server.addr).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(format!("ws://x{ECHO}"), stream).await.unwrap();
    for length in LENGTHS {
        let message = Message::text("x".repeat(length));
        socket.send(message.clone()).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), message);
    }
    socket.close(Some(CloseFrame { code: CloseCode::from(4002), reason: "ok".into() })).await.unwrap();
    while socket.next().await.is_some() {}
}

#[tokio::test]
async fn a_client_of_fastwebsockets_counts_the_same() {
    for host in Host::each() {
        let server = host.serve().await;
        talk_by_fastwebsockets(&server).await;
        server.assert_ended(host, &expected(), "4xxx", "client").await;
    }
}

#[tokio::test]
async fn a_client_of_tungstenite_counts_the_same() {
    for host in Host::each() {
        let server = host.serve().await;
        talk_by_tungstenite(&server).await;
        server.assert_ended(host, &expected(), "4xxx", "client").await;
    }
}
