//! Messages of the server: acks, commands, and the offline list.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::bounds;
use crate::bytes::{Epoch, Octets};
use crate::strict::{self, DecodeError};
pub use crate::up::Params;

/// Most entries in one part of the offline list.
pub const MAX_ENTRIES: usize = 1024;

/// Payload of `ack`: all sequence numbers up to `upto` are in PostgreSQL, or named in `rejected`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    pub upto: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<Rejected>,
    /// `uptime_ms` of the hello this answers, for the lane's round-trip time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub echo: Option<u64>,
    /// Server time in Unix milliseconds.
    pub now_ms: i64,
    /// The server has numbers up to this from this device, under other events than those the lane has: the lane gives
    /// what waits new numbers above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<u64>,
}

/// An event the server will never take; the lane keeps it as a dead letter with this code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    pub seq: u64,
    pub code: String,
}

/// Payload of `cmd`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    pub id: Uuid,
    /// Addressee; the topic says the lane, this says the device in it.
    pub device: String,
    /// The occupancy this is about; none for an order of an operator without a car.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Uuid>,
    pub action: Action,
    /// Reason code, rendered at the sign.
    pub code: String,
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    pub params: Params,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// Where the driver can pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay_url: Option<String>,
    /// The operator, when a person ordered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The operator's reason, as typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Rises per lane; stored by the device before anything moves.
    pub counter: u64,
    /// The start of the lane program this is meant for: a command never survives a restart.
    pub epoch: Epoch,
    /// Deadline in the device's own uptime, milliseconds.
    pub not_after_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Open for one passage.
    Open,
    /// Keep shut and say why.
    Refuse,
    /// Keep shut and show what is owed.
    Charge,
    /// Close, as soon as the lane's safety inputs allow it.
    Close,
    /// Open and stay open.
    Hold,
    /// End a hold.
    Release,
    /// Send a picture of the lane as it is now.
    Preview,
}

/// Money: minor units and ISO 4217 code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    pub minor: i64,
    pub currency: String,
}

/// Payload of `list`: one part of the offline list. A lane takes a version only when all parts are there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncPart {
    pub version: u64,
    /// 0-based.
    pub part: u32,
    pub parts: u32,
    /// Key of the tags: HMAC-SHA256 of the canonical plate, cut to 16 bytes.
    pub key: Octets<32>,
    pub entries: Vec<ListEntry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListEntry {
    pub tag: Octets<16>,
    pub kind: ListKind,
    /// Unix milliseconds; none = until a newer list says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListKind {
    Subscription,
    Block,
}

impl Ack {
    pub fn encode(&self) -> Vec<u8> {
        strict::encode(self)
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let ack: Self = strict::decode(bytes)?;
        bounds::number("upto", ack.upto)?;
        ack.above.map_or(Ok(()), |above| bounds::seq("above", above))?;
        Ok(ack)
    }
}

impl Command {
    pub fn encode(&self) -> Vec<u8> {
        strict::encode(self)
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let command: Self = strict::decode(bytes)?;
        command.check()?;
        Ok(command)
    }

    /// Every command names its arrival, or the operator and the reason.
    fn check(&self) -> Result<(), DecodeError> {
        if self.arrival.is_none() && (self.by.is_none() || self.reason.is_none()) {
            return Err(DecodeError::field(
                "arrival",
                "names neither an arrival nor an operator with a reason",
            ));
        }
        Ok(())
    }
}

impl SyncPart {
    pub fn encode(&self) -> Vec<u8> {
        strict::encode(self)
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let part: Self = strict::decode(bytes)?;
        if part.part >= part.parts {
            return Err(DecodeError::field("part", format!("part {} of {}", part.part, part.parts)));
        }
        if part.entries.len() > MAX_ENTRIES {
            return Err(DecodeError::field(
                "entries",
                format!("{} entries, at most {MAX_ENTRIES}", part.entries.len()),
            ));
        }
        Ok(part)
    }
}
