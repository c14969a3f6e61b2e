//! The id of a request: the client's or a new one; part of the reply, the problem and the log lines.

use std::fmt;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Longest id that is taken, in characters.
const LONGEST: usize = 128;

/// Letters, digits, `-`, `_`, `.`, `:` and `/` only: it is written into logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(String);

impl RequestId {
    /// The one the client chose, where it can be used; else a new one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let chosen = headers.get(HEADER).and_then(|value| value.to_str().ok());
        chosen.filter(|text| is_usable(text)).map_or_else(Self::new, |text| Self(text.to_owned()))
    }

    pub(crate) fn new() -> Self {
        Self(Uuid::now_v7().to_string())
    }

    pub(crate) fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }
}

fn is_usable(text: &str) -> bool {
    let usable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/');
    (1..=LONGEST).contains(&text.len()) && text.chars().all(usable)
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_could_forge_a_line_of_the_log_is_replaced() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, text.parse().unwrap());
            RequestId::of(&headers).to_string()
        };
        assert_eq!(of("a-B_9.x:y/z"), "a-B_9.x:y/z");
        let long = "a".repeat(LONGEST + 1);
        for wrong in ["", "a b", "a\tb", "a=\"b\"", &long] {
            assert_ne!(of(wrong), wrong);
        }
    }
}
