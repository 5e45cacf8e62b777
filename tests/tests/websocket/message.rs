//! Messages, as the client and the handlers of all hosts have them.

/// A message put together from its frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
}

impl Message {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A close with a code, without a reason.
    pub(crate) fn close(code: u16) -> Self {
        Self::Close(Some((code, String::new())))
    }

    pub(crate) fn of(opcode: u8, payload: Vec<u8>) -> Self {
        match opcode {
            1 => Self::Text(String::from_utf8(payload).unwrap()),
            2 => Self::Binary(payload),
            8 if payload.is_empty() => Self::Close(None),
            8 => Self::Close(Some((
                u16::from_be_bytes([payload[0], payload[1]]),
                String::from_utf8(payload[2..].to_vec()).unwrap(),
            ))),
            9 => Self::Ping(payload),
            10 => Self::Pong(payload),
            _ => panic!("no message has opcode {opcode}"),
        }
    }

    pub(crate) fn opcode(&self) -> u8 {
        match self {
            Self::Text(_) => 1,
            Self::Binary(_) => 2,
            Self::Close(_) => 8,
            Self::Ping(_) => 9,
            Self::Pong(_) => 10,
        }
    }

    /// The opcode as a label.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Binary(_) => "binary",
            Self::Close(_) => "close",
            Self::Ping(_) => "ping",
            Self::Pong(_) => "pong",
        }
    }

    pub(crate) fn payload(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.as_bytes().to_vec(),
            Self::Binary(data) | Self::Ping(data) | Self::Pong(data) => data.clone(),
            Self::Close(Some((code, reason))) => [&code.to_be_bytes(), reason.as_bytes()].concat(),
            Self::Close(None) => vec![],
        }
    }
}
