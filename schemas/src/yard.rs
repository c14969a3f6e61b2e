//! The control protocol of a simulated lane: orders to its yard and reports from it, one JSON object a line, over a Unix
//! socket on the lane's own machine. Nothing of it reaches a broker.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Simulated milliseconds that a driver waits unless the order says otherwise.
const PATIENCE_MS: u64 = 30_000;

/// What may be asked of a simulated lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// A car queues behind those already there.
    Car(NewCar),
    Fire {
        on: bool,
    },
    Loop {
        which: LoopName,
        state: LoopState,
    },
    /// Something lies under the boom.
    Obstruct {
        on: bool,
    },
    /// The local reset button is pressed.
    Button,
    /// Somebody opens with the key switch.
    Key,
    /// Ends the agent.
    Quit,
    Status,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCar {
    /// Any name; it comes back in every report about this car.
    pub car: String,
    /// Empty for a car without a plate.
    pub plate: String,
    #[serde(default)]
    pub country: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<PathBuf>,
    #[serde(default)]
    pub drive: DriverBehaviour,
    #[serde(default = "default_patience")]
    pub patience_ms: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriverBehaviour {
    #[default]
    Through,
    /// Drives under the boom and backs out again.
    BackOut,
    /// Follows the car in front without waiting.
    Tailgate,
    /// Stands there until its patience ends, even if the boom opens.
    Wait,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoopName {
    Arming,
    Closing,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoopState {
    #[default]
    Normal,
    StuckOn,
    StuckOff,
    Cut,
    Chatter,
}

fn default_patience() -> u64 {
    PATIENCE_MS
}

/// What a simulated lane reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Report {
    Hello {
        lane: String,
    },
    Arrived {
        car: String,
    },
    Arrival {
        car: String,
        arrival: Uuid,
    },
    Read {
        car: Option<String>,
        arrival: Uuid,
        text: String,
        verdict: String,
        frames: u32,
    },
    Decision {
        car: Option<String>,
        arrival: Option<Uuid>,
        code: String,
        outcome: String,
        local: bool,
        loop_to_command_ms: Option<i64>,
        publish_to_command_ms: Option<i64>,
    },
    Sign {
        code: String,
        text: String,
        amount: Option<Amount>,
    },
    Boom {
        state: String,
    },
    Passed {
        car: String,
        arrival: Option<Uuid>,
    },
    Left {
        car: String,
        why: String,
    },
    Drive {
        request: String,
        command: Option<Uuid>,
        rule: Option<String>,
        safety: String,
    },
    Status {
        queued: usize,
        front: Option<String>,
        under: usize,
        boom_permille: u32,
        fire: bool,
    },
    Error {
        message: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    pub minor: i64,
    pub currency: String,
}

/// A report as it stands on the socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamped {
    /// Unix milliseconds.
    pub t_ms: i64,
    #[serde(flatten)]
    pub report: Report,
}
