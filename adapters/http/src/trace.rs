//! The trace id of a request, from the W3C Trace Context header.

use http::HeaderMap;

/// Length of a `traceparent` of version 00: `00-<trace id>-<parent id>-<flags>`.
const LENGTH: usize = 55;

/// Returns the trace id of the header `traceparent`: 32 lowercase hexadecimal digits, not
/// all 0.
///
/// Returns none if the header is missing, repeated, or invalid by W3C Trace Context.
/// Later versions may append fields. The client chooses the header; the result is safe as
/// an [exemplar](crate::HttpMetricsBuilder::exemplars).
///
/// ```
/// let mut headers = http::HeaderMap::new();
/// let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// _ = headers.insert("traceparent", parent.parse()?);
/// assert_eq!(tickmark_http::trace_id(&headers), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
/// _ = headers.insert("traceparent", "x".repeat(300_000).parse()?);
/// assert_eq!(tickmark_http::trace_id(&headers), None);
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
#[must_use]
pub fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all("traceparent").iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (parent, rest) = value.as_bytes().split_at_checked(LENGTH)?;
    let mut fields = std::str::from_utf8(parent).ok()?.split('-');
    let [version, trace, span, flags] = std::array::from_fn(|_| fields.next().unwrap_or_default());
    let is_known = version == "00" && rest.is_empty();
    let is_later = version != "00" && version != "ff" && matches!(rest, [] | [b'-', ..]);
    let is_valid = fields.next().is_none()
        && is_hex(version, 2)
        && is_hex(trace, 32)
        && is_hex(span, 16)
        && is_hex(flags, 2)
        && ![trace, span].iter().any(|id| id.bytes().all(|digit| digit == b'0'));
    ((is_known || is_later) && is_valid).then_some(trace)
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn of(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            _ = headers.append("traceparent", value.parse().unwrap());
        }
        trace_id(&headers).map(str::to_owned)
    }

    #[test]
    fn valid_parent_yields_its_trace() {
        for parent in [
            format!("00-{TRACE}-00f067aa0ba902b7-01"),
            format!("01-{TRACE}-00f067aa0ba902b7-ff"),
            format!("cc-{TRACE}-00f067aa0ba902b7-00-more"),
        ] {
            assert_eq!(of(&[&parent]).as_deref(), Some(TRACE), "{parent}");
        }
    }

    #[test]
    fn invalid_parent_yields_nothing() {
        let valid = format!("00-{TRACE}-00f067aa0ba902b7-01");
        for parent in [
            "",
            "-",
            &valid[1..],
            &format!("{valid}-more"),
            &format!("01{}x", &valid[2..]),
            &format!("ff{}", &valid[2..]),
            &valid.to_uppercase(),
            &valid.replace(TRACE, &"0".repeat(32)),
            &valid.replace("00f067aa0ba902b7", &"0".repeat(16)),
            &valid.replace("-00f0", "00-f0"),
            &valid.replace('4', "g"),
            &valid.replace("-01", "-\u{e9}"),
            &"-".repeat(LENGTH),
            &"x".repeat(300_000),
        ] {
            assert_eq!(of(&[parent]), None, "{parent}");
        }
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[&valid, &valid]), None, "two headers are ambiguous");
    }
}
