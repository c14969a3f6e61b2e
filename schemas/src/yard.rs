//! The control protocol of a simulated lane: orders to its yard and reports from it, one JSON object a line, over a Unix
//! socket on the lane's own machine. Nothing of it reaches a broker.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Simulated milliseconds that a driver waits unless the order says otherwise.
const PATIENCE_MS: u64 = 30_000;

/// What a simulated lane can be ordered to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// A car queues behind those already there.
    Car(NewCar),
    /// The input of the fire alarm.
    Fire {
        /// Whether the alarm is raised.
        on: bool,
    },
    /// A loop fails, or works again.
    Loop {
        /// The loop.
        which: LoopName,
        /// Its state from now on.
        state: LoopState,
    },
    /// Something lies under the boom.
    Obstruct {
        /// Whether it lies there.
        on: bool,
    },
    /// The local reset button is pressed.
    Button,
    /// Somebody opens with the key switch.
    Key,
    /// Ends the agent.
    Quit,
    /// Asks for one [`Report::Status`].
    Status,
}

/// A car that comes to the lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCar {
    /// Any name; it comes back in every report about this car.
    pub car: String,
    /// Empty for a car without a plate.
    pub plate: String,
    /// Code of the country whose plate is drawn; empty for any.
    #[serde(default)]
    pub country: String,
    /// A picture that the camera shows in place of a drawn one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<PathBuf>,
    /// What the driver does at the boom.
    #[serde(default)]
    pub drive: DriverBehaviour,
    /// Simulated milliseconds after which the driver leaves a boom that stays closed.
    #[serde(default = "default_patience")]
    pub patience_ms: u64,
}

/// What a driver does at the boom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriverBehaviour {
    /// Drives through once the boom is open.
    #[default]
    Through,
    /// Drives under the boom and backs out again.
    BackOut,
    /// Follows the car in front without waiting.
    Tailgate,
    /// Stands there until its patience ends, even if the boom opens.
    Wait,
}

/// A loop of the lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoopName {
    /// Before the boom.
    Arming,
    /// Under the boom: the safety loop.
    Closing,
}

/// How a simulated loop works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoopState {
    /// Occupied while a car stands on it.
    #[default]
    Normal,
    /// Always occupied.
    StuckOn,
    /// Always clear.
    StuckOff,
    /// Its wire is cut.
    Cut,
    /// Alternates between occupied and clear.
    Chatter,
}

fn default_patience() -> u64 {
    PATIENCE_MS
}

/// What a simulated lane reports. Where a field names a car, it is [`NewCar::car`]; none where the simulator does not know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Report {
    /// The first report on every connection.
    Hello {
        /// Code of the lane.
        lane: String,
    },
    /// A car reached the arming loop.
    Arrived {
        /// The car.
        car: String,
    },
    /// The lane made an arrival of a car.
    Arrival {
        /// The car.
        car: String,
        /// Id of the arrival.
        arrival: Uuid,
    },
    /// The camera's frames were read.
    Read {
        /// The car.
        car: Option<String>,
        /// Id of the arrival.
        arrival: Uuid,
        /// The plate as read; empty where none was found.
        text: String,
        /// The reading's verdict, in lower case.
        verdict: String,
        /// How many frames the reading was made of.
        frames: u32,
    },
    /// The lane has a decision, its own or the server's.
    Decision {
        /// The car.
        car: Option<String>,
        /// Id of the arrival; none where the decision belongs to no arrival.
        arrival: Option<Uuid>,
        /// Code of the reason.
        code: String,
        /// What was decided.
        outcome: String,
        /// Whether the lane decided by itself.
        local: bool,
        /// Milliseconds from the rise of the arming loop to the server's first command for it; else none.
        loop_to_command_ms: Option<i64>,
        /// Milliseconds from the arrival's publish to the server's first command for it; else none.
        publish_to_command_ms: Option<i64>,
    },
    /// The sign changed.
    Sign {
        /// Code of the text.
        code: String,
        /// What the sign shows.
        text: String,
        /// Money that the text speaks of.
        amount: Option<Amount>,
    },
    /// The boom's state as the lane sees it changed.
    Boom {
        /// The state, in lower case.
        state: String,
    },
    /// A car crossed.
    Passed {
        /// The car.
        car: String,
        /// Id of its arrival; none where the lane made none of it.
        arrival: Option<Uuid>,
    },
    /// A car went away without crossing.
    Left {
        /// The car.
        car: String,
        /// Why, as a fragment of a sentence.
        why: String,
    },
    /// The lane switched the barrier's relays.
    Drive {
        /// What was requested of the barrier.
        request: String,
        /// Id of the command that caused it; none where a rule did.
        command: Option<Uuid>,
        /// Name of the lane's rule that caused it; none where a command did.
        rule: Option<String>,
        /// Level of the safety loop at that moment.
        safety: String,
    },
    /// The state of the yard; the answer to [`Order::Status`].
    Status {
        /// How many cars wait behind the first.
        queued: usize,
        /// The car at the boom.
        front: Option<String>,
        /// How many cars are under the boom.
        under: usize,
        /// How far the boom is open, in thousandths: 1000 is fully open.
        boom_permille: u32,
        /// Whether the fire alarm is raised.
        fire: bool,
    },
    /// An order was refused, reports were lost, or the boom hit a car.
    Error {
        /// What happened, in words.
        message: String,
    },
}

/// An amount of money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// In the currency's smallest unit.
    pub minor: i64,
    /// ISO 4217 code.
    pub currency: String,
}

/// A report as it stands on the socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamped {
    /// Unix milliseconds.
    pub t_ms: i64,
    /// What happened.
    #[serde(flatten)]
    pub report: Report,
}
