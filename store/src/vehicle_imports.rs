//! Imports of vehicles: staged, compared, merged, and taken back where nobody changed a vehicle since.

use boomgate_domain::ids::{SiteId, UserId, VehicleId};
use boomgate_domain::people_key::people_key;
use deadpool_postgres::{GenericClient, Transaction};
use futures_util::pin_mut;
use jiff::Timestamp;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{execute, query, query_opt, row};
use crate::vehicles::VehicleFacts;
use crate::words::VehicleType;

/// Longest that one statement of an import may take; a million vehicles take half a minute.
const STATEMENT_LIMIT: &str = "set local statement_timeout = '5min'";

/// A line of an import that has no fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedVehicle {
    /// In the file, the header being the first.
    pub line: i32,
    /// Where the import makes it.
    pub id: VehicleId,
    pub facts: VehicleFacts,
}

/// An import to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewImport {
    pub site: SiteId,
    pub id: Uuid,
    pub file_name: String,
    pub at: Timestamp,
    pub by: Option<UserId>,
    pub by_name: String,
    pub lines: i32,
    pub faulty: i32,
}

row! {
    /// What an import does, in numbers of vehicles.
    #[derive(Copy, Eq)]
    pub struct ImportCounts {
        pub created: i64,
        pub changed: i64,
        pub unchanged: i64,
    }
}

row! {
    /// What an import would do with a line: `created`, `changed` or `unchanged`.
    pub struct StagedOutcome {
        pub line: i32,
        pub plate_typed: String,
        pub outcome: String,
    }
}

row! {
    /// An import as it is listed.
    pub struct ImportRow {
        pub site_id: SiteId,
        pub id: Uuid,
        pub file_name: String,
        pub made_at: Timestamp,
        pub made_name: String,
        pub lines: i32,
        pub created: i32,
        pub changed: i32,
        pub unchanged: i32,
        pub faulty: i32,
        pub undone_at: Option<Timestamp>,
        pub undone_name: Option<String>,
        /// Whether what it did to each vehicle is still known.
        pub can_be_undone: bool,
    }
}

/// Brings the lines to the database; they are gone with the transaction.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn stage(tx: &Transaction<'_>, lines: &[StagedVehicle]) -> Result<(), StoreError> {
    tx.batch_execute(STATEMENT_LIMIT).await?;
    tx.batch_execute(include_str!("../queries/vehicles/stage_table.sql")).await?;
    let sink = tx.copy_in(include_str!("../queries/vehicles/stage.sql")).await?;
    let text = [const { Type::TEXT }; 9];
    let types: Vec<Type> = [Type::INT4, Type::UUID].into_iter().chain(text).collect();
    let writer = BinaryCopyInWriter::new(sink, &types);
    pin_mut!(writer);
    for StagedVehicle { line, id, facts } in lines {
        let VehicleFacts { plate, country, kind, contact_name, phone, owner, notes } = facts;
        let key = people_key(contact_name, owner, phone);
        let (plate, typed) = (plate.plate().as_str(), plate.text());
        let kind = kind.map(VehicleType::as_str);
        let row: [&(dyn tokio_postgres::types::ToSql + Sync); 11] =
            [line, &id.as_uuid(), &plate, &typed, country, &kind, contact_name, phone, owner, notes, &key];
        writer.as_mut().write(&row).await?;
    }
    writer.finish().await?;
    tx.batch_execute("analyze staged_vehicles").await?;
    Ok(())
}

/// What merging the staged lines would do.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn counts(tx: &impl GenericClient, site: SiteId) -> Result<ImportCounts, StoreError> {
    let sql = include_str!("../queries/vehicles/staged_counts.sql");
    let counts = query_opt(tx, sql, &[&site.as_uuid()]).await?;
    Ok(counts.unwrap_or(ImportCounts { created: 0, changed: 0, unchanged: 0 }))
}

/// The same, line by line, of the first lines.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn outcomes(
    tx: &impl GenericClient,
    site: SiteId,
    limit: i64,
) -> Result<Vec<StagedOutcome>, StoreError> {
    query(tx, include_str!("../queries/vehicles/staged_outcomes.sql"), &[&site.as_uuid(), &limit]).await
}

/// Records the import and merges the staged lines into the site's vehicles.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn merge(tx: &impl GenericClient, new: &NewImport) -> Result<ImportCounts, StoreError> {
    let (site, by) = (new.site.as_uuid(), new.by.map(|user| user.as_uuid()));
    let staged = counts(tx, new.site).await?;
    execute(
        tx,
        include_str!("../queries/vehicle_imports/insert.sql"),
        &[
            &site,
            &new.id,
            &new.file_name,
            &new.at,
            &by,
            &new.by_name,
            &new.lines,
            &0_i32,
            &0_i32,
            &0_i32,
            &new.faulty,
        ],
    )
    .await?;
    let what: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&site, &new.id, &by];
    let changed = as_count(execute(tx, include_str!("../queries/vehicles/merge_changed.sql"), &what).await?);
    let created = as_count(execute(tx, include_str!("../queries/vehicles/merge_created.sql"), &what).await?);
    let unchanged = (staged.created + staged.changed + staged.unchanged) - created - changed;
    let shown = [created, changed, unchanged].map(|count| i32::try_from(count).unwrap_or(i32::MAX));
    let sql = include_str!("../queries/vehicle_imports/set_counts.sql");
    execute(tx, sql, &[&site, &new.id, &shown[0], &shown[1], &shown[2]]).await?;
    Ok(ImportCounts { created, changed, unchanged })
}

fn as_count(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// The newest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn page(
    client: &impl GenericClient,
    site: SiteId,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<ImportRow>, StoreError> {
    let sql = include_str!("../queries/vehicle_imports/page.sql");
    query(client, sql, &[&site.as_uuid(), &before, &None::<Uuid>, &limit]).await
}

/// # Errors
/// [`StoreError::Database`].
pub async fn get(
    client: &impl GenericClient,
    site: SiteId,
    id: Uuid,
) -> Result<Option<ImportRow>, StoreError> {
    let sql = include_str!("../queries/vehicle_imports/page.sql");
    query_opt(client, sql, &[&site.as_uuid(), &None::<Uuid>, &Some(id), &1_i64]).await
}

/// Of two people who take one import back, the second waits here.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn lock(tx: &impl GenericClient, site: SiteId, id: Uuid) -> Result<(), StoreError> {
    execute(tx, include_str!("../queries/vehicle_imports/lock.sql"), &[&site.as_uuid(), &id]).await.map(drop)
}

/// How many vehicles were made as they were: removed, and changed back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undone {
    pub removed: i64,
    pub restored: i64,
}

/// Takes back what the import did to vehicles that nobody has changed since.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn undo(
    tx: &impl GenericClient,
    (site, id): (SiteId, Uuid),
    at: Timestamp,
    (by, name): (Option<UserId>, &str),
) -> Result<Undone, StoreError> {
    tx.batch_execute(STATEMENT_LIMIT).await?;
    let (site, by) = (site.as_uuid(), by.map(|user| user.as_uuid()));
    let removed =
        execute(tx, include_str!("../queries/vehicle_imports/undo_created.sql"), &[&site, &id]).await?;
    let restored =
        execute(tx, include_str!("../queries/vehicle_imports/undo_changed.sql"), &[&site, &id, &by]).await?;
    execute(tx, include_str!("../queries/vehicle_imports/forget_lines.sql"), &[&site, &id]).await?;
    execute(tx, include_str!("../queries/vehicle_imports/set_undone.sql"), &[&site, &id, &at, &name]).await?;
    Ok(Undone { removed: as_count(removed), restored: as_count(restored) })
}

/// Forgets what imports of more than 30 days ago did: they can be taken back no more.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn prune(tx: &impl GenericClient) -> Result<u64, StoreError> {
    execute(tx, include_str!("../queries/vehicle_imports/prune_lines.sql"), &[]).await
}
