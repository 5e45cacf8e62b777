//! The loop of `MeteredSocket`.

use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tickmark_ws::{MeteredSocket, Opcode, WsMessage};

pub(crate) async fn echo<S, M, E>(mut socket: MeteredSocket<S>)
where
    S: Stream<Item = Result<M, E>> + Sink<M> + Unpin,
    M: WsMessage,
{
    // The library answers a close when the socket is read again: read until `None`.
    while let Some(Ok(message)) = socket.next().await {
        let is_data = matches!(message.opcode(), Some(Opcode::Text | Opcode::Binary));
        if is_data && socket.send(message).await.is_err() {
            return;
        }
    }
}
