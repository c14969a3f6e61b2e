//! A batch of events in two round trips: everything it needs to know, everything it changes.
//!
//! ```text
//!   begin ── lock sites ── sites lanes devices inbox arrivals orders rights blocks stays alarms  (one pipeline)
//!   … the caller folds decisions over the facts, in memory …
//!   inbox events evidence arrivals decisions stays orders audit live numbers                  (one pipeline)
//!   commit
//! ```
//!
//! Statements are prepared when the session begins, so that a pipeline runs in the order it is written. Knows nothing
//! of what is decided.

use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use futures_util::future::{BoxFuture, FutureExt, join_all};
use jiff::Timestamp;
use uuid::Uuid;

use crate::alarms::{self, EndedAlarm, NewAlarm, OpenAlarm, Repeated};
use crate::arrivals::{self, ArrivalRow};
use crate::audit::{self, NewAudit};
use crate::blocklist::{self, BlockRow};
use crate::commands::{self, CommandInsert, Settled, UnsettledRow};
use crate::decisions::{self, NewDecision};
use crate::devices::{self, DeviceFacts, InboxRange, Mark};
use crate::error::StoreError;
use crate::events::{self, NewEvent};
use crate::evidence::{self, AnnouncedPicture};
use crate::lanes::{self, LaneCounter, LaneFacts};
use crate::live_feed::{self, NewLive};
use crate::pool::within;
use crate::reading_counts::{self, CountedReading};
use crate::sites::{self, SiteFacts, SiteNumbers};
use crate::stays::{self, StayRow};
use crate::subscriptions::{self, SubscriptionRow};

const HOT: [&str; 30] = [
    sites::LOCK,
    sites::FACTS,
    sites::UPDATE_STATE,
    lanes::LOCK_MANY,
    lanes::COUNT_MANY,
    devices::LOAD_MANY,
    devices::KEEP_MANY,
    devices::INBOX_LOAD,
    devices::INBOX_INSERT,
    devices::INBOX_DELETE,
    arrivals::LOAD_MANY,
    arrivals::UPSERT_MANY,
    arrivals::DELETE_MANY,
    commands::UNSETTLED,
    commands::INSERT_MANY,
    commands::SETTLE_MANY,
    subscriptions::MATCH_MANY,
    blocklist::MATCH_MANY,
    stays::LOAD_MANY,
    stays::UPSERT_MANY,
    decisions::INSERT_MANY,
    decisions::SUPERSEDE_MANY,
    events::INSERT_MANY,
    evidence::ANNOUNCE_MANY,
    live_feed::INSERT_MANY,
    alarms::OPEN_OF_LANES,
    alarms::INSERT_MANY,
    alarms::REPEAT_MANY,
    alarms::END_MANY,
    reading_counts::ADD_MANY,
];
/// Prepared as well; `audit` and `wake` run two statements or none.
const ALSO_HOT: [&str; 3] = [audit::INSERT_MANY, audit::SECRETS_MANY, live_feed::WAKE];

/// The tables of a batch grow from nothing to millions while their statistics lag behind: for look-ups of a few keys
/// an index is always right, and one plan for all.
const PLANNING: &str = "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; \
    set enable_bitmapscan = off; set plan_cache_mode = force_generic_plan";

/// What a batch is about. Pairs are `(site, …)`; a site stands in `sites` once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Need {
    pub sites: Vec<Uuid>,
    pub lanes: Vec<(Uuid, Uuid)>,
    pub devices: Vec<(Uuid, Uuid)>,
    pub arrivals: Vec<(Uuid, Uuid)>,
    pub plates: Vec<(Uuid, String)>,
    pub now: Timestamp,
}

/// What is known about it, read after the sites were locked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    pub sites: Vec<SiteFacts>,
    pub lanes: Vec<LaneFacts>,
    pub devices: Vec<DeviceFacts>,
    pub inbox: Vec<InboxRange>,
    pub arrivals: Vec<ArrivalRow>,
    pub unsettled: Vec<UnsettledRow>,
    pub subscriptions: Vec<SubscriptionRow>,
    pub blocks: Vec<BlockRow>,
    /// Open stays of the plates and of their twins, exit-only stays of the plates, and the stays of the arrivals.
    pub stays: Vec<StayRow>,
    /// Open alarms of the lanes.
    pub alarms: Vec<OpenAlarm>,
}

/// What the batch changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Writes {
    pub marks: Vec<Mark>,
    /// Ranges beyond the mark that are new or longer, and those that are no more.
    pub inbox: Vec<InboxRange>,
    pub inbox_gone: Vec<InboxRange>,
    pub events: Vec<NewEvent>,
    pub evidence: Vec<AnnouncedPicture>,
    pub arrivals: Vec<ArrivalRow>,
    pub arrivals_gone: Vec<(Uuid, Uuid)>,
    /// Cars whose plates were looked for.
    pub readings: Vec<CountedReading>,
    pub decisions: Vec<NewDecision>,
    pub superseded: Vec<(Uuid, Uuid)>,
    /// Those that end before those that begin.
    pub stays: Vec<StayRow>,
    pub settled: Vec<Settled>,
    pub commands: Vec<CommandInsert>,
    pub counters: Vec<LaneCounter>,
    pub audit: Vec<NewAudit>,
    pub live: Vec<NewLive>,
    /// Alarms that end before those that are raised.
    pub alarms_ended: Vec<EndedAlarm>,
    pub alarms_repeated: Vec<Repeated>,
    pub alarms: Vec<NewAlarm>,
    pub numbers: Vec<SiteNumbers>,
}

/// A connection of its own on which batches run one after the other. It never goes back to the pool: its settings are
/// its own, and after an error nobody knows what it is in the middle of.
pub struct Session {
    client: Option<Object>,
    limit: Duration,
    /// Batches begun on this connection.
    begun: u64,
}

impl Session {
    /// # Errors
    /// The database is away.
    pub async fn open(pool: &Pool, limit: Duration) -> Result<Self, StoreError> {
        let client = within(limit, async { Ok(pool.get().await?) }).await?;
        let session = Self { client: Some(client), limit, begun: 0 };
        within(limit, session.prepare()).await?;
        Ok(session)
    }

    async fn prepare(&self) -> Result<(), StoreError> {
        self.client().batch_execute(PLANNING).await?;
        for statement in HOT.iter().chain(&ALSO_HOT) {
            self.client().prepare_cached(statement).await?;
        }
        Ok(())
    }

    /// Begins a transaction, takes the sites' locks, reads the facts. After an error the session must be dropped.
    ///
    /// # Errors
    /// [`StoreError::Timeout`], [`StoreError::Database`].
    pub async fn begin(&mut self, need: &Need) -> Result<Facts, StoreError> {
        self.begun += 1;
        if plans_are_old(self.begun) {
            within(self.limit, async { Ok(self.client().batch_execute("discard plans").await?) }).await?;
        }
        within(self.limit, load(self.client(), need)).await
    }

    /// Writes everything and commits. After an error the session must be dropped, which rolls back.
    ///
    /// # Errors
    /// [`StoreError::Timeout`], [`StoreError::Database`].
    pub async fn commit(&mut self, writes: &Writes) -> Result<(), StoreError> {
        within(self.limit, write(self.client(), writes)).await?;
        within(self.limit, async { Ok(self.client().batch_execute("commit").await?) }).await
    }

    /// Ends the transaction without a trace.
    ///
    /// # Errors
    /// [`StoreError::Timeout`], [`StoreError::Database`].
    pub async fn rollback(&mut self) -> Result<(), StoreError> {
        within(self.limit, async { Ok(self.client().batch_execute("rollback").await?) }).await
    }

    /// For what a batch needs besides: statements inside or outside its transaction.
    pub fn client(&self) -> &Object {
        self.client.as_ref().expect("taken only when the session is dropped")
    }
}

/// A plan made for an empty table reads all of a site where an index on the key would do, and is kept. So plans are
/// made anew while a session grows old: at its 16th batch, its 32nd, its 64th and so on, from the tables' size of then.
fn plans_are_old(begun: u64) -> bool {
    begun >= 16 && begun.is_power_of_two()
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.client.take().map(Object::take));
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

async fn load(client: &Object, need: &Need) -> Result<Facts, StoreError> {
    let mut keys: Vec<i64> = need.sites.iter().map(|site| sites::lock_key(*site)).collect();
    keys.sort_unstable();
    keys.dedup();
    let (lane_sites, lane_ids) = halves(&need.lanes);
    let (device_sites, device_ids) = halves(&need.devices);
    let (arrival_sites, arrival_ids) = halves(&need.arrivals);
    let plate_sites: Vec<Uuid> = need.plates.iter().map(|(site, _)| *site).collect();
    let plates: Vec<&str> = need.plates.iter().map(|(_, plate)| plate.as_str()).collect();
    let (
        begun,
        locked,
        sites,
        lanes,
        devices,
        inbox,
        arrivals,
        unsettled,
        subscriptions,
        blocks,
        stays,
        alarms,
    ) = tokio::join!(
        biased;
        client.batch_execute("begin"),
        sites::lock_many(client, &keys),
        sites::facts(client, &need.sites, need.now),
        lanes::lock_many(client, &lane_sites, &lane_ids),
        devices::load_many(client, &device_sites, &device_ids),
        devices::load_inbox(client, &device_sites, &device_ids),
        arrivals::load_many(client, &lane_sites, &lane_ids),
        commands::unsettled(client, &lane_sites, &lane_ids),
        unless_empty(&plates, subscriptions::match_many(client, &plate_sites, &plates, need.now)),
        unless_empty(&plates, blocklist::match_many(client, &plate_sites, &plates, need.now)),
        unless_empty(&arrival_ids, stays::load_many(client, (&plate_sites, &plates), (&arrival_sites, &arrival_ids))),
        alarms::open_of_lanes(client, &lane_sites, &lane_ids),
    );
    begun?;
    locked?;
    Ok(Facts {
        sites: sites?,
        lanes: lanes?,
        devices: devices?,
        inbox: inbox?,
        arrivals: arrivals?,
        unsettled: unsettled?,
        subscriptions: subscriptions?,
        blocks: blocks?,
        stays: stays?,
        alarms: alarms?,
    })
}

fn halves(pairs: &[(Uuid, Uuid)]) -> (Vec<Uuid>, Vec<Uuid>) {
    pairs.iter().copied().unzip()
}

/// Nothing to look for needs no round.
async fn unless_empty<K, T>(
    keys: &[K],
    look: impl Future<Output = Result<Vec<T>, StoreError>>,
) -> Result<Vec<T>, StoreError> {
    if keys.is_empty() { Ok(Vec::new()) } else { look.await }
}

async fn write(client: &Object, writes: &Writes) -> Result<(), StoreError> {
    let (gone_sites, gone) = halves(&writes.arrivals_gone);
    let (superseded_sites, superseded) = halves(&writes.superseded);
    let mut pipeline: Vec<BoxFuture<'_, Result<(), StoreError>>> = Vec::with_capacity(16);
    macro_rules! stage {
        ($rows:expr, $call:expr) => {
            if !$rows.is_empty() {
                pipeline.push($call.map(|outcome| outcome.map(drop)).boxed());
            }
        };
    }
    stage!(writes.marks, devices::keep_many(client, &writes.marks));
    stage!(writes.inbox_gone, devices::delete_inbox(client, &writes.inbox_gone));
    stage!(writes.inbox, devices::insert_inbox(client, &writes.inbox));
    stage!(writes.events, events::insert_many(client, &writes.events));
    stage!(writes.evidence, evidence::announce_many(client, &writes.evidence));
    stage!(gone, arrivals::delete_many(client, &gone_sites, &gone));
    stage!(writes.arrivals, arrivals::upsert_many(client, &writes.arrivals));
    stage!(writes.readings, reading_counts::add_many(client, &writes.readings));
    stage!(superseded, decisions::supersede_many(client, &superseded_sites, &superseded));
    stage!(writes.decisions, decisions::insert_many(client, &writes.decisions));
    stage!(writes.stays, stays::upsert_many(client, &writes.stays));
    stage!(writes.settled, commands::settle_many(client, &writes.settled));
    stage!(writes.commands, commands::insert_many(client, &writes.commands));
    stage!(writes.counters, lanes::count_many(client, &writes.counters));
    stage!(writes.audit, audit::insert_many(client, &writes.audit));
    stage!(writes.alarms_ended, alarms::end_many(client, &writes.alarms_ended));
    stage!(writes.alarms_repeated, alarms::repeat_many(client, &writes.alarms_repeated));
    stage!(writes.alarms, alarms::insert_many(client, &writes.alarms));
    stage!(writes.live, live_feed::insert_many(client, &writes.live));
    stage!(writes.numbers, sites::update_numbers(client, &writes.numbers));
    join_all(pipeline).await.into_iter().collect()
}
