//! Text shared by all series of a family: its metadata, and the pieces of their lines.

use std::iter;

use tickmark::export::{FamilyView, Kind};

use crate::names::family_names::FamilyNames;
use crate::negotiate::format::Format;
use crate::text::escape;
use crate::text::label_text::{LabelText, OwnLabels};
use crate::text::metadata;
use crate::text::number::{self, BoundText};
use crate::text::pieces::{Piece, Pieces};
use crate::text::steps::{STEP, Short};

/// The texts of one family in one format. The next family reuses the memory.
#[derive(Debug, Default)]
pub(crate) struct FamilyText {
    /// The identity of the family with its help, and the format.
    prepared: Option<(u64, Format)>,
    pub(crate) is_openmetrics: bool,
    /// Whether its series show exemplars and creation times.
    pub(crate) is_openmetrics_counter: bool,
    pub(crate) pieces: Pieces,
    pub(crate) labels: LabelText,
    pub(crate) metadata: Piece,
    /// The start of the line of a bucket, a quantile or a state, or of the only line.
    pub(crate) line: Piece,
    /// The same, if it fits in one step.
    pub(crate) short_line: Option<Short<STEP>>,
    pub(crate) sum: Piece,
    pub(crate) short_sum: Option<Short<STEP>>,
    pub(crate) count: Piece,
    pub(crate) short_count: Option<Short<STEP>>,
    pub(crate) created: Piece,
    /// The text after the labels in the lines of buckets, quantiles or states:
    /// `,le="0.1"} `.
    pub(crate) endings: Vec<Piece>,
    /// The same, if it fits in one step.
    pub(crate) short_endings: Vec<Option<Short<STEP>>>,
    /// Whether the sum of this histogram cannot decrease, as OpenMetrics requires.
    pub(crate) has_growing_sum: bool,
    /// The units of the sum in one exposed unit: 1,000,000,000 for nanoseconds exposed as
    /// seconds.
    pub(crate) units_per_one: u64,
}

impl FamilyText {
    /// Prepares the texts of a family, unless they are kept from the last page.
    pub(crate) fn prepare(&mut self, family: FamilyView<'_>, format: Format, own: OwnLabels) {
        let wanted = Some((family.id(), format));
        if self.prepared != wanted {
            self.prepared = None;
            self.write(family, format, own);
            self.prepared = wanted;
        }
    }

    fn write(&mut self, family: FamilyView<'_>, format: Format, own: OwnLabels) {
        let names = FamilyNames::new(family, format);
        self.is_openmetrics = format.is_openmetrics();
        self.is_openmetrics_counter = names.is_openmetrics_counter();
        self.has_growing_sum = family.bounds().iter().all(|bound| *bound >= 0.0);
        self.units_per_one = family.scale().per_unit();
        let pieces = &mut self.pieces;
        pieces.clear();
        self.metadata = pieces.add(|out| metadata::write(family, &names, format, out));
        self.labels.prepare(family, &names, own, format, pieces);

        let has_labels = self.labels.has_labels();
        let mut start = |suffix: &str, has_labels: bool| {
            pieces.add(|out| {
                if has_labels {
                    names.write_labelled(suffix, out)
                } else {
                    names.write_bare(suffix, out)
                }
            })
        };
        self.line = match family.kind() {
            Kind::Histogram => start("_bucket", true),
            Kind::Summary | Kind::StateSet => start("", true),
            _ => start(family.sample_suffix(), has_labels),
        };
        self.sum = start("_sum", has_labels);
        self.count = start("_count", has_labels);
        self.created = start("_created", has_labels);
        [self.short_line, self.short_sum, self.short_count] = [self.line, self.sum, self.count]
            .map(|start| Short::of(&[self.pieces.get(start).text()]));
        self.write_endings(family, &names);
    }

    fn write_endings(&mut self, family: FamilyView<'_>, names: &FamilyNames<'_>) {
        let separator: &[u8] = if self.labels.has_labels() { b"," } else { b"" };
        let mut ending = |write: &dyn Fn(&mut Vec<u8>)| {
            self.pieces.add(|out| {
                out.extend_from_slice(separator);
                write(out);
                out.extend_from_slice(b"\"} ");
            })
        };
        let bound_text =
            if family.has_plain_bounds() { BoundText::Plain } else { BoundText::Float };
        let bound = |name: &'static [u8], bound: f64| {
            move |out: &mut Vec<u8>| {
                out.extend_from_slice(name);
                number::write_bound(bound, bound_text, out);
            }
        };
        self.endings.clear();
        match family.kind() {
            Kind::Histogram => {
                let bounds = family.bounds().iter().copied().chain(iter::once(f64::INFINITY));
                self.endings.extend(bounds.map(|value| ending(&bound(b"le=\"", value))));
            }
            Kind::Summary => {
                let quantiles = family.quantiles().iter();
                self.endings.extend(quantiles.map(|value| ending(&bound(b"quantile=\"", *value))));
            }
            // The label that holds the state has the name of the family.
            Kind::StateSet => self.endings.extend(family.states().map(|state| {
                ending(&|out| {
                    names.write_state_label(family.name(), out);
                    escape::write_label_value(state, out);
                })
            })),
            _ => {}
        }
        self.short_endings.clear();
        self.short_endings.extend(
            self.endings.iter().map(|ending| Short::of(&[self.pieces.get(*ending).text()])),
        );
    }
}
