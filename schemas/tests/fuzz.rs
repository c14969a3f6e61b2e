//! No bytes make a decoder panic, and what a decoder takes it writes back bit for bit.
//!
//! `cargo nextest run` gives each decoder some thousand inputs; `make fuzz` sets `PROPTEST_CASES=1000000`. Inputs are
//! random bytes, and golden messages with bits flipped, pieces cut, doubled, swapped between messages, or lengths
//! replaced: shapes that get past the first byte.
#![allow(clippy::unwrap_used, reason = "a test")]

#[expect(dead_code, reason = "the golden test reads the rest of a sample")]
mod samples;

use boomgate_schemas::down::{Ack, Command, SyncPart};
use boomgate_schemas::envelope;
use boomgate_schemas::identity::DeviceIdentity;
use boomgate_schemas::strict::{self, DecodeError};
use boomgate_schemas::topic::Topic;
use boomgate_schemas::up::{Hello, SyncRequest, UpBatch};
use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use proptest::sample::Index;

#[derive(Clone, Debug)]
enum Damage {
    Flip(Index, u8),
    Replace(Index, u8),
    Cut(Index, Index),
    Double(Index, Index),
    Insert(Index, Vec<u8>),
    Splice(Index, Index, Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (any::<Index>(), 0u8..8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Damage::Cut(from, to)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Damage::Double(from, to)),
        (any::<Index>(), prop::collection::vec(any::<u8>(), 1..9))
            .prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (any::<Index>(), any::<Index>(), any::<Index>())
            .prop_map(|(other, from, to)| Damage::Splice(other, from, to)),
    ]
}

fn inputs() -> impl Strategy<Value = Vec<u8>> {
    let corpus: Vec<Vec<u8>> = samples::all().into_iter().map(|sample| sample.bytes).collect();
    let mutated =
        (any::<Index>(), prop::collection::vec(damage(), 0..6)).prop_map(move |(which, damages)| {
            damages.iter().fold(which.get(&corpus).clone(), |bytes, one| apply(bytes, one, &corpus))
        });
    prop_oneof![1 => prop::collection::vec(any::<u8>(), 0..300), 6 => mutated]
}

fn apply(mut bytes: Vec<u8>, damage: &Damage, corpus: &[Vec<u8>]) -> Vec<u8> {
    if bytes.is_empty() {
        return bytes;
    }
    let length = bytes.len();
    match damage {
        Damage::Flip(at, bit) => bytes[at.index(length)] ^= 1 << bit,
        Damage::Replace(at, byte) => bytes[at.index(length)] = *byte,
        Damage::Cut(from, to) => drop(bytes.drain(range(from, to, length))),
        Damage::Double(from, to) => {
            let piece = bytes[range(from, to, length)].to_vec();
            bytes.extend(piece);
        }
        Damage::Insert(at, more) => {
            drop(bytes.splice(at.index(length)..at.index(length), more.iter().copied()))
        }
        Damage::Splice(other, from, to) => {
            let other = other.get(corpus);
            let piece = other[range(from, to, other.len())].to_vec();
            let at = from.index(length);
            drop(bytes.splice(at..at, piece));
        }
    }
    bytes
}

fn range(from: &Index, to: &Index, length: usize) -> std::ops::Range<usize> {
    let (a, b) = (from.index(length), to.index(length));
    a.min(b)..a.max(b)
}

/// What is accepted must encode to the bytes it was decoded from.
fn steady<T: PartialEq + std::fmt::Debug>(
    bytes: &[u8],
    decode: fn(&[u8]) -> Result<T, DecodeError>,
    encode: fn(&T) -> Vec<u8>,
) {
    if let Ok(message) = decode(bytes) {
        assert_eq!(decode(&encode(&message)).unwrap(), message);
    }
}

proptest! {
    #[test]
    fn strict_cbor_is_written_back_bit_for_bit(bytes in inputs()) {
        if let Ok(value) = strict::value(&bytes) {
            prop_assert_eq!(strict::encode(&value), bytes);
        }
    }

    #[test]
    fn up_batches(bytes in inputs()) {
        steady(&bytes, UpBatch::decode, UpBatch::encode);
    }

    #[test]
    fn hellos(bytes in inputs()) {
        steady(&bytes, Hello::decode, Hello::encode);
    }

    #[test]
    fn sync_requests(bytes in inputs()) {
        steady(&bytes, SyncRequest::decode, SyncRequest::encode);
    }

    #[test]
    fn acks(bytes in inputs()) {
        steady(&bytes, Ack::decode, Ack::encode);
    }

    #[test]
    fn commands(bytes in inputs()) {
        steady(&bytes, Command::decode, Command::encode);
    }

    #[test]
    fn list_parts(bytes in inputs()) {
        steady(&bytes, SyncPart::decode, SyncPart::encode);
    }

    #[test]
    fn envelopes_open_only_unharmed(bytes in inputs()) {
        let topic: Topic = "bg/v1/north/in-1/up".parse().unwrap();
        let key = SigningKey::from_bytes(&[7; 32]).verifying_key();
        let _ = envelope::peek(&bytes);
        if let Ok(opened) = envelope::open(&topic, &bytes, "pi-0042", &key) {
            let genuine = samples::all().into_iter().find(|sample| sample.name == "envelope-up").unwrap().bytes;
            prop_assert_eq!(bytes, genuine, "{:?}", opened);
        }
    }

    #[test]
    fn topics_and_names(text in "\\PC{0,120}|bg/v1/[a-z+#$/-]{0,80}|boomgate://[a-z+#/-]{0,80}") {
        if let Ok(topic) = text.parse::<Topic>() {
            prop_assert_eq!(topic.to_string(), text.clone());
        }
        if let Ok(identity) = text.parse::<DeviceIdentity>() {
            prop_assert_eq!(identity.to_string(), text);
        }
    }
}
