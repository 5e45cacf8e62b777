//! hyper-tungstenite: the stream of tungstenite 0.30, in a hyper service.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_tungstenite::HyperWebsocket;
use hyper_tungstenite::tungstenite::Message as TungsteniteMessage;
use hyper_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio::net::TcpListener;

use super::hyper::{route, serve_answers, status};
use crate::message::Message;
use crate::service::{self, Context, ECHO, MOST_BYTES, Streamed, TAUGHT};
use crate::taught;

pub(super) async fn serve(listener: TcpListener, context: Context, upgrades: bool) {
    serve_answers(listener, context, upgrades, answer).await;
}

fn answer(context: Context, mut request: Request<Incoming>) -> Response<Full<Bytes>> {
    let Some(path) = route(&context, &request) else { return status(StatusCode::NOT_FOUND) };
    if !hyper_tungstenite::is_upgrade_request(&request) {
        return status(StatusCode::UPGRADE_REQUIRED);
    }
    let limits = WebSocketConfig::default().max_message_size(Some(MOST_BYTES));
    match hyper_tungstenite::upgrade(&mut request, Some(limits)) {
        Ok((response, socket)) => {
            drop(tokio::spawn(open(context, path, socket)));
            response
        }
        Err(_) => status(StatusCode::BAD_REQUEST),
    }
}

async fn open(context: Context, path: &'static str, socket: HyperWebsocket) {
    match socket.await {
        Ok(socket) if path == ECHO => {
            service::echo(Streamed(context.ws.websocket(path, socket))).await
        }
        Ok(socket) if path == TAUGHT => {
            taught::stream::echo(context.ws.websocket(path, socket)).await
        }
        Ok(socket) => service::split(context.ws.websocket(path, socket), context.halves),
        Err(_) => context.ws.handshake_failed(path),
    }
}

impl From<TungsteniteMessage> for Message {
    fn from(message: TungsteniteMessage) -> Self {
        match message {
            TungsteniteMessage::Text(text) => Self::text(text.as_str()),
            TungsteniteMessage::Binary(data) => Self::Binary(data.into()),
            TungsteniteMessage::Ping(data) => Self::Ping(data.into()),
            TungsteniteMessage::Pong(data) => Self::Pong(data.into()),
            TungsteniteMessage::Close(close) => Self::Close(
                close.map(|close| (close.code.into(), close.reason.as_str().to_owned())),
            ),
            TungsteniteMessage::Frame(_) => panic!("no stream yields a frame"),
        }
    }
}

impl From<Message> for TungsteniteMessage {
    fn from(message: Message) -> Self {
        match message {
            Message::Text(text) => Self::Text(text.into()),
            Message::Binary(data) => Self::Binary(data.into()),
            Message::Ping(data) => Self::Ping(data.into()),
            Message::Pong(data) => Self::Pong(data.into()),
            Message::Close(close) => Self::Close(
                close.map(|(code, reason)| CloseFrame { code: code.into(), reason: reason.into() }),
            ),
        }
    }
}
