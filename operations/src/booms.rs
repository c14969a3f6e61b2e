//! Orders of people to the boom of a lane.

use boomgate_domain::ids::{ArrivalId, CommandId, LaneId, SiteId};
use boomgate_store::manual::{self, ManualOrder};
use boomgate_store::words::CommandAction;
use boomgate_store::{GenericClient, arrivals, sites};
use jiff::Timestamp;
use uuid::Uuid;

use crate::access::{Authorized, LanesOperate};
use crate::error::OperationError;
use crate::modes;
pub use crate::modes::LONGEST_REASON;
use crate::unit::Unit;

/// What a boom can be ordered to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Open for one car.
    Open,
    /// Open and stay open.
    Hold,
    /// Close as soon as nobody is under it.
    Close,
    /// End a hold.
    Release,
    /// Send the waiting car away.
    Refuse,
}

impl Action {
    /// Every action there is.
    pub const ALL: [Self; 5] = [Self::Open, Self::Close, Self::Hold, Self::Release, Self::Refuse];

    /// From its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == word)
    }

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Hold => "hold",
            Self::Close => "close",
            Self::Release => "release",
            Self::Refuse => "refuse",
        }
    }

    /// Code of the reason that goes to the lane.
    const fn code(self) -> &'static str {
        match self {
            Self::Open | Self::Hold => "OPEN-MANUAL",
            Self::Close | Self::Release | Self::Refuse => "DENY-MANUAL",
        }
    }
}

impl From<Action> for CommandAction {
    fn from(action: Action) -> Self {
        match action {
            Action::Open => Self::Open,
            Action::Hold => Self::Hold,
            Action::Close => Self::Close,
            Action::Release => Self::Release,
            Action::Refuse => Self::Refuse,
        }
    }
}

/// An order for a boom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// Of a site of the actor's.
    pub lane: LaneId,
    /// What the boom is to do.
    pub action: Action,
    /// The user's reason; stored in the audit.
    pub reason: String,
    /// The car this is about, if it is about one.
    pub arrival: Option<ArrivalId>,
}

/// Writes an order into the lane's outbox; the lane's own answer comes later.
///
/// # Errors
/// No reason, or too long a one; `HOLD-ALL-NEEDED` for a hold that leaves all lanes of a direction open; `CAR-GONE` when the car does not wait there any more; the database's.
pub async fn order(
    unit: &Unit<'_>,
    by: &Authorized<LanesOperate>,
    site: SiteId,
    new: NewOrder,
) -> Result<ManualOrder, OperationError> {
    let reason = modes::checked_reason(&new.reason)?;
    let order = ManualOrder {
        site,
        lane: new.lane,
        command: CommandId::from_uuid(Uuid::now_v7()),
        arrival: new.arrival.map(|arrival| arrival.as_uuid()),
        action: new.action.into(),
        code: new.action.code().to_owned(),
        by: by.requested_by(),
        reason,
        at: Timestamp::now(),
    };
    must_wait_there(unit.tx(), site, &new).await?;
    if new.action == Action::Hold {
        sites::lock(unit.tx(), site).await?;
        modes::refuse_opening_a_direction(unit.tx(), site, |lane| lane.id == new.lane).await?;
    }
    manual::order(unit.tx(), &order).await?;
    unit.wake_lane(site, new.lane);
    unit.wake_site(site);
    Ok(order)
}

/// What was ordered for one car must not serve the next one, nor a car at another lane.
async fn must_wait_there(
    tx: &impl GenericClient,
    site: SiteId,
    new: &NewOrder,
) -> Result<(), OperationError> {
    let Some(arrival) = new.arrival else { return Ok(()) };
    sites::lock(tx, site).await?;
    let waiting = arrivals::get(tx, site, arrival).await?;
    let there = waiting.is_some_and(|car| car.lane_id == new.lane.as_uuid() && car.passed_at.is_none());
    if there {
        return Ok(());
    }
    Err(OperationError::conflict("CAR-GONE", "this car does not wait at this lane any more"))
}
