//! One family on a page: the parts that never change, made once, and the writing of the rest.

use std::ops::ControlFlow;

use bytes::{BufMut, Bytes, BytesMut};
use tickmark::{FamilyView, Kind, Scratch, Value};

use crate::escape;
use crate::histogram::HistogramLines;
use crate::label_texts::LabelTexts;

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
}

impl FamilyText {
    pub(crate) fn new(family: FamilyView<'_>) -> Self {
        let kind = family.kind();
        let name = match kind {
            Kind::Counter => format!("{}_total", family.name()),
            _ => family.name().to_owned(),
        };
        Self {
            metadata: metadata(&name, family.help(), kind),
            lines: match kind {
                Kind::Histogram => Lines::Histogram(HistogramLines::new(family)),
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
        let mut next_slot = from;
        let stopped_at = family.visit(from, scratch, |series, value| {
            self.labels.forget(next_slot..series.slot());
            next_slot = series.slot() + 1;
            self.lines.write(self.labels.text(family, series), value, page);
            if page.len() < limit_bytes { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        if stopped_at.is_none() {
            self.labels.end(next_slot);
        }
        stopped_at
    }
}

impl Lines {
    #[inline]
    fn write(&mut self, labels: &[u8], value: Value<'_>, page: &mut BytesMut) {
        match (self, value) {
            (Self::Sample(name), Value::Counter(count)) => write_sample(name, labels, count, page),
            (Self::Sample(name), Value::Gauge(level)) => write_sample(name, labels, level, page),
            (Self::Histogram(lines), Value::Histogram { buckets, sum }) => lines.write(labels, buckets, sum, page),
            // A kind of metric that this crate is too old to know has metadata and no samples.
            _ => {}
        }
    }
}

fn write_sample(name: &[u8], labels: &[u8], value: impl itoa::Integer, page: &mut BytesMut) {
    page.extend_from_slice(name);
    page.extend_from_slice(labels);
    page.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    page.put_u8(b'\n');
}

fn metadata(name: &str, help: &str, kind: Kind) -> Bytes {
    let kind = match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
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

    /// The page of the registry's one family, in pieces of at most `limit_bytes` and one series.
    fn pieces(registry: &Registry, limit_bytes: usize) -> Vec<String> {
        let families = registry.families();
        let family = families.iter().next().unwrap();
        let mut text = FamilyText::new(family);
        let mut pieces = Vec::new();
        let mut from = Some(0);
        while let Some(slot) = from {
            let mut page = BytesMut::new();
            from = text.write(family, slot, limit_bytes, &mut Scratch::default(), &mut page);
            pieces.push(String::from_utf8(page.to_vec()).unwrap());
        }
        pieces
    }

    #[test]
    fn pieces_are_the_page_cut_between_series() {
        let registry = Registry::new();
        let bounds = Bounds::new(Scale::One, &[1.0]).unwrap();
        let family = registry.histogram_family("x", "X.", ["a"], &bounds).unwrap();
        for value in ["1", "2", "3", "4", "5"] {
            family.with([value]).observe(1);
        }
        let whole = pieces(&registry, usize::MAX).concat();
        for limit_bytes in 0..whole.len() {
            let pieces = pieces(&registry, limit_bytes);
            assert_eq!(pieces.concat(), whole);
            assert!(pieces.iter().all(|piece| piece.is_empty() || piece.contains("x_count{a=")));
            let (_, full) = pieces.split_last().unwrap();
            assert!(full.iter().all(|piece| piece.len() >= limit_bytes));
        }
        // Metadata and the first series, the others, and the end that only the next walk sees.
        assert_eq!(pieces(&registry, 0).len(), 6);
    }

    #[test]
    fn later_pieces_forget_nothing_of_the_first() {
        let registry = Registry::new();
        let family = registry.counter_family("x", "X.", ["a"]).unwrap();
        for value in ["1", "2", "3"] {
            family.with([value]).inc();
        }
        let families = registry.families();
        let family = families.iter().next().unwrap();
        let mut text = FamilyText::new(family);
        let mut page = BytesMut::new();
        assert_eq!(text.write(family, 0, 0, &mut Scratch::default(), &mut page), Some(1));
        assert_eq!(text.write(family, 1, usize::MAX, &mut Scratch::default(), &mut page), None);
        assert_eq!(text.labels.series_count(), 3);
    }
}
