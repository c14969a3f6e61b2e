//! Vehicles a site knows by plate: whose they are, and how they are found.

use boomgate_domain::ids::{SiteId, UserId, VehicleId};
use boomgate_domain::people_key::people_key;
use boomgate_domain::plate::TypedPlate;
use deadpool_postgres::{GenericClient, Object};
use jiff::Timestamp;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{FromRow, execute, query, row};
use crate::words::VehicleType;

/// What people know of a vehicle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VehicleFacts {
    pub plate: TypedPlate,
    /// ISO 3166, two capital letters.
    pub country: Option<String>,
    pub kind: Option<VehicleType>,
    /// Whom to call.
    pub contact_name: String,
    pub phone: String,
    /// A person or a company.
    pub owner: String,
    pub notes: String,
}

impl VehicleFacts {
    pub(crate) fn people_key(&self) -> String {
        people_key(&self.contact_name, &self.owner, &self.phone)
    }
}

row! {
    /// A vehicle as it is stored.
    pub struct VehicleRow {
        pub site_id: SiteId,
        pub id: VehicleId,
        /// Canonical.
        pub plate: String,
        /// As it was written; none where nobody wrote it.
        pub plate_typed: Option<String>,
        pub country: Option<String>,
        pub vehicle_type: Option<String>,
        pub contact_name: String,
        pub phone: String,
        pub owner: String,
        pub notes: String,
        /// Rises with every change.
        pub version: i64,
        pub created_at: Timestamp,
        pub changed_at: Timestamp,
    }
}

/// Which vehicles of a site, by plate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VehicleFilter {
    pub country: Option<String>,
    pub kind: Option<VehicleType>,
    /// The last plate of the page before.
    pub after: Option<String>,
}

/// What to look for; what is none finds nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VehicleWords {
    /// A whole plate, canonical.
    pub plate: Option<String>,
    /// A part of a plate, as [`boomgate_domain::plate::look_alikes`] keys it.
    pub look_alikes: Option<String>,
    /// A part of a name or phone number, as [`boomgate_domain::people_key`] keys it.
    pub people: Option<String>,
    /// Only what begins so: a part of one or two signs is in too many.
    pub beginning: bool,
}

/// # Errors
/// [`StoreError::Database`]; [`StoreError::is_duplicate`] when the site has the plate.
pub async fn insert(
    tx: &impl GenericClient,
    (site, id): (SiteId, VehicleId),
    facts: &VehicleFacts,
    by: Option<UserId>,
) -> Result<(), StoreError> {
    write(tx, include_str!("../queries/vehicles/insert.sql"), (site, id), facts, by).await
}

/// # Errors
/// As [`insert`].
pub async fn set(
    tx: &impl GenericClient,
    (site, id): (SiteId, VehicleId),
    facts: &VehicleFacts,
    by: Option<UserId>,
) -> Result<(), StoreError> {
    write(tx, include_str!("../queries/vehicles/set.sql"), (site, id), facts, by).await
}

async fn write(
    tx: &impl GenericClient,
    sql: &str,
    (site, id): (SiteId, VehicleId),
    facts: &VehicleFacts,
    by: Option<UserId>,
) -> Result<(), StoreError> {
    let kind = facts.kind.map(VehicleType::as_str);
    let by = by.map(|user| user.as_uuid());
    let VehicleFacts { plate, country, kind: _, contact_name, phone, owner, notes } = facts;
    execute(
        tx,
        sql,
        &[
            &site.as_uuid(),
            &id.as_uuid(),
            &plate.plate().as_str(),
            &plate.text(),
            country,
            &kind,
            contact_name,
            phone,
            owner,
            notes,
            &facts.people_key(),
            &by,
        ],
    )
    .await
    .map(drop)
}

/// # Errors
/// [`StoreError::Database`].
pub async fn remove(tx: &impl GenericClient, site: SiteId, id: VehicleId) -> Result<(), StoreError> {
    let sql = include_str!("../queries/vehicles/remove.sql");
    execute(tx, sql, &[&site.as_uuid(), &id.as_uuid()]).await.map(drop)
}

/// Of two people who change one vehicle at once, the second waits here.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn lock(tx: &impl GenericClient, site: SiteId, id: VehicleId) -> Result<(), StoreError> {
    let sql = include_str!("../queries/vehicles/lock.sql");
    execute(tx, sql, &[&site.as_uuid(), &id.as_uuid()]).await.map(drop)
}

/// The vehicles of these sites that have this id or this canonical plate, at most two of them.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn of_sites(
    client: &impl GenericClient,
    sites: &[Uuid],
    id: Option<VehicleId>,
    plate: Option<&str>,
) -> Result<Vec<VehicleRow>, StoreError> {
    let id = id.map(|id| id.as_uuid());
    query(client, include_str!("../queries/vehicles/of_sites.sql"), &[&sites, &id, &plate]).await
}

/// # Errors
/// [`StoreError::Database`].
pub async fn page(
    client: &impl GenericClient,
    site: SiteId,
    filter: &VehicleFilter,
    limit: i64,
) -> Result<Vec<VehicleRow>, StoreError> {
    let VehicleFilter { country, kind, after } = filter;
    let kind = kind.map(VehicleType::as_str);
    let sql = include_str!("../queries/vehicles/page.sql");
    query(client, sql, &[&site.as_uuid(), country, &kind, after, &limit]).await
}

/// The vehicles that fit best, at most `limit`: the plate itself, plates that begin so, plates with the part, people.
///
/// The statement is planned for these words, each time anew: a plan for any words would read the whole table.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn search(
    client: &Object,
    site: SiteId,
    words: &VehicleWords,
    limit: i64,
) -> Result<Vec<VehicleRow>, StoreError> {
    let sql = if words.beginning {
        include_str!("../queries/vehicles/search_beginning.sql")
    } else {
        include_str!("../queries/vehicles/search.sql")
    };
    let VehicleWords { plate, look_alikes, people, beginning: _ } = words;
    let people = people.as_deref().map(escaped);
    let rows = client
        .query_typed(
            sql,
            &[
                (&site.as_uuid(), Type::UUID),
                (plate, Type::TEXT),
                (look_alikes, Type::TEXT),
                (&people, Type::TEXT),
                (&limit, Type::INT8),
            ],
        )
        .await?;
    Ok(rows.iter().map(VehicleRow::from_row).collect::<Result<_, _>>()?)
}

/// As `like` takes it for the text itself.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
