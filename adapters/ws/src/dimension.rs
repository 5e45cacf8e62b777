//! The labels of the families, and how many series they make.

use tickmark::Label;

use crate::close;
use crate::message::{Direction, Opcode};
use crate::settings::Settings;

/// The path of connections that matched no route.
pub(crate) const UNMATCHED: &str = "unmatched";

/// The path of connections over the limit of paths.
pub(crate) const OVERFLOW: &str = "_overflow";

/// The paths that are not templates. They exist beside the limit.
const RESERVED: [&str; 2] = [UNMATCHED, OVERFLOW];

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
    /// Returns the name of the label.
    pub(crate) fn name(self, settings: &Settings) -> &'static str {
        match self {
            Self::Path => settings.preset.path_label,
            Self::Direction => "direction",
            Self::Opcode => "opcode",
            Self::Code => "code",
            Self::Initiator => "initiator",
        }
    }

    /// Returns the largest number of values of the label.
    fn value_count(self, settings: &Settings) -> usize {
        match self {
            // Saturating, here and below: a limit above all memory limits nothing.
            Self::Path => settings.max_paths.saturating_add(RESERVED.len()),
            Self::Direction => Direction::ALL.len(),
            Self::Opcode => Opcode::ALL.len(),
            Self::Code => close::CODE_COUNT,
            Self::Initiator => close::Initiator::ALL.len(),
        }
    }
}

/// Returns the number of series of a family with these labels when every combination
/// exists.
///
/// A family with this limit never reaches it: paths have a limit of their own, and all
/// other labels have a closed set of values.
pub(crate) fn series_limit(labels: &[Dimension], settings: &Settings) -> usize {
    labels.iter().fold(1, |count, label| count.saturating_mul(label.value_count(settings)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_max_paths(max_paths: usize) -> Settings {
        Settings { max_paths, ..Settings::default() }
    }

    #[test]
    fn limit_is_the_product_of_labels() {
        let settings = with_max_paths(98);
        let limit = |labels: &[Dimension]| series_limit(labels, &settings);
        assert_eq!(limit(&[Dimension::Path]), 100);
        assert_eq!(limit(&[Dimension::Path, Dimension::Direction, Dimension::Opcode]), 1_000);
        assert_eq!(limit(&[Dimension::Path, Dimension::Code, Dimension::Initiator]), 5_400);
    }

    #[test]
    fn absurd_limit_saturates() {
        let settings = with_max_paths(usize::MAX);
        assert_eq!(series_limit(&[Dimension::Path], &settings), usize::MAX);
        assert_eq!(series_limit(&[Dimension::Path, Dimension::Code], &settings), usize::MAX);
    }
}
