//! The messages of tungstenite 0.29.

use tungstenite_029::Message;

use crate::message::{Opcode, WsMessage};

impl WsMessage for Message {
    fn opcode(&self) -> Option<Opcode> {
        match self {
            Self::Text(_) => Some(Opcode::Text),
            Self::Binary(_) => Some(Opcode::Binary),
            Self::Ping(_) => Some(Opcode::Ping),
            Self::Pong(_) => Some(Opcode::Pong),
            Self::Close(_) => Some(Opcode::Close),
            Self::Frame(_) => None,
        }
    }

    fn payload_len(&self) -> usize {
        match self {
            Self::Close(Some(close)) => 2 + close.reason.len(),
            message => message.len(),
        }
    }

    fn close_code(&self) -> Option<u16> {
        match self {
            Self::Close(Some(close)) => Some(close.code.into()),
            _ => None,
        }
    }
}
