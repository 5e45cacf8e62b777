//! One connection, from opening to end.

use std::time::Instant;

use tickmark::{UpDownCounter, UpDownGuard};

use crate::close::Close;
use crate::message::{Direction, Facts, Opcode, WsMessage};
use crate::path::Path;

/// One open connection. It ends when this is dropped, on any thread, even by a panic.
///
/// [`MeteredSocket`](crate::MeteredSocket) contains one. Keep one yourself for a socket
/// that is neither a `Stream` nor a `Sink`, and report each message received and sent;
/// see [`WsMessage`].
#[derive(Debug)]
pub struct Connection {
    path: &'static Path,
    opened: Instant,
    /// The first close, of either side.
    close: Option<Close>,
    /// The time of the first message without a reply, if replies are timed.
    received: Option<Instant>,
    _active: UpDownGuard<&'static UpDownCounter>,
}

impl Connection {
    pub(crate) fn open(path: &'static Path) -> Self {
        if let Some(connections) = &path.connections {
            connections.inc();
        }
        Self {
            path,
            opened: Instant::now(),
            close: None,
            received: None,
            _active: path.active.guard(),
        }
    }

    /// Counts a message from the client.
    #[inline]
    pub fn received(&mut self, message: &impl WsMessage) {
        if let Some(facts) = Facts::of(message) {
            self.count(Direction::Received, facts);
        }
    }

    /// Counts a message to the client.
    #[inline]
    pub fn sent(&mut self, message: &impl WsMessage) {
        if let Some(facts) = Facts::of(message) {
            self.count(Direction::Sent, facts);
        }
    }

    #[inline]
    pub(crate) fn count(&mut self, direction: Direction, facts: Facts) {
        let traffic = self.path.traffic(direction, facts.opcode);
        let bytes = facts.payload_len as u64;
        traffic.messages.inc();
        if let Some(counter) = &traffic.bytes {
            counter.add(bytes);
        }
        if let Some(sizes) = &self.path.sizes {
            let [received, sent] = sizes;
            match direction {
                Direction::Received => received.observe(bytes),
                Direction::Sent => sent.observe(bytes),
            }
        }
        match facts.opcode {
            Opcode::Text | Opcode::Binary if self.path.replies.is_some() => {
                self.time_reply(direction)
            }
            // A later close only echoes the first.
            Opcode::Close if self.close.is_none() => {
                self.close = Some(Close::new(facts.close_code, direction))
            }
            _ => {}
        }
    }

    /// Counts the close without a body that a library sends when its sink is closed.
    /// Counts nothing after another close.
    pub(crate) fn closed_without_message(&mut self) {
        if self.close.is_none() {
            let facts = Facts { opcode: Opcode::Close, payload_len: 0, close_code: None };
            self.count(Direction::Sent, facts);
        }
    }

    /// Times from the first message without a reply.
    fn time_reply(&mut self, direction: Direction) {
        match direction {
            Direction::Received => _ = self.received.get_or_insert_with(Instant::now),
            Direction::Sent => {
                if let (Some(replies), Some(received)) = (&self.path.replies, self.received.take())
                {
                    replies.observe_duration(received.elapsed());
                }
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(duration) = &self.path.duration {
            duration.observe_duration(self.opened.elapsed());
        }
        self.path.count_closed(self.close);
    }
}
