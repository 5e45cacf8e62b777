//! hyper with the frames of fastwebsockets.

use std::future::pending;

use bytes::Bytes;
use fastwebsockets::upgrade::{UpgradeFut, is_upgrade_request, upgrade};
use fastwebsockets::{FragmentCollector, Frame, OpCode, Payload};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

use super::tungstenite::{refused, serve_connections};
use super::{Context, ECHO, LONGEST};
use crate::echo::{Command, FLOOD};
use tickmark_ws::{MeteredFrames, WsMetrics};

pub(super) async fn serve(listener: TcpListener, context: Context) {
    serve_connections(listener, move |request| answer(request, context.ws)).await;
}

async fn answer(mut request: Request<Incoming>, metrics: WsMetrics) -> Response<Full<Bytes>> {
    if !is_upgrade_request(&request) {
        return refused();
    }
    let (response, socket) = upgrade(&mut request).unwrap();
    drop(tokio::spawn(handle(socket, metrics)));
    response.map(|_| Full::default())
}

async fn handle(socket: UpgradeFut, metrics: WsMetrics) {
    let mut socket = socket.await.unwrap();
    socket.set_max_message_size(LONGEST);
    echo(metrics.frames(ECHO, FragmentCollector::new(socket))).await;
}

/// As the echo of messages.
async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut frames: MeteredFrames<S>) {
    while let Ok(frame) = frames.read_frame().await {
        let text = (frame.opcode == OpCode::Text).then(|| String::from_utf8(frame.payload.to_vec()).unwrap());
        let command = match frame.opcode {
            OpCode::Text | OpCode::Binary => Command::of(text.as_deref()),
            // Answered by the library.
            OpCode::Close => return,
            _ => Command::Ignore,
        };
        let replies = match command {
            Command::Echo => vec![Frame::new(true, frame.opcode, None, Payload::Owned(frame.payload.to_vec()))],
            Command::Close(code) => vec![Frame::close(code, b"bye")],
            Command::Ping => vec![Frame::new(true, OpCode::Ping, None, Payload::Owned(b"hello".into()))],
            Command::Pong => vec![Frame::pong(Payload::Owned(b"hello".into()))],
            Command::Return => return,
            Command::Panic => panic!("the handler panics, as it should"),
            Command::Hold => pending().await,
            Command::Ignore => vec![],
            Command::Flood(count) => (0..count).map(|_| Frame::binary(Payload::Owned(vec![7; FLOOD]))).collect(),
        };
        for reply in replies {
            if frames.write_frame(reply).await.is_err() {
                return;
            }
        }
    }
}
