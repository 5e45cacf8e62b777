//! Methods as label values.

use std::ops::Index;

use http::Method;
use tickmark::Label;

/// The label of a method. Unknown methods share one, so that clients cannot create
/// series.
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
            // By name: `http` has the constant only since 1.5, and older versions are
            // supported.
            _ if method.as_str() == "QUERY" => Self::Query,
            _ => Self::Other,
        }
    }
}

impl Label for MethodLabel {
    const ALL: &'static [Self] = &[
        Self::Get,
        Self::Head,
        Self::Post,
        Self::Put,
        Self::Delete,
        Self::Connect,
        Self::Options,
        Self::Trace,
        Self::Patch,
        Self::Query,
        Self::Other,
    ];

    fn as_str(self) -> &'static str {
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

    #[inline]
    fn index(self) -> usize {
        self as usize
    }
}

/// One `T` for each method label.
#[derive(Debug, Default)]
pub(crate) struct PerMethod<T>([T; MethodLabel::ALL.len()]);

impl<T> Index<MethodLabel> for PerMethod<T> {
    type Output = T;

    #[expect(clippy::indexing_slicing, reason = "the array has one element per variant")]
    fn index(&self, method: MethodLabel) -> &T {
        &self.0[method.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 10] =
        ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"];

    #[test]
    fn known_methods_are_their_own_labels() {
        for name in KNOWN {
            let method = Method::from_bytes(name.as_bytes()).unwrap();
            assert_eq!(MethodLabel::of(&method).as_str(), name);
        }
    }

    #[test]
    fn unknown_methods_share_one_label() {
        for name in ["PROPFIND", "get", "GETT", "QUERY2", "_OTHER"] {
            let method = Method::from_bytes(name.as_bytes()).unwrap();
            assert_eq!(MethodLabel::of(&method), MethodLabel::Other);
        }
        assert_eq!(MethodLabel::Other.as_str(), "_OTHER");
    }

    #[test]
    fn every_label_has_its_own_index() {
        let indices: Vec<usize> = MethodLabel::ALL.iter().map(|method| method.index()).collect();
        assert_eq!(indices, Vec::from_iter(0..MethodLabel::ALL.len()));
        let per_method = PerMethod::<String>::default();
        assert_eq!(per_method[MethodLabel::Other], "");
    }
}
