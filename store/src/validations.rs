//! Validation codes, and the stays for which they were redeemed.

use boomgate_domain::ids::{SiteId, StayId, UserId, ValidationCodeId, ValidationId};
use boomgate_domain::tariff::Benefit;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde_json::Value;

use crate::error::StoreError;
use crate::statement::{execute, query, query_opt, row};

row! {
    /// A code as stored.
    pub struct CodeRow {
        pub site_id: SiteId,
        pub id: ValidationCodeId,
        pub code: String,
        pub label: String,
        /// [`Benefit`] as JSON.
        pub benefit: Value,
        /// Most that one use takes off.
        pub most_off_minor: Option<i64>,
        /// None: as often as people like.
        pub max_uses: Option<i32>,
        pub valid_from: Timestamp,
        pub valid_until: Option<Timestamp>,
        pub created_by: Option<UserId>,
        pub created_name: String,
        pub created_at: Timestamp,
        pub cancelled_at: Option<Timestamp>,
        pub cancelled_name: Option<String>,
        /// Without those that were taken back.
        pub uses: i64,
    }
}

row! {
    /// A code redeemed for a stay.
    pub struct ValidationRow {
        pub site_id: SiteId,
        pub id: ValidationId,
        pub code_id: ValidationCodeId,
        pub stay_id: StayId,
        pub redeemed_by: Option<UserId>,
        pub redeemed_name: String,
        pub redeemed_at: Timestamp,
        /// Of prepaid time: what was left when it was redeemed.
        pub given_minutes: Option<i32>,
        /// Of prepaid time: what the stay took, once that is known.
        pub taken_minutes: Option<i32>,
        pub cancelled_at: Option<Timestamp>,
        pub cancelled_name: Option<String>,
        pub code: String,
        pub label: String,
        /// [`Benefit`] of the code as JSON.
        pub benefit: Value,
        pub most_off_minor: Option<i64>,
    }
}

fn read(benefit: &Value) -> Result<Benefit, StoreError> {
    serde_json::from_value(benefit.clone()).map_err(|error| StoreError::Stored {
        column: "validation_codes.benefit",
        value: benefit.to_string(),
        reason: error.to_string(),
    })
}

impl CodeRow {
    /// # Errors
    /// [`StoreError::Stored`] when the column holds what no program of ours wrote.
    pub fn benefit(&self) -> Result<Benefit, StoreError> {
        read(&self.benefit)
    }
}

impl ValidationRow {
    /// # Errors
    /// [`StoreError::Stored`] when the column holds what no program of ours wrote.
    pub fn benefit(&self) -> Result<Benefit, StoreError> {
        read(&self.benefit)
    }
}

/// A code to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCode {
    pub site: SiteId,
    pub id: ValidationCodeId,
    pub code: String,
    pub label: String,
    pub benefit: Benefit,
    pub most_off_minor: Option<i64>,
    pub max_uses: Option<i32>,
    pub valid_from: Timestamp,
    pub valid_until: Option<Timestamp>,
    pub by: Option<UserId>,
    pub by_name: String,
    pub at: Timestamp,
}

/// # Errors
/// [`StoreError::Database`]; [`StoreError::is_duplicate`] where the site has this code.
pub async fn insert_code(tx: &impl GenericClient, new: &NewCode) -> Result<(), StoreError> {
    let benefit =
        serde_json::to_value(new.benefit).map_err(|error| StoreError::Conflict(error.to_string()))?;
    execute(
        tx,
        include_str!("../queries/validation_codes/insert.sql"),
        &[
            &new.site.as_uuid(),
            &new.id.as_uuid(),
            &new.code,
            &new.label,
            &benefit,
            &new.most_off_minor,
            &new.max_uses,
            &new.valid_from,
            &new.valid_until,
            &new.by.map(|user| user.as_uuid()),
            &new.by_name,
            &new.at,
        ],
    )
    .await
    .map(drop)
}

/// The newest codes of a site; the next page begins `before` the last id of this one.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn page_of_codes(
    client: &impl GenericClient,
    site: SiteId,
    before: Option<ValidationCodeId>,
    limit: i64,
) -> Result<Vec<CodeRow>, StoreError> {
    let before = before.map(|id| id.as_uuid());
    let sql = include_str!("../queries/validation_codes/page.sql");
    query(client, sql, &[&site.as_uuid(), &before, &limit]).await
}

/// A code of any site by its id.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn code(client: &impl GenericClient, id: ValidationCodeId) -> Result<Option<CodeRow>, StoreError> {
    query_opt(client, include_str!("../queries/validation_codes/get.sql"), &[&id.as_uuid()]).await
}

/// A code of a site as people write it.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn by_code(
    client: &impl GenericClient,
    site: SiteId,
    code: &str,
) -> Result<Option<CodeRow>, StoreError> {
    query_opt(client, include_str!("../queries/validation_codes/by_code.sql"), &[&site.as_uuid(), &code])
        .await
}

/// Whoever redeems it next waits until this transaction ends.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn lock_code(
    tx: &impl GenericClient,
    site: SiteId,
    id: ValidationCodeId,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/validation_codes/lock.sql");
    execute(tx, sql, &[&site.as_uuid(), &id.as_uuid()]).await.map(drop)
}

/// Whether it was not cancelled before.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn cancel_code(
    tx: &impl GenericClient,
    site: SiteId,
    id: ValidationCodeId,
    (at, name): (Timestamp, &str),
) -> Result<bool, StoreError> {
    let sql = include_str!("../queries/validation_codes/cancel.sql");
    Ok(execute(tx, sql, &[&site.as_uuid(), &id.as_uuid(), &at, &name]).await? > 0)
}

/// A code redeemed for a stay, to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewValidation {
    pub site: SiteId,
    pub id: ValidationId,
    pub code: ValidationCodeId,
    pub stay: StayId,
    pub by: Option<UserId>,
    pub by_name: String,
    pub at: Timestamp,
    pub given_minutes: Option<i32>,
}

/// # Errors
/// [`StoreError::Database`]; [`StoreError::is_duplicate`] where it is redeemed for this stay already.
pub async fn insert(tx: &impl GenericClient, new: &NewValidation) -> Result<(), StoreError> {
    execute(
        tx,
        include_str!("../queries/validations/insert.sql"),
        &[
            &new.site.as_uuid(),
            &new.id.as_uuid(),
            &new.code.as_uuid(),
            &new.stay.as_uuid(),
            &new.by.map(|user| user.as_uuid()),
            &new.by_name,
            &new.at,
            &new.given_minutes,
        ],
    )
    .await
    .map(drop)
}

/// What was redeemed for a stay, also what was taken back, the oldest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn of_stay(
    client: &impl GenericClient,
    site: SiteId,
    stay: StayId,
) -> Result<Vec<ValidationRow>, StoreError> {
    let sql = include_str!("../queries/validations/of_stay.sql");
    query(client, sql, &[&site.as_uuid(), &stay.as_uuid()]).await
}

/// For what a code was redeemed, without what was taken back.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn of_code(
    client: &impl GenericClient,
    site: SiteId,
    code: ValidationCodeId,
) -> Result<Vec<ValidationRow>, StoreError> {
    let sql = include_str!("../queries/validations/of_code.sql");
    query(client, sql, &[&site.as_uuid(), &code.as_uuid()]).await
}

/// Takes a use back; whether it was not taken back before.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn cancel(
    tx: &impl GenericClient,
    site: SiteId,
    id: ValidationId,
    (at, name): (Timestamp, &str),
) -> Result<bool, StoreError> {
    let sql = include_str!("../queries/validations/cancel.sql");
    Ok(execute(tx, sql, &[&site.as_uuid(), &id.as_uuid(), &at, &name]).await? > 0)
}

/// What of prepaid time a stay took in the end.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn set_taken(
    tx: &impl GenericClient,
    site: SiteId,
    id: ValidationId,
    minutes: i32,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/validations/set_taken.sql");
    execute(tx, sql, &[&site.as_uuid(), &id.as_uuid(), &minutes]).await.map(drop)
}
