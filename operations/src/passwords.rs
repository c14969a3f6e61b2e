//! Passwords: hashed with argon2id (19 MiB, 2 passes, RFC 9106), checked, and made for people to read aloud.

use argon2::password_hash::SaltString;
use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};

use crate::error::OperationError;

/// The PHC string of a new password, with a fresh salt. Takes about a tenth of a second.
///
/// # Errors
/// A password longer than argon2 takes (4 GiB).
pub fn hash(password: &str) -> Result<String, OperationError> {
    let broken = |error: argon2::password_hash::Error| OperationError::Broken(format!("argon2: {error}"));
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(broken)?;
    Argon2::default().hash_password(password.as_bytes(), &salt).map(|hash| hash.to_string()).map_err(broken)
}

/// Whether `hash` was made of `password`. Takes about a tenth of a second.
#[must_use]
pub fn verify(hash: &str, password: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// A hash no password has, with the usual cost.
pub const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password a person can read aloud: 4 groups of 4, 80 bits.
#[must_use]
pub fn new() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let bytes: [u8; 16] = rand::random();
    let letters: Vec<u8> = bytes.iter().map(|byte| LETTERS[usize::from(byte % 32)]).collect();
    letters.chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_differ_and_can_be_read_aloud() {
        let (one, two) = (new(), new());
        assert_ne!(one, two);
        assert_eq!(one.split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 4, 4]);
        assert!(!one.contains(['l', 'o', '0', '1']));
    }

    #[test]
    fn only_its_password_fits_a_hash() {
        let stored = hash("open sesame").unwrap();
        assert!(verify(&stored, "open sesame") && !verify(&stored, "open barley"));
        assert!(!verify(NOBODY, ""));
    }
}
