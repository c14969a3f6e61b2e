//! How well the camera of a lane reads: counted, and shown to people.

use boomgate_domain::ids::{LaneId, SiteId};
use boomgate_store::GenericClient;
use boomgate_store::reading_counts::{self as stored, ReadingCounts};
use jiff::{SignedDuration, Timestamp};

use crate::error::OperationError;

/// Where no time is named: a week.
const USUAL: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A time within which readings are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The hour that holds this instant is the first.
    pub from: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
}

impl Span {
    /// The time between the two; a week where the beginning is left out, until `now` where the end is.
    ///
    /// # Errors
    /// It ends before it begins.
    pub fn new(
        from: Option<Timestamp>,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Self, OperationError> {
        let until = until.unwrap_or(now);
        let from = from.unwrap_or_else(|| until.checked_sub(USUAL).unwrap_or(Timestamp::MIN));
        if from < until {
            return Ok(Self { from, until });
        }
        Err(OperationError::invalid("until", "must be later than from"))
    }
}

/// What a lane's camera read in this time.
///
/// # Errors
/// The database's.
pub async fn of_lane(
    client: &impl GenericClient,
    site: SiteId,
    lane: LaneId,
    span: Span,
) -> Result<ReadingCounts, OperationError> {
    Ok(stored::sum(client, (site, lane), span.from, span.until).await?)
}
