//! Plates that do not get in.

use boomgate_domain::ids::{BlockId, SiteId, StayId, UserId};
use boomgate_domain::plate::{Plate, TypedPlate};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{execute, query, query_opt, row};
use crate::words::BlockState;

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

row! {
    /// A block as it is read.
    pub struct BlockDetail {
        pub site_id: SiteId,
        pub site_code: String,
        pub id: BlockId,
        pub plate: String,
        /// As a person wrote it.
        pub plate_typed: Option<String>,
        pub reason: String,
        pub valid_from: Option<Timestamp>,
        pub valid_until: Option<Timestamp>,
        pub created_at: Timestamp,
        pub created_by: Option<UserId>,
        /// As the person is called now.
        pub created_name: Option<String>,
        pub lifted_at: Option<Timestamp>,
        pub lifted_by: Option<UserId>,
        pub lifted_name: Option<String>,
        pub lift_reason: Option<String>,
        /// The open stay of the plate or of a twin of it.
        pub inside: Option<StayId>,
    }
}

impl BlockDetail {
    /// How far it has come at `now`.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> BlockState {
        if self.lifted_at.is_some() {
            BlockState::Lifted
        } else if self.valid_until.is_some_and(|until| until <= now) {
            BlockState::Expired
        } else if self.valid_from.is_some_and(|from| from > now) {
            BlockState::Planned
        } else {
            BlockState::Active
        }
    }
}

/// Which blocks are read; what is none is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockFilter {
    pub state: Option<BlockState>,
    /// Part of a plate, or of a reason.
    pub part: Option<String>,
    /// Of the last block of the page before.
    pub before: Option<BlockId>,
}

/// Blocks of these sites, the newest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn page(
    client: &impl GenericClient,
    sites: &[Uuid],
    filter: &BlockFilter,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<BlockDetail>, StoreError> {
    let state = filter.state.map(BlockState::as_str);
    let part = filter.part.as_deref();
    let plate =
        part.map(|part| Plate::parse(part).map_or_else(|_| "?".to_owned(), |plate| plate.to_string()));
    let before = filter.before.map(|before| before.as_uuid());
    let sql = include_str!("../queries/blocklist/page.sql");
    let text = part.map(escape);
    query(client, sql, &[&sites, &state, &plate, &text, &before, &None::<Uuid>, &now, &limit]).await
}

/// One block.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Database`].
pub async fn get(
    client: &impl GenericClient,
    site: SiteId,
    id: BlockId,
    now: Timestamp,
) -> Result<BlockDetail, StoreError> {
    let (none, text) = (None::<Uuid>, None::<&str>);
    let (sites, one) = ([site.as_uuid()], Some(id.as_uuid()));
    let sql = include_str!("../queries/blocklist/page.sql");
    let found =
        query_opt(client, sql, &[&sites.as_slice(), &text, &text, &text, &none, &one, &now, &1_i64]).await?;
    found.ok_or_else(|| StoreError::NotFound { what: "block", id: id.to_string() })
}

/// Another reason, another end.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn change(
    tx: &impl GenericClient,
    (site, id): (SiteId, BlockId),
    reason: &str,
    valid_until: Option<Timestamp>,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/blocklist/change.sql");
    execute(tx, sql, &[&site.as_uuid(), &id.as_uuid(), &reason, &valid_until]).await.map(drop)
}

/// Ends a block; whether it was not lifted before.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn lift(
    tx: &impl GenericClient,
    (site, id): (SiteId, BlockId),
    at: Timestamp,
    by: Option<UserId>,
    reason: &str,
) -> Result<bool, StoreError> {
    let by = by.map(|user| user.as_uuid());
    let sql = include_str!("../queries/blocklist/lift.sql");
    Ok(execute(tx, sql, &[&site.as_uuid(), &id.as_uuid(), &at, &by, &reason]).await? > 0)
}

/// Whether exactly this plate has a block that is not over.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn is_blocked(
    client: &impl GenericClient,
    site: SiteId,
    plate: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    row! {
        pub struct Found {
            pub blocked: bool,
        }
    }
    let sql = include_str!("../queries/blocklist/blocked.sql");
    let found: Option<Found> = query_opt(client, sql, &[&site.as_uuid(), &plate, &now]).await?;
    Ok(found.is_some_and(|found| found.blocked))
}

row! {
    /// A plate that stands on a list of a site now or later.
    pub struct ListedPlate {
        pub plate: String,
        /// `block` or `right`.
        pub list: String,
    }
}

/// Every plate with a block or a right at this site that is not over.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn in_force(
    client: &impl GenericClient,
    site: SiteId,
    now: Timestamp,
) -> Result<Vec<ListedPlate>, StoreError> {
    query(client, include_str!("../queries/blocklist/in_force.sql"), &[&site.as_uuid(), &now]).await
}

/// For `like`: the text itself, whatever signs it has.
pub(crate) fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
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
