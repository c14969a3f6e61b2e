//! Tokens of sessions and keys: 256 random bits, of which only the SHA-256 is stored.

use sha2::{Digest, Sha256};

/// Prefix of a key's text: tells it from a session's token and lets scanners find leaked keys.
pub const KEY_PREFIX: &str = "bgk_";

/// A fresh token in hex, and the hash that is stored.
#[must_use]
pub fn new() -> (String, [u8; 32]) {
    let token = hex::encode(rand::random::<[u8; 32]>());
    let hash = hash(&token);
    (token, hash)
}

/// What is stored of a token.
#[must_use]
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
