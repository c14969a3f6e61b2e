//! Greetings: a device's epoch, uptime and state, answered with how far its events are kept.

use std::time::Duration;

use boomgate_schemas::up::Hello;
use boomgate_store::audit::{self, Actor, NewAudit};
use boomgate_store::devices::{self, Heard};
use boomgate_store::pool::within;
use boomgate_store::{Pool, StoreError, live_feed, sites};
use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::bus::{Incoming, Sender};
use crate::clock;
use crate::directory::{Device, Directory};
use crate::health::Pulse;
use crate::inbound::{self, Refusal};
use crate::{acks, names};

const LIMIT: Duration = Duration::from_secs(5);

/// What the greeter works with.
pub(crate) struct Greeter {
    pub directory: Directory,
    pub pool: Pool,
    pub sender: Sender,
    pub key: SigningKey,
    pub pulse: Pulse,
    /// Woken when a lane was heard: an order may have waited for it.
    pub outbox: std::sync::Arc<tokio::sync::Notify>,
}

/// Answers greetings one after the other until nobody sends them any more.
pub(crate) async fn run(greeter: Greeter, mut messages: mpsc::Receiver<(Incoming, Timestamp)>) {
    while let Some((message, received_at)) = messages.recv().await {
        match within(LIMIT, async { Ok(greeter.greet(&message, received_at).await) }).await {
            Ok(Ok(())) => {}
            Ok(Err(refusal)) => refused(&refusal, &greeter.pulse),
            Err(timeout) => greeter.pulse.degraded(&timeout, clock::now()),
        }
    }
}

fn refused(refusal: &Refusal, pulse: &Pulse) {
    metrics::counter!("boomgate_ingest_refused_total", "reason" => refusal.label()).increment(1);
    match refusal {
        Refusal::Store(error) if error.is_outage() => pulse.degraded(error, clock::now()),
        _ => tracing::warn!(error = refusal as &dyn std::error::Error, "hello refused"),
    }
}

impl Greeter {
    async fn greet(&self, message: &Incoming, received_at: Timestamp) -> Result<(), Refusal> {
        let signed = inbound::verify(&self.directory, message).await?;
        let payload = signed.payload.unwrap_or_default();
        let Ok(hello) = Hello::decode(&payload) else {
            metrics::counter!("boomgate_ingest_refused_total", "reason" => "malformed").increment(1);
            return Ok(());
        };
        let kept = self.keep(&signed.device, &hello, received_at).await?;
        acks::send(
            &self.sender,
            &self.key,
            &signed.device,
            kept,
            Vec::new(),
            Some(hello.uptime_ms),
            clock::now(),
        );
        metrics::counter!("boomgate_ingest_hellos_total").increment(1);
        self.outbox.notify_one();
        Ok(())
    }

    async fn keep(&self, device: &Device, hello: &Hello, at: Timestamp) -> Result<u64, StoreError> {
        let mut client = self.pool.get().await?;
        let heard = Heard {
            site: device.site,
            device: device.id,
            epoch: hello.epoch.0,
            boot: hello.boot,
            uptime_ms: hello.uptime_ms,
            at,
            command_counter: hello.command_counter,
            list_version: hello.list_version,
            hello: written(hello),
        };
        let kept = devices::hear(&client, &heard).await?;
        let acked = i64::try_from(hello.acked_seq).unwrap_or(i64::MAX);
        if acked <= kept {
            return Ok(kept.unsigned_abs());
        }
        // The device has deleted what some server had acknowledged: this database was restored from before that.
        let tx = client.transaction().await?;
        sites::lock(&tx, device.site).await?;
        if devices::skip(&tx, device.site, device.id, acked).await? {
            self.tell_lost(&tx, device, kept, acked, at).await?;
        }
        tx.commit().await?;
        Ok(acked.unsigned_abs())
    }

    async fn tell_lost(
        &self,
        tx: &boomgate_store::Transaction<'_>,
        device: &Device,
        kept: i64,
        acked: i64,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        tracing::error!(device = %device.code, kept, acked, "events acknowledged earlier are not in this database");
        metrics::counter!("boomgate_ingest_history_missing_total").increment(1);
        let detail = json!({ "device": device.id, "after": kept, "upto": acked });
        let line = NewAudit {
            site_id: device.site.as_uuid(),
            id: clock::new_id(),
            at,
            actor: Actor::Server,
            action: "events.missing",
            lane_id: Some(device.lane.as_uuid()),
            arrival_id: None,
            stay_id: None,
            command_id: None,
            detail: detail.clone(),
            personal: None,
        };
        audit::insert_many(tx, &[line]).await?;
        live_feed::append(
            tx,
            device.site,
            at,
            "exception",
            Some(device.lane),
            json!({ "what": "events_missing", "detail": detail }),
        )
        .await
        .map(drop)
    }
}

fn written(hello: &Hello) -> Value {
    json!({
        "boot": hello.boot, "uptime_ms": hello.uptime_ms, "wall_ms": hello.wall_ms,
        "clock": names::clock(hello.clock), "version": hello.version, "next_seq": hello.next_seq,
        "acked_seq": hello.acked_seq, "backlog": hello.backlog, "command_counter": hello.command_counter,
        "boom": names::boom(hello.boom), "mode": hello.mode, "list_version": hello.list_version,
        "rtt_ms": hello.rtt_ms, "faults": hello.faults, "view": hello.view,
    })
}
