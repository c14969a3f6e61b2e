//! Decisions become orders: counted, given a deadline in the lane's own clock, signed once.

use boomgate_domain::decide::Decision;
use boomgate_domain::reason::Reason;
use boomgate_schemas::bounds::MAX_COMMAND_COUNTER;
use boomgate_schemas::bytes::Octets;
use boomgate_schemas::down::{Action, Amount, Command, Params};
use boomgate_schemas::envelope::{self, Header};
use boomgate_schemas::topic::Leaf;
use boomgate_store::commands::{CommandInsert, CommandState, LIFETIME, Settled, UnsettledRow};
use boomgate_store::decisions::NewDecision;
use boomgate_store::devices::DeviceFacts;
use ed25519_dalek::SigningKey;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::batch_state::Lane;
use super::{BatchState, EventContext};
use crate::directory::Device;
use crate::{clock, names};

/// The first resend; it doubles each time.
pub(crate) const FIRST_RESEND: SignedDuration = SignedDuration::from_millis(700);

/// What an order says, before anybody counted it.
pub(crate) struct OrderBody {
    pub id: Uuid,
    pub arrival: Option<Uuid>,
    pub action: Action,
    pub code: String,
    pub params: Params,
    pub amount: Option<Amount>,
    pub pay_url: Option<String>,
    pub by: Option<String>,
    pub reason: Option<String>,
}

/// A lane's clock at its last hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LaneClock {
    pub epoch: [u8; 16],
    pub uptime_ms: i64,
    pub heard_at: Timestamp,
}

impl LaneClock {
    /// `None` before the lane's first hello.
    pub(crate) fn read(
        epoch: Option<&[u8]>,
        uptime_ms: Option<i64>,
        heard_at: Option<Timestamp>,
    ) -> Option<Self> {
        Some(Self { epoch: epoch?.try_into().ok()?, uptime_ms: uptime_ms?, heard_at: heard_at? })
    }

    fn of(facts: &DeviceFacts) -> Option<Self> {
        Self::read(facts.epoch.as_deref(), facts.uptime_ms, facts.heard_at)
    }

    /// `at` in the lane's uptime.
    pub(crate) fn uptime_at(&self, at: Timestamp) -> u64 {
        let since = at.duration_since(self.heard_at).as_millis();
        u64::try_from(i128::from(self.uptime_ms).saturating_add(since)).unwrap_or(0)
    }
}

/// The next counter of a lane: above what was signed for it and what its device claims to have accepted. None when the
/// numbers are used up, which only a device that lied can bring about.
pub(crate) fn next_counter(signed: i64, claimed: i64) -> Option<i64> {
    let believed = u64::try_from(claimed).is_ok_and(|claimed| claimed <= MAX_COMMAND_COUNTER);
    signed.max(if believed { claimed } else { 0 }).checked_add(1)
}

/// Signs an order for `device`; the bytes are stored and resent as they are.
pub(crate) fn sign(
    device: (&str, boomgate_schemas::topic::Topic),
    body: OrderBody,
    counter: i64,
    clock: LaneClock,
    expires_at: Timestamp,
    key: &SigningKey,
) -> (Vec<u8>, u64) {
    let not_after_ms = clock.uptime_at(expires_at);
    let (device, topic) = device;
    let command = Command {
        id: body.id,
        device: device.to_owned(),
        arrival: body.arrival,
        action: body.action,
        code: body.code,
        params: body.params,
        amount: body.amount,
        pay_url: body.pay_url,
        by: body.by,
        reason: body.reason,
        counter: counter.unsigned_abs(),
        epoch: Octets(clock.epoch),
        not_after_ms,
    };
    (envelope::seal(&topic, &Header::server(), command.encode(), key), not_after_ms)
}

impl BatchState<'_> {
    /// Puts the decision's order into the outbox; counted and signed at once when nothing else is under way.
    pub(super) fn order(&mut self, context: &EventContext<'_>, row: &NewDecision, decision: &Decision) {
        self.supersede_orders(context);
        let mut command = new_command(context, row, decision);
        let device = context.device;
        let clock = self.devices.get(&device.id.as_uuid()).and_then(|view| LaneClock::of(&view.facts));
        let waits = |lane: &Lane| lane.unsettled.iter().any(|order| !order.is_preview());
        let free = self.lanes.get(&device.lane.as_uuid()).is_some_and(|lane| !waits(lane));
        match clock.filter(|_| free) {
            Some(clock) => self.send_now(context, &mut command, clock),
            None => self.wake_outbox = true,
        }
        if let Some(lane) = self.lanes.get_mut(&device.lane.as_uuid()) {
            lane.unsettled.push(unsettled(&command));
        }
        self.out.commands.push(command);
    }

    fn send_now(&mut self, context: &EventContext<'_>, command: &mut CommandInsert, clock: LaneClock) {
        let device = context.device;
        let reported = self.devices.get(&device.id.as_uuid()).map_or(0, |view| view.facts.command_counter);
        let Some(lane) = self.lanes.get_mut(&device.lane.as_uuid()) else { return };
        let Some(counter) = next_counter(lane.counter, reported) else {
            self.wake_outbox = true;
            return;
        };
        lane.counter = counter;
        lane.counted = true;
        let topic = device.topic(Leaf::Cmd);
        let body = order_body(command);
        let (signed, not_after_ms) = sign(
            (device.code.as_str(), topic.clone()),
            body,
            lane.counter,
            clock,
            command.expires_at,
            self.known.key,
        );
        command.state = CommandState::Sent;
        command.counter = Some(lane.counter);
        command.epoch = Some(clock.epoch.to_vec());
        command.not_after_ms = Some(i64::try_from(not_after_ms).unwrap_or(i64::MAX));
        command.device_id = Some(device.id.as_uuid());
        command.signed = Some(signed.clone());
        command.attempts = 1;
        command.next_send_at = Some(clock::later(context.received_at, FIRST_RESEND));
        self.orders.push((command.id, topic, signed));
    }

    /// A new car stands at the lane: orders about the cars before it are moot. Pictures that the lane was asked for hold
    /// up nothing either: it may send them all the same.
    fn supersede_orders(&mut self, context: &EventContext<'_>) {
        let (site_id, at) = (context.device.site.as_uuid(), context.received_at);
        let Some(lane) = self.lanes.get_mut(&context.device.lane.as_uuid()) else { return };
        let moot: Vec<UnsettledRow> =
            lane.unsettled.extract_if(.., |order| order.arrival_id.is_some() || in_the_way(order)).collect();
        for order in moot {
            match self.out.commands.iter_mut().find(|fresh| fresh.id == order.id) {
                Some(fresh) => {
                    fresh.state = CommandState::Expired;
                    fresh.next_send_at = None;
                    self.orders.retain(|(id, _, _)| *id != order.id);
                }
                None => {
                    let code = Some(Reason::CmdSuperseded {}.code().to_owned());
                    self.out.settled.push(Settled {
                        site_id,
                        id: order.id,
                        state: CommandState::Expired,
                        code,
                        at,
                    });
                }
            }
        }
    }

    /// The order that the lane answered, if it was given one of this id. The lane is free for the next, which the outbox
    /// sends if one waits.
    pub(super) fn lane_answered(&mut self, device: &Device, command: Uuid) -> Option<UnsettledRow> {
        let lane = self.lanes.get_mut(&device.lane.as_uuid())?;
        let answered = lane.unsettled.extract_if(.., |order| order.id == command).next();
        self.wake_outbox |= answered.is_some() && !lane.unsettled.is_empty();
        answered
    }
}

/// One order is under way at a time, and it is one for pictures.
fn in_the_way(order: &UnsettledRow) -> bool {
    order.is_preview() && order.state == CommandState::Sent
}

fn new_command(context: &EventContext<'_>, row: &NewDecision, decision: &Decision) -> CommandInsert {
    CommandInsert {
        site_id: row.site_id,
        id: clock::new_id(),
        lane_id: row.lane_id,
        arrival_id: Some(row.arrival_id),
        decision_id: Some(row.id),
        action: names::action(names::action_of(decision.outcome)),
        code: row.code.clone(),
        params: row.params.clone(),
        amount_minor: row.amount_minor,
        currency: row.currency.clone(),
        pay_url: None,
        ordered_by: None,
        ordered_name: None,
        reason: None,
        state: CommandState::Pending,
        counter: None,
        epoch: None,
        not_after_ms: None,
        device_id: None,
        signed: None,
        attempts: 0,
        wished_at: context.received_at,
        expires_at: clock::later(context.received_at, LIFETIME),
        next_send_at: None,
    }
}

fn order_body(command: &CommandInsert) -> OrderBody {
    let amount = command.amount_minor.zip(command.currency.clone());
    OrderBody {
        id: command.id,
        arrival: command.arrival_id,
        action: names::read_action(command.action).unwrap_or(Action::Refuse),
        code: command.code.clone(),
        params: read_params(&command.params),
        amount: amount.map(|(minor, currency)| Amount { minor, currency }),
        pay_url: command.pay_url.clone(),
        by: command.ordered_name.clone(),
        reason: command.reason.clone(),
    }
}

/// Parameters as they stand in a column; what is no text travels as JSON.
pub(crate) fn read_params(value: &serde_json::Value) -> Params {
    let pairs = value.as_object().into_iter().flatten();
    pairs
        .map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect()
}

fn unsettled(command: &CommandInsert) -> UnsettledRow {
    UnsettledRow {
        site_id: command.site_id,
        id: command.id,
        lane_id: command.lane_id,
        arrival_id: command.arrival_id,
        decision_id: command.decision_id,
        action: command.action.to_owned(),
        state: command.state,
        counter: command.counter,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_deadline_is_told_in_the_lanes_own_uptime() {
        let heard_at: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let clock = LaneClock { epoch: [1; 16], uptime_ms: 60_000, heard_at };
        assert_eq!(clock.uptime_at(heard_at + SignedDuration::from_secs(15)), 75_000);
        assert_eq!(clock.uptime_at(heard_at - SignedDuration::from_secs(90)), 0);
        assert_eq!(LaneClock::read(None, Some(1), Some(heard_at)), None);
    }

    #[test]
    fn a_counter_at_its_end_gives_no_next_one_and_an_unbelievable_claim_is_passed_over() {
        assert_eq!(next_counter(4, 9), Some(10));
        assert_eq!(next_counter(9, 4), Some(10));
        assert_eq!(next_counter(9, i64::MAX), Some(10));
        assert_eq!(next_counter(9, -1), Some(10));
        assert_eq!(next_counter(i64::MAX, 4), None);
    }

    #[test]
    fn parameters_travel_as_text() {
        let params = read_params(&json!({ "amount": "5.00 EUR", "minutes": 7 }));
        assert_eq!(params.get("amount").map(String::as_str), Some("5.00 EUR"));
        assert_eq!(params.get("minutes").map(String::as_str), Some("7"));
    }
}
