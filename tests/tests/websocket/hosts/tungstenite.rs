//! hyper with the streams of tungstenite.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_tungstenite::is_upgrade_request;
use hyper_tungstenite::tungstenite::Message;
use hyper_tungstenite::tungstenite::protocol::WebSocketConfig;
use hyper_tungstenite::tungstenite::protocol::frame::CloseFrame;
use hyper_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::{Context, ECHO, LONGEST, SPLIT};
use crate::echo::{TestMessage, echo, split};

pub(super) async fn serve(listener: TcpListener, context: Context) {
    serve_connections(listener, move |request| answer(request, context.clone())).await;
}

/// Serves a function on every connection.
pub(super) async fn serve_connections<F>(
    listener: TcpListener,
    answer: impl Fn(Request<Incoming>) -> F + Clone + Send + 'static,
) where
    F: Future<Output = Response<Full<Bytes>>> + Send,
{
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let answer = answer.clone();
        let service = service_fn(move |request| {
            let response = answer(request);
            async move { Ok::<_, Infallible>(response.await) }
        });
        drop(tokio::spawn(async move {
            // What breaks a connection is what the tests are about.
            _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades().await;
        }));
    }
}

async fn answer(mut request: Request<Incoming>, context: Context) -> Response<Full<Bytes>> {
    if !is_upgrade_request(&request) {
        return refused();
    }
    let is_split = request.uri().path() == SPLIT;
    let config = WebSocketConfig::default().max_message_size(Some(LONGEST));
    let (response, socket) = hyper_tungstenite::upgrade(&mut request, Some(config)).unwrap();
    drop(tokio::spawn(async move {
        let socket = socket.await.unwrap();
        if is_split {
            split(context.ws.websocket(SPLIT, socket), context.halves).await;
        } else {
            echo(context.ws.websocket(ECHO, socket)).await;
        }
    }));
    response
}

/// To who does not ask for a WebSocket.
pub(super) fn refused() -> Response<Full<Bytes>> {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

impl TestMessage for Message {
    fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    fn close(code: u16) -> Self {
        Self::Close(Some(CloseFrame { code: CloseCode::from(code), reason: "bye".into() }))
    }

    fn ping() -> Self {
        Self::Ping("hello".into())
    }

    fn pong() -> Self {
        Self::Pong("hello".into())
    }

    fn binary(length: usize) -> Self {
        Self::Binary(vec![7; length].into())
    }
}
