//! Lanes: found by their code, and corrected.

use anyhow::{Result, bail};
use boomgate_domain::decide::Direction;
use boomgate_domain::ids::{LaneCode, SiteCode};
use boomgate_store::devices::{self, DeviceRow};
use boomgate_store::lanes::{self, LaneRow, direction_name};
use boomgate_store::sites::{self, SiteRow};
use boomgate_store::{GenericClient, audit};

use super::{Change, audit_line, changes, changes_detail};

/// What is to be another than it is; none stays.
#[derive(Clone, Debug)]
pub struct SetLane {
    pub site: SiteCode,
    pub lane: LaneCode,
    pub name: Option<String>,
    pub direction: Option<Direction>,
}

/// What became of it.
#[derive(Debug)]
pub struct LaneSet {
    pub changes: Vec<Change>,
    /// The lane's device that may speak; the direction stands in its configuration, too.
    pub device: Option<DeviceRow>,
}

/// Corrects a lane, for every event that comes from now on.
///
/// # Errors
/// An unknown site or lane; the database's.
pub async fn set(client: &mut impl GenericClient, request: &SetLane) -> Result<LaneSet> {
    let tx = client.transaction().await?;
    let site = super::sites::by_code(&tx, &request.site).await?;
    sites::lock(&tx, site.id).await?;
    let lane = by_code(&tx, &site, &request.lane).await?;
    let name = request.name.as_deref().unwrap_or(&lane.name);
    let before: Direction = sites::read_word("lanes.direction", &lane.direction)?;
    let direction = request.direction.unwrap_or(before);
    let changed =
        changes([("name", &lane.name, name), ("direction", &lane.direction, direction_name(direction))]);
    let device = devices::live_of_site(&tx, site.id).await?.into_iter().find(|one| one.lane_id == lane.id);
    if !changed.is_empty() {
        lanes::set(&tx, (site.id, lane.id), name, direction).await?;
        let line = audit_line(site.id, Some(lane.id), "lane.set", changes_detail(&changed));
        audit::insert_many(&tx, &[line]).await?;
    }
    if let Some(device) = &device {
        devices::changed(&tx, &device.code.parse()?).await?;
    }
    tx.commit().await?;
    Ok(LaneSet { changes: changed, device })
}

/// The lane of this code.
///
/// # Errors
/// There is none; the message says which there are.
pub async fn by_code(client: &impl GenericClient, site: &SiteRow, code: &LaneCode) -> Result<LaneRow> {
    if let Some(lane) = lanes::by_code(client, site.id, code).await? {
        return Ok(lane);
    }
    let known: Vec<String> = lanes::list(client, site.id).await?.into_iter().map(|lane| lane.code).collect();
    bail!("site {} has no lane {code}; it has: {}", site.code, known.join(", "))
}
