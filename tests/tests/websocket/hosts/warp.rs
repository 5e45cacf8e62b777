//! warp: the filter `ws`, behind the adapter's server.

use hyper_util::service::TowerToHyperService;
use tickmark_warp::path;
use tokio::net::TcpListener;
use tower::Layer;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::reply::{Reply, Response};
use warp::ws::{Message as WarpMessage, Ws};

use crate::message::Message;
use crate::service::{self, Context, ECHO, MOST_BYTES, SPLIT, Streamed, TAUGHT};
use crate::taught;

pub(super) async fn serve(listener: TcpListener, context: Context, upgrades: bool) {
    let service = warp::service(filters(&context));
    if upgrades {
        tickmark_warp::serve(listener, context.http, service).await;
    } else {
        let service = TowerToHyperService::new(context.http.layer().layer(service));
        super::hyper::serve(listener, service, upgrades).await;
    }
}

fn filters(context: &Context) -> BoxedFilter<(Response,)> {
    let (ws, halves) = (context.ws, context.halves.clone());
    let echo = path!(context.http; "ws" / "echo").and(warp::ws()).map(move |upgrade: Ws| {
        let upgrade = upgrade.max_message_size(MOST_BYTES);
        upgrade
            .on_upgrade(move |socket| service::echo(Streamed(ws.websocket(ECHO, socket))))
            .into_response()
    });
    let split = path!(context.http; "ws" / "split").and(warp::ws()).map(move |upgrade: Ws| {
        let halves = halves.clone();
        upgrade
            .on_upgrade(async move |socket| service::split(ws.websocket(SPLIT, socket), halves))
            .into_response()
    });
    let taught = path!(context.http; "ws" / "taught").and(warp::ws()).map(move |upgrade: Ws| {
        upgrade
            .on_upgrade(move |socket| taught::stream::echo(ws.websocket(TAUGHT, socket)))
            .into_response()
    });
    echo.or(split).unify().or(taught).unify().boxed()
}

impl From<WarpMessage> for Message {
    fn from(message: WarpMessage) -> Self {
        let data = message.as_bytes().to_vec();
        match message.to_str() {
            Ok(text) => Self::text(text),
            Err(()) if message.is_binary() => Self::Binary(data),
            Err(()) if message.is_ping() => Self::Ping(data),
            Err(()) if message.is_pong() => Self::Pong(data),
            Err(()) => {
                Self::Close(message.close_frame().map(|(code, reason)| (code, reason.to_owned())))
            }
        }
    }
}

impl From<Message> for WarpMessage {
    fn from(message: Message) -> Self {
        match message {
            Message::Text(text) => Self::text(text),
            Message::Binary(data) => Self::binary(data),
            Message::Ping(data) => Self::ping(data),
            Message::Pong(data) => Self::pong(data),
            Message::Close(None) => Self::close(),
            Message::Close(Some((code, reason))) => Self::close_with(code, reason),
        }
    }
}
