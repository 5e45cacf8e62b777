//! How a connection ended.

use crate::message::Direction;

/// The code of a close without a body, and of no close at all: neither is ever sent.
const NO_STATUS: u16 = 1005;
const ABNORMAL: u16 = 1006;

/// The first close that was seen.
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

/// Every value of the label `code`.
pub(crate) const CODES: [&str; 18] = [
    "1000", "1001", "1002", "1003", "1005", "1006", "1007", "1008", "1009", "1010", "1011", "1012",
    "1013", "1014", "1015", "3xxx", "4xxx", "other",
];

/// Every value of the label `initiator`.
pub(crate) const INITIATORS: [&str; 3] = ["none", "client", "server"];

/// The values of the labels `code` and `initiator`.
pub(crate) fn labels(close: Option<Close>) -> (&'static str, &'static str) {
    match close {
        None => (code_label(ABNORMAL), "none"),
        Some(Close { code, direction: Direction::Received }) => (code_label(code), "client"),
        Some(Close { code, direction: Direction::Sent }) => (code_label(code), "server"),
    }
}

/// A code is the choice of whoever closes, so the ranges that are free to use share one
/// value each.
fn code_label(code: u16) -> &'static str {
    match code {
        1000 => "1000",
        1001 => "1001",
        1002 => "1002",
        1003 => "1003",
        1005 => "1005",
        1006 => "1006",
        1007 => "1007",
        1008 => "1008",
        1009 => "1009",
        1010 => "1010",
        1011 => "1011",
        1012 => "1012",
        1013 => "1013",
        1014 => "1014",
        1015 => "1015",
        3000..=3999 => "3xxx",
        4000..=4999 => "4xxx",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_code_is_itself_or_one_of_a_range() {
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
    fn no_close_has_another_label() {
        let codes: BTreeSet<_> = (0..=u16::MAX).map(code_label).collect();
        assert_eq!(codes, BTreeSet::from(CODES));
        let close = |direction| Some(Close::new(None, direction));
        let closes = [None, close(Direction::Received), close(Direction::Sent)];
        assert_eq!(closes.map(|close| labels(close).1), INITIATORS);
    }

    #[test]
    fn who_closed_is_who_sent_the_first_close() {
        assert_eq!(labels(Some(Close::new(Some(4001), Direction::Received))), ("4xxx", "client"));
        assert_eq!(labels(Some(Close::new(None, Direction::Sent))), ("1005", "server"));
        assert_eq!(labels(None), ("1006", "none"));
    }
}
