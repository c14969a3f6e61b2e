//! Passwords: hashed with argon2id (19 MiB, 2 passes, RFC 9106), checked, refused where they are easily guessed, and made for
//! people to read aloud.

use argon2::password_hash::SaltString;
use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use zxcvbn::Score;

use crate::error::OperationError;
use crate::fault::Fault;

/// Fewest characters of a password that a person chooses.
pub const SHORTEST: usize = 10;

/// Most characters; what is longer costs time to hash and makes nothing safer.
pub const LONGEST: usize = 200;

/// How much of a password is compared with lists and patterns, whose cost grows fast.
const COMPARED: usize = 64;

/// Why a password is not taken, if it is not: too short, too long, or easily guessed: on the list of the 30,000 most common
/// ones, a pattern of the keyboard, or one of the words that stand around it (names of the person and the company).
#[must_use]
pub fn weakness(field: &'static str, password: &str, around: &[&str]) -> Option<Fault> {
    let length = password.chars().count();
    if length < SHORTEST {
        let message = format!("the password is too short: it needs at least {SHORTEST} characters");
        return Some(Fault::new(field, "PASSWORD-SHORT", message));
    }
    if length > LONGEST {
        let message = format!("the password is too long: it may have at most {LONGEST} characters");
        return Some(Fault::new(field, "PASSWORD-LONG", message));
    }
    let compared: String = password.chars().take(COMPARED).collect();
    let around = words(around);
    let around: Vec<&str> = around.iter().map(String::as_str).chain(["boomgate", "parking"]).collect();
    let guesses = zxcvbn::zxcvbn(&compared, &around);
    if guesses.score() >= Score::Three {
        return None;
    }
    let hint =
        guesses.feedback().and_then(|feedback| feedback.warning()).map(|warning| format!(" ({warning})"));
    let hint = hint.unwrap_or_default();
    let message =
        format!("the password is easily guessed{hint}; several words that do not belong together are better");
    Some(Fault::new(field, "PASSWORD-WEAK", message))
}

/// Each text as it stands, without its spaces, and each of its words.
fn words(texts: &[&str]) -> Vec<String> {
    let whole = texts.iter().flat_map(|text| [(*text).to_owned(), text.replace(' ', "")]);
    whole.chain(texts.iter().flat_map(|text| text.split(' ')).map(str::to_owned)).collect()
}

/// As [`hash`], without holding up other requests of this thread meanwhile.
///
/// # Errors
/// As [`hash`].
pub async fn hash_aside(password: String) -> Result<String, OperationError> {
    let hashed = tokio::task::spawn_blocking(move || hash(&password)).await;
    hashed.map_err(|error| OperationError::Broken(format!("argon2: {error}")))?
}

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
    fn what_is_short_common_or_stands_around_it_is_refused() {
        let code = |password: &str| {
            weakness("password", password, &["ann", "North Parking"]).map(|fault| fault.code)
        };
        assert_eq!(code("kx7!q"), Some("PASSWORD-SHORT"));
        assert_eq!(code(&"x".repeat(201)), Some("PASSWORD-LONG"));
        for guessed in
            ["password123", "qwertyuiop", "1234567890", "northparking", "boomgate2026", "aaaaaaaaaaaa"]
        {
            assert_eq!(code(guessed), Some("PASSWORD-WEAK"), "{guessed}");
        }
        assert_eq!(code("a barrier in the morning fog"), None);
        assert_eq!(code(&new()), None);
    }

    #[test]
    fn only_its_password_fits_a_hash() {
        let stored = hash("open sesame").unwrap();
        assert!(verify(&stored, "open sesame") && !verify(&stored, "open barley"));
        assert!(!verify(NOBODY, ""));
    }
}
