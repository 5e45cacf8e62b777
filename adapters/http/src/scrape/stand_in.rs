//! Stands in for the encoder that streams.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tickmark::Registry;
use tickmark_text::{Format, NameFilter};

const CHUNK: usize = 64 << 10;

#[derive(Clone, Debug)]
pub(crate) struct Encoder(Arc<Mutex<tickmark_text::Encoder>>);

impl Encoder {
    pub(crate) fn new(registry: Registry) -> Self {
        Self(Arc::new(Mutex::new(tickmark_text::Encoder::new(registry))))
    }

    pub(crate) fn page(&self, _format: Format, _filter: NameFilter) -> impl Iterator<Item = Bytes> + Send + 'static {
        let mut page = self.0.lock().unwrap_or_else(PoisonError::into_inner).encode();
        std::iter::from_fn(move || (!page.is_empty()).then(|| page.split_to(page.len().min(CHUNK))))
    }
}
