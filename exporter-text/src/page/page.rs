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
const CHUNK_BYTES: usize = 64 * 1024;

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

#[cfg(test)]
mod tests {
    use tickmark::{Bounds, Collection, Registry, Scale};

    use super::*;
    use crate::negotiate::format::{Escaping, Format};
    use crate::negotiate::name_filter::NameFilter;
    use crate::page::encoder::Encoder;

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
        let shared = Arc::clone(&page.shared);
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
