//! The frames of fastwebsockets.

use fastwebsockets::{FragmentCollector, Frame, OpCode, WebSocketError};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::connection::Connection;
use crate::message::{Direction, Opcode, Seen};
use crate::metrics::WsMetrics;

/// The collector of fastwebsockets whose messages are counted; made by
/// [`WsMetrics::frames`].
///
/// fastwebsockets answers pings and closes by itself, and yields no ping: neither pings
/// nor those answers are counted.
///
/// It answers a close before it returns it, and returns nothing after it: leave then.
///
/// ```
/// use fastwebsockets::OpCode;
/// use tickmark_ws::MeteredFrames;
/// use tokio::io::{AsyncRead, AsyncWrite};
///
/// async fn echo<S>(mut frames: MeteredFrames<S>)
/// where
///     S: AsyncRead + AsyncWrite + Unpin,
/// {
///     while let Ok(frame) = frames.read_frame().await {
///         let is_data = matches!(frame.opcode, OpCode::Text | OpCode::Binary);
///         // A close was answered before it was returned, and nothing comes after it.
///         if frame.opcode == OpCode::Close || (is_data && frames.write_frame(frame).await.is_err()) {
///             return;
///         }
///     }
/// }
/// ```
pub struct MeteredFrames<S> {
    frames: FragmentCollector<S>,
    connection: Connection,
    /// Of the message that is sent in fragments: what it is, and the bytes so far.
    begun: Option<(Opcode, usize)>,
}

impl WsMetrics {
    /// Puts metrics around a collector, as [`websocket`](Self::websocket) does around a
    /// socket.
    #[must_use = "the connection ends when this is dropped"]
    pub fn frames<S>(self, path: &str, frames: FragmentCollector<S>) -> MeteredFrames<S> {
        MeteredFrames { frames, connection: self.connection(path), begun: None }
    }
}

impl<S> MeteredFrames<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    /// The next whole message.
    ///
    /// # Errors
    /// As those of [`FragmentCollector::read_frame`].
    pub async fn read_frame(&mut self) -> Result<Frame<'static>, WebSocketError> {
        let frame = self.frames.read_frame().await?;
        if let Some(opcode) = opcode(frame.opcode) {
            self.connection.count(Direction::Received, seen(opcode, &frame));
        }
        Ok(frame)
    }

    /// Sends a frame; counted when it is written, a message in fragments with the last of
    /// them.
    ///
    /// # Errors
    /// As those of [`FragmentCollector::write_frame`].
    pub async fn write_frame(&mut self, frame: Frame<'static>) -> Result<(), WebSocketError> {
        let (fin, opcode, payload_len) = (frame.fin, opcode(frame.opcode), frame.payload.len());
        let whole = opcode.filter(|_| fin).map(|opcode| seen(opcode, &frame));
        self.frames.write_frame(frame).await?;
        match (whole, opcode) {
            (Some(seen), _) => self.connection.count(Direction::Sent, seen),
            (None, Some(opcode)) => self.begun = Some((opcode, payload_len)),
            (None, None) => self.continue_message(fin, payload_len),
        }
        Ok(())
    }

    fn continue_message(&mut self, fin: bool, payload_len: usize) {
        let Some((opcode, begun)) = self.begun.take() else { return };
        let payload_len = begun + payload_len;
        if fin {
            self.connection.count(Direction::Sent, Seen { opcode, payload_len, close_code: None });
        } else {
            self.begun = Some((opcode, payload_len));
        }
    }

    /// The stream below, without metrics: for them the connection ends here.
    pub fn into_inner(self) -> S {
        self.frames.into_inner()
    }
}

impl<S> std::fmt::Debug for MeteredFrames<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MeteredFrames")
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}

fn opcode(opcode: OpCode) -> Option<Opcode> {
    match opcode {
        OpCode::Text => Some(Opcode::Text),
        OpCode::Binary => Some(Opcode::Binary),
        OpCode::Ping => Some(Opcode::Ping),
        OpCode::Pong => Some(Opcode::Pong),
        OpCode::Close => Some(Opcode::Close),
        OpCode::Continuation => None,
    }
}

fn seen(opcode: Opcode, frame: &Frame<'_>) -> Seen {
    let close_code = match (opcode, &*frame.payload) {
        (Opcode::Close, [high, low, ..]) => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    };
    Seen { opcode, payload_len: frame.payload.len(), close_code }
}
