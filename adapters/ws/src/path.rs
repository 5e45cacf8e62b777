//! The series of one path.

use std::sync::OnceLock;

use tickmark::{Counter, Histogram, UpDownCounter};

use crate::close::{self, Close};
use crate::families::{Families, Messages};
use crate::message::{Direction, Opcode};

/// The path of connections that matched no route.
pub(crate) const UNMATCHED: &str = "unmatched";

/// The path of connections whose path came after the limit was reached.
pub(crate) const OVERFLOW: &str = "_overflow";

/// The paths that are not templates. They exist beside the limit, so no template takes
/// their place.
pub(crate) const RESERVED: [&str; 2] = [UNMATCHED, OVERFLOW];

/// One path with its series: those that each connection has from the start, the rest from
/// their first record on.
#[derive(Debug)]
pub(crate) struct Path {
    families: &'static Families,
    label: Box<str>,
    pub(crate) active: UpDownCounter,
    pub(crate) connections: Option<Counter>,
    pub(crate) duration: Option<Histogram>,
    pub(crate) replies: Option<Histogram>,
    pub(crate) sizes: Option<[Histogram; 2]>,
    traffic: [[OnceLock<Traffic>; Opcode::ALL.len()]; Direction::ALL.len()],
}

/// Messages of one direction and opcode.
#[derive(Debug)]
pub(crate) struct Traffic {
    pub(crate) messages: Counter,
    pub(crate) bytes: Option<Counter>,
}

impl Path {
    /// A path for the rest of the process. The caller sees to it that there is a limit to
    /// them.
    pub(crate) fn leak(families: &'static Families, label: &str) -> &'static Self {
        let path = Self {
            families,
            label: label.into(),
            active: families.active.with([label]).clone(),
            connections: families.connections.as_ref().map(|family| family.with([label]).clone()),
            duration: families.duration.as_ref().map(|family| family.with([label]).clone()),
            replies: families.replies.as_ref().map(|family| family.with([label]).clone()),
            sizes: families.sizes.as_ref().map(|family| {
                Direction::ALL.map(|direction| family.with([label, direction.as_str()]).clone())
            }),
            traffic: Default::default(),
        };
        for direction in Direction::ALL {
            for opcode in [Opcode::Text, Opcode::Binary] {
                _ = path.traffic(direction, opcode);
            }
        }
        Box::leak(Box::new(path))
    }

    /// The messages of a direction and opcode.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "there are as many elements as variants")]
    pub(crate) fn traffic(&self, direction: Direction, opcode: Opcode) -> &Traffic {
        self.traffic[direction as usize][opcode as usize]
            .get_or_init(|| self.make_traffic(direction, opcode))
    }

    #[expect(clippy::indexing_slicing, reason = "there are as many elements as variants")]
    fn make_traffic(&self, direction: Direction, opcode: Opcode) -> Traffic {
        let labels = [&*self.label, direction.as_str(), opcode.as_str()];
        Traffic {
            messages: match &self.families.messages {
                Messages::Together(family) => family.with(labels).clone(),
                Messages::ByDirection(families) => {
                    families[direction as usize].with([&*self.label]).clone()
                }
            },
            bytes: self.families.bytes.as_ref().map(|family| family.with(labels).clone()),
        }
    }

    pub(crate) fn count_closed(&self, close: Option<Close>) {
        if let Some(family) = &self.families.closed {
            let (code, initiator) = close::labels(close);
            family.with([&*self.label, code, initiator]).inc();
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
    fn every_direction_and_opcode_has_a_place_of_its_own() {
        assert_eq!(Direction::ALL.map(|direction| direction as usize), [0, 1]);
        assert_eq!(Opcode::ALL.map(|opcode| opcode as usize), [0, 1, 2, 3, 4]);
    }
}
