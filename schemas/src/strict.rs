//! Strict CBOR decoding.
//!
//! `ciborium` accepts trailing bytes, duplicate keys and lengths written longer than needed. Two parties could then
//! read the same signed bytes differently, so a message is taken only if it is the one way to write what it says.

use std::collections::HashSet;
use std::io::Cursor;

use ciborium::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::MAX_PAYLOAD;

/// Deepest nesting of arrays and maps in any message of ours, with room to grow.
const MAX_DEPTH: usize = 16;

/// Longest text string, in bytes.
const MAX_TEXT: usize = 2048;

/// Why bytes are not one of our messages.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant's message is its documentation")]
pub enum DecodeError {
    #[error("message of {size} bytes is larger than {limit}")]
    TooLarge { size: usize, limit: usize },
    #[error("not CBOR: {0}")]
    Syntax(String),
    #[error("{0} bytes follow the message")]
    TrailingBytes(usize),
    #[error("duplicate key {0} in a map")]
    DuplicateKey(String),
    #[error("not in the shortest form")]
    NotCanonical,
    #[error("text of {0} bytes is too long")]
    LongText(usize),
    #[error("does not fit the message: {0}")]
    Shape(String),
    #[error("field {field}: {why}")]
    Field { field: &'static str, why: String },
}

impl DecodeError {
    /// A field out of its bounds.
    pub fn field(field: &'static str, why: impl Into<String>) -> Self {
        Self::Field { field, why: why.into() }
    }
}

/// Writes a message of ours.
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    ciborium::into_writer(message, &mut bytes)
        .expect("our message types always have a CBOR form, and a Vec takes all");
    bytes
}

/// Reads a message: size, syntax, duplicates and form are checked before any field is looked at.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    value(bytes)?.deserialized().map_err(|error| DecodeError::Shape(error.to_string()))
}

/// Reads any strict CBOR item.
pub fn value(bytes: &[u8]) -> Result<Value, DecodeError> {
    if bytes.len() > MAX_PAYLOAD {
        return Err(DecodeError::TooLarge { size: bytes.len(), limit: MAX_PAYLOAD });
    }
    let mut cursor = Cursor::new(bytes);
    let value: Value = ciborium::de::from_reader_with_recursion_limit(&mut cursor, MAX_DEPTH)
        .map_err(|error| DecodeError::Syntax(error.to_string()))?;
    let left = bytes.len().saturating_sub(usize::try_from(cursor.position()).unwrap_or(bytes.len()));
    if left > 0 {
        return Err(DecodeError::TrailingBytes(left));
    }
    check(&value)?;
    if encode(&value) != bytes {
        return Err(DecodeError::NotCanonical);
    }
    Ok(value)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "ciborium's kinds may grow; only these hold others")]
fn check(value: &Value) -> Result<(), DecodeError> {
    match value {
        Value::Text(text) if text.len() > MAX_TEXT => Err(DecodeError::LongText(text.len())),
        Value::Array(items) => items.iter().try_for_each(check),
        Value::Map(entries) => check_map(entries),
        Value::Tag(_, inner) => check(inner),
        _ => Ok(()),
    }
}

fn check_map(entries: &[(Value, Value)]) -> Result<(), DecodeError> {
    let mut seen = HashSet::with_capacity(entries.len());
    for (key, value) in entries {
        if !seen.insert(encode(key)) {
            return Err(DecodeError::DuplicateKey(format!("{key:?}")));
        }
        check(key)?;
        check(value)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> DecodeError {
        value(bytes).unwrap_err()
    }

    #[test]
    fn trailing_bytes_are_refused() {
        assert_eq!(refused(&[0x01, 0x02]), DecodeError::TrailingBytes(1));
    }

    #[test]
    fn duplicate_keys_are_refused() {
        assert!(matches!(refused(&[0xa2, 0x61, b'a', 1, 0x61, b'a', 2]), DecodeError::DuplicateKey(_)));
    }

    #[test]
    fn a_longer_form_than_needed_is_refused() {
        assert_eq!(refused(&[0x18, 0x01]), DecodeError::NotCanonical);
        assert_eq!(refused(&[0x5f, 0x41, 0x00, 0xff]), DecodeError::NotCanonical, "indefinite length");
    }

    #[test]
    fn deep_nesting_and_claimed_lengths_end_at_once() {
        assert!(matches!(refused(&[0x81; 300]), DecodeError::Syntax(_)));
        assert!(matches!(refused(&[0x9b, 0, 0, 1, 0, 0, 0, 0, 0]), DecodeError::Syntax(_)));
        assert!(matches!(refused(&[0x5b, 0, 0, 1, 0, 0, 0, 0, 0]), DecodeError::Syntax(_)));
    }

    #[test]
    fn an_oversize_message_is_not_parsed() {
        let bytes = vec![0x00; MAX_PAYLOAD + 1];
        assert_eq!(refused(&bytes), DecodeError::TooLarge { size: MAX_PAYLOAD + 1, limit: MAX_PAYLOAD });
    }
}
