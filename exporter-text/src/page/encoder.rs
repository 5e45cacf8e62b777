//! A registry to pages.

use std::sync::Arc;

use bytes::Bytes;
use tickmark::{Families, Registry};

use crate::negotiate::format::Format;
use crate::negotiate::name_filter::NameFilter;
use crate::page::contents::Contents;
use crate::page::page::Page;
use crate::page::shared::Shared;

/// Writes a registry as pages of the text formats and of OpenMetrics.
///
/// Clones share what they keep: the escaped labels of 10,000 series or so, about 900 KiB,
/// and the memory of up to four chunks that are done with, 160 KiB each at most (until
/// the next page, more if a single series is longer); however many series and pages there
/// are. (The registry keeps 17 bytes a series: see [`page`](Self::page).) So keep one
/// encoder, and take every page from it or from its clones.
#[derive(Clone, Debug)]
pub struct Encoder {
    shared: Arc<Shared>,
}

impl Encoder {
    /// An encoder for all families of `registry`, also those that are registered later.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self { shared: Arc::new(Shared::new(registry)) }
    }

    /// Begins a page: every family that the filter keeps in the order of names, its
    /// series by [slot](tickmark::SeriesView::slot). Runs the collectors of the registry.
    ///
    /// The page is written as its chunks are asked for. Each ends with the first series
    /// past 64 KiB, and together they are the page; writing one takes about 10 µs to 100
    /// µs. The first page makes what is kept: 17 bytes for each counter and gauge [by the
    /// registry](tickmark::FamilyView::visit), 17 MB for a million of them. Under a limit
    /// of memory, leave room for that. Later pages take no more memory for a million
    /// series than for ten thousand. Pages may be written at the same time, on any
    /// threads.
    ///
    /// Everything recorded before this call is on the page; of what is recorded
    /// meanwhile, some may be. Each histogram is one state of that histogram, but two
    /// series may be of different moments. Series that are created meanwhile are not on
    /// it. Nobody who records or registers waits for it.
    ///
    /// Values that the format cannot express are left out, alone, and
    /// [reported](tickmark::FamilyView::report_omission): see [the crate's
    /// documentation](crate#values-left-out).
    ///
    /// ```
    /// use tickmark::Registry;
    /// use tickmark_text::{Encoder, Format, NameFilter};
    ///
    /// let registry = Registry::new();
    /// let jobs = registry.counter("jobs", "Jobs done.")?;
    /// jobs.add(3);
    ///
    /// let page = Encoder::new(registry).page(Format::OpenMetrics1_0(None), NameFilter::default());
    /// let chunks: Vec<_> = page.collect();
    /// assert_eq!(chunks, ["# TYPE jobs counter\n# HELP jobs Jobs done.\njobs_total 3\n# EOF\n"]);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[must_use]
    pub fn page(&self, format: Format, filter: NameFilter) -> Page {
        self.page_of(self.shared.registry().families(), format, filter)
    }

    /// Begins a page of families that were listed before: [`page`](Self::page) without
    /// running the collectors.
    ///
    /// Several pages may show clones of one list. Registered families are read as the
    /// page is written; collected ones are as they were when the list was made.
    ///
    /// ```
    /// use tickmark::Registry;
    /// use tickmark_text::{Encoder, Format, NameFilter};
    ///
    /// let registry = Registry::new();
    /// let jobs = registry.counter("jobs", "Jobs done.")?;
    /// let encoder = Encoder::new(registry.clone());
    /// let families = registry.families();
    /// jobs.inc();
    /// let page = encoder.page_of(families, Format::Text0_0_4, NameFilter::default());
    /// assert!(page.collect::<Vec<_>>().concat().ends_with(b"\njobs_total 1\n"));
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[must_use]
    pub fn page_of(&self, families: Families, format: Format, filter: NameFilter) -> Page {
        Page::new(Arc::clone(&self.shared), Contents { families, format, filter })
    }

    /// A whole page of the format that every reader takes, text 0.0.4:
    /// [`page`](Self::page) in one piece.
    ///
    /// ```
    /// use tickmark::Registry;
    /// use tickmark_text::Encoder;
    ///
    /// let registry = Registry::new();
    /// let open = registry.gauge("connections_open", "Connections that are open now.")?;
    /// let encoder = Encoder::new(registry);
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

    /// A whole page: [`page`](Self::page) in one piece.
    ///
    /// ```
    /// use tickmark::Registry;
    /// use tickmark_text::{Encoder, Format};
    ///
    /// let encoder = Encoder::new(Registry::new());
    /// assert_eq!(encoder.encode_as(Format::OpenMetrics1_0(None)), "# EOF\n");
    /// ```
    #[must_use]
    pub fn encode_as(&self, format: Format) -> Bytes {
        let mut page = self.page(format, NameFilter::default());
        let mut whole = Vec::new();
        while page.write_chunk(|output, _| {
            whole.extend_from_slice(output.written());
            !output.is_empty()
        }) {}
        whole.into()
    }
}
