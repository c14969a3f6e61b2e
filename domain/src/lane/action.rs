//! Everything a lane may ask the program around it to do.

use serde::{Deserialize, Serialize};

use crate::decide::Outcome;
use crate::ids::{ArrivalId, CommandId};
use crate::reading::Verdict;
use crate::reason::Reason;
use crate::stay::PassageKind;

/// One thing to do, in the order given.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the variants say what their fields are")]
pub enum LaneAction {
    /// A car has come: read it, answer with `ReadingDone`.
    TakeFrames { arrival: ArrivalId },
    /// Enough, or the car has moved on: answer with what there is.
    StopFrames { arrival: ArrivalId },
    /// Tell the server of a car and of its reading, if there is one.
    ReportArrival { arrival: ArrivalId, verdict: Verdict },
    /// The car went away without passing.
    ReportDeparture { arrival: ArrivalId },
    /// A car went through, back, or the wrong way. `arrival` is none for one that was never seen waiting.
    ReportPassage { arrival: Option<ArrivalId>, kind: PassageKind },
    /// No decision came in time: call `decide` on what the lane knows, answer with `LocalDecision`.
    DecideLocally { arrival: ArrivalId },
    /// The lane's own decision stands: tell the server.
    ReportDecision { arrival: ArrivalId, outcome: Outcome, reason: Reason },
    /// A switch on the spot opened the lane: tell the server.
    ReportLocalOpen,
    /// Request "open"; the request stays until `StopDriving`.
    DriveOpen,
    /// Request "close"; the request stays until `StopDriving` or `DriveOpen`. Only ever with a clear safety input.
    DriveClose,
    /// Withdraw either request.
    StopDriving,
    /// Show this on the sign.
    ShowSign(Sign),
    /// Answer a command of the server.
    AnswerCommand { command: CommandId, answer: Answer },
    /// A condition that lasts until `ClearFault` with the same reason.
    RaiseFault(Reason),
    /// The condition of `RaiseFault` is over.
    ClearFault(Reason),
    /// Something that happened and is over: staff should look.
    Alarm(Reason),
    /// Publish the boom's state; a report with a lower generation is older.
    ReportBoom { state: BoomState, generation: u64 },
}

/// What the sign shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    /// Nothing.
    Blank,
    /// Ready for the next car.
    Idle,
    /// A car is being read and decided.
    Wait,
    /// The text of a reason.
    Reason(Reason),
    /// The lane is out of service.
    OutOfService,
}

/// The boom as others see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BoomState {
    /// Not known since the start.
    Unknown,
    /// Down.
    Closed,
    /// Going up.
    Opening,
    /// Up, until the car has passed.
    Open,
    /// Going down.
    Closing,
    /// Open until someone releases or resets it: hold, fire, obstruction.
    Held,
    /// It did not arrive where it was driven.
    Broken,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Carried out.
    Done,
    /// Already so, or decided by the lane itself.
    Ignored(Reason),
    /// Not carried out, and why.
    Refused(Reason),
}
