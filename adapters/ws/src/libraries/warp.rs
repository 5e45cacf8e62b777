//! The messages of warp.

use warp::ws::Message;

use crate::message::{Opcode, WsMessage};

impl WsMessage for Message {
    fn opcode(&self) -> Option<Opcode> {
        let kinds = [
            (self.is_text(), Opcode::Text),
            (self.is_binary(), Opcode::Binary),
            (self.is_ping(), Opcode::Ping),
            (self.is_pong(), Opcode::Pong),
            (self.is_close(), Opcode::Close),
        ];
        kinds.into_iter().find_map(|(is_kind, opcode)| is_kind.then_some(opcode))
    }

    fn payload_len(&self) -> usize {
        match self.close_frame() {
            Some((_, reason)) => 2 + reason.len(),
            None => self.as_bytes().len(),
        }
    }

    fn close_code(&self) -> Option<u16> {
        self.close_frame().map(|(code, _)| code)
    }
}
