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
    /// The highest sequence number up to which all are answered.
    pub upto: u64,
    /// Those among them that were not taken.
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
    /// What the lane is to be for, where it said that it knows an older wish, and at once when the wish changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<WantedMode>,
}

/// A mode that people wish a lane to have. It is no order: it holds until another comes, also over restarts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedMode {
    /// Rises with every change, per lane; a lane takes no older one.
    pub version: u64,
    /// `open`, `full`, `closed`, `closed_to_all`, `maintenance` or `free_flow`. A word that the lane does not know changes
    /// nothing.
    pub mode: String,
    /// Unix milliseconds, from which on the lane is open again; none = until another mode comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
}

/// An event the server will never take; the lane keeps it as a dead letter with this code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// Sequence number of the event.
    pub seq: u64,
    /// `REJECT-` code of the registry.
    pub code: String,
}

/// Payload of `cmd`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// By which the lane answers.
    pub id: Uuid,
    /// Addressee; the topic says the lane, this says the device in it.
    pub device: String,
    /// The occupancy this is about; none for an order of an operator without a car.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Uuid>,
    /// What is to be done.
    pub action: Action,
    /// Reason code, rendered at the sign.
    pub code: String,
    /// The reason's parameters.
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    pub params: Params,
    /// What is due or was paid.
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

/// What a command asks for.
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
    /// Minor units.
    pub minor: i64,
    /// ISO 4217 code.
    pub currency: String,
}

/// Payload of `list`: one part of the offline list. A lane takes a version only when all parts are there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncPart {
    /// Rises with every change of the list.
    pub version: u64,
    /// 0-based.
    pub part: u32,
    /// How many parts the version has.
    pub parts: u32,
    /// Key of the tags: HMAC-SHA256 of the canonical plate, cut to 16 bytes.
    pub key: Octets<32>,
    /// Entries of this part.
    pub entries: Vec<ListEntry>,
    /// What holds at some times only, or later, or is counted. A lane of an earlier version does not read it, and knows no such
    /// right or block.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<ListTerms>,
}

/// A plate on the offline list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListEntry {
    /// See [`SyncPart`]'s key.
    pub tag: Octets<16>,
    /// Whether the plate may enter or is blocked.
    pub kind: ListKind,
    /// Unix milliseconds; none = until a newer list says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
}

/// A plate on the offline list, with terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListTerms {
    /// See [`SyncPart`]'s key.
    pub tag: Octets<16>,
    /// Whether the plate may enter or is blocked.
    pub kind: ListKind,
    /// Unix milliseconds; none = from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_ms: Option<i64>,
    /// Unix milliseconds; none = until a newer list says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
    /// Times of the week, by the clock of the lane's site; empty = at any time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<ListWindow>,
    /// While it rests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<ListPause>,
    /// Beyond these terms the car is refused, and not a visitor.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refuse: bool,
    /// Only the server knows whether a place or an entry is left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub counted: bool,
    /// It does not hold at this lane.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub elsewhere: bool,
}

/// A time of the week; one that ends no later than it begins goes on past midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListWindow {
    /// Days on which it begins, as bits from Monday (1) to Sunday (64).
    pub days: u8,
    /// First minute of the day.
    pub from: u16,
    /// First minute after it, at most 1440.
    pub to: u16,
}

/// While a right rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPause {
    /// Unix milliseconds.
    pub from_ms: i64,
    /// Unix milliseconds; none = until a newer list says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
}

/// Most windows of one entry.
pub const MAX_WINDOWS: usize = 32;

impl From<ListEntry> for ListTerms {
    /// Without terms.
    fn from(ListEntry { tag, kind, until_ms }: ListEntry) -> Self {
        let (windows, pause, refuse, counted, elsewhere) = (Vec::new(), None, false, false, false);
        Self { tag, kind, from_ms: None, until_ms, windows, pause, refuse, counted, elsewhere }
    }
}

impl ListTerms {
    /// The entry without terms that says the same, if there is one.
    #[must_use]
    pub fn plain(&self) -> Option<ListEntry> {
        let entry = ListEntry { tag: self.tag, kind: self.kind, until_ms: self.until_ms };
        (Self::from(entry.clone()) == *self).then_some(entry)
    }

    fn check(&self) -> Result<(), DecodeError> {
        if self.windows.len() > MAX_WINDOWS {
            return Err(DecodeError::field(
                "terms.windows",
                format!("{}, at most {MAX_WINDOWS}", self.windows.len()),
            ));
        }
        let sound = |window: &ListWindow| {
            (1..=0x7f).contains(&window.days) && window.from < 1440 && window.to <= 1440
        };
        if self.windows.iter().all(sound) {
            return Ok(());
        }
        Err(DecodeError::field("terms.windows", "a time that no week has"))
    }
}

/// What an entry of the offline list says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListKind {
    /// The plate may enter and leave.
    Subscription,
    /// The plate is refused.
    Block,
}

impl Ack {
    /// Strict CBOR.
    pub fn encode(&self) -> Vec<u8> {
        strict::encode(self)
    }

    /// Strict CBOR, checked for size and bounds.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let ack: Self = strict::decode(bytes)?;
        bounds::number("upto", ack.upto)?;
        ack.above.map_or(Ok(()), |above| bounds::seq("above", above))?;
        ack.wanted.as_ref().map_or(Ok(()), WantedMode::check)?;
        Ok(ack)
    }
}

impl WantedMode {
    fn check(&self) -> Result<(), DecodeError> {
        bounds::number("wanted.version", self.version)?;
        self.until_ms.map_or(Ok(()), |until| bounds::wall_time("wanted.until_ms", until))
    }
}

impl Command {
    /// Strict CBOR.
    pub fn encode(&self) -> Vec<u8> {
        strict::encode(self)
    }

    /// Strict CBOR, checked for size and bounds.
    ///
    /// # Errors
    /// [`DecodeError`].
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
    /// Strict CBOR.
    pub fn encode(&self) -> Vec<u8> {
        strict::encode(self)
    }

    /// Strict CBOR, checked for size and bounds.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let part: Self = strict::decode(bytes)?;
        if part.part >= part.parts {
            return Err(DecodeError::field("part", format!("part {} of {}", part.part, part.parts)));
        }
        let entries = part.entries.len().saturating_add(part.terms.len());
        if entries > MAX_ENTRIES {
            return Err(DecodeError::field("entries", format!("{entries} entries, at most {MAX_ENTRIES}")));
        }
        part.terms.iter().try_for_each(ListTerms::check)?;
        Ok(part)
    }
}
