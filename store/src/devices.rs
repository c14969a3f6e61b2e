//! Devices: their identity, their last hello, and how far their events are stored.

use boomgate_domain::ids::{DeviceCode, DeviceId, LaneId, SiteId};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{columns, execute, query, query_opt, row};

pub(crate) const LOAD_MANY: &str = include_str!("../queries/device_state/load_many.sql");
pub(crate) const KEEP_MANY: &str = include_str!("../queries/device_state/keep_many.sql");
pub(crate) const INBOX_LOAD: &str = include_str!("../queries/inbox/load_many.sql");
pub(crate) const INBOX_INSERT: &str = include_str!("../queries/inbox/insert_many.sql");
pub(crate) const INBOX_DELETE: &str = include_str!("../queries/inbox/delete_many.sql");

/// Channel that tells of changed devices; the payload is the device's code.
pub const CHANNEL: &str = "boomgate_devices";

/// A device to be enrolled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDevice {
    pub site: SiteId,
    pub id: DeviceId,
    pub lane: LaneId,
    pub code: DeviceCode,
    /// Ed25519 public key.
    pub signing_key: [u8; 32],
    pub certificate_sha256: Option<Vec<u8>>,
    pub certificate_until: Option<Timestamp>,
}

row! {
    /// A device with its place.
    pub struct DeviceRow {
        pub site_id: SiteId,
        pub id: DeviceId,
        pub lane_id: LaneId,
        pub code: String,
        /// Ed25519 public key, 32 bytes.
        pub signing_key: Vec<u8>,
        pub certificate_sha256: Option<Vec<u8>>,
        pub certificate_until: Option<Timestamp>,
        /// The one before, good until the new one is used or this time is over.
        pub previous_certificate_sha256: Option<Vec<u8>>,
        pub previous_certificate_until: Option<Timestamp>,
        /// Since when it is revoked.
        pub revoked_at: Option<Timestamp>,
        pub site_code: String,
        pub lane_code: String,
        pub direction: String,
    }
}

impl DeviceRow {
    /// Whether this certificate is the one that was issued last, or the one before while that is still good.
    #[must_use]
    pub fn accepts_certificate(&self, fingerprint: &[u8], now: Timestamp) -> bool {
        let current = self.certificate_sha256.as_deref().is_none_or(|known| known == fingerprint);
        let previous = self.previous_certificate_sha256.as_deref() == Some(fingerprint)
            && self.previous_certificate_until.is_some_and(|until| now < until);
        current || previous
    }
}

row! {
    /// How far a device's events are kept, and its clock at the last hello.
    pub struct DeviceFacts {
        pub site_id: Uuid,
        pub device_id: Uuid,
        pub kept_upto: i64,
        pub epoch: Option<Vec<u8>>,
        pub boot: Option<i64>,
        pub uptime_ms: Option<i64>,
        pub heard_at: Option<Timestamp>,
        pub command_counter: i64,
        /// The newest start of which an event came, and the highest number known before its first one.
        pub events_boot: Option<i64>,
        pub before_boot: i64,
        /// The start that was found behind what is kept.
        pub behind_epoch: Option<Vec<u8>>,
        /// Above what that start was sent.
        pub behind_above: Option<i64>,
        /// Up to here an event may be stored though no range says so.
        pub ids_until: i64,
    }
}

row! {
    /// A device's state before a hello of a new start changes it; its row is locked.
    pub struct DeviceStoreRow {
        pub kept_upto: i64,
        pub epoch: Option<Vec<u8>>,
        pub boot: Option<i64>,
        pub spool: Option<Vec<u8>>,
        pub events_boot: Option<i64>,
        pub before_boot: i64,
        /// The highest number of which anything is known.
        pub highest: i64,
    }
}

row! {
    /// What is known of a device after its hello.
    pub struct HelloRecord {
        pub kept_upto: i64,
        pub behind_epoch: Option<Vec<u8>>,
        pub behind_above: Option<i64>,
        pub clock_level: Option<String>,
        /// The mode the hello before this one named.
        pub mode_before: Option<String>,
        /// What its lane is to be for, the version of that wish, and when it ends.
        pub mode: String,
        pub mode_version: i64,
        pub mode_until: Option<Timestamp>,
    }
}

row! {
    /// Sequence numbers kept beyond the mark, both ends included.
    pub struct InboxRange {
        pub site_id: Uuid,
        pub device_id: Uuid,
        pub seq: i64,
        pub last_seq: i64,
    }
}

/// A mark that moves; `before` is where the writer found it.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    pub site_id: Uuid,
    pub device_id: Uuid,
    pub kept: i64,
    pub before: i64,
    pub at: Timestamp,
    pub events_boot: Option<i64>,
    pub before_boot: i64,
    /// Set when the device's present start was found behind: its events must go above this.
    pub behind_above: Option<i64>,
}

/// What a hello changes.
#[derive(Clone, Debug, PartialEq)]
pub struct NewHello {
    pub site: SiteId,
    pub device: DeviceId,
    pub epoch: [u8; 16],
    pub boot: u32,
    pub uptime_ms: u64,
    pub at: Timestamp,
    pub command_counter: u64,
    pub list_version: u64,
    pub hello: Value,
    pub spool: Option<[u8; 16]>,
    /// Wall time of the device less ours.
    pub clock_ahead_ms: i64,
    /// More events wait at the device than it sends.
    pub queue_is_long: bool,
}

row! {
    /// A lane that is heard and has another version of the offline list than its site.
    pub struct StaleList {
        pub site_id: Uuid,
        pub device_id: Uuid,
        pub lane_id: Uuid,
        pub site_code: String,
        pub lane_code: String,
        /// Of the site.
        pub list_version: i64,
    }
}

/// Lanes that are heard and have another version of the offline list than their site, by site.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn stale_lists(client: &impl GenericClient) -> Result<Vec<StaleList>, StoreError> {
    query(client, include_str!("../queries/devices/stale_lists.sql"), &[]).await
}

/// # Errors
/// [`StoreError::Database`]; [`StoreError::is_duplicate`] when the code is taken or the lane has a live device.
pub async fn insert(tx: &impl GenericClient, device: &NewDevice) -> Result<(), StoreError> {
    execute(
        tx,
        include_str!("../queries/devices/insert.sql"),
        &[
            &device.site.as_uuid(),
            &device.id.as_uuid(),
            &device.lane.as_uuid(),
            &device.code.as_str(),
            &device.signing_key.as_slice(),
            &device.certificate_sha256,
            &device.certificate_until,
        ],
    )
    .await?;
    let sql = include_str!("../queries/device_state/insert.sql");
    execute(tx, sql, &[&device.site.as_uuid(), &device.id.as_uuid()]).await.map(drop)
}

/// Also finds revoked devices; see [`DeviceRow::revoked_at`].
///
/// # Errors
/// [`StoreError::Database`].
pub async fn by_code(
    client: &impl GenericClient,
    code: &DeviceCode,
) -> Result<Option<DeviceRow>, StoreError> {
    query_opt(client, include_str!("../queries/devices/by_code.sql"), &[&code.as_str()]).await
}

/// # Errors
/// [`StoreError::Database`].
pub async fn all_live(client: &impl GenericClient) -> Result<Vec<DeviceRow>, StoreError> {
    query(client, include_str!("../queries/devices/all_live.sql"), &[]).await
}

/// The devices of a site that are not revoked, by lane.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn live_of_site(client: &impl GenericClient, site: SiteId) -> Result<Vec<DeviceRow>, StoreError> {
    query(client, include_str!("../queries/devices/live_of_site.sql"), &[&site.as_uuid()]).await
}

/// Revokes a device; call [`changed`] after the commit.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn revoke(
    client: &impl GenericClient,
    site: SiteId,
    id: DeviceId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/devices/revoke.sql");
    execute(client, sql, &[&site.as_uuid(), &id.as_uuid(), &at]).await.map(drop)
}

/// The certificate of a device is another one from now on; the one before stays good until `overlap`.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn set_certificate(
    client: &impl GenericClient,
    (site, id): (SiteId, DeviceId),
    sha256: &[u8],
    until: Timestamp,
    overlap: Timestamp,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/devices/set_certificate.sql");
    execute(client, sql, &[&site.as_uuid(), &id.as_uuid(), &sha256, &until, &overlap]).await.map(drop)
}

/// Notes the end of a certificate that was issued before ends were noted.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn note_certificate_end(
    client: &impl GenericClient,
    site: SiteId,
    id: DeviceId,
    until: Timestamp,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/devices/note_certificate_end.sql");
    execute(client, sql, &[&site.as_uuid(), &id.as_uuid(), &until]).await.map(drop)
}

/// The new certificate is in use: the one before is good no longer.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn drop_previous_certificate(
    client: &impl GenericClient,
    site: SiteId,
    id: DeviceId,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/devices/drop_previous_certificate.sql");
    execute(client, sql, &[&site.as_uuid(), &id.as_uuid()]).await.map(drop)
}

/// Notifies the caches of devices that they are to be read again.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn changed(client: &impl GenericClient, code: &DeviceCode) -> Result<(), StoreError> {
    execute(client, include_str!("../queries/devices/changed.sql"), &[&code.as_str()]).await.map(drop)
}

/// Keeps what a hello says, if it is of the start that is known; with `any_start`, whichever it is of. `None` for a
/// hello of another start, or of a device that is not known.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn record_hello(
    client: &impl GenericClient,
    new: &NewHello,
    any_start: bool,
) -> Result<Option<HelloRecord>, StoreError> {
    let small = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let sql = include_str!("../queries/device_state/hear.sql");
    query_opt(
        client,
        sql,
        &[
            &new.site.as_uuid(),
            &new.device.as_uuid(),
            &new.epoch.as_slice(),
            &i64::from(new.boot),
            &small(new.uptime_ms),
            &new.at,
            &small(new.command_counter),
            &small(new.list_version),
            &new.hello,
            &new.spool.as_ref().map(<[u8; 16]>::as_slice),
            &new.clock_ahead_ms,
            &any_start,
            &new.queue_is_long,
        ],
    )
    .await
}

/// Locks and reads a device's state.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Database`].
pub async fn lock(
    tx: &impl GenericClient,
    site: SiteId,
    device: DeviceId,
) -> Result<DeviceStoreRow, StoreError> {
    let sql = include_str!("../queries/device_state/lock.sql");
    let found = query_opt(tx, sql, &[&site.as_uuid(), &device.as_uuid()]).await?;
    found.ok_or_else(|| StoreError::NotFound { what: "device", id: device.to_string() })
}

/// Records that this start of the device is behind what is stored, up to `above`.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn put_behind(
    tx: &impl GenericClient,
    site: SiteId,
    device: DeviceId,
    epoch: &[u8; 16],
    above: i64,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/device_state/put_behind.sql");
    execute(tx, sql, &[&site.as_uuid(), &device.as_uuid(), &epoch.as_slice(), &above]).await.map(drop)
}

/// What is said of the device's clock from now on: `agrees`, `notice` or `exception`. `false` if it was said already.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn put_clock_level(
    tx: &impl GenericClient,
    site: SiteId,
    device: DeviceId,
    level: &str,
) -> Result<bool, StoreError> {
    let sql = include_str!("../queries/device_state/put_clock_level.sql");
    Ok(execute(tx, sql, &[&site.as_uuid(), &device.as_uuid(), &level]).await? > 0)
}

/// Moves the mark to `kept` without events: the device has deleted them, an earlier server had acknowledged them.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn skip(
    tx: &impl GenericClient,
    site: SiteId,
    device: DeviceId,
    kept: i64,
) -> Result<bool, StoreError> {
    let sql = include_str!("../queries/device_state/skip.sql");
    Ok(execute(tx, sql, &[&site.as_uuid(), &device.as_uuid(), &kept]).await? > 0)
}

pub(crate) async fn load_many(
    tx: &impl GenericClient,
    sites: &[Uuid],
    devices: &[Uuid],
) -> Result<Vec<DeviceFacts>, StoreError> {
    query(tx, LOAD_MANY, &[&sites, &devices]).await
}

pub(crate) async fn keep_many(tx: &impl GenericClient, rows: &[Mark]) -> Result<u64, StoreError> {
    execute(
        tx,
        KEEP_MANY,
        columns!(rows; site_id, device_id, kept, before, at, events_boot, before_boot, behind_above),
    )
    .await
}

pub(crate) async fn load_inbox(
    tx: &impl GenericClient,
    sites: &[Uuid],
    devices: &[Uuid],
) -> Result<Vec<InboxRange>, StoreError> {
    query(tx, INBOX_LOAD, &[&sites, &devices]).await
}

pub(crate) async fn insert_inbox(tx: &impl GenericClient, rows: &[InboxRange]) -> Result<u64, StoreError> {
    execute(tx, INBOX_INSERT, columns!(rows; site_id, device_id, seq, last_seq)).await
}

pub(crate) async fn delete_inbox(tx: &impl GenericClient, rows: &[InboxRange]) -> Result<u64, StoreError> {
    execute(tx, INBOX_DELETE, columns!(rows; site_id, device_id, seq)).await
}
