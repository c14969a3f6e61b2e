//! Events of the live feed, as sent to live sockets, webhooks and other readers.

use std::collections::BTreeMap;

use boomgate_domain::money::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::payment_method::Method;
use crate::words::{
    AlarmKind, AlarmState, BoomPosition, CommandAction, CommandState, DecisionOutcome, ExceptionKind,
    HoldAllAction, HoldAllState, LaneDirection, LaneMode, PassageOutcome, ReadingVerdict, StayAct,
};

/// One thing that happened. Fields are only added; those that a row of an earlier version lacks are null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "data", rename_all = "snake_case")]
pub enum LiveEvent {
    /// A car stands before the boom, not decided on yet or decided on by its lane.
    Arrival(ArrivalEvent),
    /// The picture of an arrival is stored.
    Picture(PictureEvent),
    /// It was decided what the car at a lane may do.
    Decision(DecisionEvent),
    /// A car went under the boom.
    Passage(PassageEvent),
    /// Something a person should look at.
    Exception(ExceptionEvent),
    /// Something a person should know, that can wait.
    Notice(ExceptionEvent),
    /// A fault of a lane began or ended.
    Fault(FaultEvent),
    /// The boom moved.
    Boom(BoomEvent),
    /// An order to a lane: given by a person, or not obeyed.
    Command(CommandEvent),
    /// Money was taken for a stay.
    Payment(PaymentEvent),
    /// An alarm was raised, acknowledged or closed.
    Alarm(AlarmEvent),
    /// A lane is to be for something else, or says that it is.
    Mode(ModeEvent),
    /// All lanes of a direction are to be held open, or released.
    HoldAll(HoldAllEvent),
    /// A person corrected a stay.
    Stay(StayEvent),
    /// A person set how many cars are inside, or ended the stays of cars that are not.
    Occupancy(OccupancyEvent),
    /// A ticket was given, or nothing more is due for it.
    Ticket(TicketEvent),
}

impl LiveEvent {
    /// Its kind and its body, as they are stored.
    #[must_use]
    pub fn to_row(&self) -> (String, Value) {
        match serde_json::to_value(self) {
            Ok(Value::Object(mut whole)) => {
                let kind = whole.remove("kind").and_then(|kind| kind.as_str().map(str::to_owned));
                (kind.unwrap_or_default(), whole.remove("data").unwrap_or_default())
            }
            other => unreachable!("an event is an object, not {other:?}"),
        }
    }

    /// From a stored row; none for a kind that only a later version knows.
    #[must_use]
    pub fn from_row(kind: &str, body: &Value) -> Option<Self> {
        let whole = Map::from_iter([("kind".to_owned(), kind.into()), ("data".to_owned(), body.clone())]);
        serde_json::from_value(Value::Object(whole)).ok()
    }

    /// The reason it carries, with its parameters.
    #[must_use]
    pub fn reason(&self) -> Option<(&str, &BTreeMap<String, String>)> {
        match self {
            Self::Decision(event) => Some((&event.code, &event.params)),
            Self::Fault(event) => Some((&event.code, &event.params)),
            Self::Command(event) => Some((event.code.as_deref()?, &event.params)),
            Self::Alarm(event) => Some((event.code.as_deref()?, &event.params)),
            Self::Arrival(_)
            | Self::Picture(_)
            | Self::Passage(_)
            | Self::Exception(_)
            | Self::Notice(_)
            | Self::Boom(_)
            | Self::Payment(_)
            | Self::Mode(_)
            | Self::HoldAll(_)
            | Self::Stay(_)
            | Self::Occupancy(_) => None,
            Self::Ticket(_) => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ArrivalEvent {
    pub arrival: Uuid,
    /// As far as it was surely read.
    pub plate: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StayEvent {
    pub stay: Uuid,
    pub what: StayAct,
    /// The person.
    pub by: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OccupancyEvent {
    /// Cars inside from now on.
    pub inside: i32,
    /// Stays that were ended with it.
    pub ended: u64,
    /// The person.
    pub by: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PictureEvent {
    /// SHA-256 of the picture, hex.
    pub evidence: String,
    pub arrival: Option<Uuid>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DecisionEvent {
    pub arrival: Uuid,
    pub decision: Uuid,
    pub direction: Option<LaneDirection>,
    pub plate: Option<String>,
    pub verdict: Option<ReadingVerdict>,
    pub outcome: DecisionOutcome,
    /// Stable code of the reason.
    pub code: String,
    #[serde(default)]
    /// By name, as text: `{"amount": "12.50 EUR"}`.
    pub params: BTreeMap<String, String>,
    /// What is due, in minor units of `currency`.
    pub amount_minor: Option<i64>,
    pub currency: Option<String>,
    pub stay: Option<Uuid>,
    /// The near stay an operator may confirm.
    pub suggested: Option<Uuid>,
    /// How a person wrote the plate that decided, where that differs.
    pub listed_as: Option<String>,
    /// SHA-256 of the picture, hex.
    pub evidence: Option<String>,
    /// Whether the lane decided by itself.
    pub local: bool,
    /// The person, as shown, who said which stay it is or gave the ticket; null where nobody did.
    pub by: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PassageEvent {
    pub arrival: Option<Uuid>,
    pub direction: LaneDirection,
    pub kind: PassageOutcome,
    pub stay: Option<Uuid>,
    /// Cars inside afterwards.
    pub inside: Option<i32>,
    /// Of the stay, as it is known now.
    pub plate: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExceptionEvent {
    pub what: ExceptionKind,
    pub arrival: Option<Uuid>,
    pub stay: Option<Uuid>,
    /// The line of the audit: numbers, ids and words of what was found.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub detail: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FaultEvent {
    /// Stable code of the reason.
    pub code: String,
    #[serde(default)]
    /// By name, as text: `{"amount": "12.50 EUR"}`.
    pub params: BTreeMap<String, String>,
    /// False when it is over.
    pub raised: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BoomEvent {
    pub state: BoomPosition,
    /// What moved it, in the lane's words.
    pub cause: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CommandEvent {
    pub command: Uuid,
    pub action: Option<CommandAction>,
    pub arrival: Option<Uuid>,
    pub state: Option<CommandState>,
    /// Stable code of the reason.
    pub code: Option<String>,
    #[serde(default)]
    /// By name, as text: `{"amount": "12.50 EUR"}`.
    pub params: BTreeMap<String, String>,
    /// The person who gave it, as shown.
    pub by: Option<String>,
    /// In the person's words.
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PaymentEvent {
    pub stay: Uuid,
    pub payment: Uuid,
    pub method: Method,
    #[cfg_attr(feature = "openapi", schema(value_type = Object, example = json!({ "minor": 1250, "currency": "EUR" })))]
    pub amount: Money,
    /// Nothing more is due.
    pub settles: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlarmEvent {
    pub alarm: Uuid,
    pub what: Option<AlarmKind>,
    pub state: AlarmState,
    /// Stable code of the reason, where the cause has one.
    pub code: Option<String>,
    #[serde(default)]
    /// By name, as text.
    pub params: BTreeMap<String, String>,
    /// The person who acknowledged or closed it, as shown; null where it closed by itself.
    pub by: Option<String>,
}

impl AlarmEvent {
    /// About an alarm that was raised before.
    #[must_use]
    pub const fn of(alarm: Uuid, what: Option<AlarmKind>, state: AlarmState) -> Self {
        Self { alarm, what, state, code: None, params: BTreeMap::new(), by: None }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModeEvent {
    /// What people wish.
    pub wanted: LaneMode,
    /// What the lane said last; null where it has not said.
    pub reported: Option<LaneMode>,
    /// From then on the lane is open again.
    pub until: Option<Timestamp>,
    /// The person who wished it, as shown; null where a lane says so, or where its time was over.
    pub by: Option<String>,
    /// In the person's words.
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HoldAllEvent {
    /// None where lanes are released.
    pub request: Option<Uuid>,
    pub direction: LaneDirection,
    pub action: HoldAllAction,
    pub state: HoldAllState,
    /// The person who did this step, as shown.
    pub by: String,
    /// In the person's words.
    pub reason: String,
    /// Until when it can be confirmed.
    pub expires_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketEvent {
    pub ticket: Uuid,
    pub number: String,
    /// None before the car has passed the entry.
    pub stay: Option<Uuid>,
    /// Nothing more is due.
    pub settled: bool,
    /// The person who gave it or took it, as shown.
    pub by: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_of_an_earlier_version_is_read_and_one_of_a_later_version_is_not_guessed() {
        let id = Uuid::nil();
        let old =
            json!({ "arrival": id, "decision": id, "outcome": "open", "code": "OPEN-FREE", "local": true });
        let Some(LiveEvent::Decision(event)) = LiveEvent::from_row("decision", &old) else {
            panic!("an old decision is not read");
        };
        assert_eq!((event.plate, event.params), (None, BTreeMap::new()));
        assert_eq!(LiveEvent::from_row("bay", &json!({ "bay": 7 })), None);
    }

    #[test]
    fn an_event_survives_its_row() {
        let event = LiveEvent::Boom(BoomEvent { state: BoomPosition::Held, cause: Some("fire".into()) });
        let (kind, body) = event.to_row();
        assert_eq!((&*kind, &body), ("boom", &json!({ "state": "held", "cause": "fire" })));
        assert_eq!(LiveEvent::from_row(&kind, &body), Some(event));
    }
}
