//! One connection, from its opening to its end.

use std::time::Instant;

use tickmark::{UpDownCounter, UpDownGuard};

use crate::close::Close;
use crate::message::{Direction, Opcode, Seen, WsMessage};
use crate::path::Path;

/// A connection that is open until this is dropped, on whatever thread, also by a panic.
///
/// [`MeteredSocket`](crate::MeteredSocket) has one inside. By itself it is for sockets
/// that are neither `Stream` nor `Sink`: say what is received and sent.
#[derive(Debug)]
pub struct Connection {
    path: &'static Path,
    opened: Instant,
    /// The first that was seen.
    close: Option<Close>,
    /// Of the message that no reply was sent to yet, if replies are timed.
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

    /// Counts a message that came from the client.
    #[inline]
    pub fn received(&mut self, message: &impl WsMessage) {
        if let Some(seen) = Seen::of(message) {
            self.count(Direction::Received, seen);
        }
    }

    /// Counts a message that goes to the client.
    #[inline]
    pub fn sent(&mut self, message: &impl WsMessage) {
        if let Some(seen) = Seen::of(message) {
            self.count(Direction::Sent, seen);
        }
    }

    #[inline]
    pub(crate) fn count(&mut self, direction: Direction, seen: Seen) {
        let traffic = self.path.traffic(direction, seen.opcode);
        let bytes = seen.payload_len as u64;
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
        match seen.opcode {
            Opcode::Text | Opcode::Binary if self.path.replies.is_some() => {
                self.time_reply(direction)
            }
            // What follows is only its echo.
            Opcode::Close if self.close.is_none() => {
                self.close = Some(Close::new(seen.close_code, direction))
            }
            _ => {}
        }
    }

    /// Counts the close that a library sends when it is told to close, and not what to
    /// say: if there was none before.
    pub(crate) fn closed_without_message(&mut self) {
        if self.close.is_none() {
            self.count(
                Direction::Sent,
                Seen { opcode: Opcode::Close, payload_len: 0, close_code: None },
            );
        }
    }

    /// From the first message that waits for a reply.
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
