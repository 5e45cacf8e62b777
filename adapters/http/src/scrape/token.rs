//! The bearer token that scrapers have to show.

use std::fmt;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use subtle::ConstantTimeEq;

/// A secret. It is in no log and no `Debug`.
#[derive(Clone)]
pub(crate) struct Token(Box<[u8]>);

impl Token {
    /// # Errors
    /// When no header can carry it.
    pub(crate) fn new(token: &str) -> Result<Self, InvalidToken> {
        let is_sendable = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        if is_sendable { Ok(Self(token.as_bytes().into())) } else { Err(InvalidToken(())) }
    }

    /// Whether the request shows it, in the one such header that it has. How long this
    /// takes tells the length of the token and nothing else.
    pub(crate) fn is_shown(&self, headers: &HeaderMap) -> bool {
        let mut given = headers.get_all(AUTHORIZATION).iter();
        match (given.next(), given.next()) {
            (Some(only), None) => {
                bearer(only.as_bytes()).is_some_and(|token| token.ct_eq(&self.0).into())
            }
            _ => false,
        }
    }
}

/// What follows the scheme, if that is `Bearer` in any case.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(b"bearer".len())?;
    let token = token.strip_prefix(b" ").filter(|_| scheme.eq_ignore_ascii_case(b"bearer"))?;
    Some(token.trim_ascii())
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// A bearer token that no `Authorization` header can carry: it is empty, or has a
/// character other than the visible ones of ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidToken(());

impl fmt::Display for InvalidToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "invalid bearer token: it must be of visible ASCII characters, and have one at least",
        )
    }
}

impl std::error::Error for InvalidToken {}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn is_shown(token: &str, headers: &[&[u8]]) -> bool {
        let mut map = HeaderMap::new();
        for value in headers {
            _ = map.append(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        }
        Token::new(token).unwrap().is_shown(&map)
    }

    #[test]
    fn only_the_token_itself_is_accepted() {
        for accepted in ["Bearer s3cret", "bearer s3cret", "BEARER   s3cret", "Bearer s3cret "] {
            assert!(is_shown("s3cret", &[accepted.as_bytes()]), "{accepted}");
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
            assert!(!is_shown("s3cret", &[refused.as_bytes()]), "{refused}");
        }
        assert!(!is_shown("s3cret", &[b"Bearer s3cret\xff"]));
        assert!(!is_shown("s3cret", &[]));
    }

    #[test]
    fn two_headers_are_none() {
        assert!(!is_shown("s3cret", &[b"Bearer s3cret", b"Bearer s3cret"]));
        assert!(!is_shown("s3cret", &[b"Basic x", b"Bearer s3cret"]));
    }

    #[test]
    fn a_token_that_cannot_be_sent_is_refused_and_none_is_shown() {
        for token in ["", " ", "a b", "ä", "a\n", "a\0"] {
            let error = Token::new(token).unwrap_err();
            assert!(error.to_string().starts_with("invalid bearer token: "));
        }
        assert_eq!(format!("{:?}", Token::new("s3cret").unwrap()), "Token(..)");
    }
}
