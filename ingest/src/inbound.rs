//! Bytes become a message of a known device, or a refusal with its reason.
//!
//! What an unknown or unverified sender says moves nothing: it cannot burn another's sequence numbers. What a known
//! device signed and that cannot be decoded is answered "rejected" and stored.

use std::sync::Arc;

use boomgate_domain::ids::DeviceCode;
use boomgate_domain::reason::Reason;
use boomgate_schemas::bounds::MAX_NUMBER;
use boomgate_schemas::envelope::{self, EnvelopeError, Header};
use boomgate_schemas::strict::DecodeError;
use boomgate_schemas::topic::Topic;
use boomgate_schemas::up::{Event, UpBatch};
use boomgate_schemas::{MAX_EVENTS, VERSION};
use boomgate_store::StoreError;
use bytes::Bytes;
use jiff::Timestamp;

use crate::bus::Incoming;
use crate::directory::{Device, Directory};

/// A verified message with its events, or with a payload that cannot be decoded.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub device: Arc<Device>,
    pub topic: Topic,
    pub first: u64,
    pub last: u64,
    pub content: Content,
    pub received_at: Timestamp,
    pub bytes: Bytes,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Events(Vec<Event>),
    /// Becomes a dead letter with this `REJECT-` reason.
    Rejected(Reason),
}

/// Why a message is dropped without an answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("no header can be read")]
    Unreadable(#[source] EnvelopeError),
    #[error("signer {0:?} is not a device that may speak")]
    Unknown(String),
    #[error("device {device} does not belong on {topic}")]
    Elsewhere { device: DeviceCode, topic: Topic },
    #[error("signature of device {0} is not good")]
    Signature(DeviceCode),
    #[error("message cannot be decoded")]
    Malformed(#[source] DecodeError),
    #[error("header names no usable sequence numbers")]
    Sequence,
    #[error("device cannot be looked up")]
    Store(#[from] StoreError),
}

impl Refusal {
    /// A label of few values, for metrics.
    pub(crate) const fn label(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "unreadable",
            Self::Unknown(_) => "unknown_device",
            Self::Elsewhere { .. } => "topic_rights",
            Self::Signature(_) => "signature",
            Self::Malformed(_) => "malformed",
            Self::Sequence => "sequence",
            Self::Store(_) => "database",
        }
    }
}

/// The device that signed a message, and the message's header and payload.
pub(crate) struct Signed {
    pub device: Arc<Device>,
    pub header: Header,
    /// `Err` for a version this server does not support.
    pub payload: Result<Vec<u8>, u64>,
}

/// Finds the signer, checks that it belongs on this topic, and verifies the signature.
pub(crate) async fn verify(directory: &Directory, message: &Incoming) -> Result<Signed, Refusal> {
    let header = envelope::peek(&message.payload).map_err(Refusal::Unreadable)?;
    let stranger = || Refusal::Unknown(header.signer.chars().take(64).collect());
    let code: DeviceCode = header.signer.parse().map_err(|_| stranger())?;
    let device = directory.find(&code).await?.ok_or_else(stranger)?;
    if device.site_code != message.topic.site || device.lane_code != message.topic.lane {
        return Err(Refusal::Elsewhere { device: code, topic: message.topic.clone() });
    }
    match envelope::open(&message.topic, &message.payload, code.as_str(), &device.key) {
        Ok(opened) => Ok(Signed { device, header: opened.header, payload: Ok(opened.payload) }),
        // The signature is verified before the version is looked at.
        Err(EnvelopeError::Version(version)) => Ok(Signed { device, header, payload: Err(version) }),
        Err(EnvelopeError::Malformed(_) | EnvelopeError::Form(_)) => Err(Refusal::Signature(code)),
        Err(EnvelopeError::Signer { .. } | EnvelopeError::Signature) => Err(Refusal::Signature(code)),
    }
}

/// Reads an `up` message.
pub(crate) async fn receive(
    directory: &Directory,
    message: Incoming,
    received_at: Timestamp,
) -> Result<Received, Refusal> {
    let signed = verify(directory, &message).await?;
    let (first, last) = signed.header.seq.filter(usable).ok_or(Refusal::Sequence)?;
    let content = match &signed.payload {
        Ok(payload) => decode(payload, (first, last)),
        Err(version) => {
            debug_assert_ne!(*version, VERSION);
            Content::Rejected(Reason::RejectVersion { version: u32::try_from(*version).unwrap_or(u32::MAX) })
        }
    };
    Ok(Received {
        device: signed.device,
        topic: message.topic,
        first,
        last,
        content,
        received_at,
        bytes: message.payload,
    })
}

/// A range as one message can have it; a wider one would let a single message declare a life's events rejected.
fn usable(seq: &(u64, u64)) -> bool {
    seq.0 > 0 && seq.1 <= MAX_NUMBER && seq.1.saturating_sub(seq.0) < MAX_EVENTS as u64
}

/// A payload on which the decoder panics cannot be decoded.
fn decode(payload: &[u8], header: (u64, u64)) -> Content {
    let decoded = std::panic::catch_unwind(|| UpBatch::decode(payload));
    match decoded.unwrap_or_else(|_| Err(DecodeError::field("events", "the decoder panicked"))) {
        Ok(batch) if batch.seq_range() == Some(header) => Content::Events(batch.events),
        Ok(_) => Content::Rejected(Reason::RejectSeq { seq: header.0 }),
        Err(error) => Content::Rejected(Reason::RejectMalformed { detail: error.to_string() }),
    }
}
