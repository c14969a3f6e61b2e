//! Access tokens of programs: JWTs (RFC 7519, RFC 9068) signed with Ed25519, good for ten minutes. A token names a session, which is
//! looked up with every request: one that was ended ends its tokens at once.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer, SigningKey};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How long a token is good.
pub(crate) const LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// Who issues them, and for whom they are.
const ISSUER: &str = "boomgate";
const AUDIENCE: &str = "boomgate-api";

/// Longest token that is looked at, in bytes.
const LONGEST: usize = 2048;

/// Makes and checks tokens.
pub(crate) struct AccessTokens {
    key: SigningKey,
    /// Names the key: the beginning of the SHA-256 of its public half, in hex.
    kid: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    /// The user.
    sub: Uuid,
    /// The session.
    sid: Uuid,
    jti: Uuid,
    iat: i64,
    exp: i64,
}

impl AccessTokens {
    pub(crate) fn new(key: SigningKey) -> Self {
        let kid = hex::encode(&Sha256::digest(key.verifying_key().as_bytes())[..8]);
        Self { key, kid }
    }

    /// A token of this session.
    pub(crate) fn issue(
        &self,
        user: Uuid,
        session: Uuid,
        now: Timestamp,
    ) -> Result<String, serde_json::Error> {
        let header = Header { alg: "EdDSA".into(), typ: "at+jwt".into(), kid: self.kid.clone() };
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: user,
            sid: session,
            jti: Uuid::now_v7(),
            iat: now.as_second(),
            exp: (now + LIFETIME).as_second(),
        };
        let signed = format!("{}.{}", part(&header)?, part(&claims)?);
        let signature = self.key.sign(signed.as_bytes());
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
    }

    /// The session of a token that is ours and still good.
    pub(crate) fn session(&self, token: &str, now: Timestamp) -> Option<Uuid> {
        if token.len() > LONGEST {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header: Header = read(header)?;
        if header.alg != "EdDSA" || header.typ != "at+jwt" || header.kid != self.kid {
            return None;
        }
        let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        self.key.verifying_key().verify_strict(signed.as_bytes(), &signature).ok()?;
        let claims: Claims = read(claims)?;
        let is_ours = claims.iss == ISSUER && claims.aud == AUDIENCE;
        (is_ours && now.as_second() < claims.exp).then_some(claims.sid)
    }
}

/// Whether a bearer token looks like one of these; sessions' and keys' have no dots.
pub(crate) fn looks_like_one(token: &str) -> bool {
    token.contains('.')
}

fn part<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(value)?))
}

fn read<T: for<'a> Deserialize<'a>>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(seed: u8) -> AccessTokens {
        AccessTokens::new(SigningKey::from_bytes(&[seed; 32]))
    }

    #[test]
    fn a_token_is_good_for_ten_minutes_and_for_nobody_elses_key() {
        let (ours, now, session) = (tokens(1), Timestamp::now(), Uuid::now_v7());
        let token = ours.issue(Uuid::now_v7(), session, now).unwrap();
        assert_eq!(ours.session(&token, now), Some(session));
        assert_eq!(ours.session(&token, now + LIFETIME), None);
        assert_eq!(tokens(2).session(&token, now), None);
    }

    #[test]
    fn a_changed_token_is_none() {
        let (ours, now) = (tokens(1), Timestamp::now());
        let token = ours.issue(Uuid::now_v7(), Uuid::now_v7(), now).unwrap();
        for index in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            // The last letter of a part may hold bits that count for nothing; those are refused too.
            assert_eq!(ours.session(&changed, now), None, "{index}");
        }
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt","kid":""}"#);
        let claims = token.split('.').nth(1).unwrap();
        for forged in [format!("{none}.{claims}."), format!("{none}.{claims}"), "..".into(), String::new()] {
            assert_eq!(ours.session(&forged, now), None, "{forged}");
        }
    }
}
