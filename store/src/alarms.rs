//! Alarms: raised once per cause, acknowledged by one person, closed by a person with a note or when the cause is over.

use boomgate_domain::ids::{AlarmId, LaneId, SiteId, UserId};
use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::jobs::kept_millis;
use crate::live_event::{AlarmEvent, LiveEvent};
use crate::live_feed;
use crate::statement::{columns, execute, query, query_opt, row};
use crate::words::{AlarmKind, AlarmState, ExceptionKind};

pub(crate) const OPEN_OF_LANES: &str = include_str!("../queries/alarms/open_of_lanes.sql");
pub(crate) const INSERT_MANY: &str = include_str!("../queries/alarms/insert_many.sql");
pub(crate) const REPEAT_MANY: &str = include_str!("../queries/alarms/repeat_many.sql");
pub(crate) const END_MANY: &str = include_str!("../queries/alarms/end_many.sql");

/// An alarm to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAlarm {
    pub site_id: Uuid,
    pub id: Uuid,
    pub lane_id: Option<Uuid>,
    pub kind: AlarmKind,
    /// What of the lane it is about; the same raises no second alarm while the first is open.
    pub subject: String,
    /// Code of the reason, where the cause has one.
    pub code: Option<String>,
    /// Of the reason, or what was found.
    pub params: Value,
    /// When the cause began.
    pub raised_at: Timestamp,
    /// When a server last learnt of it.
    pub last_at: Timestamp,
    pub times: i32,
    /// Over already.
    pub closed_at: Option<Timestamp>,
}

impl NewAlarm {
    /// As screens are told of it.
    #[must_use]
    pub fn event(&self, state: AlarmState) -> LiveEvent {
        LiveEvent::Alarm(AlarmEvent {
            alarm: self.id,
            what: Some(self.kind),
            state,
            code: self.code.clone(),
            params: serde_json::from_value(self.params.clone()).unwrap_or_default(),
            by: None,
        })
    }
}

/// An alarm whose cause came again.
#[derive(Clone, Debug, PartialEq)]
pub struct Repeated {
    pub site_id: Uuid,
    pub id: Uuid,
    pub times: i32,
    pub last_at: Timestamp,
    pub params: Value,
}

/// An alarm whose cause is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedAlarm {
    pub site_id: Uuid,
    pub id: Uuid,
    pub at: Timestamp,
}

row! {
    /// An alarm that is not closed, by what it is about.
    pub struct OpenAlarm {
        pub site_id: Uuid,
        pub id: Uuid,
        pub lane_id: Option<Uuid>,
        pub kind: String,
        pub subject: String,
    }
}

row! {
    /// A lane that something is amiss with, and since when.
    pub struct LaneSince {
        pub site_id: SiteId,
        pub lane_id: LaneId,
        pub since: Timestamp,
    }
}

row! {
    /// An alarm as it is read.
    pub struct AlarmRow {
        pub site_id: SiteId,
        pub site_code: String,
        pub id: AlarmId,
        pub lane_id: Option<LaneId>,
        pub lane_code: Option<String>,
        pub lane_name: Option<String>,
        pub kind: String,
        pub subject: String,
        pub code: Option<String>,
        pub params: Value,
        pub raised_at: Timestamp,
        pub last_at: Timestamp,
        pub times: i32,
        pub acknowledged_at: Option<Timestamp>,
        pub acknowledged_by: Option<UserId>,
        /// As the person is called now.
        pub acknowledged_name: Option<String>,
        pub closed_at: Option<Timestamp>,
        /// None where it closed by itself.
        pub closed_by: Option<UserId>,
        pub closed_name: Option<String>,
        pub note: Option<String>,
    }
}

impl AlarmRow {
    /// How far it has come.
    #[must_use]
    pub const fn state(&self) -> AlarmState {
        match (self.closed_at, self.acknowledged_at) {
            (Some(_), _) => AlarmState::Closed,
            (None, Some(_)) => AlarmState::Acknowledged,
            (None, None) => AlarmState::Open,
        }
    }
}

/// Which alarms are read; what is none is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlarmFilter {
    pub state: Option<AlarmState>,
    pub kind: Option<AlarmKind>,
    pub lane: Option<LaneId>,
    /// Of the last alarm of the page before.
    pub before: Option<AlarmId>,
}

/// The alarm that an exception raises; none where a line in the feed is enough.
#[must_use]
pub const fn of_exception(what: ExceptionKind) -> Option<AlarmKind> {
    match what {
        ExceptionKind::Gap | ExceptionKind::EventsMissing => Some(AlarmKind::EventsGap),
        ExceptionKind::ExitUnread | ExceptionKind::ExitWithoutStay => Some(AlarmKind::UnmatchedExits),
        ExceptionKind::DeviceFloods | ExceptionKind::DeviceStoreBehind | ExceptionKind::DeviceTwin => {
            Some(AlarmKind::DeviceTrouble)
        }
        ExceptionKind::ArrivalInWrongDirection
        | ExceptionKind::ArrivalOfAnotherLane
        | ExceptionKind::EnteredTwice
        | ExceptionKind::LaneClock
        | ExceptionKind::LeftUnpaid
        | ExceptionKind::NobodyInsideToLeave
        | ExceptionKind::PlateInsideTwice
        | ExceptionKind::Tailgated
        | ExceptionKind::WrongWay => None,
    }
}

/// What of a lane the alarm of an exception is about: cars are counted, other things told apart.
#[must_use]
pub const fn subject_of(what: ExceptionKind, kind: AlarmKind) -> &'static str {
    match kind {
        AlarmKind::DeviceTrouble => what.as_str(),
        AlarmKind::BlockedInside
        | AlarmKind::BlockedPlate
        | AlarmKind::BoomFault
        | AlarmKind::BoomUpTooLong
        | AlarmKind::Camera
        | AlarmKind::Certificate
        | AlarmKind::EventsGap
        | AlarmKind::Fire
        | AlarmKind::LaneLost
        | AlarmKind::LoopStuck
        | AlarmKind::Obstructed
        | AlarmKind::QueueGrowing
        | AlarmKind::ReplayedCommand
        | AlarmKind::Storage
        | AlarmKind::SubscriptionsEnding
        | AlarmKind::UnauthorisedPassage
        | AlarmKind::UnmatchedExits => "",
    }
}

/// Raises an alarm, or counts it where it is open already; `tx` holds the site's lock. Call [`live_feed::wake`] after the
/// commit. The alarm's id where it is new.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn raise(tx: &impl GenericClient, new: NewAlarm) -> Result<Option<Uuid>, StoreError> {
    if let Some(open) = open_of(tx, &new).await? {
        let (site_id, id, times) = (open.site_id, open.id, new.times);
        repeat_many(tx, &[Repeated { site_id, id, times, last_at: new.last_at, params: new.params }]).await?;
        return Ok(None);
    }
    let (site, lane, at, id) =
        (SiteId::from_uuid(new.site_id), new.lane_id.map(LaneId::from_uuid), new.last_at, new.id);
    let event = new.event(AlarmState::Open);
    insert_many(tx, &[new]).await?;
    live_feed::append(tx, site, at, lane, event).await?;
    Ok(Some(id))
}

async fn open_of(tx: &impl GenericClient, new: &NewAlarm) -> Result<Option<OpenAlarm>, StoreError> {
    let sql = include_str!("../queries/alarms/open_of.sql");
    query_opt(tx, sql, &[&new.site_id, &new.kind.as_str(), &new.lane_id, &new.subject]).await
}

/// Closes an alarm whose cause is over; `tx` holds the site's lock. Call [`live_feed::wake`] after the commit.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn end(tx: &impl GenericClient, open: &OpenAlarm, at: Timestamp) -> Result<bool, StoreError> {
    let ended = end_many(tx, &[EndedAlarm { site_id: open.site_id, id: open.id, at }]).await? > 0;
    if ended {
        let event = AlarmEvent::of(open.id, AlarmKind::parse(&open.kind), AlarmState::Closed);
        let (site, lane) = (SiteId::from_uuid(open.site_id), open.lane_id.map(LaneId::from_uuid));
        live_feed::append(tx, site, at, lane, LiveEvent::Alarm(event)).await?;
    }
    Ok(ended)
}

/// Alarms of these sites, the newest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn page(
    client: &impl GenericClient,
    sites: &[Uuid],
    filter: &AlarmFilter,
    limit: i64,
) -> Result<Vec<AlarmRow>, StoreError> {
    let state = filter.state.map(AlarmState::as_str);
    let kind = filter.kind.map(AlarmKind::as_str);
    let lane = filter.lane.map(|lane| lane.as_uuid());
    let before = filter.before.map(|before| before.as_uuid());
    let sql = include_str!("../queries/alarms/page.sql");
    query(client, sql, &[&sites, &state, &kind, &lane, &before, &None::<Uuid>, &limit]).await
}

/// One alarm.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Database`].
pub async fn get(client: &impl GenericClient, site: SiteId, id: AlarmId) -> Result<AlarmRow, StoreError> {
    let (none, text) = (None::<Uuid>, None::<&str>);
    let sql = include_str!("../queries/alarms/page.sql");
    let sites = [site.as_uuid()];
    let found =
        query_opt(client, sql, &[&sites.as_slice(), &text, &text, &none, &none, &Some(id.as_uuid()), &1_i64])
            .await?;
    found.ok_or_else(|| StoreError::NotFound { what: "alarm", id: id.to_string() })
}

/// Somebody sees to it; `tx` holds the site's lock.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn acknowledge(
    tx: &impl GenericClient,
    (site, id): (SiteId, AlarmId),
    at: Timestamp,
    by: UserId,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/alarms/acknowledge.sql");
    execute(tx, sql, &[&site.as_uuid(), &id.as_uuid(), &at, &by.as_uuid()]).await.map(drop)
}

/// Somebody has seen to it; `tx` holds the site's lock.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn close(
    tx: &impl GenericClient,
    (site, id): (SiteId, AlarmId),
    at: Timestamp,
    by: UserId,
    note: &str,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/alarms/close.sql");
    execute(tx, sql, &[&site.as_uuid(), &id.as_uuid(), &at, &by.as_uuid(), &note]).await.map(drop)
}

/// For how long lanes have been watched without a pause of `longest_pause`; this look counts.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn watched_for(
    tx: &impl GenericClient,
    longest_pause: SignedDuration,
) -> Result<SignedDuration, StoreError> {
    row! {
        pub struct Watched {
            pub seconds: i64,
        }
    }
    let sql = include_str!("../queries/alarms/watch.sql");
    let watched: Option<Watched> = query_opt(tx, sql, &[&kept_millis(longest_pause)]).await?;
    Ok(SignedDuration::from_secs(watched.map_or(0, |row| row.seconds)))
}

/// Lanes that were heard before and not for `silence`, of all sites, by site.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn lost_lanes(
    client: &impl GenericClient,
    silence: SignedDuration,
) -> Result<Vec<LaneSince>, StoreError> {
    query(client, include_str!("../queries/alarms/lost_lanes.sql"), &[&kept_millis(silence)]).await
}

/// Lanes that are heard and do not keep up since `patience`, of all sites, by site.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn grown_queues(
    client: &impl GenericClient,
    patience: SignedDuration,
    silence: SignedDuration,
) -> Result<Vec<LaneSince>, StoreError> {
    let sql = include_str!("../queries/alarms/grown_queues.sql");
    query(client, sql, &[&kept_millis(patience), &kept_millis(silence)]).await
}

/// Open alarms whose cause is over: lost lanes that were heard within `silence`, queues that are short again, and those
/// of `lasting` faults that the lane does not name any more. Of all sites, by site.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn over(
    client: &impl GenericClient,
    silence: SignedDuration,
    lasting: &[AlarmKind],
) -> Result<Vec<OpenAlarm>, StoreError> {
    let lasting: Vec<&str> = lasting.iter().map(|kind| kind.as_str()).collect();
    query(client, include_str!("../queries/alarms/over.sql"), &[&kept_millis(silence), &lasting]).await
}

/// Removes what was closed for longer than `keep`, of all sites.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn prune(client: &impl GenericClient, keep: SignedDuration) -> Result<u64, StoreError> {
    execute(client, include_str!("../queries/alarms/prune.sql"), &[&kept_millis(keep)]).await
}

pub(crate) async fn open_of_lanes(
    tx: &impl GenericClient,
    sites: &[Uuid],
    lanes: &[Uuid],
) -> Result<Vec<OpenAlarm>, StoreError> {
    query(tx, OPEN_OF_LANES, &[&sites, &lanes]).await
}

/// A new alarm as it is written.
struct Written<'a> {
    site_id: Uuid,
    id: Uuid,
    lane_id: Option<Uuid>,
    kind: &'static str,
    subject: &'a str,
    code: Option<&'a str>,
    params: &'a Value,
    raised_at: Timestamp,
    last_at: Timestamp,
    times: i32,
    closed_at: Option<Timestamp>,
}

impl<'a> From<&'a NewAlarm> for Written<'a> {
    fn from(new: &'a NewAlarm) -> Self {
        Self {
            site_id: new.site_id,
            id: new.id,
            lane_id: new.lane_id,
            kind: new.kind.as_str(),
            subject: &new.subject,
            code: new.code.as_deref(),
            params: &new.params,
            raised_at: new.raised_at,
            last_at: new.last_at,
            times: new.times,
            closed_at: new.closed_at,
        }
    }
}

pub(crate) async fn insert_many(tx: &impl GenericClient, rows: &[NewAlarm]) -> Result<u64, StoreError> {
    let rows: Vec<Written<'_>> = rows.iter().map(Written::from).collect();
    execute(
        tx,
        INSERT_MANY,
        columns!(rows; site_id, id, lane_id, kind, subject, code, params, raised_at, last_at, times, closed_at),
    )
    .await
}

pub(crate) async fn repeat_many(tx: &impl GenericClient, rows: &[Repeated]) -> Result<u64, StoreError> {
    execute(tx, REPEAT_MANY, columns!(rows; site_id, id, times, last_at, params)).await
}

pub(crate) async fn end_many(tx: &impl GenericClient, rows: &[EndedAlarm]) -> Result<u64, StoreError> {
    execute(tx, END_MANY, columns!(rows; site_id, id, at)).await
}
