//! The frames of fastwebsockets.

use fastwebsockets::{FragmentCollector, Frame, OpCode, WebSocketError};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::connection::Connection;
use crate::message::{Direction, Facts, Opcode};
use crate::metrics::WsMetrics;

/// Counts the messages of a collector of fastwebsockets; made by [`WsMetrics::frames`].
///
/// fastwebsockets answers pings and closes itself, and does not yield pings. Neither
/// pings nor its answers are counted.
///
/// It answers a close before returning it, and returns nothing afterwards: leave then.
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
    /// The kind of a message sent in fragments, and its bytes so far.
    partial: Option<(Opcode, usize)>,
}

impl WsMetrics {
    /// Wraps a collector, as [`websocket`](Self::websocket) wraps a socket.
    #[must_use = "the connection ends when this is dropped"]
    pub fn frames<S>(self, path: &str, frames: FragmentCollector<S>) -> MeteredFrames<S> {
        MeteredFrames { frames, connection: self.connection(path), partial: None }
    }
}

impl<S> MeteredFrames<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    /// Reads the next whole message.
    ///
    /// # Errors
    /// If `FragmentCollector::read_frame` fails.
    pub async fn read_frame(&mut self) -> Result<Frame<'static>, WebSocketError> {
        let frame = self.frames.read_frame().await?;
        if let Some(opcode) = opcode(frame.opcode) {
            self.connection.count(Direction::Received, facts(opcode, &frame));
        }
        Ok(frame)
    }

    /// Sends a frame. A message counts when it is written, one in fragments with its last
    /// fragment.
    ///
    /// # Errors
    /// If `FragmentCollector::write_frame` fails.
    pub async fn write_frame(&mut self, frame: Frame<'static>) -> Result<(), WebSocketError> {
        let (fin, opcode, payload_len) = (frame.fin, opcode(frame.opcode), frame.payload.len());
        let whole = opcode.filter(|_| fin).map(|opcode| facts(opcode, &frame));
        self.frames.write_frame(frame).await?;
        match (whole, opcode) {
            (Some(facts), _) => self.connection.count(Direction::Sent, facts),
            (None, Some(opcode)) => self.partial = Some((opcode, payload_len)),
            (None, None) => self.continue_message(fin, payload_len),
        }
        Ok(())
    }

    fn continue_message(&mut self, fin: bool, fragment_len: usize) {
        let Some((opcode, partial_len)) = self.partial.take() else { return };
        let payload_len = partial_len + fragment_len;
        if fin {
            let facts = Facts { opcode, payload_len, close_code: None };
            self.connection.count(Direction::Sent, facts);
        } else {
            self.partial = Some((opcode, payload_len));
        }
    }

    /// Returns the stream without metrics, and ends the connection for them.
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

fn facts(opcode: Opcode, frame: &Frame<'_>) -> Facts {
    let close_code = match (opcode, &*frame.payload) {
        (Opcode::Close, [high, low, ..]) => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    };
    Facts { opcode, payload_len: frame.payload.len(), close_code }
}
