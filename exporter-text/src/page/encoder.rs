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
    /// A batch job writes it for the textfile collector of the node exporter: to a
    /// temporary file in the collector's folder, which it then renames to `*.prom`. So
    /// the collector never reads half a page. A scraped registry does not need a file.
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

#[cfg(test)]
mod tests {
    use tickmark::collect::Collection;
    use tickmark::{Bounds, Scale};

    use super::*;
    use crate::negotiate::format::Escaping;
    use crate::page::page::CHUNK_BYTES;

    const OPENMETRICS: Format = Format::OpenMetrics1_0(None);

    fn text(chunks: &[Bytes]) -> String {
        String::from_utf8(chunks.concat()).unwrap()
    }

    fn registry() -> Registry {
        let registry = Registry::new();
        let bounds = Bounds::new(Scale::One, &[1.0]).unwrap();
        let histograms = registry.histogram_family("b", "B.", ["a"], &bounds).unwrap();
        let counters = registry.counter_family("c", "C.", ["a"]).unwrap();
        for value in ["1", "2", "3"] {
            histograms.with([value]).observe(1);
            counters.with([value]).inc();
        }
        _ = registry.gauge_family("a", "A.", ["a"]).unwrap();
        _ = registry.gauge_family("d", "D.", ["a"]).unwrap();
        let collect = |out: &mut Collection| {
            let mut gauges = out.gauge("bb", "Collected.", ["a"]);
            ["1", "2", "3"].iter().for_each(|value| gauges.series([value], 1));
        };
        registry.register_collector("test", collect).unwrap();
        registry
    }

    #[test]
    fn chunks_end_between_series() {
        for format in [Format::Text0_0_4, OPENMETRICS] {
            let encoder = Encoder::new(&registry());
            let whole = encoder.encode_as(format);
            for chunk_bytes in 1..whole.len() + 2 {
                let chunks: Vec<_> =
                    encoder.page(format, NameFilter::default()).in_chunks_of(chunk_bytes).collect();
                assert_eq!(chunks.concat(), whole, "chunks of {chunk_bytes}");
                let (_, full) = chunks.split_last().unwrap();
                for chunk in full {
                    assert!(chunk.len() >= chunk_bytes && chunk.ends_with(b"\n"));
                    let chunk = std::str::from_utf8(chunk).unwrap();
                    let last = chunk.lines().last().unwrap();
                    assert!(
                        !last.starts_with("b_bucket") && !last.starts_with("b_sum"),
                        "a series is cut: {last}"
                    );
                }
            }
            // Two families without series, and three with three series each. The first
            // series is in the chunk of the metadata.
            let least: Vec<_> =
                encoder.page(format, NameFilter::default()).in_chunks_of(1).collect();
            assert_eq!(least.len(), 2 + 3 * 3 + usize::from(format.is_openmetrics()));
        }
    }

    #[test]
    fn full_chunks_end_after_one_series_more() {
        let registry = Registry::new();
        let counters = registry.counter_family("c", "C.", ["a"]).unwrap();
        counters.set_series_limit(20_000);
        (0..20_000).for_each(|series| counters.with([&format!("{series:05}")]).inc());
        let chunks: Vec<_> =
            Encoder::new(&registry).page(OPENMETRICS, NameFilter::default()).collect();
        assert!(chunks.len() > 5);
        for chunk in chunks.split_last().unwrap().1 {
            assert!(
                (CHUNK_BYTES..CHUNK_BYTES + "c_total{a=\"00000\"} 1\n".len())
                    .contains(&chunk.len())
            );
        }
        assert_eq!(text(&chunks).lines().count(), 20_003);
    }

    #[test]
    fn page_ignores_series_created_between_chunks() {
        let registry = registry();
        let counters = registry.counter_family("cc", "CC.", ["a"]).unwrap();
        (0..4).for_each(|series| drop(counters.with([&series.to_string()])));
        let mut page =
            Encoder::new(&registry).page(OPENMETRICS, NameFilter::default()).in_chunks_of(1);
        let mut chunks = Vec::new();
        while !text(&chunks).contains("cc_total{a=\"0\"}") {
            chunks.push(page.next().unwrap());
        }
        _ = registry.gauge("ca", "New.").unwrap();
        _ = registry.gauge("e", "New.").unwrap();
        assert!(counters.remove(["2"]));
        counters.with(["2"]).inc();
        counters.with(["9"]).inc();
        // Registers a family of the engine after the page began.
        registry.families().iter().next().unwrap().report_omission("test");
        chunks.extend(page);
        let page = text(&chunks);
        let end = page.split_once("# HELP cc CC.\n").unwrap().1;
        assert_eq!(
            end,
            "cc_total{a=\"0\"} 0\ncc_total{a=\"1\"} 0\ncc_total{a=\"3\"} 0\n\
             # TYPE d gauge\n# HELP d D.\n# EOF\n"
        );
    }

    #[test]
    fn simultaneous_pages_are_independent() {
        let encoder = Encoder::new(&registry());
        let formats =
            [Format::Text0_0_4, OPENMETRICS, Format::OpenMetrics1_0(Some(Escaping::Dots))];
        let wholes = formats.map(|format| encoder.encode_as(format));
        let mut pages =
            formats.map(|format| encoder.page(format, NameFilter::default()).in_chunks_of(1));
        let mut written = formats.map(|_| Vec::new());
        for _ in 0..wholes[1].len() {
            for (page, written) in pages.iter_mut().zip(&mut written) {
                written.extend(page.next());
            }
        }
        assert_eq!(written.map(|chunks| chunks.concat()), wholes.map(|whole| whole.to_vec()));
    }

    #[test]
    fn busy_or_poisoned_workspace_changes_nothing() {
        let encoder = Encoder::new(&registry());
        let whole = encoder.encode();
        let page = encoder.page(Format::Text0_0_4, NameFilter::default());
        let shared = Arc::clone(&encoder.shared);
        shared.with_workspace(|_| assert_eq!(encoder.encode(), whole));
        let panicked = std::thread::spawn(move || {
            shared.with_workspace(|workspace| {
                workspace.output.put(b"half a li");
                panic!("while writing");
            })
        });
        assert!(panicked.join().is_err());
        assert_eq!(encoder.encode(), whole);
        assert_eq!(page.collect::<Vec<_>>().concat(), whole);
    }

    #[test]
    fn families_past_the_text_cache_are_whole() {
        let registry = Registry::new();
        let name = |number: u64| format!("family_{number:04}");
        (0..1_100).for_each(|number| registry.counter(&name(number), "F.").unwrap().add(number));
        let encoder = Encoder::new(&registry);
        let expected: String = (0..1_100)
            .map(|number| {
                let name = name(number);
                format!(
                    "# HELP {name}_total F.\n# TYPE {name}_total counter\n{name}_total {number}\n"
                )
            })
            .collect();
        for chunk_bytes in [1, 100_000, 100_000] {
            let page =
                encoder.page(Format::Text0_0_4, NameFilter::default()).in_chunks_of(chunk_bytes);
            assert_eq!(text(&page.collect::<Vec<_>>()), expected);
        }
    }

    #[test]
    fn filter_keeps_families_by_any_name() {
        let registry = registry();
        let kept = |query: &str, format| {
            let page = Encoder::new(&registry).page(format, NameFilter::parse(query).unwrap());
            let chunks: Vec<_> = page.collect();
            let is_type = |line: &&str| line.starts_with("# TYPE ");
            text(&chunks)
                .lines()
                .filter(is_type)
                .map(|line| line[7..].split(' ').next().unwrap().to_owned())
                .collect()
        };
        let kept: &dyn Fn(&str, Format) -> Vec<String> = &kept;
        for name in ["b", "b_bucket", "b_sum", "b_count", "b_created"] {
            assert_eq!(kept(&format!("name[]={name}"), OPENMETRICS), ["b"]);
        }
        for name in ["c", "c_total", "c_created"] {
            assert_eq!(kept(&format!("name[]={name}"), Format::Text0_0_4), ["c_total"]);
            assert_eq!(
                kept(&format!("name[]={name}"), Format::Text1_0_0(Escaping::Dots)),
                ["c__total"]
            );
        }
        assert_eq!(kept("name[]=c__total", Format::Text1_0_0(Escaping::Dots)), ["c__total"]);
        assert_eq!(kept("name[]=bb&name[]=a", OPENMETRICS), ["a", "bb"]);
        assert_eq!(kept("name[]=other", OPENMETRICS), [""; 0]);
        let none =
            Encoder::new(&registry).page(OPENMETRICS, NameFilter::parse("name[]=other").unwrap());
        assert_eq!(none.collect::<Vec<_>>(), ["# EOF\n"]);
    }
}
