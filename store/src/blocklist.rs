//! Plates that do not get in.

use boomgate_domain::ids::{BlockId, SiteId, UserId};
use boomgate_domain::plate::TypedPlate;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{execute, query, row};

pub(crate) const MATCH_MANY: &str = include_str!("../queries/blocklist/match_many.sql");

/// A block to be set.
#[derive(Clone, Debug, PartialEq)]
pub struct NewBlock {
    pub site: SiteId,
    pub id: BlockId,
    pub plate: TypedPlate,
    pub reason: String,
    pub valid_from: Option<Timestamp>,
    pub valid_until: Option<Timestamp>,
    pub by: Option<UserId>,
}

row! {
    /// A block, valid now, of a plate or of a twin of it (0 for O, 1 for I); `plate` is the blocked one.
    pub struct BlockRow {
        pub site_id: Uuid,
        pub plate: String,
        /// As a person wrote it.
        pub plate_typed: Option<String>,
        pub id: Uuid,
        pub valid_from: Option<Timestamp>,
        pub valid_until: Option<Timestamp>,
    }
}

/// # Errors
/// [`StoreError::Database`].
pub async fn insert(client: &impl GenericClient, new: &NewBlock) -> Result<(), StoreError> {
    let by = new.by.map(|user| user.as_uuid());
    let sql = include_str!("../queries/blocklist/insert.sql");
    execute(
        client,
        sql,
        &[
            &new.site.as_uuid(),
            &new.id.as_uuid(),
            &new.plate.plate().as_str(),
            &new.reason,
            &new.valid_from,
            &new.valid_until,
            &by,
            &new.plate.text(),
        ],
    )
    .await
    .map(drop)
}

/// Blocks of these plates and of their twins that hold at `now`; `sites` and `plates` are pairs.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn match_many(
    client: &impl GenericClient,
    sites: &[Uuid],
    plates: &[&str],
    now: Timestamp,
) -> Result<Vec<BlockRow>, StoreError> {
    query(client, MATCH_MANY, &[&sites, &plates, &now]).await
}
