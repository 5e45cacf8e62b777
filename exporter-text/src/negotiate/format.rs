//! The formats of a page, and how they write names.

/// The content type of a page of [`Encoder::encode`](crate::Encoder::encode).
///
/// ```
/// assert_eq!(tickmark_text::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
/// ```
pub const CONTENT_TYPE: &str = Format::Text0_0_4.content_type();

/// How a page writes names that are not legacy names. A reader selects a scheme by the
/// parameter `escaping`. Default: [`Underscores`](Self::Underscores).
///
/// A legacy metric name is `[a-zA-Z_:][a-zA-Z0-9_:]*`. A legacy label name is the same
/// without colons. Every reader accepts both.
///
/// | scheme | `http.route_2` | `http_route` |
/// | --- | --- | --- |
/// | `AllowUtf8` | `"http.route_2"` | `http_route` |
/// | `Underscores` | `http_route_2` | `http_route` |
/// | `Dots` | `http_dot_route__2` | `http__route` |
/// | `Values` | `U__http_2e_route__2` | `http_route` |
///
/// The name of a counter is escaped together with its `_total`. All other suffixes
/// (`_bucket`, `_sum`, `_count`, `_info`) follow the escaped name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Escaping {
    /// Names are not changed. Those that are not legacy names are quoted.
    AllowUtf8,
    /// Every other character becomes `_`. Different names may become equal.
    #[default]
    Underscores,
    /// `.` becomes `_dot_`, and `_` and every other character become `__`.
    Dots,
    /// Every other character becomes its code point. The reader can restore the name,
    /// unless it is a legacy name that starts with `U__` and so looks escaped.
    Values,
}

impl Escaping {
    pub(crate) const ALL: [Self; 4] =
        [Self::AllowUtf8, Self::Underscores, Self::Dots, Self::Values];

    /// Returns the name of this scheme in a header.
    ///
    /// ```
    /// use tickmark_text::Escaping;
    ///
    /// assert_eq!(Escaping::AllowUtf8.as_str(), "allow-utf-8");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AllowUtf8 => "allow-utf-8",
            Self::Underscores => "underscores",
            Self::Dots => "dots",
            Self::Values => "values",
        }
    }
}

/// A format of a page. [`Format::negotiate`] selects one by the reader's headers.
/// Default: [`Text0_0_4`](Self::Text0_0_4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Text, version 0.0.4, names escaped by [`Escaping::Underscores`]. Every reader
    /// accepts it.
    #[default]
    Text0_0_4,
    /// Text, version 1.0.0: the page of version 0.0.4 with names escaped by this scheme.
    Text1_0_0(Escaping),
    /// OpenMetrics, version 1.0, with names escaped by this scheme.
    ///
    /// `None` writes the page of [`Escaping::Underscores`], for a reader that did not
    /// name a scheme: then [`content_type`](Self::content_type) does not name one either.
    OpenMetrics1_0(Option<Escaping>),
}

impl Format {
    /// Returns the value of the header `Content-Type` for a page of this format.
    ///
    /// ```
    /// use tickmark_text::{Escaping, Format};
    ///
    /// assert_eq!(Format::Text0_0_4.content_type(), "text/plain; version=0.0.4; charset=utf-8");
    /// assert_eq!(
    ///     Format::Text1_0_0(Escaping::Dots).content_type(),
    ///     "text/plain; version=1.0.0; charset=utf-8; escaping=dots"
    /// );
    /// assert_eq!(
    ///     Format::OpenMetrics1_0(None).content_type(),
    ///     "application/openmetrics-text; version=1.0.0; charset=utf-8"
    /// );
    /// ```
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text0_0_4 => "text/plain; version=0.0.4; charset=utf-8",
            Self::Text1_0_0(escaping) => match escaping {
                Escaping::AllowUtf8 => {
                    "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8"
                }
                Escaping::Underscores => {
                    "text/plain; version=1.0.0; charset=utf-8; escaping=underscores"
                }
                Escaping::Dots => "text/plain; version=1.0.0; charset=utf-8; escaping=dots",
                Escaping::Values => "text/plain; version=1.0.0; charset=utf-8; escaping=values",
            },
            Self::OpenMetrics1_0(escaping) => match escaping {
                None => "application/openmetrics-text; version=1.0.0; charset=utf-8",
                Some(Escaping::AllowUtf8) => {
                    "application/openmetrics-text; version=1.0.0; charset=utf-8; \
                     escaping=allow-utf-8"
                }
                Some(Escaping::Underscores) => {
                    "application/openmetrics-text; version=1.0.0; charset=utf-8; \
                     escaping=underscores"
                }
                Some(Escaping::Dots) => {
                    "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=dots"
                }
                Some(Escaping::Values) => {
                    "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=values"
                }
            },
        }
    }

    /// Returns how a page of this format writes names. Default:
    /// [`Escaping::Underscores`].
    ///
    /// ```
    /// use tickmark_text::{Escaping, Format};
    ///
    /// assert_eq!(Format::Text0_0_4.escaping(), Escaping::Underscores);
    /// assert_eq!(Format::OpenMetrics1_0(None).escaping(), Escaping::Underscores);
    /// assert_eq!(Format::Text1_0_0(Escaping::Dots).escaping(), Escaping::Dots);
    /// ```
    #[must_use]
    pub const fn escaping(self) -> Escaping {
        match self {
            Self::Text1_0_0(escaping) | Self::OpenMetrics1_0(Some(escaping)) => escaping,
            Self::Text0_0_4 | Self::OpenMetrics1_0(None) => Escaping::Underscores,
        }
    }

    pub(crate) const fn is_openmetrics(self) -> bool {
        matches!(self, Self::OpenMetrics1_0(_))
    }

    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Text0_0_4 | Self::Text1_0_0(_) => "text/plain",
            Self::OpenMetrics1_0(_) => "application/openmetrics-text",
        }
    }

    pub(crate) const fn version(self) -> &'static str {
        match self {
            Self::Text0_0_4 => "0.0.4",
            Self::Text1_0_0(_) | Self::OpenMetrics1_0(_) => "1.0.0",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Concatenates the header from its parts.
    fn naive_content_type(format: Format) -> String {
        let escaping = match format {
            Format::Text0_0_4 | Format::OpenMetrics1_0(None) => String::new(),
            Format::Text1_0_0(escaping) | Format::OpenMetrics1_0(Some(escaping)) => {
                format!("; escaping={}", escaping.as_str())
            }
        };
        format!("{}; version={}; charset=utf-8{escaping}", format.media_type(), format.version())
    }

    #[test]
    fn content_type_equals_its_parts() {
        let text = Escaping::ALL.map(Format::Text1_0_0);
        let openmetrics = Escaping::ALL.map(|escaping| Format::OpenMetrics1_0(Some(escaping)));
        let others = [Format::Text0_0_4, Format::OpenMetrics1_0(None)];
        for format in text.into_iter().chain(openmetrics).chain(others) {
            assert_eq!(format.content_type(), naive_content_type(format));
        }
        assert_eq!(Format::default().content_type(), CONTENT_TYPE);
        assert_eq!(Format::default().escaping(), Escaping::default());
    }
}
