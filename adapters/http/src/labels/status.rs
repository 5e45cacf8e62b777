//! Statuses as label values.

use http::StatusCode;

/// What a request counts as whose future was dropped before there was a head: there is no
/// standard status for it.
pub(crate) fn client_closed_request() -> StatusCode {
    StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST)
}

/// The status that a request counts as. An interim status is not a response: in HTTP/1.1
/// hyper sends a 500 in its place, in HTTP/2 it sends it as it is and ends the stream, so
/// the client has an error instead of a response.
pub(crate) fn as_sent(status: StatusCode) -> StatusCode {
    if status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS {
        StatusCode::INTERNAL_SERVER_ERROR
    } else {
        status
    }
}

/// What a label says of a status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum StatusLabels {
    /// The number, as in `404`.
    #[default]
    Number,
    /// Its class, as in `4xx`.
    Class,
}

impl StatusLabels {
    /// How many statuses have a place.
    pub(crate) fn places(self) -> usize {
        match self {
            Self::Number => SLOTS,
            Self::Class => CLASSES.len(),
        }
    }

    /// The place of a status among those that need no look-up.
    #[inline]
    pub(crate) fn place(self, status: StatusCode) -> Option<usize> {
        match self {
            Self::Number => slot(status),
            Self::Class => Some(class(status)),
        }
    }

    pub(crate) fn text(self, status: &StatusCode) -> &str {
        match self {
            Self::Number => status.as_str(),
            Self::Class => CLASSES.get(class(*status)).copied().unwrap_or_default(),
        }
    }
}

/// A status has three digits, the first of them no zero.
const CLASSES: [&str; 9] = ["1xx", "2xx", "3xx", "4xx", "5xx", "6xx", "7xx", "8xx", "9xx"];

fn class(status: StatusCode) -> usize {
    usize::from(status.as_u16() / 100).saturating_sub(1)
}

/// How many statuses have a slot.
const SLOTS: usize = 32;

/// The slot of each status from 100 on, so that a request takes no search. [`SLOTS`]
/// stands for none.
#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "runs in the compiler"
)]
static SLOT_OF: [u8; 900] = {
    let mut slots = [0; 900];
    let mut place = 0;
    while place < slots.len() {
        slots[place] = usual(100 + place as u16) as u8;
        place += 1;
    }
    slots
};

/// The place of a usual status in a dense table; the unusual ones are looked up by their
/// label.
#[inline]
fn slot(status: StatusCode) -> Option<usize> {
    let place = usize::from(status.as_u16()).checked_sub(100)?;
    let slot = usize::from(*SLOT_OF.get(place)?);
    (slot < SLOTS).then_some(slot)
}

const fn usual(status: u16) -> usize {
    match status {
        101 => 0,
        200 => 1,
        201 => 2,
        202 => 3,
        204 => 4,
        206 => 5,
        301 => 6,
        302 => 7,
        303 => 8,
        304 => 9,
        307 => 10,
        308 => 11,
        400 => 12,
        401 => 13,
        403 => 14,
        404 => 15,
        405 => 16,
        408 => 17,
        409 => 18,
        410 => 19,
        412 => 20,
        413 => 21,
        415 => 22,
        416 => 23,
        422 => 24,
        429 => 25,
        499 => 26,
        500 => 27,
        501 => 28,
        502 => 29,
        503 => 30,
        504 => 31,
        _ => SLOTS,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn status(code: u16) -> StatusCode {
        StatusCode::from_u16(code).unwrap()
    }

    #[test]
    fn slots_are_dense_and_used_once() {
        let slots: Vec<usize> = (100..1000).filter_map(|code| slot(status(code))).collect();
        assert_eq!(slots.len(), SLOTS);
        assert_eq!(slots.into_iter().collect::<BTreeSet<_>>(), (0..SLOTS).collect());
    }

    #[test]
    fn every_status_has_a_class() {
        for code in 100..1000 {
            let status = status(code);
            assert_eq!(StatusLabels::Class.text(&status), format!("{}xx", code / 100));
            assert!(StatusLabels::Class.place(status).unwrap() < StatusLabels::Class.places());
        }
    }

    #[test]
    fn only_101_is_sent_of_the_interim_statuses() {
        for code in [100, 102, 103, 199] {
            assert_eq!(as_sent(status(code)), 500);
        }
        for code in [101, 200, 304, 599, 999] {
            assert_eq!(as_sent(status(code)), code);
        }
    }

    #[test]
    fn a_request_without_head_is_a_499() {
        assert_eq!(client_closed_request(), 499);
    }
}
