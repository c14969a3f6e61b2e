//! Everything that can happen to a lane.

use serde::{Deserialize, Serialize};

use crate::decide::Outcome;
use crate::ids::{ArrivalId, CommandId};
use crate::lane_mode::LaneMode;
use crate::loops::{LoopRole, RawLevel};
use crate::reading::Verdict;
use crate::reason::Reason;

/// One event. Times are not in it: they go beside it.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the variants say what their fields are")]
pub enum LaneEvent {
    /// Time has passed: send it at `wake_at()`, more often does no harm.
    Tick,
    /// A sample of an input line; every line at least every 100 ms, also unchanged.
    Level { role: LoopRole, level: RawLevel },
    /// What the barrier's end switches say, on every change and at the start.
    Boom(BoomPosition),
    /// The safety edge was hit, or the drive reversed by itself.
    Obstructed,
    /// The fire or emergency input.
    FireInput { active: bool },
    /// A person at the lane pressed reset.
    LocalReset,
    /// Key switch, exit button, ticket machine's contact: never waits for cloud, broker or payment.
    LocalOpen,
    /// The reader is done with an arrival's frames.
    ReadingDone { arrival: ArrivalId, verdict: Verdict },
    /// The answer to `DecideLocally`.
    LocalDecision { arrival: ArrivalId, outcome: Outcome, reason: Reason },
    /// A command that [`super::command::CommandLog::check`] let through.
    Command(Command),
    /// What the lane is for from now on.
    Mode(LaneMode),
    /// Whether the server can be asked at all; while it cannot, nothing waits for it.
    Uplink { up: bool },
}

/// Where the arm is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BoomPosition {
    /// Fully down.
    Closed,
    /// Neither end switch is reached.
    Between,
    /// Fully up.
    Open,
    /// The drive reports a fault, or the arm is off.
    Fault,
}

/// An order with its authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// By which it is answered.
    pub id: CommandId,
    /// The car it is about; an operator's order may name none.
    pub arrival: Option<ArrivalId>,
    /// What is to be done.
    pub order: Order,
    /// On whose behalf.
    pub authority: Authority,
    /// What the sign says.
    pub reason: Reason,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Let one car through.
    Open,
    /// Keep shut and say why.
    Refuse,
    /// Keep shut and say what is owed.
    AwaitPayment,
    /// Close now.
    Close,
    /// Open and stay open until released.
    Hold,
    /// End a hold.
    Release,
}

/// Who stands behind an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Authority {
    /// The server's decision on a reading: needs a reading of this very occupancy, and comes too late after a
    /// decision of the lane's own.
    Reading,
    /// A ticket or QR code.
    Ticket,
    /// A settled payment.
    Payment,
    /// A named person.
    Operator,
}
