//! The labels of the families, and how many series they make.

use crate::builder::WsMetricsBuilder;
use crate::close;
use crate::message::{Direction, Opcode};
use crate::path::RESERVED;

/// One label of a family. All but the path have a closed set of values; a client chooses
/// among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dimension {
    Path,
    Direction,
    Opcode,
    Code,
    Initiator,
}

impl Dimension {
    /// The name of the label.
    pub(crate) fn name(self, settings: &WsMetricsBuilder) -> &'static str {
        match self {
            Self::Path => settings.preset.path_label,
            Self::Direction => "direction",
            Self::Opcode => "opcode",
            Self::Code => "code",
            Self::Initiator => "initiator",
        }
    }

    /// How many values the label has at most.
    fn value_count(self, settings: &WsMetricsBuilder) -> usize {
        match self {
            // Saturating, here and below: a limit that no memory can reach is no limit.
            Self::Path => settings.max_paths.saturating_add(RESERVED.len()),
            Self::Direction => Direction::ALL.len(),
            Self::Opcode => Opcode::ALL.len(),
            Self::Code => close::CODES.len(),
            Self::Initiator => close::INITIATORS.len(),
        }
    }
}

/// Returns the number of series of a family with these labels when every combination
/// exists. As the limit of the family it is never passed: paths are limited on their own,
/// and nothing that a client chooses takes the place of another label set.
pub(crate) fn series_limit(labels: &[Dimension], settings: &WsMetricsBuilder) -> usize {
    labels.iter().fold(1, |count, label| count.saturating_mul(label.value_count(settings)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_is_the_product_of_labels() {
        let settings = WsMetricsBuilder::default().max_paths(98);
        let limit = |labels: &[Dimension]| series_limit(labels, &settings);
        assert_eq!(limit(&[Dimension::Path]), 100);
        assert_eq!(limit(&[Dimension::Path, Dimension::Direction, Dimension::Opcode]), 1_000);
        assert_eq!(limit(&[Dimension::Path, Dimension::Code, Dimension::Initiator]), 5_400);
    }

    #[test]
    fn absurd_limit_saturates() {
        let settings = WsMetricsBuilder::default().max_paths(usize::MAX);
        assert_eq!(series_limit(&[Dimension::Path], &settings), usize::MAX);
        assert_eq!(series_limit(&[Dimension::Path, Dimension::Code], &settings), usize::MAX);
    }
}
