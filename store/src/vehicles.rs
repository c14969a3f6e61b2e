//! Vehicles a site knows by plate.

use boomgate_domain::ids::{SiteId, VehicleId};
use boomgate_domain::plate::TypedPlate;
use deadpool_postgres::GenericClient;

use crate::error::StoreError;
use crate::statement::execute;

/// A vehicle to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct NewVehicle {
    pub site: SiteId,
    pub id: VehicleId,
    pub plate: TypedPlate,
    pub country: Option<String>,
    pub vehicle_type: Option<String>,
    pub note: String,
}

/// Stores the vehicle, or replaces the row of its plate.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn upsert(client: &impl GenericClient, new: &NewVehicle) -> Result<(), StoreError> {
    let sql = include_str!("../queries/vehicles/upsert.sql");
    execute(
        client,
        sql,
        &[
            &new.site.as_uuid(),
            &new.id.as_uuid(),
            &new.plate.plate().as_str(),
            &new.country,
            &new.vehicle_type,
            &new.note,
            &new.plate.text(),
        ],
    )
    .await
    .map(drop)
}
