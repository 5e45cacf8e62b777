//! The loop of `MeteredFrames`.

use fastwebsockets::OpCode;
use tickmark_ws::MeteredFrames;
use tokio::io::{AsyncRead, AsyncWrite};

pub(crate) async fn echo<S>(mut frames: MeteredFrames<S>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    while let Ok(frame) = frames.read_frame().await {
        let is_data = matches!(frame.opcode, OpCode::Text | OpCode::Binary);
        // A close was answered before it was returned, and nothing comes after it.
        if frame.opcode == OpCode::Close || (is_data && frames.write_frame(frame).await.is_err()) {
            return;
        }
    }
}
