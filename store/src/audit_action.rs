//! What the audit can say was done: ids, codes and numbers only; what must be erasable stands behind a commitment.

use std::collections::BTreeMap;

use boomgate_domain::money::Money;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::one_time_links::LinkKind;
use crate::payment_method::Method;
use crate::words::{
    AlarmKind, CommandAction, CommandState, DecisionOutcome, ExceptionKind, SubscriptionChange,
};

/// A value before and after: an array of two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BeforeAfter(pub String, pub String);

/// One thing that was done, with its detail. Fields are only added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "action", content = "detail")]
pub enum AuditAction {
    /// The server decided on an arrival.
    #[serde(rename = "decision.made")]
    DecisionMade { decision: Uuid, outcome: DecisionOutcome, code: String, params: BTreeMap<String, String> },
    /// A lane decided by itself.
    #[serde(rename = "decision.local")]
    DecisionLocal { decision: Uuid, outcome: DecisionOutcome, code: String },
    /// A person said which of the cars inside stands at an exit; what was decided by it, with what it was before.
    #[serde(rename = "arrival.paired")]
    ArrivalPaired {
        decision: Uuid,
        /// The stay that was decided on before.
        #[serde(skip_serializing_if = "Option::is_none")]
        stay_before: Option<Uuid>,
        outcome: BeforeAfter,
        code: BeforeAfter,
        /// In tenths of an edit, where anything was read.
        #[serde(skip_serializing_if = "Option::is_none")]
        distance: Option<u32>,
    },
    /// A person ordered a boom.
    #[serde(rename = "command.ordered")]
    CommandOrdered { action: CommandAction, code: String },
    /// A lane answered an order.
    #[serde(rename = "command.answered")]
    CommandAnswered { state: CommandState, code: Option<String>, counter: u64 },
    /// A car came in.
    #[serde(rename = "stay.opened")]
    StayOpened { code: Option<String> },
    /// A car left.
    #[serde(rename = "stay.closed")]
    StayClosed {
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        charged_minor: Option<i64>,
    },
    /// Money was taken for a stay.
    #[serde(rename = "stay.paid")]
    StayPaid {
        payment: Uuid,
        method: Method,
        #[cfg_attr(feature = "openapi", schema(value_type = Object))]
        amount: Money,
    },
    /// Something a person should look at.
    #[serde(rename = "exception")]
    Exception { what: ExceptionKind },
    /// A fault of a lane began or ended.
    #[serde(rename = "lane.fault")]
    LaneFault { code: String, params: BTreeMap<String, String>, raised: bool },
    /// A device declared numbers of events that never come.
    #[serde(rename = "events.gap")]
    EventsGap { what: ExceptionKind, first: u64, last: u64, reason: String },
    /// Events that a server acknowledged are not in this database.
    #[serde(rename = "events.missing")]
    EventsMissing { device: Uuid, after: i64, upto: i64 },
    /// A device's store is behind what is kept of it.
    #[serde(rename = "device.store_behind")]
    DeviceStoreBehind {
        device: Uuid,
        /// Why it is thought so.
        #[serde(skip_serializing_if = "Option::is_none")]
        store: Option<String>,
        /// The highest number kept.
        above: i64,
        /// The number that came again.
        #[serde(skip_serializing_if = "Option::is_none")]
        seq: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_seq: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        boot: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        last_boot: Option<i64>,
    },
    /// A lane's clock began to differ, differs much, or agrees again.
    #[serde(rename = "device.clock")]
    DeviceClock { device: Uuid, ahead_ms: i64, level: String },
    /// A device sends more than it may.
    #[serde(rename = "device.floods")]
    DeviceFloods {
        #[serde(skip_serializing_if = "Option::is_none")]
        device: Option<Uuid>,
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        peer: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        kept_out_s: Option<u64>,
    },
    /// Two machines speak with one device's keys.
    #[serde(rename = "device.twin")]
    DeviceTwin { device: Uuid, live: String, refused: String },
    /// A device was added to a lane.
    #[serde(rename = "device.add")]
    DeviceAdd { device: String, replaced: Option<String> },
    /// A device got a new certificate.
    #[serde(rename = "device.renew")]
    DeviceRenew { device: String },
    /// A device may not speak any more.
    #[serde(rename = "device.revoke")]
    DeviceRevoke { device: String },
    /// A person was let in.
    #[serde(rename = "user.add")]
    UserAdd { user: Uuid, role: String },
    /// A person has a new password.
    #[serde(rename = "user.password")]
    UserPassword { user: Uuid },
    /// A person is let in no more, or again.
    #[serde(rename = "user.disabled")]
    UserDisabled { user: Uuid, disabled: bool },
    /// Somebody was given a link to choose a password.
    #[serde(rename = "user.password_link")]
    UserPasswordLink { user: Uuid, kind: LinkKind },
    /// Somebody is asked for one-time codes from now on, or no more.
    #[serde(rename = "user.second_factor")]
    UserSecondFactor { user: Uuid, on: bool },
    /// Failed logins of somebody were forgotten.
    #[serde(rename = "user.unlocked")]
    UserUnlocked { user: Uuid },
    /// The installation was set up.
    #[serde(rename = "setup.done")]
    SetupDone { user: Uuid },
    /// A person's roles or sites changed.
    #[serde(rename = "user.set")]
    UserSet {
        user: Uuid,
        #[serde(skip_serializing_if = "Option::is_none")]
        role: Option<BeforeAfter>,
        #[serde(skip_serializing_if = "Option::is_none")]
        sites: Option<BeforeAfter>,
    },
    /// A program's key was made.
    #[serde(rename = "key.add")]
    KeyAdd { key: Uuid, permissions: Vec<String> },
    /// A program's key ended.
    #[serde(rename = "key.revoke")]
    KeyRevoke { key: Uuid },
    /// A site was opened.
    #[serde(rename = "site.add")]
    SiteAdd { code: String },
    /// A lane was made.
    #[serde(rename = "lane.add")]
    LaneAdd { lane: Uuid, code: String, direction: String },
    /// A site was corrected.
    #[serde(rename = "site.set")]
    SiteSet {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<BeforeAfter>,
        #[serde(skip_serializing_if = "Option::is_none")]
        time_zone: Option<BeforeAfter>,
        #[serde(skip_serializing_if = "Option::is_none")]
        currency: Option<BeforeAfter>,
        #[serde(skip_serializing_if = "Option::is_none")]
        languages: Option<BeforeAfter>,
        #[serde(skip_serializing_if = "Option::is_none")]
        capacity: Option<BeforeAfter>,
    },
    /// A lane was corrected.
    #[serde(rename = "lane.set")]
    LaneSet {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<BeforeAfter>,
        #[serde(skip_serializing_if = "Option::is_none")]
        direction: Option<BeforeAfter>,
    },
    /// The server raised an alarm by itself.
    #[serde(rename = "alarm.raised")]
    AlarmRaised { alarm: Uuid, what: AlarmKind },
    /// Somebody sees to an alarm.
    #[serde(rename = "alarm.acknowledged")]
    AlarmAcknowledged { alarm: Uuid, what: AlarmKind },
    /// Somebody closed an alarm. Why stands with the alarm, where it can be erased.
    #[serde(rename = "alarm.closed")]
    AlarmClosed { alarm: Uuid, what: AlarmKind },
    /// A lane is to be for something else: `closed`, until when.
    #[serde(rename = "lane.mode")]
    LaneMode {
        mode: BeforeAfter,
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<String>,
    },
    /// Somebody asks for all lanes of a direction to be held open.
    #[serde(rename = "hold_all.requested")]
    HoldAllRequested { request: Uuid, direction: String, action: String },
    /// A second person confirmed it.
    #[serde(rename = "hold_all.confirmed")]
    HoldAllConfirmed { request: Uuid, direction: String, action: String, requested_by: Uuid },
    /// All lanes of a direction were released.
    #[serde(rename = "hold_all.released")]
    HoldAllReleased { direction: String },
    /// A person corrected a stay: which fields, and times and types before and after. A plate, before and after, stands with
    /// the reason behind the commitment.
    #[serde(rename = "stay.corrected")]
    StayCorrected {
        plate: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        vehicle_type: Option<BeforeAfter>,
        #[serde(skip_serializing_if = "Option::is_none")]
        entered_at: Option<BeforeAfter>,
        #[serde(skip_serializing_if = "Option::is_none")]
        exited_at: Option<BeforeAfter>,
        #[serde(skip_serializing_if = "Option::is_none")]
        charged_minor: Option<BeforeAfter>,
    },
    /// Two stays were the halves of one.
    #[serde(rename = "stay.merged")]
    StayMerged { other: Uuid, charged_minor: i64 },
    /// A stay never was.
    #[serde(rename = "stay.voided")]
    StayVoided {},
    /// How many cars are inside was set.
    #[serde(rename = "occupancy.set")]
    OccupancySet { inside: BeforeAfter },
    /// Stays of cars that are not inside were ended.
    #[serde(rename = "occupancy.reset")]
    OccupancyReset { ended: u64, before: String },
    /// A vehicle was added.
    #[serde(rename = "vehicle.add")]
    VehicleAdd { vehicle: Uuid },
    /// A vehicle was corrected; the values are personal and not told.
    #[serde(rename = "vehicle.set")]
    VehicleSet { vehicle: Uuid, fields: Vec<String> },
    /// A vehicle was removed.
    #[serde(rename = "vehicle.remove")]
    VehicleRemove { vehicle: Uuid },
    /// Somebody looked at where and when a vehicle came and went. Why stands behind the commitment.
    #[serde(rename = "vehicle.history_seen")]
    VehicleHistorySeen { vehicle: Uuid },
    /// Vehicles were taken over from a file.
    #[serde(rename = "vehicles.imported")]
    VehiclesImported { import: Uuid, created: i64, changed: i64 },
    /// An import was taken back.
    #[serde(rename = "vehicles.import_undone")]
    VehiclesImportUndone { import: Uuid, undone: i64 },
    /// Vehicles were written to a file.
    #[serde(rename = "vehicles.exported")]
    VehiclesExported {},
    /// How a site treats cars with and without rights changed.
    #[serde(rename = "access.set")]
    AccessSet {
        #[serde(skip_serializing_if = "Option::is_none")]
        overstay_hours: Option<BeforeAfter>,
        #[serde(skip_serializing_if = "Option::is_none")]
        outside_terms: Option<BeforeAfter>,
        #[serde(skip_serializing_if = "Option::is_none")]
        notice_days: Option<BeforeAfter>,
        #[serde(skip_serializing_if = "Option::is_none")]
        countries: Option<BeforeAfter>,
        #[serde(skip_serializing_if = "Option::is_none")]
        passback: Option<BeforeAfter>,
    },
    /// A plate was blocked. Why stands with the block, where it can be erased.
    #[serde(rename = "block.add")]
    BlockAdd {
        block: Uuid,
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<String>,
    },
    /// A block has another reason or another end.
    #[serde(rename = "block.set")]
    BlockSet {
        block: Uuid,
        /// Whether the reason is another; what it says stands with the block.
        reason: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<BeforeAfter>,
    },
    /// A block was lifted.
    #[serde(rename = "block.lift")]
    BlockLift { block: Uuid },
    /// A plan was made.
    #[serde(rename = "plan.add")]
    PlanAdd { plan: Uuid },
    /// A plan was corrected.
    #[serde(rename = "plan.set")]
    PlanSet { plan: Uuid },
    /// A plan is sold no more, or again.
    #[serde(rename = "plan.retire")]
    PlanRetire { plan: Uuid, retired: bool },
    /// Something was done to a subscription. Why, and the rest, stands in its history, where it can be erased.
    #[serde(rename = "subscription.changed")]
    SubscriptionChanged { subscription: Uuid, what: SubscriptionChange },
    /// Plates that are inside may come in once more; without a stay, all of them.
    #[serde(rename = "passback.reset")]
    PassbackReset {
        #[serde(skip_serializing_if = "Option::is_none")]
        stay: Option<Uuid>,
        plates: i64,
    },
    /// A ticket was given.
    #[serde(rename = "ticket.issued")]
    TicketIssued { ticket: Uuid, number: String },
    /// A driver lost theirs: this one stands for it.
    #[serde(rename = "ticket.lost")]
    TicketLost { ticket: Uuid, number: String },
    /// Nothing more is due for a ticket.
    #[serde(rename = "ticket.settled")]
    TicketSettled {
        ticket: Uuid,
        number: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        method: Option<Method>,
    },
    /// A tariff version was put in force.
    /// A tariff version was put in force, at once or from a time on.
    #[serde(rename = "tariff.set")]
    TariffSet {
        tariff: Uuid,
        version: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<String>,
    },
    /// Somebody began a draft of a tariff.
    #[serde(rename = "tariff.draft")]
    TariffDraft { draft: Uuid },
    /// A draft was discarded.
    #[serde(rename = "tariff.draft_discarded")]
    TariffDraftDiscarded { draft: Uuid },
    /// A validation code was made.
    #[serde(rename = "validation.code")]
    ValidationCode { code: Uuid },
    /// A validation code ended.
    #[serde(rename = "validation.code_cancelled")]
    ValidationCodeCancelled { code: Uuid },
    /// A code was redeemed for a stay.
    #[serde(rename = "stay.validated")]
    StayValidated { validation: Uuid, code: Uuid },
    /// What was redeemed for a stay was taken back.
    #[serde(rename = "stay.validation_cancelled")]
    StayValidationCancelled { validation: Uuid, code: Uuid },
}

impl AuditAction {
    /// Its name and its detail, as they are stored.
    #[must_use]
    pub fn to_row(&self) -> (String, Value) {
        match serde_json::to_value(self) {
            Ok(Value::Object(mut whole)) => {
                let action = whole.remove("action").and_then(|action| action.as_str().map(str::to_owned));
                (action.unwrap_or_default(), whole.remove("detail").unwrap_or_default())
            }
            other => unreachable!("an action is an object, not {other:?}"),
        }
    }

    /// From a stored line; none for an action that only a later version knows.
    #[must_use]
    pub fn from_row(action: &str, detail: &Value) -> Option<Self> {
        let whole =
            Map::from_iter([("action".to_owned(), action.into()), ("detail".to_owned(), detail.clone())]);
        serde_json::from_value(Value::Object(whole)).ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_survives_its_row_and_what_was_not_said_is_left_out() {
        let closed = AuditAction::StayClosed { code: None, charged_minor: None };
        let (action, detail) = closed.to_row();
        assert_eq!((&*action, &detail), ("stay.closed", &json!({})));
        assert_eq!(AuditAction::from_row(&action, &detail), Some(closed));
        assert_eq!(AuditAction::from_row("bay.sold", &json!({})), None);
    }

    #[test]
    fn who_asked_stands_in_the_detail_and_does_not_hinder_reading_it() {
        let detail = json!({ "device": "pi-1", "by": "command line", "request_id": "abc" });
        let revoked = AuditAction::DeviceRevoke { device: "pi-1".into() };
        assert_eq!(AuditAction::from_row("device.revoke", &detail), Some(revoked));
    }
}
