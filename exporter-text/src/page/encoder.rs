//! The pages of a registry.

use std::sync::Arc;

use bytes::Bytes;
use tickmark::Registry;
use tickmark::export::Families;

use crate::negotiate::format::Format;
use crate::negotiate::name_filter::NameFilter;
use crate::page::contents::Contents;
use crate::page::page::Page;
use crate::page::shared::Shared;

/// Writes a registry as pages of the text formats and of OpenMetrics.
///
/// Use one encoder, or its clones, for all pages of a registry. Clones share this memory:
///
/// - the escaped labels of about 10,000 series, 900 KiB in all;
/// - the buffers of up to four finished chunks, 160 KiB each. A single longer series
///   needs a larger buffer until the next page.
///
/// The memory does not grow with the number of series or pages. The registry keeps 17
/// bytes for each series: see [`page`](Self::page).
#[derive(Clone, Debug)]
pub struct Encoder {
    shared: Arc<Shared>,
}

impl Encoder {
    /// Returns an encoder for all families of `registry`, including later ones.
    ///
    /// ```
    /// use tickmark::Registry;
    /// use tickmark_text::Encoder;
    ///
    /// let registry = Registry::new();
    /// let encoder = Encoder::new(&registry);
    /// registry.counter("jobs", "Jobs done.")?.inc();
    /// assert!(encoder.encode_to_string().ends_with("\njobs_total 1\n"));
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        Self { shared: Arc::new(Shared::new(registry.clone())) }
    }

    /// Begins a page. Runs the collectors of the registry.
    ///
    /// The page has every family that the filter keeps, sorted by name, and their series
    /// by [slot](tickmark::export::SeriesView::slot). It is written chunk by chunk, on
    /// demand. A chunk ends after the first series that reaches 64 KiB, and takes 10 µs
    /// to 100 µs to write.
    ///
    /// Everything recorded before this call is on the page; later records may be. Each
    /// histogram is one state of that histogram. Different series may be from different
    /// times. Series created after this call are not on the page.
    ///
    /// Pages may be written at the same time, on any threads. Recording and registration
    /// do not wait for a page.
    ///
    /// Values that the format cannot express are omitted one by one, and
    /// [reported](tickmark::export::FamilyView::report_omission): see [the crate's
    /// documentation](crate#values-left-out).
    ///
    /// Allocates. The first page makes [the
    /// registry](tickmark::export::FamilyView::visit) keep 17 bytes for each counter and
    /// gauge: 17 MB for a million. Include this in a memory limit. Later pages need as
    /// much memory for a million series as for ten thousand.
    ///
    /// ```
    /// use tickmark::Registry;
    /// use tickmark_text::{Encoder, Format, NameFilter};
    ///
    /// let registry = Registry::new();
    /// let jobs = registry.counter("jobs", "Jobs done.")?;
    /// jobs.add(3);
    ///
    /// let encoder = Encoder::new(&registry);
    /// let page = encoder.page(Format::OpenMetrics1_0(None), NameFilter::default());
    /// let chunks: Vec<_> = page.collect();
    /// assert_eq!(chunks, ["# TYPE jobs counter\n# HELP jobs Jobs done.\njobs_total 3\n# EOF\n"]);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[must_use]
    pub fn page(&self, format: Format, filter: NameFilter) -> Page {
        self.page_of(self.shared.registry().families(), format, filter)
    }

    /// Begins a page of families listed before: [`page`](Self::page) without running the
    /// collectors.
    ///
    /// Several pages may show clones of one list. Registered families are read while the
    /// page is written. Collected families are as they were when the list was created.
    ///
    /// ```
    /// use tickmark::Registry;
    /// use tickmark_text::{Encoder, Format, NameFilter};
    ///
    /// let registry = Registry::new();
    /// let jobs = registry.counter("jobs", "Jobs done.")?;
    /// let families = registry.families();
    /// jobs.inc();
    /// let encoder = Encoder::new(&registry);
    /// let page = encoder.page_of(families, Format::Text0_0_4, NameFilter::default());
    /// assert!(page.collect::<Vec<_>>().concat().ends_with(b"\njobs_total 1\n"));
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[must_use]
    pub fn page_of(&self, families: Families, format: Format, filter: NameFilter) -> Page {
        Page::new(Arc::clone(&self.shared), Contents { families, format, filter })
    }

    /// Returns a whole [`page`](Self::page) of text 0.0.4, the format that every reader
    /// accepts. Its content type is [`CONTENT_TYPE`](crate::CONTENT_TYPE).
    ///
    /// ```
    /// use tickmark::Registry;
    /// use tickmark_text::Encoder;
    ///
    /// let registry = Registry::new();
    /// let open = registry.gauge("connections_open", "Connections that are open now.")?;
    /// let encoder = Encoder::new(&registry);
    ///
    /// open.set(3);
    /// assert!(encoder.encode().ends_with(b"\nconnections_open 3\n"));
    /// open.set(-1);
    /// assert!(encoder.encode().ends_with(b"\nconnections_open -1\n"));
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[must_use]
    pub fn encode(&self) -> Bytes {
        self.encode_as(Format::Text0_0_4)
    }

    /// Returns a whole [`page`](Self::page) of a format.
    ///
    /// ```
    /// use tickmark::Registry;
    /// use tickmark_text::{Encoder, Format};
    ///
    /// let encoder = Encoder::new(&Registry::new());
    /// assert_eq!(encoder.encode_as(Format::OpenMetrics1_0(None)), "# EOF\n");
    /// ```
    #[must_use]
    pub fn encode_as(&self, format: Format) -> Bytes {
        self.whole(format).into()
    }

    /// Returns the page of [`encode`](Self::encode) as a string, for tests and files.
    ///
    /// ```
    /// use tickmark::Registry;
    /// use tickmark_text::Encoder;
    ///
    /// let registry = Registry::new();
    /// registry.gauge("queue_length", "Jobs that wait.")?.set(2);
    /// assert_eq!(
    ///     Encoder::new(&registry).encode_to_string(),
    ///     "# HELP queue_length Jobs that wait.\n\
    ///      ## TYPE queue_length gauge\n\
    ///      queue_length 2\n"
    /// );
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[must_use]
    pub fn encode_to_string(&self) -> String {
        // Names, help texts and label values are strings; everything else is ASCII.
        String::from_utf8(self.whole(Format::Text0_0_4)).unwrap_or_else(|error| {
            debug_assert!(false, "a page that is not UTF-8: {error}");
            String::from_utf8_lossy(error.as_bytes()).into_owned()
        })
    }

    fn whole(&self, format: Format) -> Vec<u8> {
        let mut page = self.page(format, NameFilter::default());
        let mut whole = Vec::new();
        while page.write_chunk(|output, _| {
            whole.extend_from_slice(output.written());
            !output.is_empty()
        }) {}
        whole
    }
}
