//! The signed envelope: COSE_Sign1 (RFC 9052) with EdDSA over the payload and the topic it travels on.
//!
//! The topic is external data of the signature, so bytes recorded on one lane say nothing on another. The protected
//! header alone carries who speaks, in which version and about which sequence numbers: a message whose payload nobody
//! can decode can still be answered.

use ciborium::Value;
use coset::{
    CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, Label, RegisteredLabelWithPrivate, iana,
};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::strict::{self, DecodeError};
use crate::topic::Topic;
use crate::{MAX_PAYLOAD, VERSION};

/// `kid` of everything the server signs.
pub const SERVER: &str = "server";

const CONTEXT: &[u8] = b"boomgate/v1\0";
const VERSION_LABEL: &str = "v";
const SEQ_LABEL: &str = "seq";

/// The protected header: readable before the signature is verified, to be trusted only after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Device code, or [`SERVER`].
    pub signer: String,
    /// Version of the message set.
    pub version: u64,
    /// First and last sequence number of the events inside; only on `up`.
    pub seq: Option<(u64, u64)>,
}

impl Header {
    /// The header of a message of the server.
    pub fn server() -> Self {
        Self { signer: SERVER.into(), version: VERSION, seq: None }
    }

    /// The header of a device's message; `seq` are its first and last sequence number.
    pub fn device(device: &boomgate_domain::ids::DeviceCode, seq: Option<(u64, u64)>) -> Self {
        Self { signer: device.to_string(), version: VERSION, seq }
    }
}

/// A verified message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Now to be trusted.
    pub header: Header,
    /// CBOR of one of the messages.
    pub payload: Vec<u8>,
}

/// Why bytes are not a message of the expected signer.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant's message is its documentation")]
pub enum EnvelopeError {
    #[error("envelope is malformed")]
    Malformed(#[source] DecodeError),
    #[error("envelope is not a COSE_Sign1 of ours: {0}")]
    Form(&'static str),
    #[error("signed by {found:?}, not by {expected:?}")]
    Signer { expected: String, found: String },
    #[error("signature does not match the message and its topic")]
    Signature,
    #[error("version {0} is not known here")]
    Version(u64),
}

/// Signs `payload` for `topic`.
pub fn seal(topic: &Topic, header: &Header, payload: Vec<u8>, key: &SigningKey) -> Vec<u8> {
    let sign1 = CoseSign1Builder::new()
        .protected(protected(header))
        .payload(payload)
        .create_signature(&external(topic), |message| key.sign(message).to_bytes().to_vec())
        .build();
    sign1.to_vec().expect("a Sign1 of byte strings always has a CBOR form")
}

fn protected(header: &Header) -> coset::Header {
    let mut builder = HeaderBuilder::new()
        .algorithm(iana::Algorithm::EdDSA)
        .key_id(header.signer.clone().into_bytes())
        .text_value(VERSION_LABEL.into(), Value::from(header.version));
    if let Some((first, last)) = header.seq {
        builder = builder.text_value(SEQ_LABEL.into(), Value::Array(vec![first.into(), last.into()]));
    }
    builder.build()
}

fn external(topic: &Topic) -> Vec<u8> {
    [CONTEXT, topic.to_string().as_bytes()].concat()
}

/// Reads the header without verifying anything.
pub fn peek(bytes: &[u8]) -> Result<Header, EnvelopeError> {
    header_of(&parse(bytes)?)
}

/// Verifies the signature over the bytes as received, then hands out the payload.
///
/// `expected` is the signer whose key this is; another name in the header is refused even if the signature is good.
pub fn open(
    topic: &Topic,
    bytes: &[u8],
    expected: &str,
    key: &VerifyingKey,
) -> Result<Opened, EnvelopeError> {
    let sign1 = parse(bytes)?;
    let header = header_of(&sign1)?;
    if header.signer != expected {
        return Err(EnvelopeError::Signer { expected: expected.into(), found: header.signer });
    }
    verify(&sign1, topic, key)?;
    if header.version != VERSION {
        return Err(EnvelopeError::Version(header.version));
    }
    let payload = sign1.payload.ok_or(EnvelopeError::Form("payload is detached"))?;
    Ok(Opened { header, payload })
}

fn verify(sign1: &CoseSign1, topic: &Topic, key: &VerifyingKey) -> Result<(), EnvelopeError> {
    sign1.verify_signature(&external(topic), |signature, message| {
        let signature = Signature::from_slice(signature).map_err(|_| EnvelopeError::Signature)?;
        key.verify_strict(message, &signature).map_err(|_| EnvelopeError::Signature)
    })
}

fn parse(bytes: &[u8]) -> Result<CoseSign1, EnvelopeError> {
    if bytes.len() > MAX_PAYLOAD {
        return Err(EnvelopeError::Malformed(DecodeError::TooLarge {
            size: bytes.len(),
            limit: MAX_PAYLOAD,
        }));
    }
    strict::value(bytes).map_err(EnvelopeError::Malformed)?;
    let sign1 = CoseSign1::from_slice(bytes).map_err(|_| EnvelopeError::Form("not an array of four"))?;
    if !sign1.unprotected.is_empty() {
        return Err(EnvelopeError::Form("unprotected header is not empty"));
    }
    strict_protected(&sign1)?;
    Ok(sign1)
}

/// The protected header is CBOR inside a byte string, so it is checked as strictly as the rest.
fn strict_protected(sign1: &CoseSign1) -> Result<(), EnvelopeError> {
    let bytes = sign1.protected.original_data.as_deref().ok_or(EnvelopeError::Form("no protected header"))?;
    strict::value(bytes).map(drop).map_err(EnvelopeError::Malformed)
}

fn header_of(sign1: &CoseSign1) -> Result<Header, EnvelopeError> {
    let header = &sign1.protected.header;
    if header.alg != Some(RegisteredLabelWithPrivate::Assigned(iana::Algorithm::EdDSA)) {
        return Err(EnvelopeError::Form("algorithm is not EdDSA"));
    }
    if !header.crit.is_empty() {
        return Err(EnvelopeError::Form("critical header of an unknown kind"));
    }
    let signer =
        String::from_utf8(header.key_id.clone()).map_err(|_| EnvelopeError::Form("kid is not text"))?;
    let version =
        labelled(header, VERSION_LABEL).and_then(unsigned).ok_or(EnvelopeError::Form("no version"))?;
    let seq = labelled(header, SEQ_LABEL).map(seq_range).transpose()?;
    Ok(Header { signer, version, seq })
}

fn labelled<'a>(header: &'a coset::Header, label: &str) -> Option<&'a Value> {
    header.rest.iter().find(|(found, _)| *found == Label::Text(label.into())).map(|(_, value)| value)
}

fn unsigned(value: &Value) -> Option<u64> {
    value.as_integer().and_then(|integer| integer.try_into().ok())
}

fn seq_range(value: &Value) -> Result<(u64, u64), EnvelopeError> {
    let pair = value.as_array().map(Vec::as_slice).unwrap_or_default();
    match pair {
        [first, last] => unsigned(first).zip(unsigned(last)).filter(|(first, last)| first <= last),
        _ => None,
    }
    .ok_or(EnvelopeError::Form("seq is not a rising pair"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(text: &str) -> Topic {
        text.parse().unwrap()
    }

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    fn sealed() -> Vec<u8> {
        let header = Header { signer: "pi-1".into(), version: 1, seq: Some((7, 9)) };
        seal(&topic("bg/v1/north/in-1/up"), &header, vec![0xa0], &key(1))
    }

    fn opened(bytes: &[u8], at: &str, by: &str, seed: u8) -> Result<Opened, EnvelopeError> {
        open(&topic(at), bytes, by, &key(seed).verifying_key())
    }

    #[test]
    fn what_was_sealed_is_opened() {
        let opened = opened(&sealed(), "bg/v1/north/in-1/up", "pi-1", 1).unwrap();
        assert_eq!(opened.payload, [0xa0]);
        assert_eq!(opened.header.seq, Some((7, 9)));
    }

    #[test]
    fn another_topic_key_or_name_is_refused() {
        let bytes = sealed();
        assert_eq!(opened(&bytes, "bg/v1/north/in-2/up", "pi-1", 1), Err(EnvelopeError::Signature));
        assert_eq!(opened(&bytes, "bg/v1/north/in-1/up", "pi-1", 2), Err(EnvelopeError::Signature));
        assert!(matches!(
            opened(&bytes, "bg/v1/north/in-1/up", "pi-2", 1),
            Err(EnvelopeError::Signer { .. })
        ));
    }

    #[test]
    fn no_single_flipped_bit_survives() {
        let bytes = sealed();
        for position in 0..bytes.len() * 8 {
            let mut forged = bytes.clone();
            forged[position / 8] ^= 1 << (position % 8);
            assert!(opened(&forged, "bg/v1/north/in-1/up", "pi-1", 1).is_err(), "bit {position}");
        }
    }

    #[test]
    fn an_unprotected_header_is_refused() {
        let mut sign1 = CoseSign1::from_slice(&sealed()).unwrap();
        sign1.unprotected.key_id = b"x".to_vec();
        let bytes = sign1.to_vec().unwrap();
        assert_eq!(peek(&bytes), Err(EnvelopeError::Form("unprotected header is not empty")));
    }

    #[test]
    fn the_header_is_readable_without_the_key() {
        assert_eq!(peek(&sealed()).unwrap().signer, "pi-1");
    }
}
