//! Messages, as all libraries have them.

/// What kind of message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// UTF-8.
    Text,
    /// Bytes.
    Binary,
    /// Asks for a pong.
    Ping,
    /// Answers a ping.
    Pong,
    /// Ends the conversation.
    Close,
}

impl Opcode {
    pub(crate) const ALL: [Self; 5] =
        [Self::Text, Self::Binary, Self::Ping, Self::Pong, Self::Close];

    /// The value of the label `opcode`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Binary => "binary",
            Self::Ping => "ping",
            Self::Pong => "pong",
            Self::Close => "close",
        }
    }
}

/// Which way a message goes, as the server sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Received,
    Sent,
}

impl Direction {
    pub(crate) const ALL: [Self; 2] = [Self::Received, Self::Sent];

    /// The value of the label `direction`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Sent => "sent",
        }
    }
}

/// A message of some library. The features of this crate implement it for theirs.
pub trait WsMessage {
    /// Its kind; none for what is no whole message, a raw frame, which is not counted.
    fn opcode(&self) -> Option<Opcode>;

    /// The bytes of its payload: those of the text or the data, and for a close with a
    /// body those of its code and reason.
    fn payload_len(&self) -> usize;

    /// The code of a close; none if it has no body, or if it is no close.
    fn close_code(&self) -> Option<u16>;
}

/// What is counted of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) opcode: Opcode,
    pub(crate) payload_len: usize,
    pub(crate) close_code: Option<u16>,
}

impl Seen {
    /// None for what is not counted.
    #[inline]
    pub(crate) fn of(message: &impl WsMessage) -> Option<Self> {
        let opcode = message.opcode()?;
        Some(Self { opcode, payload_len: message.payload_len(), close_code: message.close_code() })
    }
}
