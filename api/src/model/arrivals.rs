//! Cars that wait at an exit and could not be matched, and the cars inside that they may be.

use boomgate_operations::pairing::{self, Paired};
use boomgate_store::reading_counts::ReadingCounts as StoredCounts;
use boomgate_store::words::DecisionOutcome;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::money::Amount;
use super::stays::LaneCodes;
use super::texts;
use boomgate_domain::reason::Lang;

/// A car inside that the one at the exit may be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Candidate {
    stay: Uuid,
    /// Null for a car nobody could read.
    plate: Option<String>,
    entered_at: Option<Timestamp>,
    /// Code of the lane.
    entry_lane: Option<String>,
    /// SHA-256 of the picture taken at the entry, hex; null where there is none.
    evidence: Option<String>,
    likeness: Likeness,
    /// How far its plate is from what was read, in tenths of a character; null where there are no two plates to compare.
    distance: Option<u32>,
    /// What it owes now; null where no tariff applies.
    due: Option<Amount>,
    /// Begun minutes inside; null where no tariff applies.
    minutes: Option<u32>,
}

/// How like a plate is to what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Likeness {
    Same,
    /// Another in characters only that look alike.
    LookAlike,
    /// One character differs.
    Near,
    /// Several characters differ.
    Far,
    /// There are no two plates to compare.
    Unknown,
}

impl From<pairing::Likeness> for Likeness {
    fn from(likeness: pairing::Likeness) -> Self {
        match likeness {
            pairing::Likeness::Same => Self::Same,
            pairing::Likeness::LookAlike => Self::LookAlike,
            pairing::Likeness::Near => Self::Near,
            pairing::Likeness::Far => Self::Far,
            pairing::Likeness::Unknown => Self::Unknown,
        }
    }
}

impl Candidate {
    pub(crate) fn of(found: pairing::Candidate, codes: &LaneCodes) -> Self {
        let pairing::Candidate { stay, distance, likeness, due } = found;
        let lane = codes.iter().find(|(lane, _)| Some(*lane) == stay.entry_lane_id);
        Self {
            stay: stay.id,
            plate: stay.plate,
            entered_at: stay.entered_at,
            entry_lane: lane.map(|(_, code)| code.clone()),
            evidence: stay.entry_evidence.as_deref().map(hex::encode),
            likeness: likeness.into(),
            distance,
            minutes: due.as_ref().map(|due| due.charge.minutes),
            due: due.map(|due| due.due.into()),
        }
    }
}

/// Which car it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPair {
    /// An open one.
    pub(crate) stay: Uuid,
}

/// A car after somebody said which one it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecidedArrival {
    arrival: Uuid,
    lane: Uuid,
    stay: Option<Uuid>,
    plate: Option<String>,
    outcome: Option<DecisionOutcome>,
    /// Stable code of the reason.
    code: Option<String>,
    /// The decision in words.
    text: Option<String>,
    /// What is to be paid before the boom opens.
    amount: Option<Amount>,
}

impl DecidedArrival {
    pub(crate) fn of(paired: Paired, currency: &str, lang: Lang) -> Self {
        let Paired { car, params } = paired;
        let amount = |minor| Amount { minor, currency: currency.to_owned() };
        Self {
            arrival: car.id,
            lane: car.lane_id,
            stay: car.stay_id,
            plate: car.plate,
            outcome: car.outcome.as_deref().and_then(DecisionOutcome::parse),
            text: car.code.as_deref().map(|code| texts::stored_reason(code, &params, lang)),
            code: car.code,
            amount: car.amount_minor.map(amount),
        }
    }
}

/// How well the camera of a lane read. Every car at the lane counts once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadingCounts {
    from: Timestamp,
    until: Timestamp,
    /// Read for sure, and nobody said otherwise.
    read_right: i64,
    /// A person said that it is another plate.
    corrected: i64,
    /// Not read, or not for sure.
    missed: i64,
}

impl ReadingCounts {
    pub(crate) const fn of(counts: &StoredCounts, from: Timestamp, until: Timestamp) -> Self {
        let StoredCounts { read_right, corrected, missed } = counts;
        Self { from, until, read_right: *read_right, corrected: *corrected, missed: *missed }
    }
}
