//! fastwebsockets: frames that are read and written, in a hyper service.

use bytes::Bytes;
use fastwebsockets::upgrade::{UpgradeFut, is_upgrade_request, upgrade};
use fastwebsockets::{FragmentCollector, Frame, OpCode};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tickmark_ws::MeteredFrames;
use tokio::net::TcpListener;

use super::hyper::{route, serve_answers, status};
use crate::message::Message;
use crate::service::{self, Context, MOST_BYTES, Socket, TAUGHT};
use crate::taught;

pub(super) async fn serve(listener: TcpListener, context: Context, upgrades: bool) {
    serve_answers(listener, context, upgrades, answer).await;
}

fn answer(context: Context, mut request: Request<Incoming>) -> Response<Full<Bytes>> {
    let Some(path) = route(&context, &request) else { return status(StatusCode::NOT_FOUND) };
    if !is_upgrade_request(&request) {
        return status(StatusCode::UPGRADE_REQUIRED);
    }
    match upgrade(&mut request) {
        Ok((response, socket)) => {
            drop(tokio::spawn(open(context, path, socket)));
            response.map(|_| Full::default())
        }
        Err(_) => status(StatusCode::BAD_REQUEST),
    }
}

async fn open(context: Context, path: &'static str, socket: UpgradeFut) {
    match socket.await {
        Ok(mut socket) => {
            // The smallest size over the limit.
            socket.set_max_message_size(MOST_BYTES + 1);
            let frames = context.ws.frames(path, FragmentCollector::new(socket));
            match path {
                TAUGHT => taught::fastwebsockets::echo(frames).await,
                _ => service::echo(Frames { frames, is_over: false }).await,
            }
        }
        Err(_) => context.ws.handshake_failed(path),
    }
}

struct Frames {
    frames: MeteredFrames<TokioIo<Upgraded>>,
    /// After a close of the client nothing comes, without any signal: the handler must
    /// return.
    is_over: bool,
}

impl Socket for Frames {
    async fn receive(&mut self) -> Option<Message> {
        if self.is_over {
            return None;
        }
        let frame = self.frames.read_frame().await.ok()?;
        self.is_over = frame.opcode == OpCode::Close;
        Some(Message::of(frame.opcode as u8, frame.payload.into()))
    }

    async fn send(&mut self, message: Message) -> bool {
        let opcode = OpCode::try_from(message.opcode()).unwrap();
        self.frames
            .write_frame(Frame::new(true, opcode, None, message.payload().into()))
            .await
            .is_ok()
    }

    async fn finish(&mut self) {
        panic!("no sink, nothing to close");
    }

    async fn send_in_pieces(&mut self, [first, second, last]: [&'static str; 3]) {
        let frame = |is_last, opcode, text: &'static str| {
            Frame::new(is_last, opcode, None, text.as_bytes().into())
        };
        self.frames.write_frame(frame(false, OpCode::Text, first)).await.unwrap();
        self.frames.write_frame(frame(true, OpCode::Ping, "in between")).await.unwrap();
        self.frames.write_frame(frame(false, OpCode::Continuation, second)).await.unwrap();
        self.frames.write_frame(frame(true, OpCode::Continuation, last)).await.unwrap();
    }
}
