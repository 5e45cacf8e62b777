//! The bearer token of a scrape.

use std::fmt;
use std::str::FromStr;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use subtle::ConstantTimeEq;

/// A bearer token: visible ASCII characters, at least one. `Debug` does not show it.
///
/// Comparison takes a time that depends only on the lengths.
///
/// ```
/// use tickmark_http::BearerToken;
///
/// let token: BearerToken = "s3cret".parse()?;
/// assert_eq!(format!("{token:?}"), "BearerToken(..)");
/// assert!("two words".parse::<BearerToken>().is_err());
/// # Ok::<(), tickmark_http::InvalidToken>(())
/// ```
#[derive(Clone)]
pub struct BearerToken(Box<[u8]>);

impl FromStr for BearerToken {
    type Err = InvalidToken;

    fn from_str(token: &str) -> Result<Self, InvalidToken> {
        let is_sendable = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        if is_sendable { Ok(Self(token.as_bytes().into())) } else { Err(InvalidToken(())) }
    }
}

impl BearerToken {
    /// Returns whether the request has a single `Authorization` header, with this token.
    /// The time depends only on the lengths.
    pub(crate) fn is_in(&self, headers: &HeaderMap) -> bool {
        let mut given = headers.get_all(AUTHORIZATION).iter();
        match (given.next(), given.next()) {
            (Some(only), None) => {
                bearer(only.as_bytes()).is_some_and(|token| token.ct_eq(&self.0).into())
            }
            _ => false,
        }
    }
}

/// Returns the token after the scheme `Bearer` in any case.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(b"bearer".len())?;
    let token = token.strip_prefix(b" ").filter(|_| scheme.eq_ignore_ascii_case(b"bearer"))?;
    Some(token.trim_ascii())
}

impl PartialEq for BearerToken {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for BearerToken {}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(..)")
    }
}

/// A bearer token that is empty, or has a character other than visible ASCII. The error
/// does not show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidToken(());

impl fmt::Display for InvalidToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "invalid bearer token: must be visible ASCII characters, at least one; \
             trim the newline of a file, and leave out `Bearer `",
        )
    }
}

impl std::error::Error for InvalidToken {}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn token(text: &str) -> BearerToken {
        text.parse().unwrap()
    }

    fn is_accepted(headers: &[&[u8]]) -> bool {
        let mut map = HeaderMap::new();
        for value in headers {
            _ = map.append(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        }
        token("s3cret").is_in(&map)
    }

    #[test]
    fn only_the_token_itself_is_accepted() {
        for accepted in ["Bearer s3cret", "bearer s3cret", "BEARER   s3cret", "Bearer s3cret "] {
            assert!(is_accepted(&[accepted.as_bytes()]), "{accepted}");
        }
        let refused = [
            "",
            "Bearer",
            "Bearer ",
            "Bearers3cret",
            "Bearer\ts3cret",
            "Bearer s3cre",
            "Bearer s3cret!",
            "Bearer S3CRET",
            "Basic s3cret",
            "s3cret",
            "Bearer s3cret s3cret",
            " Bearer s3cret",
        ];
        for refused in refused {
            assert!(!is_accepted(&[refused.as_bytes()]), "{refused}");
        }
        assert!(!is_accepted(&[b"Bearer s3cret\xff"]));
        assert!(!is_accepted(&[]));
    }

    #[test]
    fn two_headers_are_refused() {
        assert!(!is_accepted(&[b"Bearer s3cret", b"Bearer s3cret"]));
        assert!(!is_accepted(&[b"Basic x", b"Bearer s3cret"]));
    }

    #[test]
    fn unsendable_token_is_refused() {
        for text in ["", " ", "a b", "ä", "a\n", "a\0"] {
            let error = text.parse::<BearerToken>().unwrap_err();
            assert_eq!(
                error.to_string(),
                "invalid bearer token: must be visible ASCII characters, at least one; \
                 trim the newline of a file, and leave out `Bearer `"
            );
        }
    }

    #[test]
    fn debug_output_hides_the_token() {
        assert_eq!(format!("{:?}", token("s3cret")), "BearerToken(..)");
    }

    #[test]
    fn equal_tokens_compare_equal() {
        assert_eq!(token("a"), token("a"));
        assert_ne!(token("a"), token("b"));
        assert_ne!(token("a"), token("aa"));
    }
}
