//! What passes between the event loop and the uplink.

use std::time::Instant;

use boomgate_schemas::down::{Command, SyncPart, WantedMode};
use boomgate_schemas::up::{Boom, LoopStates, ReportedMode, View};
use uuid::Uuid;

/// What the lane is now, for the greeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneSnapshot {
    pub boom: Boom,
    pub mode: String,
    pub command_counter: u64,
    pub list_version: u64,
    pub faults: Vec<String>,
    pub view: Option<View>,
    /// What the lane is for, and the version of the wish that is stored.
    pub lane_mode: ReportedMode,
    /// None before the first sample.
    pub loops: Option<LoopStates>,
}

/// What comes over the line.
#[derive(Clone, Debug)]
pub enum UplinkEvent {
    Up,
    Down {
        why: String,
    },
    /// Signed by the server for this lane. `digest` is that of the signed bytes.
    Command {
        command: Box<Command>,
        digest: [u8; 32],
    },
    /// Came on the command topic, but not from the server, or not for this lane.
    Forged {
        why: String,
    },
    ListPart(Box<SyncPart>),
    /// What people wish the lane to be for.
    WantedMode(WantedMode),
    /// How far our wall clock is ahead of the server's, and how sure that is.
    Clock {
        apart_ms: i64,
        unsure_ms: u64,
    },
    /// An arrival left for the server.
    Published {
        arrival: Uuid,
        at: Instant,
    },
}
