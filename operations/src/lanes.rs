//! Lanes: made, found by their code, and corrected.

use boomgate_domain::decide::Direction;
use boomgate_domain::ids::{LaneCode, LaneId, SiteCode, SiteId};
use boomgate_store::GenericClient;
use boomgate_store::audit;
use boomgate_store::audit_action::AuditAction;
use boomgate_store::devices::{self, DeviceRow};
use boomgate_store::lanes::{self as stored, LaneRow, NewLane, direction_name};
use boomgate_store::sites::{self as stored_sites, SiteRow};
use uuid::Uuid;

use crate::access::{Authorized, SettingsWrite};
use crate::error::OperationError;
use crate::fault::Change;
use crate::sites;
use crate::unit::Unit;

/// A lane to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddLane {
    /// Used once at its site.
    pub code: LaneCode,
    /// As people read it.
    pub name: String,
    /// Which way it leads.
    pub direction: Direction,
}

/// What is to be another than it is; none stays.
#[derive(Clone, Debug)]
pub struct SetLane {
    /// Of the lane's site.
    pub site: SiteCode,
    /// Of the lane.
    pub lane: LaneCode,
    /// As people read it.
    pub name: Option<String>,
    /// Which way it leads.
    pub direction: Option<Direction>,
}

/// What became of it.
#[derive(Debug)]
pub struct LaneSet {
    /// What is another now.
    pub changes: Vec<Change>,
    /// The lane's device that is not revoked; its configuration contains the direction, too.
    pub device: Option<DeviceRow>,
}

/// The lane of this code; made where it is not there.
///
/// # Errors
/// The database's.
pub async fn ensure(
    client: &impl GenericClient,
    site: SiteId,
    code: &LaneCode,
    name: &str,
    direction: Direction,
) -> Result<LaneId, OperationError> {
    if let Some(lane) = stored::by_code(client, site, code).await? {
        return Ok(lane.id);
    }
    let id = LaneId::from_uuid(Uuid::now_v7());
    stored::insert(client, &NewLane { site, id, code: code.clone(), name: name.to_owned(), direction })
        .await?;
    Ok(id)
}

/// Makes a lane at a site where the caller was found to hold the permission. It works once it has a device.
///
/// # Errors
/// `LANE-CODE-TAKEN`; the database's.
pub async fn add(
    unit: &Unit<'_>,
    by: &Authorized<SettingsWrite>,
    site: &SiteRow,
    new: AddLane,
) -> Result<LaneId, OperationError> {
    let tx = unit.tx();
    stored_sites::lock(tx, site.id).await?;
    if stored::by_code(tx, site.id, &new.code).await?.is_some() {
        let why = format!("site {} has a lane {} already", site.code, new.code);
        return Err(OperationError::conflict("LANE-CODE-TAKEN", why));
    }
    let lane = ensure(tx, site.id, &new.code, &new.name, new.direction).await?;
    let action = AuditAction::LaneAdd {
        lane: lane.as_uuid(),
        code: new.code.to_string(),
        direction: direction_name(new.direction).to_owned(),
    };
    let mut line = by.audit_line(site.id, action);
    line.lane_id = Some(lane.as_uuid());
    audit::insert_many(tx, &[line]).await?;
    Ok(lane)
}

/// Corrects a lane, for every event that comes from now on.
///
/// # Errors
/// An unknown site or lane; the database's.
pub async fn set(
    unit: &Unit<'_>,
    by: &Authorized<SettingsWrite>,
    request: &SetLane,
) -> Result<LaneSet, OperationError> {
    let tx = unit.tx();
    let site = sites::by_code(tx, by.actor().tenant, &request.site).await?;
    stored_sites::lock(tx, site.id).await?;
    let lane = by_code(tx, &site, &request.lane).await?;
    let name = request.name.as_deref().unwrap_or(&lane.name);
    let before: Direction = stored_sites::read_word("lanes.direction", &lane.direction)?;
    let direction = request.direction.unwrap_or(before);
    let changes: Vec<Change> = [
        Change::of("name", &lane.name, name),
        Change::of("direction", &lane.direction, direction_name(direction)),
    ]
    .into_iter()
    .flatten()
    .collect();
    let device = devices::live_of_site(tx, site.id).await?.into_iter().find(|one| one.lane_id == lane.id);
    if !changes.is_empty() {
        stored::set(tx, (site.id, lane.id), name, direction).await?;
        let pair = |field| Change::pair(&changes, field);
        let action = AuditAction::LaneSet { name: pair("name"), direction: pair("direction") };
        let mut line = by.audit_line(site.id, action);
        line.lane_id = Some(lane.id.as_uuid());
        audit::insert_many(tx, &[line]).await?;
    }
    if let Some(device) = &device {
        let code = device.code.parse().map_err(|_| OperationError::Broken(device.code.clone()))?;
        devices::changed(tx, &code).await?;
    }
    Ok(LaneSet { changes, device })
}

/// The site's lane of this code.
///
/// # Errors
/// It does not exist; the message lists those that do.
pub async fn by_code(
    client: &impl GenericClient,
    site: &SiteRow,
    code: &LaneCode,
) -> Result<LaneRow, OperationError> {
    if let Some(lane) = stored::by_code(client, site.id, code).await? {
        return Ok(lane);
    }
    let known: Vec<String> = stored::list(client, site.id).await?.into_iter().map(|lane| lane.code).collect();
    let which = if known.is_empty() { "it has none".into() } else { format!("it has: {}", known.join(", ")) };
    Err(OperationError::Unknown(format!("site {} has no lane {code}; {which}", site.code)))
}
