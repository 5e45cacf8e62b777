//! A page in chunks.

use std::iter::FusedIterator;
use std::sync::Arc;

use bytes::Bytes;
use tickmark::{Families, FamilyView};

use crate::encoder::Shared;
use crate::format::Format;
use crate::name_filter::NameFilter;
use crate::names::Names;
use crate::workspace::Workspace;

/// A chunk ends with the first series past this.
const CHUNK_BYTES: usize = 64 * 1024;

/// What ends a page in OpenMetrics; a page without it was cut off.
const END: &[u8] = b"# EOF\n";

/// One page, written chunk by chunk as they are asked for: see [`Encoder::page`](crate::Encoder::page).
///
/// Between two chunks it holds no lock and no memory but the list of the families.
#[derive(Debug)]
pub struct Page {
    shared: Arc<Shared>,
    families: Families,
    format: Format,
    filter: NameFilter,
    place: Place,
    chunk_bytes: usize,
}

/// What of a page is written.
#[derive(Debug, Default)]
struct Place {
    /// The last family that was begun; no family has an empty name.
    family: String,
    /// Where it goes on, unless it is complete.
    slot: Option<usize>,
    /// Whether there is a chunk already.
    is_begun: bool,
    /// Whether nothing is left.
    is_complete: bool,
}

impl Page {
    pub(crate) fn new(shared: Arc<Shared>, families: Families, format: Format, filter: NameFilter) -> Self {
        Self { shared, families, format, filter, place: Place::default(), chunk_bytes: CHUNK_BYTES }
    }

    /// Cuts the chunks at another size.
    #[cfg(test)]
    pub(crate) fn in_chunks_of(self, chunk_bytes: usize) -> Self {
        Self { chunk_bytes, ..self }
    }

    /// Writes the next chunk, which is empty only if the page is complete, and shows it to `take`.
    pub(crate) fn write_chunk<T>(&mut self, take: impl FnOnce(&[u8]) -> T) -> T {
        let Self { shared, families, format, filter, place, chunk_bytes } = self;
        shared.with_workspace(|workspace| {
            workspace.output.clear();
            if !place.is_complete {
                place.write_chunk(workspace, families, *format, filter, *chunk_bytes);
            }
            take(workspace.output.written())
        })
    }
}

impl Place {
    fn write_chunk(
        &mut self,
        workspace: &mut Workspace,
        families: &Families,
        format: Format,
        filter: &NameFilter,
        chunk_bytes: usize,
    ) {
        if !self.is_begun {
            workspace.kept_labels.begin_page();
            self.is_begun = true;
        }
        let slot = self.slot.take();
        // Found by name: what the engine reports of itself may come and go between two chunks.
        let is_written = |name: &str| name < &*self.family || (name == self.family && slot.is_none());
        let mut last = None;
        for family in families.iter().skip_while(|family| is_written(family.name())) {
            let from = slot.filter(|_| family.name() == self.family);
            if from.is_none() && !is_shown(family, format, filter) {
                continue;
            }
            workspace.text.prepare(family, format);
            if from.is_none() {
                let Workspace { output, text, .. } = workspace;
                output.put(text.pieces.get(text.metadata).text());
            }
            self.slot = workspace.write_series(family, from.unwrap_or_default(), chunk_bytes);
            if self.slot.is_some() || workspace.output.len() >= chunk_bytes {
                last = Some(family.name());
                break;
            }
        }
        match last {
            Some(name) => {
                self.family.clear();
                self.family.push_str(name);
            }
            None => {
                workspace.output.put(if format.is_openmetrics() { END } else { b"" });
                self.is_complete = true;
            }
        }
    }
}

/// Whether a family is on the page: the reader wants it, and the format can have it.
fn is_shown(family: FamilyView<'_>, format: Format, filter: &NameFilter) -> bool {
    let names = Names::new(family, format);
    if !filter.keeps_all() && !names.all(family.name()).any(|name| filter.keeps([&*name])) {
        return false;
    }
    if let Some(reason) = names.refusal() {
        family.report_omission(reason);
        return false;
    }
    true
}

impl Iterator for Page {
    type Item = Bytes;

    /// Writes the next chunk.
    fn next(&mut self) -> Option<Bytes> {
        self.write_chunk(|chunk| (!chunk.is_empty()).then(|| Bytes::copy_from_slice(chunk)))
    }
}

impl FusedIterator for Page {}
