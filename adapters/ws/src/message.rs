//! Messages of every library.

use tickmark::Label;

/// The kind of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// UTF-8 text.
    Text,
    /// Bytes.
    Binary,
    /// Asks for a pong.
    Ping,
    /// Answers a ping.
    Pong,
    /// Ends the connection.
    Close,
}

impl Label for Opcode {
    const ALL: &'static [Self] = &[Self::Text, Self::Binary, Self::Ping, Self::Pong, Self::Close];

    fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Binary => "binary",
            Self::Ping => "ping",
            Self::Pong => "pong",
            Self::Close => "close",
        }
    }

    fn index(self) -> usize {
        self as usize
    }
}

/// The direction of a message, seen from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Received,
    Sent,
}

impl Label for Direction {
    const ALL: &'static [Self] = &[Self::Received, Self::Sent];

    fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Sent => "sent",
        }
    }

    fn index(self) -> usize {
        self as usize
    }
}

/// A message of a WebSocket library. The features of this crate implement it for the
/// libraries that they name.
///
/// ```
/// use tickmark_ws::{Opcode, WsMessage, WsMetrics};
///
/// /// A message of your own library.
/// enum Message {
///     Text(String),
///     Close { code: u16 },
/// }
///
/// impl WsMessage for Message {
///     fn opcode(&self) -> Option<Opcode> {
///         Some(match self {
///             Self::Text(_) => Opcode::Text,
///             Self::Close { .. } => Opcode::Close,
///         })
///     }
///
///     fn payload_len(&self) -> usize {
///         match self {
///             Self::Text(text) => text.len(),
///             Self::Close { .. } => 2,
///         }
///     }
///
///     fn close_code(&self) -> Option<u16> {
///         match self {
///             Self::Text(_) => None,
///             Self::Close { code } => Some(*code),
///         }
///     }
/// }
///
/// let registry = tickmark::Registry::new();
/// let metrics = WsMetrics::builder().build(&registry)?;
/// let mut connection = metrics.connection("/rooms/{id}");
/// connection.received(&Message::Text("hello".to_owned()));
/// connection.sent(&Message::Close { code: 1000 });
/// drop(connection);
///
/// let page = tickmark_text::Encoder::new(&registry).encode();
/// let closed = r#"ws_closed_total{path="/rooms/{id}",code="1000",initiator="server"} 1"#;
/// assert!(std::str::from_utf8(&page).expect("UTF-8").contains(closed));
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
pub trait WsMessage {
    /// Returns the kind of the message; `None` for a raw frame, which is not counted.
    fn opcode(&self) -> Option<Opcode>;

    /// Returns the bytes of the payload: of the text or data, or of a close's code and
    /// reason.
    fn payload_len(&self) -> usize;

    /// Returns the code of a close; `None` without a body, and for any other message.
    fn close_code(&self) -> Option<u16>;
}

/// The counted facts of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) opcode: Opcode,
    pub(crate) payload_len: usize,
    pub(crate) close_code: Option<u16>,
}

impl Facts {
    /// Returns `None` for a message that is not counted.
    #[inline]
    pub(crate) fn of(message: &impl WsMessage) -> Option<Self> {
        let opcode = message.opcode()?;
        Some(Self { opcode, payload_len: message.payload_len(), close_code: message.close_code() })
    }
}
