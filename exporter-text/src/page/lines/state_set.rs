//! The lines of a state set.

use std::iter;

use crate::page::lines::Lines;
use crate::text::steps::Padded;

impl Lines<'_> {
    /// Writes one line for each state: 1 if it is on, otherwise 0.
    pub(super) fn write_state_set(&mut self, labels: Padded<'_>, states: &[bool]) {
        for (ending, is_on) in iter::zip(&self.text.endings, states) {
            self.write_extended(labels, *ending, u64::from(*is_on));
        }
    }
}
