//! A registry to pages.

use std::collections::HashMap;

use bytes::{Bytes, BytesMut};
use tickmark::{Registry, Scratch};

use crate::family::FamilyText;

/// The content type of a page of this encoder.
///
/// ```
/// assert_eq!(tickmark_text::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
/// ```
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Writes a registry as pages of the text format, version 0.0.4.
///
/// An encoder keeps the parts of the page that do not change: per series the escaped labels and 16 bytes. It forgets
/// them with the first page on which the series is missing. So keep one encoder, and take every page from it.
#[derive(Debug)]
pub struct Encoder {
    registry: Registry,
    /// By identity. Names come back; identities do not.
    families: HashMap<u64, EncodedFamily>,
    pages: u64,
    scratch: Scratch,
    page: BytesMut,
    page_capacity: usize,
}

#[derive(Debug)]
struct EncodedFamily {
    text: FamilyText,
    /// The number of the last page that this family was on.
    page: u64,
}

impl Encoder {
    /// An encoder for all families of `registry`, also those that are registered later.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self {
            registry,
            families: HashMap::new(),
            pages: 0,
            scratch: Scratch::default(),
            page: BytesMut::new(),
            page_capacity: 0,
        }
    }

    /// The page as of now: every family in the order of names, its series in the order of their creation. Runs the
    /// collectors of the registry.
    ///
    /// Everything recorded before this call is in it; of what is recorded meanwhile, some may be. Each histogram is
    /// one state of that histogram, but two series may be of different moments. Recording never waits for this;
    /// creating a series may, for as long as its family takes to be written.
    ///
    /// The memory of the page is used again once all clones of the returned `Bytes` are dropped, so that a page of
    /// recorded series that were there before allocates nothing. It stays as large as the largest page so far.
    ///
    /// ```
    /// use tickmark::Registry;
    /// use tickmark_text::Encoder;
    ///
    /// let registry = Registry::new();
    /// let open = registry.gauge("connections_open", "Connections that are open now.")?;
    /// let mut encoder = Encoder::new(registry);
    ///
    /// open.set(3);
    /// assert!(encoder.encode().ends_with(b"\nconnections_open 3\n"));
    /// open.set(-1);
    /// assert!(encoder.encode().ends_with(b"\nconnections_open -1\n"));
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[must_use]
    pub fn encode(&mut self) -> Bytes {
        // Empty, unless writing the last page panicked.
        self.page.clear();
        // Asking for all of the memory brings it back from the last page, or gives as much if that page is still held.
        self.page.reserve(self.page_capacity);
        self.pages += 1;
        for family in self.registry.families().iter() {
            let encoded = self
                .families
                .entry(family.id())
                .or_insert_with(|| EncodedFamily { text: FamilyText::new(family), page: 0 });
            encoded.page = self.pages;
            let rest = encoded.text.write(family, 0, usize::MAX, &mut self.scratch, &mut self.page);
            debug_assert_eq!(rest, None, "a page without a limit has all series");
        }
        self.families.retain(|_, encoded| encoded.page == self.pages);
        self.page_capacity = self.page.capacity();
        self.page.split().freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_that_are_gone_are_forgotten() {
        let old = Registry::new();
        let _ = old.gauge_family("a", "A.", ["l"]).unwrap().with(["old"]);
        let _ = old.gauge("b", "B.").unwrap();
        let new = Registry::new();
        let _ = new.gauge_family("a", "A of another registry.", ["l"]).unwrap().with(["new"]);

        let mut encoder = Encoder::new(old);
        let _ = encoder.encode();
        assert_eq!(encoder.families.len(), 2);
        encoder.registry = new;
        assert_eq!(encoder.encode(), "# HELP a A of another registry.\n# TYPE a gauge\na{l=\"new\"} 0\n");
        assert_eq!(encoder.families.len(), 1);
        encoder.registry = Registry::new();
        assert_eq!(encoder.encode(), "");
        assert_eq!(encoder.families.len(), 0);
    }

    #[test]
    fn the_memory_of_a_dropped_page_is_used_again() {
        let registry = Registry::new();
        let _ = registry.gauge("a", "A.").unwrap();
        let mut encoder = Encoder::new(registry);
        let first = encoder.encode();
        let address = first.as_ptr();
        let second = encoder.encode();
        assert_ne!(second.as_ptr(), address);
        assert_eq!(first, second);

        let address = second.as_ptr();
        drop((first, second));
        for _ in 0..3 {
            assert_eq!(encoder.encode().as_ptr(), address);
        }
    }
}
