//! Choice of the format by a reader's `Accept` headers.

use std::cmp::Reverse;

use crate::negotiate::format::{Escaping, Format};
use crate::negotiate::header_list::{HeaderList, Item, Value};

impl Format {
    /// Returns the format that the reader prefers, by the values of its `Accept` headers.
    /// Default: [`Text0_0_4`](Self::Text0_0_4).
    ///
    /// The entry of the highest quality wins; among equals, the first.
    ///
    /// - Text without a version, `text/*` and `*/*` select version 0.0.4. OpenMetrics
    ///   without a version selects 1.0.
    /// - Other types and versions are ignored. So is an entry whose quality is not a
    ///   number from 0 to 1 with at most three decimals.
    /// - ASCII case, blanks, quotes and unknown parameters are ignored. The first of
    ///   equal parameters counts.
    /// - An entry of quality 0 refuses all formats that it covers. A more specific entry
    ///   overrides it, as `text/plain` is more specific than `text/*`.
    /// - An entry selects the first format that it covers and that is not refused, in the
    ///   order text 0.0.4, text 1.0.0, OpenMetrics.
    /// - If no format remains, version 0.0.4 is selected. An unwanted page helps the
    ///   reader more than no page.
    ///
    /// Reads at most 8 KiB, and drops the entry that this limit cuts. Does not allocate.
    ///
    /// ```
    /// use tickmark_text::{Escaping, Format};
    ///
    /// let accept = "application/openmetrics-text;version=1.0.0;escaping=dots;q=0.6,*/*;q=0.2";
    /// let dots = Format::OpenMetrics1_0(Some(Escaping::Dots));
    /// assert_eq!(Format::negotiate([accept.as_bytes()]), dots);
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
            .filter_map(|range| Some((range.quality, refusals.first_allowed(range)?)))
            // The minimum of the reversed qualities is the first of the highest.
            .min_by_key(|(quality, _)| Reverse(*quality))
            .map_or(Self::Text0_0_4, |(_, format)| format)
    }
}

/// An entry of an `Accept` header: the formats that it covers, and their quality.
#[derive(Clone, Copy)]
struct MediaRange<'a> {
    /// `*/*`, `text/*` or `text/plain`.
    name: &'a [u8],
    version: Option<Value<'a>>,
    escaping: Option<Escaping>,
    quality: u16,
}

impl<'a> MediaRange<'a> {
    /// Returns `None` if the quality is not valid. Ignores the parameters of a wildcard.
    fn read(entry: Item<'a>) -> Option<Self> {
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

    /// Returns whether the entry covers `format`. Text 0.0.4 has one escaping only, so
    /// the parameter does not exclude it.
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

    /// Ranks wildcards below types, and types below types with parameters.
    fn specificity(self) -> u8 {
        match self.name {
            b"*/*" => 0,
            name if name.ends_with(b"/*") => 1,
            _ => 2 + u8::from(self.version.is_some()) + u8::from(self.escaping.is_some()),
        }
    }
}

/// The specificity of the most specific refusal of each of the [`PAGES`], if any.
#[derive(Default)]
struct Refusals([Option<u8>; PAGES.len()]);

/// All distinct pages. `OpenMetrics1_0(None)` is the page of `Underscores`.
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

    /// Returns whether a refusal of `format` is at least as specific as `range`.
    fn is_refused(&self, format: Format, range: MediaRange<'_>) -> bool {
        let page = match format {
            Format::OpenMetrics1_0(None) => Format::OpenMetrics1_0(Some(Escaping::Underscores)),
            format => format,
        };
        PAGES
            .into_iter()
            .zip(self.0)
            .any(|(other, refused)| other == page && refused >= Some(range.specificity()))
    }

    /// Returns the first format that the range covers and that is not refused.
    fn first_allowed(&self, range: MediaRange<'_>) -> Option<Format> {
        let text = Format::Text1_0_0(range.escaping.unwrap_or(Escaping::Underscores));
        [Format::Text0_0_4, text, Format::OpenMetrics1_0(range.escaping)]
            .into_iter()
            .find(|format| range.covers(*format) && !self.is_refused(*format, range))
    }
}
