//! Orders and modes go out. Orders are counted under the lane's lock, signed once, sent again until answered, given up when too late.
//!
//! Most orders of decisions are sent by the batch that made them; here come those of people and payments, those that
//! had to wait for another, and everything that was not answered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use boomgate_domain::ids::{LaneId, SiteId};
use boomgate_domain::reason::Reason;
use boomgate_schemas::down::Amount;
use boomgate_schemas::topic::{Leaf, Topic};
use boomgate_store::commands::{self, CommandRow, DueLane, LaneForCommand, Sent, Settled};
use boomgate_store::lane_modes::{self, UnsentMode};
use boomgate_store::live_event::{CommandEvent, LiveEvent};
use boomgate_store::pool::within;
use boomgate_store::words::{CommandAction, CommandState};
use boomgate_store::{Pool, StoreError, Transaction, live_feed, sites};
use ed25519_dalek::SigningKey;
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::bus::Sender;
use crate::guard::caught;
use crate::handle::orders::{FIRST_RESEND, LaneClock, OrderBody, next_counter, read_params, sign};
use crate::health::HealthReporter;
use crate::{acks, clock, names};

const LIMIT: Duration = Duration::from_secs(5);
/// How often it looks without being woken.
const POLL_INTERVAL: Duration = Duration::from_millis(250);
/// Sites served side by side: one whose lock is held long keeps no other waiting.
const SITES_AT_ONCE: usize = 3;
const LONGEST_RESEND: SignedDuration = SignedDuration::from_secs(5);

/// What the outbox works with.
pub(crate) struct Outbox {
    pub pool: Pool,
    pub sender: Sender,
    pub key: SigningKey,
    pub health: HealthReporter,
    pub changed: Arc<Notify>,
}

/// Sends what is due until it is dropped.
pub(crate) async fn run(outbox: Outbox) {
    let mut round = tokio::time::interval(POLL_INTERVAL);
    round.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = round.tick() => {}
            () = outbox.changed.notified() => {}
        }
        if let Err(error) = outbox.round().await {
            if error.is_outage() {
                outbox.health.degraded(&error, clock::now());
            } else {
                tracing::error!(error = &error as &dyn std::error::Error, "orders could not be sent");
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}

impl Outbox {
    async fn round(&self) -> Result<(), StoreError> {
        let (due, modes) = within(LIMIT, async {
            let client = self.pool.get().await?;
            let modes = lane_modes::take_unsent(&client).await?;
            Ok((commands::due_lanes(&client, clock::now()).await?, modes))
        })
        .await?;
        for mode in modes {
            self.send_mode(&mode);
        }
        let mut lanes_of: BTreeMap<Uuid, Vec<DueLane>> = BTreeMap::new();
        for lane in due {
            lanes_of.entry(lane.site_id).or_default().push(lane);
        }
        let outages: Vec<Option<StoreError>> =
            stream::iter(lanes_of.into_values().map(|lanes| self.site(lanes)))
                .buffer_unordered(SITES_AT_ONCE)
                .collect()
                .await;
        match outages.into_iter().flatten().next() {
            Some(outage) => Err(outage),
            None => {
                self.health.working();
                Ok(())
            }
        }
    }

    /// A wish goes out once: what is lost on the way is said again in the answer to a hello.
    fn send_mode(&self, mode: &UnsentMode) {
        let (Ok(site), Ok(lane)) = (mode.site_code.parse(), mode.lane_code.parse()) else { return };
        let topic = Topic::new(site, lane, Leaf::Ack);
        let wanted = names::wanted_mode(mode.mode_version, &mode.mode, mode.mode_until);
        acks::send_mode(&self.sender, &self.key, topic, wanted, clock::now());
    }

    /// The lanes of one site, one after the other. A lane that cannot be served is left for the next round, and only an
    /// outage ends the site's: its lock or the database is away for its other lanes too.
    async fn site(&self, lanes: Vec<DueLane>) -> Option<StoreError> {
        for lane in lanes {
            match caught(within(LIMIT, self.lane(&lane))).await {
                Ok(Ok(messages)) => {
                    for (topic, bytes) in messages {
                        self.sender.publish(topic, bytes);
                    }
                }
                Ok(Err(error)) if error.is_outage() => return Some(error),
                Ok(Err(error)) => failed(&lane, &error),
                Err(panicked) => failed(&lane, &panicked),
            }
        }
        None
    }

    /// One lane in one transaction; the messages are sent once it is committed.
    async fn lane(&self, due: &DueLane) -> Result<Vec<(Topic, Vec<u8>)>, StoreError> {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        sites::lock(&tx, SiteId::from_uuid(due.site_id)).await?;
        let lane = commands::lock_lane(&tx, due.site_id, due.lane_id).await?;
        let orders = commands::of_lane(&tx, due.site_id, due.lane_id).await?;
        let now = clock::now();
        let mut turn = Turn { tx: &tx, lane: &lane, now, messages: Vec::new(), notify: false };
        turn.give_up(&orders).await?;
        let alive: Vec<&CommandRow> = orders.iter().filter(|order| order.expires_at > now).collect();
        let (previews, others): (Vec<&CommandRow>, Vec<&CommandRow>) =
            alive.into_iter().partition(|order| order.is_preview());
        let under_way = |orders: &[&CommandRow]| {
            orders.iter().find(|order| order.state == CommandState::Sent).copied().cloned()
        };
        match (under_way(&others), under_way(&previews)) {
            (Some(order), _) => turn.resend(&order).await?,
            (None, Some(preview)) if others.is_empty() => turn.resend(&preview).await?,
            (None, preview) => {
                turn.make_way(preview.as_ref()).await?;
                let first = if others.is_empty() { previews } else { others };
                turn.send_first(&first, &self.key).await?;
            }
        }
        let (messages, notify) = (turn.messages, turn.notify);
        tx.commit().await?;
        if notify {
            live_feed::wake(&client, &[due.site_id]).await;
        }
        Ok(messages)
    }
}

fn failed(lane: &DueLane, error: &(dyn std::error::Error + 'static)) {
    metrics::counter!("boomgate_outbox_lane_failures_total").increment(1);
    tracing::error!(error, lane.id = %lane.lane_id, "orders of a lane could not be sent");
}

/// One lane's turn.
struct Turn<'a> {
    tx: &'a Transaction<'a>,
    lane: &'a LaneForCommand,
    now: Timestamp,
    messages: Vec<(Topic, Vec<u8>)>,
    notify: bool,
}

impl Turn<'_> {
    async fn give_up(&mut self, orders: &[CommandRow]) -> Result<(), StoreError> {
        let now = self.now;
        for order in orders.iter().filter(|order| order.expires_at <= now) {
            metrics::counter!("boomgate_commands_expired_total").increment(1);
            let reason =
                if order.state == CommandState::Sent { Reason::CmdExpired {} } else { self.why_unsent() };
            self.settle(order, CommandState::Expired, &reason).await?;
        }
        Ok(())
    }

    /// Nothing waits for pictures: the lane may send them all the same, but is not asked again.
    async fn make_way(&mut self, preview: Option<&CommandRow>) -> Result<(), StoreError> {
        let Some(order) = preview else { return Ok(()) };
        let code = Some(Reason::CmdSuperseded {}.code().to_owned());
        let settled = Settled {
            site_id: order.site_id,
            id: order.id,
            state: CommandState::Expired,
            code,
            at: self.now,
        };
        commands::settle_many(self.tx, &[settled]).await.map(drop)
    }

    fn why_unsent(&self) -> Reason {
        if self.lane.heard_at.is_some() { Reason::CmdExpired {} } else { Reason::CmdLaneNotHeard {} }
    }

    async fn settle(
        &mut self,
        order: &CommandRow,
        state: CommandState,
        reason: &Reason,
    ) -> Result<(), StoreError> {
        let code = Some(reason.code().to_owned());
        let settled = Settled { site_id: order.site_id, id: order.id, state, code, at: self.now };
        commands::settle_many(self.tx, &[settled]).await?;
        let event = LiveEvent::Command(CommandEvent {
            command: order.id,
            action: CommandAction::parse(&order.action),
            arrival: order.arrival_id,
            state: Some(state),
            code: Some(reason.code().to_owned()),
            ..CommandEvent::default()
        });
        let (site, lane) = (SiteId::from_uuid(order.site_id), LaneId::from_uuid(order.lane_id));
        live_feed::append(self.tx, site, self.now, Some(lane), event).await?;
        self.notify = true;
        Ok(())
    }

    /// The same bytes once more; the lane answers a repeated order from its store.
    async fn resend(&mut self, order: &CommandRow) -> Result<(), StoreError> {
        let due = order.next_send_at.is_none_or(|at| at <= self.now);
        let (Some(signed), true) = (&order.signed, due) else { return Ok(()) };
        let doubled = FIRST_RESEND.saturating_mul(1_i32 << order.attempts.clamp(0, 6));
        let next = clock::later(self.now, doubled.min(LONGEST_RESEND));
        commands::resent(self.tx, order.site_id, order.id, next).await?;
        metrics::counter!("boomgate_commands_resent_total").increment(1);
        if let Some(topic) = self.topic() {
            self.messages.push((topic, signed.clone()));
        }
        Ok(())
    }

    /// The oldest that waits is counted and signed, if the lane has sent a hello; without a clock of the lane there is no
    /// deadline to give.
    async fn send_first(&mut self, alive: &[&CommandRow], key: &SigningKey) -> Result<(), StoreError> {
        let Some(order) = alive.first() else { return Ok(()) };
        let lane = self.lane;
        let clock = LaneClock::read(lane.epoch.as_deref(), lane.uptime_ms, lane.heard_at);
        let (Some(clock), Some(device_id), Some(device), Some(topic)) =
            (clock, lane.device_id, lane.device_code.as_deref(), self.topic())
        else {
            return self.settle(order, CommandState::Refused, &Reason::CmdLaneNotHeard {}).await;
        };
        let Some(body) = order_body(order) else {
            return self
                .settle(order, CommandState::Refused, &Reason::CmdUnknown { action: order.action.clone() })
                .await;
        };
        let Some(counter) = next_counter(lane.command_counter, lane.device_counter.unwrap_or(0)) else {
            return self.settle(order, CommandState::Refused, &Reason::CmdCounterSpent {}).await;
        };
        let (signed, not_after_ms) =
            sign((device, topic.clone()), body, counter, clock, order.expires_at, key);
        let sent = Sent {
            counter,
            epoch: clock.epoch.to_vec(),
            not_after_ms: i64::try_from(not_after_ms).unwrap_or(i64::MAX),
            device_id,
            signed: signed.clone(),
            next_send_at: clock::later(self.now, FIRST_RESEND),
        };
        commands::send(self.tx, order.site_id, order.lane_id, order.id, &sent).await?;
        metrics::counter!("boomgate_commands_sent_total").increment(1);
        self.messages.push((topic, signed));
        Ok(())
    }

    fn topic(&self) -> Option<Topic> {
        let site = self.lane.site_code.parse().ok()?;
        let lane = self.lane.lane_code.parse().ok()?;
        Some(Topic::new(site, lane, Leaf::Cmd))
    }
}

fn order_body(order: &CommandRow) -> Option<OrderBody> {
    let amount = order.amount_minor.zip(order.currency.clone());
    Some(OrderBody {
        id: order.id,
        arrival: order.arrival_id,
        action: names::read_action(&order.action)?,
        code: order.code.clone(),
        params: read_params(&order.params),
        amount: amount.map(|(minor, currency)| Amount { minor, currency }),
        pay_url: order.pay_url.clone(),
        by: order.ordered_name.clone(),
        reason: order.reason.clone(),
    })
}
