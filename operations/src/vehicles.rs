//! Vehicles: made, corrected, removed, found while somebody types, imported and exported.

mod columns;
pub mod export;
pub mod import;

use boomgate_domain::ids::{SiteId, VehicleId};
use boomgate_domain::people_key;
use boomgate_domain::plate::Plate;
use boomgate_domain::plate::look_alikes::look_alike_key;
use boomgate_store::audit;
use boomgate_store::audit_action::AuditAction;
use boomgate_store::vehicles::{self as stored, VehicleFacts, VehicleRow, VehicleWords};
use boomgate_store::{GenericClient, StoreError};
use uuid::Uuid;

use crate::access::{AccessError, Authorized, Grant, StaysRead, VehiclesWrite};
use crate::error::OperationError;
use crate::unit::Unit;

/// Longest name, owner or phone number, in characters.
pub const LONGEST_NAME: usize = 100;

/// Longest notes, in characters.
pub const LONGEST_NOTES: usize = 1_000;

/// Longest reason for a look at a plate's history, in characters.
pub const LONGEST_REASON: usize = 200;

/// From so many signs on, any part of a plate or a name is looked for; of fewer only the beginning.
const FEWEST_FOR_A_PART: usize = 3;

/// A vehicle that the caller may see, by its id or its plate.
///
/// # Errors
/// [`AccessError::NotFound`]; [`AccessError::SiteNeeded`] where several of the sites know the plate; the database's.
pub async fn find(
    client: &impl GenericClient,
    sites: &[SiteId],
    text: &str,
) -> Result<VehicleRow, AccessError> {
    let ids: Vec<Uuid> = sites.iter().map(SiteId::as_uuid).collect();
    let id = text.parse().map(VehicleId::from_uuid).ok();
    let plate = if id.is_none() { Plate::parse(text).ok() } else { None };
    let mut found = stored::of_sites(client, &ids, id, plate.as_ref().map(Plate::as_str)).await?;
    match (found.pop(), found.is_empty()) {
        (Some(vehicle), true) => Ok(vehicle),
        (Some(_), false) => Err(AccessError::SiteNeeded),
        (None, _) => Err(AccessError::NotFound("vehicle")),
    }
}

/// Adds a vehicle.
///
/// # Errors
/// `PLATE-KNOWN` at this site; the database's.
pub async fn add(
    unit: &Unit<'_>,
    by: &Authorized<VehiclesWrite>,
    site: SiteId,
    facts: &VehicleFacts,
) -> Result<VehicleRow, OperationError> {
    let id = VehicleId::from_uuid(Uuid::now_v7());
    stored::insert(unit.tx(), (site, id), facts, by.actor().user()).await.map_err(known_already)?;
    let action = AuditAction::VehicleAdd { vehicle: id.as_uuid() };
    audit::insert_many(unit.tx(), &[by.audit_line(site, action)]).await?;
    of_id(unit.tx(), site, id).await
}

/// Corrects a vehicle; the caller has seen the version that is changed.
///
/// # Errors
/// `PLATE-KNOWN` for another plate; the database's.
pub async fn set(
    unit: &Unit<'_>,
    by: &Authorized<VehiclesWrite>,
    before: &VehicleRow,
    facts: &VehicleFacts,
) -> Result<VehicleRow, OperationError> {
    let fields = changed_fields(before, facts);
    if fields.is_empty() {
        return Ok(before.clone());
    }
    let (site, id) = (before.site_id, before.id);
    stored::set(unit.tx(), (site, id), facts, by.actor().user()).await.map_err(known_already)?;
    let action = AuditAction::VehicleSet { vehicle: id.as_uuid(), fields };
    audit::insert_many(unit.tx(), &[by.audit_line(site, action)]).await?;
    of_id(unit.tx(), site, id).await
}

/// Removes a vehicle. Its stays, subscriptions and blocks stay.
///
/// # Errors
/// The database's.
pub async fn remove(
    unit: &Unit<'_>,
    by: &Authorized<VehiclesWrite>,
    vehicle: &VehicleRow,
) -> Result<(), OperationError> {
    stored::remove(unit.tx(), vehicle.site_id, vehicle.id).await?;
    let action = AuditAction::VehicleRemove { vehicle: vehicle.id.as_uuid() };
    audit::insert_many(unit.tx(), &[by.audit_line(vehicle.site_id, action)]).await?;
    Ok(())
}

/// Notes in the audit that somebody looks at where and when a vehicle came and went, and why.
///
/// # Errors
/// No reason, or too long a one; the database's.
pub async fn look_at_history(
    unit: &Unit<'_>,
    by: &Authorized<StaysRead>,
    vehicle: &VehicleRow,
    reason: &str,
) -> Result<(), OperationError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        let why =
            format!("say why you look at it, in 1 to {LONGEST_REASON} characters: it is noted in the audit");
        return Err(OperationError::invalid("reason", why));
    }
    let action = AuditAction::VehicleHistorySeen { vehicle: vehicle.id.as_uuid() };
    let mut line = by.audit_line(vehicle.site_id, action);
    line.personal = Some((rand::random(), reason.to_owned()));
    audit::insert_many(unit.tx(), &[line]).await?;
    Ok(())
}

/// What to look for in vehicles when somebody has typed so much.
#[must_use]
pub fn words(typed: &str) -> VehicleWords {
    let plate = Plate::parse(typed).ok();
    VehicleWords {
        look_alikes: plate.as_ref().map(look_alike_key),
        plate: plate.map(String::from),
        people: people_key::wanted(typed),
        beginning: typed.trim().chars().count() < FEWEST_FOR_A_PART,
    }
}

async fn of_id(
    client: &impl GenericClient,
    site: SiteId,
    id: VehicleId,
) -> Result<VehicleRow, OperationError> {
    Ok(find(client, &[site], &id.to_string()).await?)
}

fn known_already(error: StoreError) -> OperationError {
    if error.is_duplicate() {
        return OperationError::conflict(
            "PLATE-KNOWN",
            "a vehicle with this plate is known at this site already",
        );
    }
    error.into()
}

/// The names of what differs; the values are personal and stand in no audit.
fn changed_fields(before: &VehicleRow, after: &VehicleFacts) -> Vec<String> {
    let kind = after.kind.map(|kind| kind.as_str());
    let typed = before.plate_typed.as_deref().unwrap_or(&before.plate);
    [
        ("plate", before.plate != after.plate.plate().as_str() || typed != after.plate.text()),
        ("country", before.country != after.country),
        ("vehicle_type", before.vehicle_type.as_deref() != kind),
        ("contact_name", before.contact_name != after.contact_name),
        ("phone", before.phone != after.phone),
        ("owner", before.owner != after.owner),
        ("notes", before.notes != after.notes),
    ]
    .into_iter()
    .filter(|(_, changed)| *changed)
    .map(|(field, _)| field.to_owned())
    .collect()
}

/// The sites at which a grant holds, or the one that was named.
///
/// # Errors
/// [`AccessError::NotFound`], [`AccessError::Forbidden`], the database's.
pub async fn sites_of<G: Grant>(
    client: &impl GenericClient,
    by: &Authorized<G>,
    wanted: Option<&crate::access::SiteRef>,
) -> Result<Vec<SiteId>, AccessError> {
    Ok(match wanted {
        Some(_) => vec![by.site(client, wanted).await?.id],
        None => by.sites(client).await?.into_iter().map(|site| site.id).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_plate_a_name_and_a_number_are_told_apart() {
        let found = words("bo-1");
        assert_eq!((found.plate.as_deref(), found.look_alikes.as_deref()), (Some("BO1"), Some("801")));
        assert_eq!((found.people.as_deref(), found.beginning), (Some("bo-1"), false));
        assert!(words("bo").beginning);
        assert_eq!(words("0901 23").people.as_deref(), Some("090123"));
        assert_eq!(words("Nguyễn Văn Đức").people.as_deref(), Some("nguyen van duc"));
        assert_eq!(words("  "), VehicleWords { beginning: true, ..VehicleWords::default() });
    }
}
