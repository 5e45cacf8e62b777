//! One family on a page: the parts that never change, made once, and the writing of the rest.

use std::ops::ControlFlow;

use bytes::{BufMut, Bytes, BytesMut};
use tickmark::{FamilyView, Kind, Number, Scratch, Value};

use crate::escape;
use crate::histogram::HistogramLines;
use crate::label_texts::LabelTexts;
use crate::number;
use crate::state_set::StateSetLines;
use crate::summary::SummaryLines;

/// What an encoder keeps of one family between pages.
#[derive(Debug)]
pub(crate) struct FamilyText {
    /// The lines HELP and TYPE.
    metadata: Bytes,
    lines: Lines,
    labels: LabelTexts,
}

/// The lines of one series, by what kind of metric it is.
#[derive(Debug)]
enum Lines {
    /// One line, which begins with this name.
    Sample(Bytes),
    Histogram(HistogramLines),
    Summary(SummaryLines),
    StateSet(StateSetLines),
}

impl FamilyText {
    pub(crate) fn new(family: FamilyView<'_>) -> Self {
        let kind = family.kind();
        let name = match kind {
            Kind::Counter => format!("{}_total", family.name()),
            Kind::Info => format!("{}_info", family.name()),
            _ => family.name().to_owned(),
        };
        Self {
            metadata: metadata(&name, family.help(), kind),
            lines: match kind {
                Kind::Histogram => Lines::Histogram(HistogramLines::new(family)),
                Kind::Summary => Lines::Summary(SummaryLines::new(family)),
                Kind::StateSet => Lines::StateSet(StateSetLines::new(family)),
                _ => Lines::Sample(name.into()),
            },
            labels: LabelTexts::default(),
        }
    }

    /// Writes the family to the end of `page`: its metadata if `from` is 0, and its series from slot `from` on, until
    /// the page has `limit_bytes` or more. The last series is always whole.
    ///
    /// Returns the slot to go on from in another page, or `None` if this was all.
    pub(crate) fn write(
        &mut self,
        family: FamilyView<'_>,
        from: usize,
        limit_bytes: usize,
        scratch: &mut Scratch,
        page: &mut BytesMut,
    ) -> Option<usize> {
        if from == 0 {
            page.extend_from_slice(&self.metadata);
        }
        self.labels.walk_from(from);
        let stopped_at = family.visit(from, scratch, |series, value| {
            self.lines.write(self.labels.text(family, series), value, page);
            if page.len() < limit_bytes { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        if stopped_at.is_none() {
            self.labels.end_walk();
        }
        stopped_at
    }
}

impl Lines {
    #[inline]
    fn write(&mut self, labels: &[u8], value: Value<'_>, page: &mut BytesMut) {
        match (self, value) {
            (Self::Sample(name), Value::Counter(number) | Value::Gauge(number)) => {
                write_sample(name, labels, number, page);
            }
            // All that there is to say is in the labels.
            (Self::Sample(name), Value::Info) => write_sample(name, labels, Number::Unsigned(1), page),
            (Self::Histogram(lines), Value::Histogram { buckets, sum }) => lines.write(labels, buckets, sum, page),
            (Self::Summary(lines), Value::Summary { values, sum, count }) => {
                lines.write(labels, values, sum, count, page);
            }
            (Self::StateSet(lines), Value::StateSet(states)) => lines.write(labels, states, page),
            // A kind of metric that this crate is too old to know has metadata and no samples.
            _ => {}
        }
    }
}

#[inline]
fn write_sample(name: &[u8], labels: &[u8], number: Number, page: &mut BytesMut) {
    page.extend_from_slice(name);
    page.extend_from_slice(labels);
    number::write(number, page);
    page.put_u8(b'\n');
}

/// The format knows no info families and no state sets: both are gauges.
fn metadata(name: &str, help: &str, kind: Kind) -> Bytes {
    let kind = match kind {
        Kind::Counter => "counter",
        Kind::Gauge | Kind::Info | Kind::StateSet => "gauge",
        Kind::Histogram => "histogram",
        Kind::Summary => "summary",
        _ => "untyped",
    };
    let mut text = BytesMut::new();
    text.extend_from_slice(format!("# HELP {name} ").as_bytes());
    escape::write_help(help, &mut text);
    text.extend_from_slice(format!("\n# TYPE {name} {kind}\n").as_bytes());
    text.freeze()
}

#[cfg(test)]
mod tests {
    use tickmark::{Bounds, Registry, Scale};

    use super::*;

    /// The page of the registry's one family, in pieces that end with the first series past `limit_bytes`.
    fn pieces(text: &mut FamilyText, registry: &Registry, limit_bytes: usize) -> Vec<String> {
        let families = registry.families();
        let family = families.iter().next().unwrap();
        let mut pieces = Vec::new();
        let mut from = Some(0);
        while let Some(slot) = from {
            let mut page = BytesMut::new();
            from = text.write(family, slot, limit_bytes, &mut Scratch::default(), &mut page);
            pieces.push(String::from_utf8(page.to_vec()).unwrap());
        }
        pieces
    }

    fn text_of(registry: &Registry) -> FamilyText {
        FamilyText::new(registry.families().iter().next().unwrap())
    }

    fn gauges(values: &[&str]) -> Registry {
        let registry = Registry::new();
        let family = registry.gauge_family("x", "X.", ["a"]).unwrap();
        for value in values {
            let _ = family.with([value]);
        }
        registry
    }

    #[test]
    fn pieces_are_the_page_cut_between_series() {
        let registry = Registry::new();
        let bounds = Bounds::new(Scale::One, &[1.0]).unwrap();
        let family = registry.histogram_family("x", "X.", ["a"], &bounds).unwrap();
        for value in ["1", "2", "3", "4", "5"] {
            family.with([value]).observe(1);
        }
        let mut text = text_of(&registry);
        let whole = pieces(&mut text, &registry, usize::MAX).concat();
        let series_bytes = (whole.len() - text.metadata.len()) / 5;
        for limit_bytes in 0..whole.len() {
            let pieces = pieces(&mut text, &registry, limit_bytes);
            assert_eq!(pieces.concat(), whole);
            let (_, full) = pieces.split_last().unwrap();
            for piece in full {
                assert!(piece.contains("x_count{"));
                assert!(piece.len() >= limit_bytes);
                assert!(piece.len() - series_bytes < limit_bytes.max(text.metadata.len() + 1));
            }
        }
        // Each series, and the end that only the next walk sees.
        assert_eq!(pieces(&mut text, &registry, 0).len(), 6);
    }

    #[test]
    fn a_page_in_pieces_forgets_nothing() {
        let registry = gauges(&["1", "2", "3"]);
        let mut text = text_of(&registry);
        let _ = pieces(&mut text, &registry, 0);
        assert_eq!(text.labels.series_count(), 3);

        let families = registry.families();
        let family = families.iter().next().unwrap();
        let next = text.write(family, 0, 0, &mut Scratch::default(), &mut BytesMut::new());
        assert_eq!((next, text.labels.series_count()), (Some(1), 3));
    }

    #[test]
    fn series_that_are_gone_are_forgotten() {
        let mut text = text_of(&gauges(&[]));
        let _ = pieces(&mut text, &gauges(&["1", "2", "3"]), usize::MAX);
        assert_eq!(text.labels.series_count(), 3);
        let page = pieces(&mut text, &gauges(&["4"]), usize::MAX);
        assert_eq!(page, ["# HELP x X.\n# TYPE x gauge\nx{a=\"4\"} 0\n"]);
        assert_eq!(text.labels.series_count(), 1);
        let _ = pieces(&mut text, &gauges(&[]), usize::MAX);
        assert_eq!(text.labels.series_count(), 0);
    }
}
