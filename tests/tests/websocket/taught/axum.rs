//! The loop of `MeteredUpgrade` and of the example.

use axum::extract::ws::Message;
use axum::response::Response;
use tickmark_ws::MeteredUpgrade;

pub(crate) async fn echo(upgrade: MeteredUpgrade) -> Response {
    upgrade.on_upgrade(async |mut socket| {
        // The library answers a close when the socket is read again: read until `None`.
        while let Some(Ok(message)) = socket.recv().await {
            let is_data = matches!(message, Message::Text(_) | Message::Binary(_));
            if is_data && socket.send(message).await.is_err() {
                return;
            }
        }
    })
}
