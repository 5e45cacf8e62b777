//! The format that a reader gets, by its `Accept` headers.

use std::cmp::Reverse;

use crate::negotiate::format::{Escaping, Format};
use crate::negotiate::header_list::{Entry, HeaderList, Value};

impl Format {
    /// The format that the reader wants most, by the values of its `Accept` headers.
    ///
    /// The highest quality wins; of equal ones, the first. Text without a version,
    /// `text/*` and `*/*` ask for version 0.0.4, OpenMetrics without a version for 1.0.
    /// Types and versions that are not of a [`Format`] are ignored, and so are entries
    /// with a quality that is not a number from 0 to 1 with at most three decimals. Case,
    /// blanks, quotes and unknown parameters mean nothing, and the first of equal
    /// parameters counts.
    ///
    /// An entry with quality 0 refuses all formats that it covers, except to entries that
    /// name them more closely, as `text/plain` is closer than `text/*`. So an entry gets
    /// the first that it covers and that is not refused of version 0.0.4, version 1.0.0
    /// and OpenMetrics. When nothing is left, it is version 0.0.4: a page that was not
    /// asked for helps more than none.
    ///
    /// Reads at most 8 KiB, drops the entry that this cuts, and allocates nothing.
    ///
    /// ```
    /// use tickmark_text::{Escaping, Format};
    ///
    /// let accept = "application/openmetrics-text;version=1.0.0;escaping=dots;q=0.6,text/plain;q=0.3,*/*;q=0.2";
    /// assert_eq!(Format::negotiate([accept.as_bytes()]), Format::OpenMetrics1_0(Some(Escaping::Dots)));
    ///
    /// let two_headers = [&b"application/openmetrics-text;q=0"[..], b"*/*"];
    /// assert_eq!(Format::negotiate(two_headers), Format::Text0_0_4);
    /// assert_eq!(Format::negotiate([]), Format::Text0_0_4);
    /// ```
    #[must_use]
    pub fn negotiate<'a>(accept: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let list = HeaderList::join(accept);
        let mut refusals = Refusals::default();
        for range in list.entries().filter_map(MediaRange::read).filter(|range| range.quality == 0)
        {
            refusals.add(range);
        }
        let accepted =
            list.entries().filter_map(MediaRange::read).filter(|range| range.quality > 0);
        accepted
            .filter_map(|range| Some((range.quality, refusals.first_left(range)?)))
            // The least of the reversed qualities: the first of those that are highest.
            .min_by_key(|(quality, _)| Reverse(*quality))
            .map_or(Self::Text0_0_4, |(_, format)| format)
    }
}

/// An entry of an `Accept` header: the formats that it covers, and how much they are
/// wanted.
#[derive(Clone, Copy)]
struct MediaRange<'a> {
    /// `*/*`, `text/*` or `text/plain`.
    name: &'a [u8],
    version: Option<Value<'a>>,
    escaping: Option<Escaping>,
    quality: u16,
}

impl<'a> MediaRange<'a> {
    /// `None` if the quality cannot be read. Parameters of a wildcard mean nothing.
    fn read(entry: Entry<'a>) -> Option<Self> {
        let name = entry.name();
        let quality = entry.quality()?;
        if name.ends_with(b"/*") {
            return Some(Self { name, version: None, escaping: None, quality });
        }
        let escaping = entry.parameter("escaping").map(|given| {
            let known = Escaping::ALL.into_iter().find(|escaping| given.is(escaping.as_str()));
            known.unwrap_or(Escaping::Underscores)
        });
        Some(Self { name, version: entry.parameter("version"), escaping, quality })
    }

    /// Version 0.0.4 of the text has no escaping to ask for.
    fn covers(self, format: Format) -> bool {
        self.covers_type(format.media_type())
            && self.version.is_none_or(|version| version.is(format.version()))
            && (format == Format::Text0_0_4
                || self.escaping.is_none_or(|escaping| escaping == format.escaping()))
    }

    fn covers_type(self, media_type: &str) -> bool {
        match self.name.strip_suffix(b"/*") {
            Some(b"*") => true,
            Some(kind) => media_type
                .split_once('/')
                .is_some_and(|(own, _)| kind.eq_ignore_ascii_case(own.as_bytes())),
            None => self.name.eq_ignore_ascii_case(media_type.as_bytes()),
        }
    }

    /// How closely it names what it covers.
    fn specificity(self) -> u8 {
        match self.name {
            b"*/*" => 0,
            name if name.ends_with(b"/*") => 1,
            _ => 2 + u8::from(self.version.is_some()) + u8::from(self.escaping.is_some()),
        }
    }
}

/// What is refused, and how closely each was named by that.
#[derive(Default)]
struct Refusals([Option<u8>; PAGES.len()]);

/// All pages that differ. No escaping and underscores are the same.
const PAGES: [Format; 9] = [
    Format::Text0_0_4,
    Format::Text1_0_0(Escaping::AllowUtf8),
    Format::Text1_0_0(Escaping::Underscores),
    Format::Text1_0_0(Escaping::Dots),
    Format::Text1_0_0(Escaping::Values),
    Format::OpenMetrics1_0(Some(Escaping::AllowUtf8)),
    Format::OpenMetrics1_0(Some(Escaping::Underscores)),
    Format::OpenMetrics1_0(Some(Escaping::Dots)),
    Format::OpenMetrics1_0(Some(Escaping::Values)),
];

impl Refusals {
    fn add(&mut self, range: MediaRange<'_>) {
        for (page, specificity) in PAGES.into_iter().zip(&mut self.0) {
            if range.covers(page) {
                *specificity = (*specificity).max(Some(range.specificity()));
            }
        }
    }

    /// Whether `format` is refused at least as closely as `range` asks for it.
    fn hold(&self, format: Format, range: MediaRange<'_>) -> bool {
        let page = match format {
            Format::OpenMetrics1_0(None) => Format::OpenMetrics1_0(Some(Escaping::Underscores)),
            format => format,
        };
        PAGES
            .into_iter()
            .zip(self.0)
            .any(|(other, refused)| other == page && refused >= Some(range.specificity()))
    }

    /// What the range asks for: the first format that it covers and that is not refused.
    fn first_left(&self, range: MediaRange<'_>) -> Option<Format> {
        let text = Format::Text1_0_0(range.escaping.unwrap_or(Escaping::Underscores));
        [Format::Text0_0_4, text, Format::OpenMetrics1_0(range.escaping)]
            .into_iter()
            .find(|format| range.covers(*format) && !self.hold(*format, range))
    }
}
