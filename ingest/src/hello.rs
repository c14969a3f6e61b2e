//! Greetings: a device's epoch, uptime and state, answered with how far its events are kept.
//!
//! The first hello of a start is compared with what is kept: a store that is behind is told to number its events above,
//! and nothing is acknowledged beyond what it says it has deleted itself.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use boomgate_schemas::down::WantedMode;
use boomgate_schemas::topic::Leaf;
use boomgate_schemas::up::Hello;
use boomgate_store::audit_action::AuditAction;
use boomgate_store::devices::{self, DeviceStoreRow, HelloRecord, NewHello};
use boomgate_store::exceptions::{self, NewException};
use boomgate_store::live_event::{LiveEvent, ModeEvent};
use boomgate_store::pool::within;
use boomgate_store::words::{ExceptionKind, LaneMode};
use boomgate_store::{Pool, StoreError, Transaction, lane_modes, live_feed, sites};
use ed25519_dalek::SigningKey;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::acks::Receipt;
use crate::bus::{Incoming, Sender};
use crate::complaints::Complaints;
use crate::directory::{Device, Directory};
use crate::fair_queue::LaneKey;
use crate::guard::caught;
use crate::health::HealthReporter;
use crate::inbound::{self, Refusal};
use crate::intake::{Arrived, refused};
use crate::latest_queue::LatestQueue;
use crate::store_check::{self, Behind, ClockLevel};
use crate::{acks, clock, names};

const LIMIT: Duration = Duration::from_secs(5);

/// Clocks differ, and a hello takes its time.
const ABOUT_NOW: SignedDuration = SignedDuration::from_mins(1);

/// So many events waiting at a device are a queue that should shrink.
const LONG_QUEUE: u64 = 200;

/// What the greeter works with.
pub(crate) struct HelloHandler {
    pub directory: Directory,
    pub pool: Pool,
    pub sender: Sender,
    pub key: SigningKey,
    pub health: HealthReporter,
    /// Notified at each hello: an order may have waited for it.
    pub outbox: Arc<Notify>,
    pub complaints: Arc<Complaints>,
}

/// Answers greetings one after the other.
pub(crate) async fn run(hello_handler: HelloHandler, messages: Arc<LatestQueue<Arrived>>) {
    loop {
        let (message, received_at) = messages.pop().await;
        let key = LaneKey::of(&message.topic);
        let answer = within(LIMIT, async { Ok(hello_handler.handle(&message, received_at).await) });
        match caught(answer).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(refusal))) => refused(&key, &refusal, &hello_handler.health, &hello_handler.complaints),
            Ok(Err(timeout)) => hello_handler.health.degraded(&timeout, clock::now()),
            Err(panicked) => {
                tracing::error!(lane.code = %key, %panicked, "hello dropped: its handler panicked")
            }
        }
    }
}

/// What a hello is answered with: up to where everything is kept, and above what its events must go.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    upto: i64,
    above: Option<i64>,
    wanted: Option<WantedMode>,
}

impl HelloHandler {
    async fn handle(&self, message: &Incoming, received_at: Timestamp) -> Result<(), Refusal> {
        let signed = inbound::verify(&self.directory, message).await?;
        let payload = signed.payload.unwrap_or_default();
        let hello = Hello::decode(&payload).map_err(Refusal::Malformed)?;
        let answer = self.keep(&signed.device, &hello, received_at).await?;
        let receipt = Receipt {
            device: signed.device,
            upto: answer.upto.unsigned_abs(),
            rejected: Vec::new(),
            echo: Some(hello.uptime_ms),
            above: answer.above.map(i64::unsigned_abs),
            wanted: answer.wanted,
        };
        acks::send(&self.sender, &self.key, receipt, clock::now());
        metrics::counter!("boomgate_ingest_hellos_total").increment(1);
        self.outbox.notify_one();
        Ok(())
    }

    async fn keep(&self, device: &Device, hello: &Hello, at: Timestamp) -> Result<Answer, StoreError> {
        let mut client = self.pool.get().await?;
        let new = new_hello(device, hello, at);
        metrics::gauge!("boomgate_lane_clock_ahead_seconds", "lane" => lane_label(device))
            .set(new.clock_ahead_ms as f64 / 1000.0);
        let (record, behind) = match devices::record_hello(&client, &new, false).await? {
            Some(record) => (record, false),
            None => {
                let tx = client.transaction().await?;
                // The site's lock first, as the batch takes them.
                sites::lock(&tx, device.site).await?;
                let record = self.first_of_start(&tx, device, hello, &new).await?;
                tx.commit().await?;
                let behind = record.behind_epoch.as_deref() == Some(new.epoch.as_slice());
                (record, behind)
            }
        };
        let wanted = self.compare_mode(&mut client, device, &record, hello, at).await?;
        let report = self.compare_clock(&mut client, device, &record, &new).await? || behind;
        let answer = Answer { wanted, ..answer(&record, hello) };
        let acked = hello.acked_seq.cast_signed();
        if answer.above.is_some() || acked <= record.kept_upto {
            if report {
                live_feed::wake(&client, &[device.site.as_uuid()]).await;
            }
            return Ok(answer);
        }
        // The device has deleted what some server had acknowledged: this database was restored from before that, or
        // the device went above numbers that were taken.
        let tx = client.transaction().await?;
        sites::lock(&tx, device.site).await?;
        if devices::skip(&tx, device.site, device.id, acked).await? {
            self.report_missing(&tx, device, record.kept_upto, acked, at).await?;
        }
        tx.commit().await?;
        live_feed::wake(&client, &[device.site.as_uuid()]).await;
        Ok(Answer { upto: acked, above: None, ..answer })
    }

    /// The first hello of a start of the device.
    async fn first_of_start(
        &self,
        tx: &Transaction<'_>,
        device: &Device,
        hello: &Hello,
        new: &NewHello,
    ) -> Result<HelloRecord, StoreError> {
        let known = devices::lock(tx, device.site, device.id).await?;
        let behind = store_check::judge(&known, hello);
        let missing = || StoreError::NotFound { what: "device", id: device.id.to_string() };
        let mut record = devices::record_hello(tx, new, true).await?.ok_or_else(missing)?;
        if let Some(why) = behind {
            devices::put_behind(tx, device.site, device.id, &new.epoch, known.highest).await?;
            if self.may_report(device, "store_behind") {
                self.report_behind(tx, device, why, &known, hello, new.at).await?;
            }
            record.behind_epoch = Some(new.epoch.to_vec());
            record.behind_above = Some(known.highest);
        }
        Ok(record)
    }

    async fn report_behind(
        &self,
        tx: &Transaction<'_>,
        device: &Device,
        why: Behind,
        known: &DeviceStoreRow,
        hello: &Hello,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let (why, above, next) = (why.name(), known.highest, hello.next_seq);
        tracing::error!(device.code = %device.code, why, above, next, "device's spool is behind its stored events");
        metrics::counter!("boomgate_ingest_stores_behind_total").increment(1);
        let action = AuditAction::DeviceStoreBehind {
            device: device.id.as_uuid(),
            store: Some(why.to_owned()),
            above,
            seq: None,
            next_seq: Some(next),
            boot: Some(hello.boot),
            last_boot: known.boot,
        };
        raise(tx, device, at, ExceptionKind::DeviceStoreBehind, action, false).await
    }

    /// Reports once when a lane's clock begins to differ, differs much, or agrees again. `true` if it reported.
    async fn compare_clock(
        &self,
        client: &mut boomgate_store::pool::Object,
        device: &Device,
        record: &HelloRecord,
        new: &NewHello,
    ) -> Result<bool, StoreError> {
        let before = ClockLevel::read(record.clock_level.as_deref());
        let level = ClockLevel::of(new.clock_ahead_ms, before);
        let same = level == before && (record.clock_level.is_some() || level == ClockLevel::Agrees);
        if same || !self.may_report(device, "clock") {
            return Ok(false);
        }
        tracing::warn!(device = %device.code, ahead_ms = new.clock_ahead_ms, level = level.name(), "clocks compared");
        let action = AuditAction::DeviceClock {
            device: device.id.as_uuid(),
            ahead_ms: new.clock_ahead_ms,
            level: level.name().to_owned(),
        };
        let tx = client.transaction().await?;
        sites::lock(&tx, device.site).await?;
        if devices::put_clock_level(&tx, device.site, device.id, level.name()).await? {
            let can_wait = level != ClockLevel::Exception;
            raise(&tx, device, new.at, ExceptionKind::LaneClock, action, can_wait).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// What the lane is to be for, if it knows an older wish. Screens are told when it obeys another mode than before.
    async fn compare_mode(
        &self,
        client: &mut boomgate_store::pool::Object,
        device: &Device,
        record: &HelloRecord,
        hello: &Hello,
        at: Timestamp,
    ) -> Result<Option<WantedMode>, StoreError> {
        let Some(reported) = &hello.lane_mode else { return Ok(None) };
        if let Some(report) = mode_report(record, &reported.mode) {
            let tx = client.transaction().await?;
            sites::lock(&tx, device.site).await?;
            live_feed::append(&tx, device.site, at, Some(device.lane), LiveEvent::Mode(report)).await?;
            tx.commit().await?;
            live_feed::wake(client, &[device.site.as_uuid()]).await;
        }
        let known = reported.version.cast_signed();
        let version = match known.cmp(&record.mode_version) {
            Ordering::Equal if is_as_wished(record, &reported.mode, at) => return Ok(None),
            Ordering::Less => record.mode_version,
            // This database was restored from before that wish.
            Ordering::Equal | Ordering::Greater => {
                lane_modes::raise_version(client, device.site, device.lane, known).await?
            }
        };
        Ok(Some(names::wanted_mode(version, &record.mode, record.mode_until)))
    }

    fn may_report(&self, device: &Device, kind: &'static str) -> bool {
        self.complaints.may_report(&LaneKey::of(&device.topic(Leaf::Hello)), kind)
    }

    async fn report_missing(
        &self,
        tx: &Transaction<'_>,
        device: &Device,
        kept: i64,
        acked: i64,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        tracing::error!(device.code = %device.code, kept, acked, "events acknowledged earlier are not in this database");
        metrics::counter!("boomgate_ingest_history_missing_total").increment(1);
        let action = AuditAction::EventsMissing { device: device.id.as_uuid(), after: kept, upto: acked };
        raise(tx, device, at, ExceptionKind::EventsMissing, action, false).await
    }
}

async fn raise(
    tx: &Transaction<'_>,
    device: &Device,
    at: Timestamp,
    what: ExceptionKind,
    action: AuditAction,
    can_wait: bool,
) -> Result<(), StoreError> {
    let (site, lane) = (device.site, Some(device.lane));
    let new = NewException { site, lane, id: clock::new_id(), at, action, what, can_wait };
    exceptions::raise(tx, &new).await
}

/// Whether the lane obeys this wish. One that ends about now may be over at the lane already.
fn is_as_wished(record: &HelloRecord, reported: &str, at: Timestamp) -> bool {
    let ending = record.mode_until.is_some_and(|until| until.duration_since(at) < ABOUT_NOW);
    reported == record.mode || (ending && reported == LaneMode::Open.as_str())
}

/// What screens are told of a mode that the lane did not obey before.
fn mode_report(record: &HelloRecord, reported: &str) -> Option<ModeEvent> {
    let before = record.mode_before.as_deref().unwrap_or(LaneMode::Open.as_str());
    let reported = LaneMode::parse(reported).filter(|mode| mode.as_str() != before)?;
    let wanted = LaneMode::parse(&record.mode)?;
    Some(ModeEvent { wanted, reported: Some(reported), until: record.mode_until, by: None, reason: None })
}

fn new_hello(device: &Device, hello: &Hello, at: Timestamp) -> NewHello {
    NewHello {
        site: device.site,
        device: device.id,
        epoch: hello.epoch.0,
        boot: hello.boot,
        uptime_ms: hello.uptime_ms,
        at,
        command_counter: hello.command_counter,
        list_version: hello.list_version,
        hello: written(hello),
        spool: hello.spool.map(|spool| spool.0),
        clock_ahead_ms: hello.wall_ms.saturating_sub(at.as_millisecond()),
        queue_is_long: hello.backlog >= LONG_QUEUE,
    }
}

fn lane_label(device: &Device) -> String {
    format!("{}/{}", device.site_code, device.lane_code)
}

/// A start that was found behind is told so until it numbers its events above. A hello moves nothing that waits at the
/// lane: what is kept under a number may be another event than the lane's, and only the events themselves show that. So
/// no more is acknowledged than the lane knows itself; what it sends again is answered by its ids.
fn answer(record: &HelloRecord, hello: &Hello) -> Answer {
    let own = record.behind_epoch.as_deref() == Some(hello.epoch.as_slice());
    let above = record.behind_above.filter(|above| own && hello.next_seq.cast_signed() <= *above);
    Answer { upto: record.kept_upto.min(hello.acked_seq.cast_signed()), above, wanted: None }
}

fn written(hello: &Hello) -> Value {
    json!({
        "boot": hello.boot, "uptime_ms": hello.uptime_ms, "wall_ms": hello.wall_ms,
        "clock": names::clock(hello.clock), "version": hello.version, "next_seq": hello.next_seq,
        "acked_seq": hello.acked_seq, "backlog": hello.backlog, "command_counter": hello.command_counter,
        "boom": names::boom(hello.boom), "mode": hello.mode, "list_version": hello.list_version,
        "rtt_ms": hello.rtt_ms, "faults": hello.faults, "view": hello.view, "lane_mode": hello.lane_mode,
        "loops": hello.loops,
    })
}
