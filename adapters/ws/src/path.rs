//! The series of one path.

use std::sync::OnceLock;

use tickmark::{Counter, Histogram, Label, UpDownCounter};

use crate::close::{self, Close};
use crate::families::{Families, Messages};
use crate::message::{Direction, Opcode};

/// One path with its series. Those of every connection exist from the start, the others
/// from their first record.
#[derive(Debug)]
pub(crate) struct Path {
    families: &'static Families,
    label: Box<str>,
    pub(crate) active: UpDownCounter,
    pub(crate) connections: Option<Counter>,
    pub(crate) duration: Option<Histogram>,
    pub(crate) replies: Option<Histogram>,
    pub(crate) sizes: Option<[Histogram; 2]>,
    /// By number, like a `ClosedFamily`; that one has no dynamic label, and opens one
    /// series at a time.
    traffic: [[OnceLock<Traffic>; Opcode::ALL.len()]; Direction::ALL.len()],
}

/// The messages of one direction and opcode.
#[derive(Debug)]
pub(crate) struct Traffic {
    pub(crate) messages: Counter,
    pub(crate) bytes: Option<Counter>,
}

impl Path {
    /// Creates a path for the rest of the process. The caller limits their number.
    pub(crate) fn leak(families: &'static Families, label: &str) -> &'static Self {
        let path = Self {
            families,
            label: label.into(),
            active: families.active.handle([label]),
            connections: families.connections.as_ref().map(|family| family.handle([label])),
            duration: families.duration.as_ref().map(|family| family.handle([label])),
            replies: families.replies.as_ref().map(|family| family.handle([label])),
            sizes: families.sizes.as_ref().map(|family| {
                [Direction::Received, Direction::Sent]
                    .map(|direction| family.handle([label, direction.as_str()]))
            }),
            traffic: Default::default(),
        };
        for &direction in Direction::ALL {
            for opcode in [Opcode::Text, Opcode::Binary] {
                _ = path.traffic(direction, opcode);
            }
        }
        Box::leak(Box::new(path))
    }

    /// Returns the counters of a direction and opcode.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "there are as many elements as variants")]
    pub(crate) fn traffic(&self, direction: Direction, opcode: Opcode) -> &Traffic {
        self.traffic[direction as usize][opcode as usize]
            .get_or_init(|| self.open_traffic(direction, opcode))
    }

    #[expect(clippy::indexing_slicing, reason = "there are as many elements as variants")]
    fn open_traffic(&self, direction: Direction, opcode: Opcode) -> Traffic {
        let labels = [&*self.label, direction.as_str(), opcode.as_str()];
        Traffic {
            messages: match &self.families.messages {
                Messages::Together(family) => family.handle(labels),
                Messages::ByDirection(families) => {
                    families[direction as usize].handle([&*self.label])
                }
            },
            bytes: self.families.bytes.as_ref().map(|family| family.handle(labels)),
        }
    }

    pub(crate) fn count_closed(&self, close: Option<Close>) {
        if let Some(family) = &self.families.closed {
            let (code, initiator) = close::labels(close);
            family.with([&*self.label, code, initiator.as_str()]).inc();
        }
    }

    pub(crate) fn count_failed_handshake(&self) {
        if let Some(family) = &self.families.failed_handshakes {
            family.with([&*self.label]).inc();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_are_numbered_in_order() {
        let directions = Direction::ALL.iter().map(|direction| direction.index());
        assert!(directions.eq(0..2));
        assert!(Opcode::ALL.iter().map(|opcode| opcode.index()).eq(0..5));
    }
}
