//! The outbox: an order to a lane from the moment it is pending until it is done, ignored, refused or expired.

use std::error::Error;

use boomgate_domain::ids::{ArrivalId, CommandId, DecisionId, LaneId, SiteId};
use boomgate_domain::money::Money;
use bytes::BytesMut;
use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};
use uuid::Uuid;

use crate::audit::RequestedBy;
use crate::error::StoreError;
use crate::id_range::{self, around};
use crate::statement::{Column, columns, execute, hint, query, query_opt, row};

pub(crate) const INSERT_MANY: &str = include_str!("../queries/commands/insert_many.sql");
pub(crate) const SETTLE_MANY: &str = include_str!("../queries/commands/settle_many.sql");
pub(crate) const UNSETTLED: &str = include_str!("../queries/commands/unsettled.sql");

/// How long anybody tries to get an order to its lane.
pub const LIFETIME: SignedDuration = SignedDuration::from_secs(15);

use crate::words::CommandAction;
pub use crate::words::CommandState;

impl CommandState {
    /// Whether the lane may still answer.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Sent)
    }
}

impl<'a> FromSql<'a> for CommandState {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let text = <&str>::from_sql(kind, raw)?;
        // `wished` is the word of servers before migration 14 for `pending`.
        let word = if text == "wished" { "pending" } else { text };
        Self::parse(word).ok_or_else(|| format!("{text:?} is no state of a command").into())
    }

    accepts!(TEXT);
}

impl ToSql for CommandState {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.as_str().to_sql(kind, out)
    }

    accepts!(TEXT);
    to_sql_checked!();
}

impl Column for CommandState {
    type Sql = Self;

    fn from_sql(value: Self) -> Self {
        value
    }
}

/// An order as it is first written: pending, or already counted and signed.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandInsert {
    pub site_id: Uuid,
    pub id: Uuid,
    pub lane_id: Uuid,
    pub arrival_id: Option<Uuid>,
    pub decision_id: Option<Uuid>,
    pub action: &'static str,
    pub code: String,
    pub params: Value,
    pub amount_minor: Option<i64>,
    pub currency: Option<String>,
    pub pay_url: Option<String>,
    pub ordered_by: Option<Uuid>,
    pub ordered_name: Option<String>,
    pub reason: Option<String>,
    pub state: CommandState,
    pub counter: Option<i64>,
    pub epoch: Option<Vec<u8>>,
    pub not_after_ms: Option<i64>,
    pub device_id: Option<Uuid>,
    pub signed: Option<Vec<u8>>,
    pub attempts: i32,
    pub wished_at: Timestamp,
    pub expires_at: Timestamp,
    pub next_send_at: Option<Timestamp>,
}

row! {
    /// An unsettled order of a lane, as far as a batch needs it.
    pub struct UnsettledRow {
        pub site_id: Uuid,
        pub id: Uuid,
        pub lane_id: Uuid,
        pub arrival_id: Option<Uuid>,
        pub decision_id: Option<Uuid>,
        pub action: String,
        pub state: CommandState,
        pub counter: Option<i64>,
    }
}

impl UnsettledRow {
    /// Whether the lane is only asked for pictures: everything else goes first.
    #[must_use]
    pub fn is_preview(&self) -> bool {
        self.action == CommandAction::Preview.as_str()
    }
}

row! {
    /// An order in full.
    pub struct CommandRow {
        pub site_id: Uuid,
        pub id: Uuid,
        pub lane_id: Uuid,
        pub arrival_id: Option<Uuid>,
        pub decision_id: Option<Uuid>,
        pub action: String,
        pub code: String,
        pub params: Value,
        pub amount_minor: Option<i64>,
        pub currency: Option<String>,
        pub pay_url: Option<String>,
        pub ordered_by: Option<Uuid>,
        pub ordered_name: Option<String>,
        pub reason: Option<String>,
        pub state: CommandState,
        pub result_code: Option<String>,
        pub counter: Option<i64>,
        pub device_id: Option<Uuid>,
        /// The envelope as sent; resent byte for byte.
        pub signed: Option<Vec<u8>>,
        pub attempts: i32,
        pub wished_at: Timestamp,
        pub expires_at: Timestamp,
        pub next_send_at: Option<Timestamp>,
        pub ended_at: Option<Timestamp>,
    }
}

row! {
    /// A lane with something to send or to give up.
    pub struct DueLane {
        pub site_id: Uuid,
        pub lane_id: Uuid,
    }
}

row! {
    /// A lane whose row is locked, and the last hello of its device.
    pub struct LaneForCommand {
        pub command_counter: i64,
        pub site_code: String,
        pub lane_code: String,
        pub device_id: Option<Uuid>,
        pub device_code: Option<String>,
        pub epoch: Option<Vec<u8>>,
        pub uptime_ms: Option<i64>,
        pub heard_at: Option<Timestamp>,
        pub device_counter: Option<i64>,
    }
}

impl CommandRow {
    /// Whether the lane is only asked for pictures: everything else goes first.
    #[must_use]
    pub fn is_preview(&self) -> bool {
        self.action == CommandAction::Preview.as_str()
    }
}

/// What becomes of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    pub site_id: Uuid,
    pub id: Uuid,
    /// One of the final ones.
    pub state: CommandState,
    pub code: Option<String>,
    pub at: Timestamp,
}

pub(crate) async fn insert_many(
    client: &impl GenericClient,
    rows: &[CommandInsert],
) -> Result<u64, StoreError> {
    let params = columns!(rows; site_id, id, lane_id, arrival_id, decision_id, action, code, params, amount_minor,
        currency, pay_url, ordered_by, ordered_name, reason, state, counter, epoch, not_after_ms, device_id, signed,
        attempts, wished_at, expires_at, next_send_at);
    execute(client, INSERT_MANY, params).await
}

/// Ends orders that are still pending or sent; those that ended already stay as they are.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn settle_many(client: &impl GenericClient, rows: &[Settled]) -> Result<u64, StoreError> {
    execute(client, SETTLE_MANY, columns!(rows; site_id, id, state, code, at)).await
}

pub(crate) async fn unsettled(
    client: &impl GenericClient,
    sites: &[Uuid],
    lanes: &[Uuid],
) -> Result<Vec<UnsettledRow>, StoreError> {
    query(client, UNSETTLED, &[&sites, &lanes]).await
}

/// An order of a person or of a payment; `ingest` counts, signs and sends it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCommand {
    pub site: SiteId,
    pub id: CommandId,
    pub lane: LaneId,
    pub arrival: Option<Uuid>,
    /// `open`, `close`, `hold`, `release`, `refuse`, `charge`, `preview`.
    pub action: &'static str,
    pub code: String,
    pub params: Value,
    pub amount: Option<Money>,
    /// The person: id and name as shown.
    pub by: Option<RequestedBy>,
    pub reason: Option<String>,
    pub at: Timestamp,
}

/// Puts the order into the outbox; call [`wake`] after the commit.
///
/// # Errors
/// [`StoreError::Database`]: no such lane, or neither an arrival nor a person with a reason.
pub async fn insert_pending(tx: &impl GenericClient, command: &NewCommand) -> Result<(), StoreError> {
    let currency = command.amount.map(|amount| amount.currency.as_str().to_owned());
    let minor = command.amount.map(|amount| amount.minor);
    let (by, name): (Option<Option<Uuid>>, _) =
        command.by.as_ref().map(|by| (by.user.map(|user| user.as_uuid()), by.name.as_str())).unzip();
    let expires_at = command.at + LIFETIME;
    let none: Option<Uuid> = None;
    let pay_url: Option<String> = None;
    let sql = include_str!("../queries/commands/insert_pending.sql");
    execute(
        tx,
        sql,
        &[
            &command.site.as_uuid(),
            &command.id.as_uuid(),
            &command.lane.as_uuid(),
            &command.arrival,
            &none,
            &command.action,
            &command.code,
            &command.params,
            &minor,
            &currency,
            &pay_url,
            &by.flatten(),
            &name,
            &command.reason,
            &command.at,
            &expires_at,
        ],
    )
    .await
    .map(drop)
}

/// Channel on which the outbox is woken; the payload is `<site id>/<lane id>`.
pub const CHANNEL: &str = "boomgate_commands";

/// Wakes the outbox, after the commit: a NOTIFY inside the transaction would make all commits queue behind
/// one lock. A hint only: without it the order goes out a little later, so a failure is logged and undoes nothing.
/// Whether it went out.
pub async fn wake(client: &impl GenericClient, site: SiteId, lane: LaneId) -> bool {
    let payload = format!("{site}/{lane}");
    hint(client, include_str!("../queries/commands/wake.sql"), &[&payload]).await
}

/// One order.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn get(
    client: &impl GenericClient,
    site: SiteId,
    id: CommandId,
) -> Result<Option<CommandRow>, StoreError> {
    query_opt(client, include_str!("../queries/commands/get.sql"), &[&site.as_uuid(), &id.as_uuid()]).await
}

/// Orders are given within so long of the decision on their arrival.
const BEFORE_MS: u64 = 60_000;
const AFTER_MS: u64 = 6 * 3_600_000;

/// Orders for a car, oldest first, as far as they were given within hours of the decision on it.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn of_arrival(
    client: &impl GenericClient,
    site: SiteId,
    arrival: ArrivalId,
    decision: DecisionId,
) -> Result<Vec<CommandRow>, StoreError> {
    let (site, arrival) = (site.as_uuid(), arrival.as_uuid());
    let Some((from, upto)) = around(decision.as_uuid(), BEFORE_MS, AFTER_MS) else { return Ok(Vec::new()) };
    let sql = include_str!("../queries/commands/of_arrival.sql");
    query(client, sql, &[&site, &arrival, &from, &upto]).await
}

/// Lanes with an order that is pending, to be sent again, or overdue.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn due_lanes(client: &impl GenericClient, now: Timestamp) -> Result<Vec<DueLane>, StoreError> {
    query(client, include_str!("../queries/commands/due_lanes.sql"), &[&now]).await
}

/// Locks the lane's row: the holder of the lock takes the next counter.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Database`].
pub async fn lock_lane(
    tx: &impl GenericClient,
    site: Uuid,
    lane: Uuid,
) -> Result<LaneForCommand, StoreError> {
    let found = query_opt(tx, include_str!("../queries/commands/lane.sql"), &[&site, &lane]).await?;
    found.ok_or_else(|| StoreError::NotFound { what: "lane", id: lane.to_string() })
}

/// The lane's unsettled orders, oldest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn of_lane(tx: &impl GenericClient, site: Uuid, lane: Uuid) -> Result<Vec<CommandRow>, StoreError> {
    query(tx, include_str!("../queries/commands/of_lane.sql"), &[&site, &lane]).await
}

/// The lanes of a site that were ordered to be held since then, and not released after it: too lately for a hello to
/// show it.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn held_lately(
    client: &impl GenericClient,
    site: SiteId,
    since: Timestamp,
) -> Result<Vec<LaneId>, StoreError> {
    row! {
        pub struct Held {
            pub lane_id: LaneId,
        }
    }
    let sql = include_str!("../queries/commands/held_lately.sql");
    let held: Vec<Held> = query(client, sql, &[&site.as_uuid(), &id_range::since(since)]).await?;
    Ok(held.into_iter().map(|row| row.lane_id).collect())
}

/// How an order was counted and signed.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    pub counter: i64,
    pub epoch: Vec<u8>,
    pub not_after_ms: i64,
    pub device_id: Uuid,
    pub signed: Vec<u8>,
    pub next_send_at: Timestamp,
}

/// Records a first sending and the lane's counter; `tx` holds the lane's lock.
///
/// # Errors
/// [`StoreError::Database`]: another order is in flight, or the counter was used.
pub async fn send(
    tx: &impl GenericClient,
    site: Uuid,
    lane: Uuid,
    id: Uuid,
    sent: &Sent,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/commands/send.sql");
    execute(
        tx,
        sql,
        &[
            &site,
            &id,
            &sent.counter,
            &sent.epoch,
            &sent.not_after_ms,
            &sent.device_id,
            &sent.signed,
            &sent.next_send_at,
        ],
    )
    .await?;
    crate::lanes::count_many(
        tx,
        &[crate::lanes::LaneCounter { site_id: site, lane_id: lane, command_counter: sent.counter }],
    )
    .await
    .map(drop)
}

/// Records that the stored bytes went out once more.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn resent(
    tx: &impl GenericClient,
    site: Uuid,
    id: Uuid,
    next: Timestamp,
) -> Result<(), StoreError> {
    execute(tx, include_str!("../queries/commands/resent.sql"), &[&site, &id, &next]).await.map(drop)
}
