//! What happened to the car of a stay at its lanes: what was read, and what its boom was ordered to do.

use boomgate_schemas::up::{Reading, Verdict};
use boomgate_store::commands::CommandRow;
use boomgate_store::events::EventRow;
use boomgate_store::words::{CommandAction, CommandState, ReadingVerdict};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::{ApiError, unknown};

/// What a lane read of a car.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StayReading {
    arrival: Uuid,
    at: Timestamp,
    /// Canonical plate.
    plate: String,
    /// The text as read, before look-alikes were folded.
    raw: String,
    /// How sure each character of `raw` is, in permille.
    chars: Vec<u16>,
    /// Distance to the runner-up, in permille.
    margin: u16,
    /// Pictures that were read.
    frames: u16,
    verdict: ReadingVerdict,
    /// Other plates it might be, best first.
    candidates: Vec<String>,
}

impl StayReading {
    /// None for an event without a reading.
    pub(crate) fn of(arrival: Uuid, event: &EventRow) -> Option<Self> {
        let reading = Reading::deserialize(event.body.get("reading")?).ok()?;
        let verdict = match reading.verdict {
            Verdict::Accept => ReadingVerdict::Accept,
            Verdict::Unsure => ReadingVerdict::Unsure,
            Verdict::Unreadable => ReadingVerdict::Unreadable,
        };
        Some(Self {
            arrival,
            at: event.occurred_at,
            plate: reading.plate,
            raw: reading.raw,
            chars: reading.chars,
            margin: reading.margin,
            frames: reading.frames,
            verdict,
            candidates: reading.candidates,
        })
    }
}

/// An order to the boom for a car of the stay.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StayCommand {
    id: Uuid,
    arrival: Uuid,
    at: Timestamp,
    action: CommandAction,
    state: CommandState,
    /// Stable code of the reason it was ordered for.
    code: String,
    /// Who ordered it; null for the server.
    by: Option<String>,
    /// As that person wrote it.
    reason: Option<String>,
    /// Why the lane did not do it; null where it did or has not answered.
    result_code: Option<String>,
    /// When the lane answered, or it was too late.
    ended_at: Option<Timestamp>,
}

impl StayCommand {
    pub(crate) fn of(arrival: Uuid, row: CommandRow) -> Result<Self, ApiError> {
        Ok(Self {
            id: row.id,
            arrival,
            at: row.wished_at,
            action: CommandAction::parse(&row.action)
                .ok_or_else(|| unknown("commands.action", &row.action))?,
            state: row.state,
            code: row.code,
            by: row.ordered_name,
            reason: row.reason,
            result_code: row.result_code,
            ended_at: row.ended_at,
        })
    }
}
