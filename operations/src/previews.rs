//! A person looks through the camera of a lane: asked for by one order, answered by pictures for a minute.

use boomgate_domain::ids::{CommandId, LaneId, SiteId};
use boomgate_store::commands::{self, CommandState};
use boomgate_store::manual::{self, ManualOrder};
use boomgate_store::preview_frames::{self as stored, PreviewFrame};
use boomgate_store::words::CommandAction;
use boomgate_store::{GenericClient, StoreError};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::access::{Authorized, LanesOperate};
use crate::error::OperationError;
use crate::unit::Unit;

/// For so long pictures come.
pub const LENGTH: SignedDuration = SignedDuration::from_mins(1);
/// Pictures are taken from the lane for so long: the order takes its time to get there.
const ACCEPTED: SignedDuration = SignedDuration::from_secs(90);
/// A picture older than this says nothing about now.
const FRESH: SignedDuration = SignedDuration::from_secs(10);
/// No picture is kept for longer.
const KEPT: SignedDuration = SignedDuration::from_mins(2);

/// In the feed and in the audit, as the reason of the order.
const REASON: &str = "a look through the camera";
/// Code of the order; the lane gives its own where it refuses.
const CODE: &str = "PREVIEW";

/// A preview that was asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// As it waits for its lane.
    pub order: ManualOrder,
    /// Pictures come until then at most.
    pub until: Timestamp,
}

/// Asks a lane for pictures. One line of the audit; openings do not wait for it.
///
/// # Errors
/// The database's.
pub async fn ask(
    unit: &Unit<'_>,
    by: &Authorized<LanesOperate>,
    site: SiteId,
    lane: LaneId,
) -> Result<Asked, OperationError> {
    let at = Timestamp::now();
    let order = ManualOrder {
        site,
        lane,
        command: CommandId::from_uuid(Uuid::now_v7()),
        arrival: None,
        action: CommandAction::Preview,
        code: CODE.to_owned(),
        by: by.requested_by(),
        reason: REASON.to_owned(),
        at,
    };
    manual::order(unit.tx(), &order).await?;
    unit.wake_lane(site, lane);
    unit.wake_site(site);
    Ok(Asked { order, until: at + LENGTH })
}

/// The picture of a lane that is to be seen now.
///
/// # Errors
/// The database's.
pub async fn newest(
    client: &impl GenericClient,
    site: SiteId,
    lane: LaneId,
) -> Result<Option<PreviewFrame>, OperationError> {
    let since = Timestamp::now().checked_sub(FRESH).unwrap_or(Timestamp::MIN);
    Ok(stored::newest(client, (site, lane), since).await?)
}

/// Takes a picture from a lane, if somebody asked for it and the time is not over.
///
/// # Errors
/// `PREVIEW-OVER`; the database's.
pub async fn take(
    client: &impl GenericClient,
    (site, lane): (SiteId, LaneId),
    command: CommandId,
    jpeg: Vec<u8>,
) -> Result<(), OperationError> {
    let now = Timestamp::now();
    let asked = commands::get(client, site, command).await?;
    let asked = asked.filter(|order| {
        order.lane_id == lane.as_uuid()
            && order.action == CommandAction::Preview.as_str()
            && order.state != CommandState::Refused
            && now.duration_since(order.wished_at) < ACCEPTED
    });
    if asked.is_none() {
        let why = "nobody asked for pictures of this lane, or the time is over";
        return Err(OperationError::conflict("PREVIEW-OVER", why));
    }
    let frame = PreviewFrame { command_id: command, taken_at: now, jpeg };
    Ok(stored::put(client, (site, lane), &frame).await?)
}

/// Removes pictures that nobody may see any more. How many it was.
///
/// # Errors
/// The database's.
pub async fn prune(client: &impl GenericClient) -> Result<u64, StoreError> {
    stored::prune(client, KEPT).await
}
