//! Progress of a page.

use crate::page::contents::Contents;
use crate::page::workspace::Workspace;

/// The last line of a page in OpenMetrics. A page without it was cut off.
const END: &[u8] = b"# EOF\n";

/// The position between two chunks of a page.
///
/// A family is found by its name, not by its index. Families of the engine itself may
/// appear or disappear between two chunks.
#[derive(Debug, Default)]
pub(crate) struct Cursor {
    /// The last family written. Empty before the first chunk, as no family has an empty
    /// name.
    family: String,
    /// The slot at which that family continues. `None` if it is complete.
    slot: Option<usize>,
    /// Whether the whole page is written.
    is_complete: bool,
}

impl Cursor {
    /// Writes the next chunk of a page. It ends after the first series that reaches
    /// `limit_bytes`. Writes nothing if the page is complete.
    pub(crate) fn write_chunk(
        &mut self,
        contents: &Contents,
        workspace: &mut Workspace,
        limit_bytes: usize,
    ) {
        if self.is_complete {
            return;
        }
        if self.family.is_empty() {
            workspace.kept_labels.begin_page();
        }
        let mut stop = None;
        for family in contents.families().skip_while(|family| self.is_past(family.view.name())) {
            let name = family.view.name();
            let first_slot = match self.slot_in(name) {
                Some(slot) => slot,
                None if contents.shows(family.view) => {
                    workspace.write_metadata(&family);
                    0
                }
                None => continue,
            };
            let next_slot = workspace.write_series(&family, first_slot, limit_bytes);
            if next_slot.is_some() || workspace.output.len() >= limit_bytes {
                stop = Some((name, next_slot));
                break;
            }
        }
        match stop {
            Some((name, slot)) => self.stop_in(name, slot),
            None => {
                workspace.output.put(if contents.format.is_openmetrics() { END } else { b"" });
                self.is_complete = true;
            }
        }
    }

    /// Returns whether earlier chunks hold all of a family.
    fn is_past(&self, name: &str) -> bool {
        name < &*self.family || (name == self.family && self.slot.is_none())
    }

    /// Returns the slot at which a family continues. `None` if it is not begun.
    fn slot_in(&self, name: &str) -> Option<usize> {
        self.slot.filter(|_| name == self.family)
    }

    fn stop_in(&mut self, name: &str, slot: Option<usize>) {
        self.family.clear();
        self.family.push_str(name);
        self.slot = slot;
    }
}
