//! A page in chunks.

use std::iter::FusedIterator;
use std::sync::Arc;

use bytes::Bytes;

use crate::page::buffers::Buffers;
use crate::page::contents::Contents;
use crate::page::cursor::Cursor;
use crate::page::output::Output;
use crate::page::shared::Shared;

/// A chunk ends after the first series that reaches this size.
pub(crate) const CHUNK_BYTES: usize = 64 * 1024;

/// One page, written chunk by chunk on demand: see
/// [`Encoder::page`](crate::Encoder::page).
///
/// Between two chunks it holds no lock, and no memory but the list of families.
#[derive(Debug)]
pub struct Page {
    shared: Arc<Shared>,
    contents: Contents,
    cursor: Cursor,
    chunk_bytes: usize,
}

impl Page {
    pub(crate) fn new(shared: Arc<Shared>, contents: Contents) -> Self {
        Self { shared, contents, cursor: Cursor::default(), chunk_bytes: CHUNK_BYTES }
    }

    /// Limits the chunks to another size.
    #[cfg(test)]
    pub(crate) fn in_chunks_of(self, chunk_bytes: usize) -> Self {
        Self { chunk_bytes, ..self }
    }

    /// Writes the next chunk and passes it to `take`. An empty chunk means that the page
    /// is complete.
    pub(crate) fn write_chunk<T>(
        &mut self,
        take: impl FnOnce(&mut Output, &Arc<Buffers>) -> T,
    ) -> T {
        let Self { shared, contents, cursor, chunk_bytes } = self;
        shared.with_workspace(|workspace| {
            workspace.output.clear(&shared.buffers);
            cursor.write_chunk(contents, workspace, *chunk_bytes);
            take(&mut workspace.output, &shared.buffers)
        })
    }
}

impl Iterator for Page {
    type Item = Bytes;

    /// Writes the next chunk.
    fn next(&mut self) -> Option<Bytes> {
        self.write_chunk(|output, buffers| (!output.is_empty()).then(|| output.hand_out(buffers)))
    }
}

impl FusedIterator for Page {}
