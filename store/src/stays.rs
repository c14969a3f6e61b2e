//! Stays: one car inside, from passage to passage.

use std::sync::Arc;

use boomgate_domain::ids::{ArrivalId, PaymentId, SiteId, StayId, TariffId};
use boomgate_domain::money::{Currency, Money};
use boomgate_domain::plate::Plate;
use boomgate_domain::stay::{Payment, Stay, StayStatus};
use boomgate_domain::tariff::{Prior, Tariff, Validation, VehicleType};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{columns, execute, query, query_opt, row};

/// Its `offset 0` keep each look-up a look-up: without statistics the planner would rather read every open stay once
/// than look a few keys up, and be wrong by thousands.
pub(crate) const LOAD_MANY: &str = include_str!("../queries/stays/load_many.sql");
pub(crate) const UPSERT_MANY: &str = include_str!("../queries/stays/upsert_many.sql");

row! {
    /// A stay as stored. `state` is `open`, `closed`, `voided`, or `exit_only` for a car that was seen leaving and
    /// whose entry is not known (yet).
    pub struct StayRow {
        pub site_id: Uuid,
        pub id: Uuid,
        /// Canonical; none for a car whose plate could not be read.
        pub plate: Option<String>,
        pub state: String,
        pub vehicle_type: Option<String>,
        pub entry_lane_id: Option<Uuid>,
        pub entry_arrival_id: Option<Uuid>,
        pub entered_at: Option<Timestamp>,
        /// Reason code under which it was let in.
        pub entry_code: Option<String>,
        pub entry_evidence: Option<Vec<u8>>,
        pub exit_lane_id: Option<Uuid>,
        pub exit_arrival_id: Option<Uuid>,
        pub exited_at: Option<Timestamp>,
        pub exit_code: Option<String>,
        pub exit_evidence: Option<Vec<u8>>,
        /// The tariff version in force at entry.
        pub tariff_id: Option<Uuid>,
        /// Currency of the site; all amounts are its minor units.
        pub currency: String,
        /// What it costs in the end; known when it is closed.
        pub charged_minor: i64,
        pub note: String,
        pub paid_minor: i64,
        /// Until when a paid driver may leave without paying again.
        pub exit_deadline: Option<Timestamp>,
        /// [`Validation`]s as JSON, the oldest first.
        pub validations: Value,
        /// What the plate's earlier stays of the month of the entry were charged, where the tariff caps the month.
        pub month_minor: i64,
        /// `[id, minor, currency, epoch seconds]` each, oldest first.
        pub payments: Value,
    }
}

impl StayRow {
    pub const OPEN: &str = "open";
    pub const CLOSED: &str = "closed";
    pub const VOIDED: &str = "voided";
    pub const EXIT_ONLY: &str = "exit_only";
    /// Entry code of a stay that stands for a lost ticket: the tariff's price for that is due, whatever the time.
    pub const LOST_TICKET: &str = "LOST-TICKET";

    /// The stay as the domain's rules take it. `tariff` is the pinned version.
    ///
    /// # Errors
    /// [`StoreError::Stored`] when a column holds what no program of ours wrote.
    pub fn to_domain(&self, tariff: Option<Arc<Tariff>>) -> Result<Stay, StoreError> {
        let plate = self.plate.as_deref().map(Plate::parse).transpose();
        let arrival = self.entry_arrival_id.unwrap_or(self.id);
        Ok(Stay {
            id: StayId::from_uuid(self.id),
            plate: plate.map_err(|error| stored("plate", "…", &error))?,
            arrival: ArrivalId::from_uuid(arrival),
            entered_at: self.entered_at.or(self.exited_at).unwrap_or(Timestamp::UNIX_EPOCH),
            vehicle: vehicle(self.vehicle_type.as_deref()),
            status: match self.state.as_str() {
                Self::OPEN => StayStatus::Open,
                Self::VOIDED => StayStatus::Voided,
                _ => StayStatus::Closed,
            },
            tariff,
            payments: payments(&self.payments)?,
            exit_deadline: self.exit_deadline,
            is_lost: self.entry_code.as_deref() == Some(Self::LOST_TICKET),
            prior: Prior { month_minor: self.month_minor, validations: self.validations()? },
        })
    }

    /// What was redeemed for it.
    ///
    /// # Errors
    /// [`StoreError::Stored`] when the column holds what no program of ours wrote.
    pub fn validations(&self) -> Result<Vec<Validation>, StoreError> {
        serde_json::from_value(self.validations.clone()).map_err(|error| StoreError::Stored {
            column: "stays.validations",
            value: self.validations.to_string(),
            reason: error.to_string(),
        })
    }
}

/// The stays of exactly this plate, the newest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn of_plate(
    client: &impl GenericClient,
    site: SiteId,
    plate: &Plate,
    before: Option<StayId>,
    limit: i64,
) -> Result<Vec<StayRow>, StoreError> {
    let before = before.map(|stay| stay.as_uuid());
    let sql = include_str!("../queries/stays/of_plate.sql");
    query(client, sql, &[&site.as_uuid(), &plate.as_str(), &before, &limit]).await
}

/// Unknown words are an ordinary car: a lane may send newer ones.
#[must_use]
pub fn vehicle(name: Option<&str>) -> VehicleType {
    name.and_then(|name| serde_json::from_value(Value::from(name)).ok()).unwrap_or_default()
}

fn payments(value: &Value) -> Result<Vec<Payment>, StoreError> {
    let wrong = |reason: &str| StoreError::Stored {
        column: "payments",
        value: value.to_string(),
        reason: reason.to_owned(),
    };
    let rows: Vec<(Uuid, i64, Currency, f64)> =
        serde_json::from_value(value.clone()).map_err(|error| wrong(&error.to_string()))?;
    rows.into_iter()
        .map(|(id, minor, currency, seconds)| {
            let at = Timestamp::from_microsecond((seconds * 1e6).round() as i64);
            let at = at.map_err(|error| wrong(&error.to_string()))?;
            Ok(Payment { id: PaymentId::from_uuid(id), amount: Money::new(minor, currency), at })
        })
        .collect()
}

fn stored(column: &'static str, value: &str, error: &dyn std::error::Error) -> StoreError {
    StoreError::Stored { column, value: value.to_owned(), reason: error.to_string() }
}

pub(crate) async fn load_many(
    client: &impl GenericClient,
    plates: (&[Uuid], &[&str]),
    arrivals: (&[Uuid], &[Uuid]),
) -> Result<Vec<StayRow>, StoreError> {
    query(client, LOAD_MANY, &[&plates.0, &plates.1, &arrivals.0, &arrivals.1]).await
}

/// Writes new and changed stays. Those that end must come before those that begin: one open stay per plate and site. The
/// lock of their site is held.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn upsert_many(client: &impl GenericClient, rows: &[StayRow]) -> Result<u64, StoreError> {
    let params = columns!(rows; site_id, id, plate, state, vehicle_type, entry_lane_id, entry_arrival_id, entered_at,
        entry_code, entry_evidence, exit_lane_id, exit_arrival_id, exited_at, exit_code, exit_evidence, tariff_id,
        currency, charged_minor, note);
    execute(client, UPSERT_MANY, params).await
}

/// One stay with its payments.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn get(
    client: &impl GenericClient,
    site: SiteId,
    id: StayId,
) -> Result<Option<StayRow>, StoreError> {
    query_opt(client, include_str!("../queries/stays/get.sql"), &[&site.as_uuid(), &id.as_uuid()]).await
}

/// The open stay of exactly this plate; `payments` is left empty.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn open_of_plate(
    client: &impl GenericClient,
    site: SiteId,
    plate: &Plate,
) -> Result<Option<StayRow>, StoreError> {
    let sql = include_str!("../queries/stays/open_of_plate.sql");
    query_opt(client, sql, &[&site.as_uuid(), &plate.as_str()]).await
}

/// Locks the stay's row and reads it; `tx` must hold the site's lock already.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Database`].
pub async fn lock(tx: &impl GenericClient, site: SiteId, id: StayId) -> Result<StayRow, StoreError> {
    execute(tx, include_str!("../queries/stays/lock.sql"), &[&site.as_uuid(), &id.as_uuid()]).await?;
    get(tx, site, id).await?.ok_or_else(|| StoreError::NotFound { what: "stay", id: id.to_string() })
}

/// Which stays a page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StayFilter {
    /// `open`, `closed`, `voided` or `exit_only`.
    pub state: Option<String>,
    /// Beginning of a canonical plate; finds its twins too (0 for O, 1 for I).
    pub plate_prefix: Option<String>,
    /// The last id of the page before.
    pub before: Option<StayId>,
}

/// The newest stays first; `payments` is left empty. The next page begins `before` the last id of this one.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn page(
    client: &impl GenericClient,
    site: SiteId,
    filter: &StayFilter,
    limit: i64,
) -> Result<Vec<StayRow>, StoreError> {
    let before = filter.before.map(|id| id.as_uuid());
    let sql = include_str!("../queries/stays/page.sql");
    query(client, sql, &[&site.as_uuid(), &filter.state, &filter.plate_prefix, &before, &limit]).await
}

row! {
    /// A plate inside, for suggestions.
    pub struct OpenPlate {
        pub id: StayId,
        pub plate: String,
    }
}

row! {
    /// A car inside, as a candidate for one that could not be matched.
    pub struct OpenCar {
        pub id: StayId,
        /// None where nobody could read it.
        pub plate: Option<String>,
    }
}

/// The newest `limit` open stays that began by `until`, the newest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn inside(
    client: &impl GenericClient,
    site: SiteId,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<OpenCar>, StoreError> {
    query(client, include_str!("../queries/stays/inside.sql"), &[&site.as_uuid(), &until, &limit]).await
}

/// The plates of the newest `limit` open stays.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn open_plates(
    client: &impl GenericClient,
    site: SiteId,
    limit: i64,
) -> Result<Vec<OpenPlate>, StoreError> {
    query(client, include_str!("../queries/stays/open_plates.sql"), &[&site.as_uuid(), &limit]).await
}

/// Open stays of a plate or of a twin of it.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn inside_by_twins(
    client: &impl GenericClient,
    site: SiteId,
    plate: &str,
) -> Result<Vec<OpenPlate>, StoreError> {
    let sql = include_str!("../queries/stays/inside_by_twins.sql");
    query(client, sql, &[&site.as_uuid(), &plate]).await
}

row! {
    /// A car that is inside for long.
    pub struct LongStay {
        pub id: StayId,
        pub plate: Option<String>,
        pub vehicle_type: Option<String>,
        pub entered_at: Timestamp,
        pub entry_code: Option<String>,
        pub entry_lane: Option<String>,
    }
}

/// Cars that came in before `before`, the longest stay first; those after `after`, the last of the page before.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn overstaying(
    client: &impl GenericClient,
    site: SiteId,
    before: Timestamp,
    after: Option<(Timestamp, StayId)>,
    limit: i64,
) -> Result<Vec<LongStay>, StoreError> {
    let (at, id) = (after.map(|(at, _)| at), after.map(|(_, id)| id.as_uuid()));
    let sql = include_str!("../queries/stays/overstaying.sql");
    query(client, sql, &[&site.as_uuid(), &before, &at, &id, &limit]).await
}

/// How many cars have an open stay.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn count_open(client: &impl GenericClient, site: SiteId) -> Result<i64, StoreError> {
    row! {
        pub struct Count {
            pub open: i64,
        }
    }
    let count: Option<Count> =
        query_opt(client, include_str!("../queries/stays/count_open.sql"), &[&site.as_uuid()]).await?;
    Ok(count.map_or(0, |count| count.open))
}

row! {
    /// A stay that is over, as far as it matters for what it would cost.
    pub struct PastStay {
        pub id: StayId,
        pub plate: Option<String>,
        pub vehicle_type: Option<String>,
        pub entered_at: Timestamp,
        pub exited_at: Timestamp,
        pub tariff_id: Option<TariffId>,
        pub entry_code: Option<String>,
    }
}

/// Closed stays that began in `[from, until)` and were counted in `currency`, the newest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn of_period(
    client: &impl GenericClient,
    site: SiteId,
    (from, until): (Timestamp, Timestamp),
    currency: &str,
    limit: i64,
) -> Result<Vec<PastStay>, StoreError> {
    let sql = include_str!("../queries/stays/of_period.sql");
    query(client, sql, &[&site.as_uuid(), &from, &until, &currency, &limit]).await
}

/// What was redeemed for a stay, as decisions read it.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn set_validations(
    tx: &impl GenericClient,
    site: SiteId,
    id: StayId,
    all: &[Validation],
) -> Result<(), StoreError> {
    let all = serde_json::to_value(all).map_err(|error| StoreError::Conflict(error.to_string()))?;
    let sql = include_str!("../queries/stays/set_validations.sql");
    execute(tx, sql, &[&site.as_uuid(), &id.as_uuid(), &all]).await.map(drop)
}

pub(crate) async fn pay(
    tx: &impl GenericClient,
    site: SiteId,
    id: StayId,
    minor: i64,
    exit_deadline: Timestamp,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/stays/pay.sql");
    execute(tx, sql, &[&site.as_uuid(), &id.as_uuid(), &minor, &exit_deadline]).await.map(drop)
}

/// A stay as a person corrects it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    pub plate: Option<String>,
    pub vehicle_type: Option<String>,
    pub entered_at: Option<Timestamp>,
    pub exited_at: Option<Timestamp>,
    /// `open`, `closed` or `exit_only`.
    pub state: String,
    pub charged_minor: i64,
    pub note: String,
}

/// Writes a correction; `tx` holds the site's lock.
///
/// # Errors
/// [`StoreError::Database`]; [`StoreError::is_duplicate`] where another open stay has the plate.
pub async fn correct(
    tx: &impl GenericClient,
    site: SiteId,
    id: StayId,
    to: &Correction,
) -> Result<(), StoreError> {
    let Correction { plate, vehicle_type, entered_at, exited_at, state, charged_minor, note } = to;
    let sql = include_str!("../queries/stays/correct.sql");
    let (site, id) = (site.as_uuid(), id.as_uuid());
    execute(tx, sql, &[&site, &id, plate, vehicle_type, entered_at, exited_at, state, charged_minor, note])
        .await
        .map(drop)
}

/// Marks a stay as never having been; `merged_into` is the stay whose other half it was.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn void(
    tx: &impl GenericClient,
    (site, id): (SiteId, StayId),
    merged_into: Option<StayId>,
    note: &str,
) -> Result<(), StoreError> {
    let merged_into = merged_into.map(|stay| stay.as_uuid());
    let sql = include_str!("../queries/stays/void.sql");
    execute(tx, sql, &[&site.as_uuid(), &id.as_uuid(), &merged_into, &note]).await.map(drop)
}

/// Gives `id` the exit of `other`, and closes it.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn take_exit(
    tx: &impl GenericClient,
    site: SiteId,
    id: StayId,
    other: StayId,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/stays/take_exit.sql");
    execute(tx, sql, &[&site.as_uuid(), &id.as_uuid(), &other.as_uuid()]).await.map(drop)
}

/// What a closed stay cost in the end, in minor units of its currency.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn set_charged(
    tx: &impl GenericClient,
    site: SiteId,
    id: StayId,
    minor: i64,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/stays/set_charged.sql");
    execute(tx, sql, &[&site.as_uuid(), &id.as_uuid(), &minor]).await.map(drop)
}

/// Voids every open stay that began before a time; how many it was.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn reset(
    tx: &impl GenericClient,
    site: SiteId,
    before: Timestamp,
    note: &str,
) -> Result<u64, StoreError> {
    execute(tx, include_str!("../queries/stays/reset.sql"), &[&site.as_uuid(), &before, &note]).await
}
