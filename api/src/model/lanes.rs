//! Lanes as they are now, and orders to their booms.

use boomgate_domain::direction::Direction;
use boomgate_domain::ids::{ArrivalId, LaneCode, LaneId};
use boomgate_domain::reason::Lang;
use boomgate_operations::access::SiteRef;
use boomgate_operations::booms::{Action, NewOrder};
use boomgate_operations::lanes::AddLane;
use boomgate_operations::modes::SetMode;
use boomgate_operations::previews::Asked;
use boomgate_store::lanes::LaneStatus;
use boomgate_store::manual::ManualOrder;
use boomgate_store::sites::SiteRow;
use boomgate_store::words::{
    BoomPosition, CommandAction, CommandState, DecisionOutcome, LaneDirection, LaneMode, LaneReadiness,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::money::Amount;
use super::sites::label;
use super::texts;
use crate::error::{ApiError, unknown};
use crate::query;
use crate::request::SafeText;

/// A lane not heard for so long is shown as gone.
const CONNECTED: SignedDuration = SignedDuration::from_secs(30);

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Lane {
    id: Uuid,
    code: String,
    name: String,
    direction: LaneDirection,
    site: LaneSite,
    device: Option<LaneDevice>,
    /// As last heard.
    boom: BoomPosition,
    /// Whether its program works.
    mode: LaneReadiness,
    /// What it is to be for.
    wanted: LaneWish,
    /// What it said last that it is for; null until it has said so.
    reported_mode: Option<LaneMode>,
    /// Codes of the faults that last.
    faults: Vec<String>,
    /// Events that waited at the lane to be sent, at its last hello; null until there was one.
    queue: Option<u64>,
    /// Milliseconds a hello took there and back, at its last one; null until that is known.
    round_trip_ms: Option<u32>,
    /// What its loops said at its last hello; null until it says so.
    loops: Option<Loops>,
    /// How well the camera sees plates; null until the lane says so.
    view: Option<View>,
    /// The car that waits in front of the boom.
    last: Option<Waiting>,
}

/// The loops in the ground, before and under the boom.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub(crate) struct Loops {
    arming: LoopSays,
    safety: LoopSays,
}

/// What a loop says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LoopSays {
    Clear,
    Occupied,
    /// Faulty or not heard.
    Unknown,
}

/// By the pictures of the last vehicles.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub(crate) struct View {
    /// 0 nothing can be read, 100 nothing to better.
    score: u8,
    /// The one thing to do about it.
    advice: String,
    /// Share of the pictures with a plate, in permille.
    plates: u16,
}

/// A mode that people wish for: a state, which the lane keeps over restarts and without a network.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LaneWish {
    mode: LaneMode,
    /// In the person's words.
    reason: Option<String>,
    /// From then on the lane is open again.
    until: Option<Timestamp>,
    /// Null where nobody ever wished for another mode.
    since: Option<Timestamp>,
    /// The person; null where a mode ended at its time.
    by: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LaneSite {
    id: Uuid,
    code: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LaneDevice {
    code: String,
    connected: bool,
    last_seen: Option<Timestamp>,
    /// Whole days until its certificate ends, negative when it has; null where that is not known.
    certificate_days: Option<i64>,
    /// Its wall clock less the server's in milliseconds, at its last hello; null until there was one.
    clock_ahead_ms: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Waiting {
    arrival: Uuid,
    at: Timestamp,
    plate: Option<String>,
    outcome: Option<DecisionOutcome>,
    /// Stable code of the reason.
    code: Option<String>,
    /// The decision in words.
    text: Option<String>,
    /// Whether the lane decided by itself.
    local: bool,
    stay: Option<Uuid>,
    amount: Option<Amount>,
    /// SHA-256 of the picture, hex; null until the picture is stored.
    evidence: Option<String>,
    waiting: bool,
}

/// What of a lane is set by people; its ETag is the version of this.
#[derive(Debug, Serialize)]
pub(crate) struct LaneSettings<'a> {
    pub(crate) code: &'a str,
    name: &'a str,
    direction: LaneDirection,
}

/// A lane to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLane {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[schema(value_type = Option<String>)]
    pub(crate) site: Option<SiteRef>,
    /// Used once at its site.
    #[schema(pattern = "^[a-z0-9-]{1,64}$")]
    code: String,
    /// As people read it; the code where it is left out.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    name: Option<SafeText>,
    direction: LaneDirection,
}

impl NewLane {
    pub(crate) fn lane(&self) -> Result<AddLane, ApiError> {
        let code =
            LaneCode::parse(&self.code).map_err(|error| ApiError::invalid("code", error.to_string()))?;
        let name = label(self.name.as_deref().unwrap_or(&self.code))?;
        Ok(AddLane { code, name, direction: direction(self.direction) })
    }
}

/// What is to be another; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LaneChange {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    name: Option<SafeText>,
    /// Of the device too: what it reports in another direction is raised and moves nothing.
    direction: Option<LaneDirection>,
}

impl LaneChange {
    pub(crate) fn name(&self) -> Result<Option<String>, ApiError> {
        self.name.as_deref().map(label).transpose()
    }

    pub(crate) fn direction(&self) -> Option<Direction> {
        self.direction.map(direction)
    }
}

const fn direction(direction: LaneDirection) -> Direction {
    match direction {
        LaneDirection::Entry => Direction::Entry,
        LaneDirection::Exit => Direction::Exit,
    }
}

impl Lane {
    pub(crate) fn settings(&self) -> LaneSettings<'_> {
        LaneSettings { code: &self.code, name: &self.name, direction: self.direction }
    }

    pub(crate) fn of(status: LaneStatus, site: &SiteRow, last: Option<Waiting>) -> Result<Self, ApiError> {
        let hello = status.hello.unwrap_or_default();
        let word = |name: &str| hello[name].as_str();
        let faults =
            hello["faults"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        let fresh = |seen: &Timestamp| Timestamp::now().duration_since(*seen) < CONNECTED;
        let certificate_days = status.certificate_until.map(|until| days_until(until, Timestamp::now()));
        let device = status.device_code.map(|code| LaneDevice {
            code,
            certificate_days,
            connected: status.last_seen.as_ref().is_some_and(fresh),
            last_seen: status.last_seen,
            clock_ahead_ms: status.clock_ahead_ms,
        });
        let direction = LaneDirection::parse(&status.direction);
        let wanted = LaneWish {
            mode: LaneMode::parse(&status.mode).ok_or_else(|| unknown("lanes.mode", &status.mode))?,
            reason: status.mode_reason,
            until: status.mode_until,
            since: status.mode_since,
            by: status.mode_by_name,
        };
        Ok(Self {
            wanted,
            reported_mode: hello["lane_mode"]["mode"].as_str().and_then(LaneMode::parse),
            id: status.id.as_uuid(),
            code: status.code,
            name: status.name,
            direction: direction.ok_or_else(|| unknown("lanes.direction", &status.direction))?,
            site: LaneSite { id: site.id.as_uuid(), code: site.code.clone() },
            device,
            boom: word("boom").and_then(BoomPosition::parse).unwrap_or(BoomPosition::Unknown),
            mode: word("mode").and_then(LaneReadiness::parse).unwrap_or(LaneReadiness::Unknown),
            faults: faults.collect(),
            queue: hello["backlog"].as_u64(),
            round_trip_ms: hello["rtt_ms"].as_u64().and_then(|ms| u32::try_from(ms).ok()),
            // Lanes from before the loops say nothing of them.
            loops: Loops::deserialize(&hello["loops"]).ok(),
            // Lanes from before the view say none.
            view: View::deserialize(&hello["view"]).ok(),
            last,
        })
    }
}

fn days_until(until: Timestamp, now: Timestamp) -> i64 {
    until.duration_since(now).as_secs().div_euclid(24 * 3600)
}

impl Waiting {
    /// The car at the lane, where there is one. `params` are those of its reason; `local`: the lane decided by itself.
    pub(crate) fn of(
        status: &LaneStatus,
        site: &SiteRow,
        (params, local): (&Value, bool),
        lang: Lang,
    ) -> Option<Self> {
        let code = status.arrival_code.clone();
        Some(Self {
            arrival: status.arrival_id?,
            at: status.arrived_at?,
            plate: status.arrival_plate.clone(),
            outcome: status.arrival_outcome.as_deref().and_then(DecisionOutcome::parse),
            text: code.as_deref().map(|code| texts::stored_reason(code, params, lang)),
            code,
            local,
            stay: status.arrival_stay_id,
            amount: status
                .arrival_amount_minor
                .map(|minor| Amount { minor, currency: site.currency.clone() }),
            evidence: status.arrival_evidence.as_deref().map(hex::encode),
            waiting: true,
        })
    }
}

/// What lanes are to be for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMode {
    mode: LaneMode,
    /// Why, in the person's words.
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    reason: SafeText,
    /// From then on the lanes are open again; until another mode comes where it is left out.
    until: Option<Timestamp>,
}

impl NewMode {
    pub(crate) fn set(self) -> SetMode {
        SetMode { mode: self.mode.into(), reason: self.reason.to_string(), until: self.until }
    }
}

/// What a person can order a boom to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OrderAction {
    /// Open for one car.
    Open,
    /// Close as soon as nobody is under it.
    Close,
    /// Open and stay open.
    Hold,
    /// End a hold.
    Release,
    /// Send the waiting car away.
    Refuse,
}

impl From<OrderAction> for Action {
    fn from(action: OrderAction) -> Self {
        match action {
            OrderAction::Open => Self::Open,
            OrderAction::Close => Self::Close,
            OrderAction::Hold => Self::Hold,
            OrderAction::Release => Self::Release,
            OrderAction::Refuse => Self::Refuse,
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCommand {
    pub(crate) action: OrderAction,
    /// Why, in the operator's words; kept in the audit.
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    pub(crate) reason: SafeText,
    /// The car this is about.
    pub(crate) arrival: Option<Uuid>,
}

impl NewCommand {
    pub(crate) fn order(self, lane: LaneId) -> NewOrder {
        let arrival = self.arrival.map(ArrivalId::from_uuid);
        NewOrder { lane, action: self.action.into(), reason: self.reason.to_string(), arrival }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ordered {
    command: OrderedCommand,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderedCommand {
    id: Uuid,
    lane: Uuid,
    action: CommandAction,
    state: CommandState,
}

impl Ordered {
    pub(crate) fn of(order: &ManualOrder) -> Self {
        let command = OrderedCommand {
            id: order.command.as_uuid(),
            lane: order.lane.as_uuid(),
            action: order.action,
            state: CommandState::Pending,
        };
        Self { command }
    }
}

/// A look through the camera that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewAsked {
    command: OrderedCommand,
    /// Pictures come until then at most.
    until: Timestamp,
}

impl PreviewAsked {
    pub(crate) fn of(asked: &Asked) -> Self {
        Self { command: Ordered::of(&asked.order).command, until: asked.until }
    }
}
