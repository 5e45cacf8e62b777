//! Statuses as label values.

use http::StatusCode;

/// The status of a request whose future was dropped before the head. No standard status
/// exists for it.
pub(crate) fn client_closed_request() -> StatusCode {
    StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST)
}

/// Returns the status to record for a response. An interim status is not a response: in
/// HTTP/1.1 hyper sends a 500 in its place. In HTTP/2 hyper sends it unchanged and ends
/// the stream, so the client sees an error.
pub(crate) fn as_sent(status: StatusCode) -> StatusCode {
    if status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS {
        StatusCode::INTERNAL_SERVER_ERROR
    } else {
        status
    }
}

/// How a label spells a status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum StatusLabels {
    /// By number: `404`.
    #[default]
    Number,
    /// By class: `4xx`.
    Class,
}

impl StatusLabels {
    /// Returns the number of indices.
    pub(crate) fn count(self) -> usize {
        match self {
            Self::Number => USUAL_COUNT,
            Self::Class => CLASSES.len(),
        }
    }

    /// Returns the index of a status; none for one that is looked up by its label.
    #[inline]
    pub(crate) fn index(self, status: StatusCode) -> Option<usize> {
        match self {
            Self::Number => usual_index(status),
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

/// All classes: a status has three digits, and the first is not 0.
const CLASSES: [&str; 9] = ["1xx", "2xx", "3xx", "4xx", "5xx", "6xx", "7xx", "8xx", "9xx"];

fn class(status: StatusCode) -> usize {
    usize::from(status.as_u16() / 100).saturating_sub(1)
}

/// Number of statuses with an index.
const USUAL_COUNT: usize = 32;

/// The index of each status from 100 on, so that a request needs no search.
/// [`USUAL_COUNT`] stands for none.
#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "runs in the compiler"
)]
static INDEX_OF: [u8; 900] = {
    let mut indices = [0; 900];
    let mut offset = 0;
    while offset < indices.len() {
        indices[offset] = usual(100 + offset as u16) as u8;
        offset += 1;
    }
    indices
};

/// Returns the index of a usual status in a dense table; none for an unusual one.
#[inline]
fn usual_index(status: StatusCode) -> Option<usize> {
    let offset = usize::from(status.as_u16()).checked_sub(100)?;
    let index = usize::from(*INDEX_OF.get(offset)?);
    (index < USUAL_COUNT).then_some(index)
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
        _ => USUAL_COUNT,
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
    fn usual_indices_are_dense_and_unique() {
        let indices: Vec<usize> =
            (100..1000).filter_map(|code| usual_index(status(code))).collect();
        assert_eq!(indices.len(), USUAL_COUNT);
        assert_eq!(indices.into_iter().collect::<BTreeSet<_>>(), (0..USUAL_COUNT).collect());
    }

    #[test]
    fn every_status_has_a_class() {
        for code in 100..1000 {
            let status = status(code);
            assert_eq!(StatusLabels::Class.text(&status), format!("{}xx", code / 100));
            assert!(StatusLabels::Class.index(status).unwrap() < StatusLabels::Class.count());
        }
    }

    #[test]
    fn interim_statuses_except_101_become_500() {
        for code in [100, 102, 103, 199] {
            assert_eq!(as_sent(status(code)), 500);
        }
        for code in [101, 200, 304, 599, 999] {
            assert_eq!(as_sent(status(code)), code);
        }
    }

    #[test]
    fn request_without_head_is_499() {
        assert_eq!(client_closed_request(), 499);
    }
}
