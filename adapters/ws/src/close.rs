//! How a connection ended.

use std::ops::RangeInclusive;

use tickmark::Label;

use crate::message::Direction;

/// Stands for a close without a body; never sent.
const NO_STATUS: u16 = 1005;

/// Stands for the absence of a close; never sent.
const ABNORMAL: u16 = 1006;

/// The first close of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Close {
    code: u16,
    direction: Direction,
}

impl Close {
    pub(crate) fn new(code: Option<u16>, direction: Direction) -> Self {
        Self { code: code.unwrap_or(NO_STATUS), direction }
    }
}

/// The values of the label `code`, with the codes that each stands for.
///
/// A client chooses its code, so the ranges for private use share one value each.
const CODES: [(RangeInclusive<u16>, &str); 17] = [
    (1000..=1000, "1000"),
    (1001..=1001, "1001"),
    (1002..=1002, "1002"),
    (1003..=1003, "1003"),
    (1005..=1005, "1005"),
    (1006..=1006, "1006"),
    (1007..=1007, "1007"),
    (1008..=1008, "1008"),
    (1009..=1009, "1009"),
    (1010..=1010, "1010"),
    (1011..=1011, "1011"),
    (1012..=1012, "1012"),
    (1013..=1013, "1013"),
    (1014..=1014, "1014"),
    (1015..=1015, "1015"),
    (3000..=3999, "3xxx"),
    (4000..=4999, "4xxx"),
];

/// The value of the label `code` for every code without a meaning.
const OTHER: &str = "other";

/// The number of values of the label `code`.
pub(crate) const CODE_COUNT: usize = CODES.len() + 1;

/// The side that sent the first close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Initiator {
    None,
    Client,
    Server,
}

impl Label for Initiator {
    const ALL: &'static [Self] = &[Self::None, Self::Client, Self::Server];

    fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Client => "client",
            Self::Server => "server",
        }
    }

    fn index(self) -> usize {
        self as usize
    }
}

/// Returns the values of the labels `code` and `initiator`.
pub(crate) fn labels(close: Option<Close>) -> (&'static str, Initiator) {
    match close {
        None => (code_label(ABNORMAL), Initiator::None),
        Some(Close { code, direction: Direction::Received }) => {
            (code_label(code), Initiator::Client)
        }
        Some(Close { code, direction: Direction::Sent }) => (code_label(code), Initiator::Server),
    }
}

/// Returns the value of the label `code`: a linear search, once a connection.
fn code_label(code: u16) -> &'static str {
    CODES.iter().find(|(codes, _)| codes.contains(&code)).map_or(OTHER, |(_, label)| label)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn code_label_is_code_or_range() {
        for code in (1000..=1003).chain(1005..=1015) {
            assert_eq!(code_label(code), code.to_string());
        }
        for (code, label) in [(3000, "3xxx"), (3999, "3xxx"), (4000, "4xxx"), (4999, "4xxx")] {
            assert_eq!(code_label(code), label);
        }
        for code in [0, 999, 1004, 1016, 2999, 5000, u16::MAX] {
            assert_eq!(code_label(code), "other");
        }
    }

    #[test]
    fn code_count_covers_every_code() {
        let labels: BTreeSet<_> = (0..=u16::MAX).map(code_label).collect();
        assert_eq!(labels.len(), CODE_COUNT);
    }

    #[test]
    fn initiator_is_the_first_closer() {
        let received = Close::new(Some(4001), Direction::Received);
        assert_eq!(labels(Some(received)), ("4xxx", Initiator::Client));
        let sent = Close::new(None, Direction::Sent);
        assert_eq!(labels(Some(sent)), ("1005", Initiator::Server));
        assert_eq!(labels(None), ("1006", Initiator::None));
    }
}
