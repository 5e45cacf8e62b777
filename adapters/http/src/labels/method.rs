//! Methods as label values.

use std::ops::Index;

use http::Method;

/// A method as it is labelled: by its name if it is a known one, so that clients cannot
/// make up series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MethodLabel {
    Get,
    Head,
    Post,
    Put,
    Delete,
    Connect,
    Options,
    Trace,
    Patch,
    Query,
    Other,
}

impl MethodLabel {
    /// How many labels there are.
    pub(crate) const COUNT: usize = 11;

    #[inline]
    pub(crate) fn of(method: &Method) -> Self {
        match *method {
            Method::GET => Self::Get,
            Method::HEAD => Self::Head,
            Method::POST => Self::Post,
            Method::PUT => Self::Put,
            Method::DELETE => Self::Delete,
            Method::CONNECT => Self::Connect,
            Method::OPTIONS => Self::Options,
            Method::TRACE => Self::Trace,
            Method::PATCH => Self::Patch,
            // By name: `http` has a constant for it only since 1.5, and a user may have
            // an older one.
            _ if method.as_str() == "QUERY" => Self::Query,
            _ => Self::Other,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
            Self::Options => "OPTIONS",
            Self::Trace => "TRACE",
            Self::Patch => "PATCH",
            Self::Query => "QUERY",
            Self::Other => "_OTHER",
        }
    }
}

/// One `T` for every method label.
#[derive(Debug, Default)]
pub(crate) struct PerMethod<T>([T; MethodLabel::COUNT]);

impl<T> Index<MethodLabel> for PerMethod<T> {
    type Output = T;

    #[expect(clippy::indexing_slicing, reason = "there are as many elements as variants")]
    fn index(&self, method: MethodLabel) -> &T {
        &self.0[method as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 10] =
        ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"];

    #[test]
    fn a_known_method_is_its_own_label() {
        for name in KNOWN {
            let method = Method::from_bytes(name.as_bytes()).unwrap();
            assert_eq!(MethodLabel::of(&method).as_str(), name);
        }
    }

    #[test]
    fn all_others_share_one_label() {
        for name in ["PROPFIND", "get", "GETT", "QUERY2", "_OTHER"] {
            let method = Method::from_bytes(name.as_bytes()).unwrap();
            assert_eq!(MethodLabel::of(&method), MethodLabel::Other);
        }
        assert_eq!(MethodLabel::Other.as_str(), "_OTHER");
    }

    #[test]
    fn every_label_has_a_place_of_its_own() {
        assert_eq!(MethodLabel::Other as usize + 1, MethodLabel::COUNT);
        let per_method = PerMethod::<String>::default();
        assert_eq!(per_method[MethodLabel::Other], "");
    }
}
