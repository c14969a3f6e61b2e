//! Tenants and their sites: settings, the site's lock, what a decision needs to know of the place.

use boomgate_domain::decide::{Passback, SiteMode};
use boomgate_domain::ids::{SiteCode, SiteId, TenantId};
use boomgate_domain::lane_mode::LaneMode;
use boomgate_domain::money::{Currency, Money};
use boomgate_domain::reason::Lang;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{columns, execute, query, query_opt, row};
use crate::stays::StayRow;

pub(crate) const LOCK: &str = include_str!("../queries/sites/lock.sql");
pub(crate) const FACTS: &str = include_str!("../queries/sites/facts.sql");
pub(crate) const UPDATE_STATE: &str = include_str!("../queries/site_state/update_many.sql");

/// How long a space is reserved for a car that was let in; stands in `sites/facts.sql` too.
pub const ENTRY_RESERVATION: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);

/// What of a site can be corrected, as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteSettings {
    pub name: String,
    /// IANA name, `Europe/Vienna`.
    pub time_zone: String,
    pub currency: Currency,
    /// Of signs and pages, the preferred one first: `en`, `vi`.
    pub languages: Vec<String>,
    /// Spaces for visitors; none for a site that does not count.
    pub capacity: Option<u32>,
}

row! {
    /// What would be lost with another currency.
    pub struct SiteMoney {
        pub open_stays: i64,
        pub ledger_entries: i64,
    }
}

/// A site to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSite {
    pub id: SiteId,
    pub tenant: TenantId,
    pub code: SiteCode,
    pub name: String,
    /// IANA name, `Europe/Vienna`.
    pub time_zone: String,
    pub currency: Currency,
    /// Of signs and pages, the preferred one first.
    pub languages: Vec<Lang>,
    pub mode: SiteMode,
    /// Spaces for visitors; none for a site that does not count.
    pub capacity: Option<u32>,
    pub visitors: bool,
    pub passback: Passback,
    /// Above this due amount (minor units) a plate alone does not get to pay at the exit.
    pub plate_only_limit_minor: Option<i64>,
    /// Key of the offline list's tags, from a generator of secrets.
    pub list_key: [u8; 32],
}

row! {
    pub struct SiteRow {
        pub id: SiteId,
        pub tenant_id: TenantId,
        pub code: String,
        pub name: String,
        pub time_zone: String,
        pub currency: String,
        /// Of signs and pages, the preferred one first: `en`, `vi`.
        pub languages: Vec<String>,
        pub mode: String,
        pub capacity: Option<i32>,
        pub visitors: bool,
        pub passback: String,
        pub plate_only_limit_minor: Option<i64>,
        pub list_key: Vec<u8>,
    }
}

row! {
    /// The often written half of a site.
    pub struct SiteState {
        pub site_id: SiteId,
        /// Cars inside as passages count them.
        pub inside: i32,
        /// Number of the newest row of the live feed.
        pub live_no: i64,
        pub list_version: i64,
    }
}

row! {
    /// What a batch needs to know of a site; read under its lock.
    pub struct SiteFacts {
        pub site_id: Uuid,
        pub code: String,
        pub time_zone: String,
        pub currency: String,
        pub mode: String,
        pub capacity: Option<i32>,
        pub visitors: bool,
        pub passback: String,
        pub plate_only_limit_minor: Option<i64>,
        pub inside: i32,
        pub live_no: i64,
        /// Cars that were let in within [`ENTRY_RESERVATION`] and have not passed yet; 0 for a site that does not count.
        pub promised: i64,
        /// Tariff versions in the order in which they come into force, also those of a time to come.
        pub tariff_ids: Vec<Uuid>,
        /// When each does.
        pub tariff_starts: Vec<Timestamp>,
        /// Open stays whose passback was reset.
        pub neutral_stays: Vec<Uuid>,
        /// Passback was reset for everybody who came in before.
        pub neutral_before: Option<Timestamp>,
    }
}

impl SiteFacts {
    /// The site as a decision at a lane of this mode sees it: spaces promised to cars on their way in are taken.
    ///
    /// # Errors
    /// [`StoreError::Stored`] for a word this program does not know.
    pub fn state(&self, lane: LaneMode) -> Result<boomgate_domain::decide::SiteState, StoreError> {
        let mode: SiteMode = read_word("sites.mode", &self.mode)?;
        let taken = i64::from(self.inside).saturating_add(self.promised);
        let free = self.capacity.map(|spaces| i64::from(spaces).saturating_sub(taken));
        let currency = self.currency()?;
        Ok(boomgate_domain::decide::SiteState {
            mode: if lane == LaneMode::Open { mode.into() } else { lane },
            free_spaces: free.map(|free| u32::try_from(free.max(0)).unwrap_or(u32::MAX)),
            visitors: self.visitors,
            passback: read_word("sites.passback", &self.passback)?,
            plate_only_limit: self.plate_only_limit_minor.map(|minor| Money::new(minor, currency)),
        })
    }

    /// Whether passback was reset for this stay, or for everybody, since its car came in.
    #[must_use]
    pub fn is_neutral(&self, stay: &StayRow) -> bool {
        let before = self.neutral_before.zip(stay.entered_at);
        self.neutral_stays.contains(&stay.id) || before.is_some_and(|(reset, entered)| entered < reset)
    }

    /// # Errors
    /// [`StoreError::Stored`] for what is no currency.
    pub fn currency(&self) -> Result<Currency, StoreError> {
        Currency::parse(&self.currency).map_err(|error| StoreError::Stored {
            column: "sites.currency",
            value: self.currency.clone(),
            reason: error.to_string(),
        })
    }

    /// The tariff version in force at `at`.
    #[must_use]
    pub fn tariff_at(&self, at: Timestamp) -> Option<Uuid> {
        let mut versions = self.tariff_ids.iter().zip(&self.tariff_starts);
        versions.rfind(|(_, start)| **start <= at).map(|(id, _)| *id)
    }
}

/// The numbers of a site after a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SiteNumbers {
    pub site_id: Uuid,
    pub inside: i32,
    pub live_no: i64,
}

/// How a word of the domain is written in a column.
#[must_use]
pub fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        other => panic!("only unit variants are written as words, not {other:?}"),
    }
}

/// # Errors
/// [`StoreError::Stored`] for a word this program does not know.
pub fn read_word<T: DeserializeOwned>(column: &'static str, word: &str) -> Result<T, StoreError> {
    serde_json::from_value(Value::from(word)).map_err(|error| StoreError::Stored {
        column,
        value: word.to_owned(),
        reason: error.to_string(),
    })
}

/// # Errors
/// [`StoreError::Database`].
pub async fn insert_tenant(client: &impl GenericClient, id: TenantId, name: &str) -> Result<(), StoreError> {
    execute(client, include_str!("../queries/tenants/insert.sql"), &[&id.as_uuid(), &name]).await.map(drop)
}

/// The oldest tenant: the one of a one-tenant installation.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn first_tenant(client: &impl GenericClient) -> Result<Option<TenantId>, StoreError> {
    row! {
        pub struct Tenant {
            pub id: TenantId,
        }
    }
    let found: Option<Tenant> = query_opt(client, include_str!("../queries/tenants/first.sql"), &[]).await?;
    Ok(found.map(|tenant| tenant.id))
}

/// Another name for a company.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn rename_tenant(client: &impl GenericClient, id: TenantId, name: &str) -> Result<(), StoreError> {
    execute(client, include_str!("../queries/sites/rename_tenant.sql"), &[&id.as_uuid(), &name])
        .await
        .map(drop)
}

/// # Errors
/// [`StoreError::Database`]; [`StoreError::is_duplicate`] when the code is taken.
pub async fn insert(tx: &impl GenericClient, site: &NewSite) -> Result<(), StoreError> {
    let capacity = site.capacity.map(|spaces| i32::try_from(spaces).unwrap_or(i32::MAX));
    let (mode, passback) = (word(&site.mode), word(&site.passback));
    let languages: Vec<&str> = site.languages.iter().map(|language| language.as_str()).collect();
    execute(
        tx,
        include_str!("../queries/sites/insert.sql"),
        &[
            &site.id.as_uuid(),
            &site.tenant.as_uuid(),
            &site.code.as_str(),
            &site.name,
            &site.time_zone,
            &site.currency.as_str(),
            &languages,
            &mode,
            &capacity,
            &site.visitors,
            &passback,
            &site.plate_only_limit_minor,
            &site.list_key.as_slice(),
        ],
    )
    .await?;
    execute(tx, include_str!("../queries/site_state/insert.sql"), &[&site.id.as_uuid()]).await.map(drop)
}

/// # Errors
/// [`StoreError::Database`].
pub async fn by_code(client: &impl GenericClient, code: &SiteCode) -> Result<Option<SiteRow>, StoreError> {
    query_opt(client, include_str!("../queries/sites/by_code.sql"), &[&code.as_str()]).await
}

/// # Errors
/// [`StoreError::Database`].
pub async fn get(client: &impl GenericClient, id: SiteId) -> Result<Option<SiteRow>, StoreError> {
    query_opt(client, include_str!("../queries/sites/get.sql"), &[&id.as_uuid()]).await
}

/// # Errors
/// [`StoreError::Database`].
pub async fn of_tenant(client: &impl GenericClient, tenant: TenantId) -> Result<Vec<SiteRow>, StoreError> {
    query(client, include_str!("../queries/sites/of_tenant.sql"), &[&tenant.as_uuid()]).await
}

/// Corrects a site; `tx` holds the site's lock.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn set(tx: &impl GenericClient, site: SiteId, settings: &SiteSettings) -> Result<(), StoreError> {
    let sql = include_str!("../queries/sites/set.sql");
    let SiteSettings { name, time_zone, currency, languages, capacity } = settings;
    let capacity = capacity.map(|spaces| i32::try_from(spaces).unwrap_or(i32::MAX));
    let currency = currency.as_str();
    execute(tx, sql, &[&site.as_uuid(), name, time_zone, &currency, languages, &capacity]).await.map(drop)
}

/// What of a site is counted in its currency.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Database`].
pub async fn money(client: &impl GenericClient, site: SiteId) -> Result<SiteMoney, StoreError> {
    let found = query_opt(client, include_str!("../queries/sites/money.sql"), &[&site.as_uuid()]).await?;
    found.ok_or_else(|| StoreError::NotFound { what: "site", id: site.to_string() })
}

/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Database`].
pub async fn state(client: &impl GenericClient, site: SiteId) -> Result<SiteState, StoreError> {
    let found = query_opt(client, include_str!("../queries/site_state/get.sql"), &[&site.as_uuid()]).await?;
    found.ok_or_else(|| StoreError::NotFound { what: "site", id: site.to_string() })
}

/// How many cars are inside from now on; `tx` holds the site's lock.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn set_inside(tx: &impl GenericClient, site: SiteId, inside: i32) -> Result<(), StoreError> {
    execute(tx, include_str!("../queries/site_state/set_inside.sql"), &[&site.as_uuid(), &inside])
        .await
        .map(drop)
}

/// Takes the site's advisory lock for the rest of the transaction: everything that changes stays, occupancy or the
/// live feed does so under it. A statement of its own, so that what follows sees all that was committed before.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn lock(tx: &impl GenericClient, site: SiteId) -> Result<(), StoreError> {
    lock_many(tx, &[lock_key(site.as_uuid())]).await
}

/// `keys` must be sorted: everybody takes them in the same order.
pub(crate) async fn lock_many(tx: &impl GenericClient, keys: &[i64]) -> Result<(), StoreError> {
    execute(tx, LOCK, &[&keys]).await.map(drop)
}

/// The site's number among PostgreSQL's advisory locks.
pub(crate) fn lock_key(site: Uuid) -> i64 {
    let (high, low) = site.as_u64_pair();
    (high ^ low).cast_signed()
}

/// What decisions need to know of sites; `tx` holds their locks.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn facts(
    tx: &impl GenericClient,
    sites: &[Uuid],
    now: Timestamp,
) -> Result<Vec<SiteFacts>, StoreError> {
    query(tx, FACTS, &[&sites, &now]).await
}

/// So many cars more, or less, are inside: what happened without a passage. `tx` holds the site's lock.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn add_inside(tx: &impl GenericClient, site: SiteId, cars: i32) -> Result<(), StoreError> {
    let sql = include_str!("../queries/site_state/add_inside.sql");
    execute(tx, sql, &[&site.as_uuid(), &cars]).await.map(drop)
}

pub(crate) async fn update_numbers(tx: &impl GenericClient, rows: &[SiteNumbers]) -> Result<u64, StoreError> {
    execute(tx, UPDATE_STATE, columns!(rows; site_id, inside, live_no)).await
}
