//! Messages of a lane: events, hellos, and the request for its offline list.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::MAX_EVENTS;
use crate::bounds::{self, MAX_FAULTS};
use crate::bytes::{Epoch, Sha256, SpoolId};
use crate::strict::{self, DecodeError};

/// Parameters of a reason code, by name.
pub type Params = BTreeMap<String, String>;

/// Payload of `up`: events in rising `seq`, without holes inside one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpBatch {
    /// At least one, at most [`crate::MAX_EVENTS`].
    pub events: Vec<Event>,
}

/// One thing that happened at a lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Rises for ever per device; a hole is declared by [`EventBody::Gap`].
    pub seq: u64,
    /// Start counter of the lane program.
    pub boot: u32,
    /// UUIDv7 of the event; the same when it is sent again.
    pub id: Uuid,
    /// Wall time of the lane in Unix milliseconds; `clock` says whether it is synchronised.
    pub at_ms: i64,
    /// Whether `at_ms` comes from a synchronised clock.
    pub clock: ClockState,
    /// Milliseconds since the lane program started (monotonic).
    pub uptime_ms: u64,
    /// What happened.
    pub body: EventBody,
    /// The number it had before its spool was renumbered (see [`crate::down::Ack::above`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<u64>,
}

/// State of the lane's wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockState {
    /// Set by NTP or agreed with the server.
    Synced,
    /// Possibly wrong by any amount.
    Unsynced,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventBody {
    /// A vehicle stands on the arming loop and its plate was looked for.
    Arrival(Arrival),
    /// The lane decided by itself, because the server did not in time.
    Decided(Decided),
    /// A vehicle crossed, backed out, or followed another: the fact that moves stays.
    Passage(Passage),
    /// Answer to a command.
    Result(CommandResult),
    /// A fault began or ended.
    Fault(Fault),
    /// The boom changed its state.
    Boom(BoomState),
    /// Sequence numbers that will never come.
    Gap(Gap),
}

/// A vehicle at the arming loop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// The occupancy of the arming loop this is about.
    pub arrival: Uuid,
    /// Of the lane.
    pub direction: Direction,
    /// None when no frame was read in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// SHA-256 of the JPEG that follows over HTTPS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Sha256>,
    /// `car`, `truck` and the like, where the lane can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vehicle_type: Option<String>,
}

/// Which way a vehicle drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Into the car park.
    Entry,
    /// Out of the car park.
    Exit,
}

/// What the plate reader made of the frames of one occupancy. Confidences are in permille.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Canonical plate.
    pub plate: String,
    /// The text as read, before look-alikes were folded.
    pub raw: String,
    /// The form the plate was read under, such as `SK/standard`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// One confidence per character of `raw`, 0..=1000.
    pub chars: Vec<u16>,
    /// Distance to the runner-up, 0..=1000.
    pub margin: u16,
    /// Frames that were read.
    pub frames: u16,
    /// How far the reading can be trusted.
    pub verdict: Verdict,
    /// Other plates it might be, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<String>,
}

/// How far a reading can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Sure enough to act on.
    Accept,
    /// Read, but not surely.
    Unsure,
    /// Not read.
    Unreadable,
}

/// A decision of the lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// The occupancy it is about.
    pub arrival: Uuid,
    /// What the lane did.
    pub outcome: Outcome,
    /// Reason code.
    pub code: String,
    /// The reason's parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: Params,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The boom opened.
    Open,
    /// The boom stayed closed.
    Deny,
    /// Payment was asked for.
    Charge,
}

/// A vehicle that left the safety loop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// The occupancy it began with; none when a vehicle came without one (tailgating, from the other side).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Uuid>,
    /// Which way it drove.
    pub direction: Direction,
    /// How it ended.
    pub kind: PassageKind,
}

/// How a passage ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassageKind {
    /// Through the lane.
    Passed,
    /// Back to where it came from.
    BackedOut,
    /// Through the lane behind another vehicle.
    Tailgated,
    /// Through the boom against the lane's direction; a server of before 0.1 rejects it.
    WrongWay,
}

/// The lane's answer to a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandResult {
    /// Its id.
    pub command: Uuid,
    /// Its counter.
    pub counter: u64,
    /// What became of it.
    pub result: Answer,
    /// Why it was ignored or refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The reason's parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: Params,
}

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Carried out.
    Done,
    /// Nothing to do.
    Ignored,
    /// Not carried out.
    Refused,
}

/// A fault that began or ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// `FAULT-` code of the registry.
    pub code: String,
    /// The reason's parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: Params,
    /// `true` when it appears, `false` when it is over.
    pub raised: bool,
}

/// A state of the boom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoomState {
    /// The new state.
    pub state: Boom,
    /// What moved it: `command:<id>`, `rule:<name>` or `unknown`.
    pub cause: String,
}

/// States of the boom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Boom {
    /// Down.
    Closed,
    /// Going up.
    Opening,
    /// Up.
    Open,
    /// Going down.
    Closing,
    /// Up until it is released or reset.
    Held,
    /// Not where it was driven.
    Broken,
    /// Not known since the start.
    Unknown,
}

/// Sequence numbers that no event will have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// First of them.
    pub first: u64,
    /// Last of them.
    pub last: u64,
    /// `crash`, `disk_full` and the like.
    pub reason: String,
}

/// Payload of `hello`: on connect and as heartbeat, never spooled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Code of the device.
    pub device: String,
    /// Drawn at each start; command deadlines are bound to it.
    pub epoch: Epoch,
    /// Start counter.
    pub boot: u32,
    /// Milliseconds since the start.
    pub uptime_ms: u64,
    /// Wall time in Unix milliseconds.
    pub wall_ms: i64,
    /// Whether the wall time comes from a synchronised clock.
    pub clock: ClockState,
    /// Version of the lane program.
    pub version: String,
    /// The next sequence number this device will use.
    pub next_seq: u64,
    /// The last one it knows to be answered.
    pub acked_seq: u64,
    /// Events waiting in the spool.
    pub backlog: u64,
    /// Highest command counter accepted so far.
    pub command_counter: u64,
    /// State of the boom.
    pub boom: Boom,
    /// Mode of operation, such as `normal`.
    pub mode: String,
    /// Version of the offline list it holds.
    pub list_version: u64,
    /// Round trip of the hello before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt_ms: Option<u32>,
    /// Codes of the faults that last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
    /// None until a vehicle was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<View>,
    /// Drawn when the spool was created: another one than before means a renewed spool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spool: Option<SpoolId>,
    /// The mode the lane obeys; lanes of before the modes say none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane_mode: Option<ReportedMode>,
    /// What the loops say; lanes of before this field say nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loops: Option<LoopStates>,
}

/// The loops of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoopStates {
    /// Before the boom.
    pub arming: LoopState,
    /// Under the boom.
    pub safety: LoopState,
}

/// What a loop says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoopState {
    /// No vehicle.
    Clear,
    /// A vehicle.
    Occupied,
    /// Faulty or not heard; counts as occupied.
    Unknown,
}

/// The mode a lane obeys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedMode {
    /// Of the wish it knows; 0 for none.
    pub version: u64,
    /// See [`crate::down::WantedMode::mode`].
    pub mode: String,
}

/// How well the camera sees plates, by the frames of the last vehicles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// 0 nothing can be read, 100 nothing to better.
    pub score: u8,
    /// The one thing to do about it, in English.
    pub advice: String,
    /// Share of those frames with a plate, in permille.
    pub plates: u16,
}

/// Payload of `sync`: a lane asks for the offline list if it is newer than what it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncRequest {
    /// Version of the list the lane has; 0 for none.
    pub have: u64,
}

impl UpBatch {
    /// Strict CBOR.
    pub fn encode(&self) -> Vec<u8> {
        strict::encode(self)
    }

    /// Strict CBOR, checked for size and bounds.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let batch: Self = strict::decode(bytes)?;
        batch.check()?;
        Ok(batch)
    }

    /// First and last sequence number, for the protected header. `None` for an empty batch.
    pub fn seq_range(&self) -> Option<(u64, u64)> {
        Some((self.events.first()?.seq, self.events.last()?.seq))
    }

    fn check(&self) -> Result<(), DecodeError> {
        if self.events.is_empty() || self.events.len() > MAX_EVENTS {
            return Err(DecodeError::field(
                "events",
                format!("{} events, want 1 to {MAX_EVENTS}", self.events.len()),
            ));
        }
        let consecutive = self.events.windows(2).all(|pair| pair[0].seq.checked_add(1) == Some(pair[1].seq));
        if !consecutive {
            return Err(DecodeError::field("seq", "does not rise by one"));
        }
        self.events.iter().try_for_each(Event::check)
    }
}

impl Event {
    fn check(&self) -> Result<(), DecodeError> {
        bounds::seq("seq", self.seq)?;
        self.was.map_or(Ok(()), |was| bounds::seq("was", was))?;
        bounds::wall_time("at_ms", self.at_ms)?;
        bounds::number("uptime_ms", self.uptime_ms)?;
        match &self.body {
            EventBody::Arrival(arrival) => arrival.reading.as_ref().map_or(Ok(()), Reading::check),
            EventBody::Gap(gap) => gap.check(self.seq),
            EventBody::Result(result) => bounds::number("counter", result.counter),
            EventBody::Decided(_) | EventBody::Passage(_) | EventBody::Fault(_) | EventBody::Boom(_) => {
                Ok(())
            }
        }
    }
}

impl Reading {
    fn check(&self) -> Result<(), DecodeError> {
        if self.raw.chars().count() != self.chars.len() {
            return Err(DecodeError::field("chars", "not one confidence per character"));
        }
        if self.margin > 1000 || self.chars.iter().any(|confidence| *confidence > 1000) {
            return Err(DecodeError::field("chars", "a confidence above 1000 permille"));
        }
        if self.plate.len() > 16 || self.raw.len() > 32 || self.candidates.len() > 16 {
            return Err(DecodeError::field("plate", "too long"));
        }
        Ok(())
    }
}

impl Gap {
    /// A gap declares numbers below its own.
    fn check(&self, seq: u64) -> Result<(), DecodeError> {
        if self.first == 0 || self.first > self.last || self.last >= seq {
            return Err(DecodeError::field("gap", "is not a range before its own number"));
        }
        Ok(())
    }
}

impl Hello {
    /// Strict CBOR.
    pub fn encode(&self) -> Vec<u8> {
        strict::encode(self)
    }

    /// Strict CBOR, checked for size and bounds.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let hello: Self = strict::decode(bytes)?;
        hello.check()?;
        Ok(hello)
    }

    fn check(&self) -> Result<(), DecodeError> {
        bounds::number("uptime_ms", self.uptime_ms)?;
        bounds::wall_time("wall_ms", self.wall_ms)?;
        bounds::seq("next_seq", self.next_seq)?;
        bounds::number("acked_seq", self.acked_seq)?;
        bounds::number("backlog", self.backlog)?;
        bounds::number("command_counter", self.command_counter)?;
        bounds::number("list_version", self.list_version)?;
        if self.faults.len() > MAX_FAULTS {
            let what = format!("{} codes, at most {MAX_FAULTS}", self.faults.len());
            return Err(DecodeError::field("faults", what));
        }
        self.lane_mode.as_ref().map_or(Ok(()), |mode| bounds::number("lane_mode.version", mode.version))?;
        self.view.as_ref().map_or(Ok(()), View::check)
    }
}

impl View {
    /// Longest advice, in bytes of UTF-8.
    pub const LONGEST: usize = 400;

    fn check(&self) -> Result<(), DecodeError> {
        if self.score > 100 || self.plates > 1000 {
            return Err(DecodeError::field("view", "a score above 100 or a share above 1000 permille"));
        }
        if self.advice.is_empty() || self.advice.len() > View::LONGEST {
            let what = format!("advice of {} bytes, want 1 to {}", self.advice.len(), View::LONGEST);
            return Err(DecodeError::field("view", what));
        }
        Ok(())
    }
}

impl SyncRequest {
    /// Strict CBOR.
    pub fn encode(&self) -> Vec<u8> {
        strict::encode(self)
    }

    /// Strict CBOR, checked for size and bounds.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let request: Self = strict::decode(bytes)?;
        bounds::number("have", request.have)?;
        Ok(request)
    }
}
