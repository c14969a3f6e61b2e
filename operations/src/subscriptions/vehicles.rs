//! The vehicles of a subscription: added, removed, one plate for another.

use boomgate_domain::ids::{SiteId, SubscriptionId};
use boomgate_domain::plate::{Plate, TypedPlate};
use boomgate_store::GenericClient;
use boomgate_store::sites::{self, SiteRow};
use boomgate_store::subscription_contracts::{self as stored, ContractRow};
use boomgate_store::subscription_plates::{self, NewPlate};
use boomgate_store::words::SubscriptionChange;
use jiff::Timestamp;
use serde_json::json;

use super::history::{Act, note, reason_of};
use crate::access::{Authorized, SubscriptionsWrite};
use crate::error::OperationError;
use crate::fault::Fault;
use crate::unit::Unit;

/// Most vehicles of a subscription.
pub const MOST_VEHICLES: usize = 2_000;

/// What becomes of the vehicles. One removed and one added at once is a change of plate.
#[derive(Clone, Debug, Default)]
pub struct SetVehicles {
    /// As people wrote them; those it has already are left as they are.
    pub add: Vec<TypedPlate>,
    /// Those it has not are left out.
    pub remove: Vec<Plate>,
    /// In the person's words; may be empty.
    pub reason: String,
}

/// Changes the vehicles, from the next decision on. A car inside under a plate that is removed leaves as a visitor unless its
/// plate is somebody's; its place stays taken until then.
///
/// # Errors
/// More than [`MOST_VEHICLES`]; `PLATE-SUBSCRIBED` elsewhere; an unknown subscription; the database's.
pub async fn set_vehicles(
    unit: &Unit<'_>,
    by: &Authorized<SubscriptionsWrite>,
    site: &SiteRow,
    id: SubscriptionId,
    change: SetVehicles,
) -> Result<ContractRow, OperationError> {
    let (tx, reason, now) = (unit.tx(), reason_of(&change.reason)?, Timestamp::now());
    sites::lock(tx, site.id).await?;
    let row = stored::get(tx, site.id, id, now).await?;
    let present = present(tx, site.id, id).await?;
    let has = |plate: &Plate| present.iter().any(|known| known.plate() == plate);
    let removed: Vec<&Plate> = change.remove.iter().filter(|plate| has(plate)).collect();
    let added: Vec<TypedPlate> = distinct(change.add)
        .into_iter()
        .filter(|plate| !has(plate.plate()) || removed.contains(&plate.plate()))
        .collect();
    if present.len().saturating_add(added.len()).saturating_sub(removed.len()) > MOST_VEHICLES {
        return Err(Fault::new("add", "TOO-MANY", format!("at most {MOST_VEHICLES} vehicles")).into());
    }
    refuse_clash(tx, (site.id, id), &added, now, (row.valid_from, row.valid_until)).await?;
    for plate in &removed {
        subscription_plates::remove(tx, (site.id, id), plate.as_str(), now, by.actor().user()).await?;
    }
    for plate in added.iter().cloned() {
        let plate = NewPlate { site: site.id, subscription: id, plate, at: now, by: by.actor().user() };
        subscription_plates::insert(tx, &plate).await?;
    }
    let what = match (added.len(), removed.len()) {
        (0, 0) => return Ok(row),
        (_, 0) => SubscriptionChange::PlateAdded,
        (0, _) => SubscriptionChange::PlateRemoved,
        (_, _) => SubscriptionChange::PlateChanged,
    };
    let act = Act { what, reason, detail: json!({ "added": added.len(), "removed": removed.len() }) };
    note(unit, by, (site.id, id), &row.holder, act).await?;
    Ok(stored::get(tx, site.id, id, now).await?)
}

/// Each plate once.
pub(super) fn distinct(plates: Vec<TypedPlate>) -> Vec<TypedPlate> {
    let mut kept: Vec<TypedPlate> = Vec::new();
    for plate in plates {
        if !kept.iter().any(|known| known.plate() == plate.plate()) {
            kept.push(plate);
        }
    }
    kept
}

/// The vehicles it has now.
pub(super) async fn present(
    tx: &impl GenericClient,
    site: SiteId,
    id: SubscriptionId,
) -> Result<Vec<TypedPlate>, OperationError> {
    let rows = subscription_plates::of_subscriptions(tx, &[site.as_uuid()], &[id.as_uuid()]).await?;
    let now = rows.into_iter().filter(|row| row.removed_at.is_none());
    Ok(now
        .filter_map(|row| TypedPlate::parse(row.plate_typed.as_deref().unwrap_or(&row.plate)).ok())
        .collect())
}

/// A plate has one subscription at a time: which one a car uses, and whose place it takes, must not be a guess.
pub(super) async fn refuse_clash(
    tx: &impl GenericClient,
    subscription: (SiteId, SubscriptionId),
    plates: &[TypedPlate],
    now: Timestamp,
    validity: (Option<Timestamp>, Option<Timestamp>),
) -> Result<(), OperationError> {
    let texts: Vec<&str> = plates.iter().map(|plate| plate.plate().as_str()).collect();
    if texts.is_empty() {
        return Ok(());
    }
    let clashes = subscription_plates::clash(tx, subscription, &texts, now, validity).await?;
    if clashes.is_empty() {
        return Ok(());
    }
    let named: Vec<String> =
        clashes.iter().take(5).map(|clash| format!("{} ({})", clash.plate, clash.holder)).collect();
    let why = format!("another subscription has the plate in the same time: {}", named.join(", "));
    Err(OperationError::conflict("PLATE-SUBSCRIBED", why))
}
