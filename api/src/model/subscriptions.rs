//! Subscriptions with their vehicles and places, and what was done to them.

use boomgate_domain::ids::PlanId;
use boomgate_domain::plate::{Plate, TypedPlate};
use boomgate_operations::access::SiteRef;
use boomgate_operations::subscriptions::{AddSubscription, End, SetSubscription, SetVehicles};
use boomgate_store::passback::PassbackRow;
use boomgate_store::subscription_contracts::{ContractRow, HistoryRow};
use boomgate_store::subscription_plates::PlateRow;
use boomgate_store::words::{SubscriptionChange, SubscriptionState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::blocklist::{ListStep, typed_plate};
use super::plans::Terms;
use super::sites::given;
use crate::error::{ApiError, unknown};
use crate::query;
use crate::request::SafeText;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Subscription {
    id: Uuid,
    /// Code of the site.
    site: String,
    holder: String,
    email: Option<String>,
    phone: Option<String>,
    note: String,
    plan: Option<PlanName>,
    state: SubscriptionState,
    /// Null: from the beginning.
    from: Option<Timestamp>,
    /// Null: until further notice.
    until: Option<Timestamp>,
    /// When somebody ended it, or from when on it is ended.
    ended_at: Option<Timestamp>,
    /// The pause that lasts or comes.
    pause: Option<PauseView>,
    terms: Terms,
    /// Those it has now.
    vehicles: Vec<SubscribedVehicle>,
    /// Places taken by cars that came in by it.
    places_taken: usize,
    /// Entries by it in this month; null where they are not limited.
    used_this_month: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanName {
    id: Uuid,
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PauseView {
    from: Timestamp,
    /// Null: until it is resumed.
    until: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubscribedVehicle {
    /// As it is compared.
    plate: String,
    /// As a person wrote it.
    written: String,
    added: ListStep,
    removed: Option<ListStep>,
    /// Its open stay.
    stay: Option<Uuid>,
    entered_at: Option<Timestamp>,
    /// It came in by the subscription, and takes one of its places.
    takes_place: bool,
}

impl SubscribedVehicle {
    fn of(row: &PlateRow) -> Self {
        let step = |at, by: &Option<String>| ListStep { at, by: by.clone(), reason: None };
        Self {
            plate: row.plate.clone(),
            written: row.plate_typed.clone().unwrap_or_else(|| row.plate.clone()),
            added: step(row.added_at, &row.added_name),
            removed: row.removed_at.map(|at| step(at, &row.removed_name)),
            stay: row.stay.map(|stay| stay.as_uuid()),
            entered_at: row.entered_at,
            takes_place: row.takes_place,
        }
    }
}

impl Subscription {
    pub(crate) fn of(row: ContractRow, plates: &[PlateRow], now: Timestamp) -> Self {
        let own = || plates.iter().filter(|plate| plate.subscription_id == row.id);
        let taken: std::collections::BTreeSet<Uuid> =
            own().filter(|plate| plate.takes_place).filter_map(|plate| Some(plate.stay?.as_uuid())).collect();
        let (state, terms) = (row.state(now), Terms::of(&row.contract().terms));
        let plan = row.plan_id.zip(row.plan_name.clone());
        let rests = row.paused_until.is_none_or(|until| until > now);
        Self {
            id: row.id.as_uuid(),
            vehicles: own().filter(|plate| plate.removed_at.is_none()).map(SubscribedVehicle::of).collect(),
            site: row.site_code,
            holder: row.holder,
            email: row.contact_email,
            phone: row.contact_phone,
            note: row.note,
            plan: plan.map(|(id, name)| PlanName { id: id.as_uuid(), name }),
            state,
            from: row.valid_from,
            until: row.valid_until,
            ended_at: row.ended_at,
            pause: row.paused_from.filter(|_| rests).map(|from| PauseView { from, until: row.paused_until }),
            terms,
            places_taken: taken.len(),
            used_this_month: row.uses_per_month.map(|_| row.used),
        }
    }
}

/// A subscription with all there is to know.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubscriptionDetail {
    #[serde(flatten)]
    subscription: Subscription,
    /// Vehicles it had.
    former_vehicles: Vec<SubscribedVehicle>,
    /// What was done to it, the latest first; at most 200.
    history: Vec<HistoryLine>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryLine {
    at: Timestamp,
    what: SubscriptionChange,
    /// As the person is called now.
    by: Option<String>,
    /// In the person's words.
    reason: Option<String>,
    /// Numbers, words and times.
    #[schema(value_type = Object)]
    detail: Value,
}

impl SubscriptionDetail {
    pub(crate) fn of(
        row: ContractRow,
        plates: &[PlateRow],
        history: Vec<HistoryRow>,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        let former =
            plates.iter().filter(|plate| plate.removed_at.is_some()).map(SubscribedVehicle::of).collect();
        let line = |line: HistoryRow| {
            let what = SubscriptionChange::parse(&line.what);
            let what = what.ok_or_else(|| unknown("subscription_history.what", &line.what))?;
            Ok(HistoryLine { at: line.at, what, by: line.by_name, reason: line.reason, detail: line.detail })
        };
        let history = history.into_iter().map(line).collect::<Result<_, ApiError>>()?;
        Ok(Self { subscription: Subscription::of(row, plates, now), former_vehicles: former, history })
    }
}

/// A subscription to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSubscription {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[schema(value_type = Option<String>)]
    pub(crate) site: Option<SiteRef>,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    holder: SafeText,
    /// For notices before it ends.
    #[schema(value_type = Option<String>, max_length = 254)]
    email: Option<SafeText>,
    #[schema(value_type = Option<String>, max_length = 40)]
    phone: Option<SafeText>,
    #[serde(default)]
    #[schema(value_type = String, max_length = 1000)]
    note: SafeText,
    /// Whose terms it gets, where none are given.
    plan: Option<Uuid>,
    /// Left out: at once.
    from: Option<Timestamp>,
    /// Left out: the plan's period; without a plan until further notice.
    until: Option<Timestamp>,
    /// Its own; left out: the plan's.
    terms: Option<Terms>,
    /// Plates as people write them.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 2000)]
    vehicles: Vec<SafeText>,
}

impl NewSubscription {
    pub(crate) fn subscription(&self) -> Result<AddSubscription, ApiError> {
        let text = |text: &Option<SafeText>| text.as_ref().map(|text| text.to_string());
        Ok(AddSubscription {
            holder: self.holder.to_string(),
            email: text(&self.email),
            phone: text(&self.phone),
            note: self.note.to_string(),
            plan: self.plan.map(PlanId::from_uuid),
            from: self.from,
            until: self.until,
            terms: self.terms.as_ref().map(Terms::terms).transpose()?,
            plates: plates("vehicles", &self.vehicles)?,
        })
    }
}

fn plates(field: &str, texts: &[SafeText]) -> Result<Vec<TypedPlate>, ApiError> {
    let read = |(number, text): (usize, &SafeText)| {
        TypedPlate::parse(text)
            .map_err(|error| ApiError::invalid(format!("{field}[{number}]"), error.to_string()))
    };
    texts.iter().enumerate().map(read).collect()
}

/// What is to be another; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubscriptionSet {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    holder: Option<SafeText>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 254)]
    email: Option<Option<SafeText>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 40)]
    phone: Option<Option<SafeText>>,
    #[schema(value_type = Option<String>, max_length = 1000)]
    note: Option<SafeText>,
    /// Another plan brings its terms, unless terms are given; null: no plan, the terms stay.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Uuid>)]
    plan: Option<Option<Uuid>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Timestamp>)]
    from: Option<Option<Timestamp>>,
    /// Null: until further notice.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Timestamp>)]
    until: Option<Option<Timestamp>>,
    /// All of them.
    terms: Option<Terms>,
}

impl SubscriptionSet {
    pub(crate) fn set(&self) -> Result<SetSubscription, ApiError> {
        let text = |text: &Option<Option<SafeText>>| {
            text.as_ref().map(|text| text.as_ref().map(|text| text.to_string()))
        };
        Ok(SetSubscription {
            holder: self.holder.as_ref().map(|text| text.to_string()),
            email: text(&self.email),
            phone: text(&self.phone),
            note: self.note.as_ref().map(|text| text.to_string()),
            plan: self.plan.map(|plan| plan.map(PlanId::from_uuid)),
            from: self.from,
            until: self.until,
            terms: self.terms.as_ref().map(Terms::terms).transpose()?,
        })
    }
}

/// Vehicles to be added and removed; one of each is a change of plate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VehiclesChange {
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 2000)]
    add: Vec<SafeText>,
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 2000)]
    remove: Vec<SafeText>,
    #[serde(default)]
    #[schema(value_type = String, max_length = 300)]
    reason: SafeText,
}

impl VehiclesChange {
    pub(crate) fn set(&self) -> Result<SetVehicles, ApiError> {
        let remove = plates("remove", &self.remove)?;
        Ok(SetVehicles {
            add: plates("add", &self.add)?,
            remove: remove.into_iter().map(|plate| plate.plate().clone()).collect(),
            reason: self.reason.to_string(),
        })
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PauseSubscription {
    /// Left out: now.
    pub(crate) from: Option<Timestamp>,
    /// Left out: until it is resumed.
    pub(crate) until: Option<Timestamp>,
    #[serde(default)]
    #[schema(value_type = String, max_length = 300)]
    pub(crate) reason: SafeText,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResumeSubscription {
    #[serde(default)]
    #[schema(value_type = String, max_length = 300)]
    pub(crate) reason: SafeText,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenewSubscription {
    /// Of its plan.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 120, default = 1)]
    pub(crate) periods: u16,
}

const fn one() -> u16 {
    1
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndSubscription {
    /// Left out: now.
    at: Option<Timestamp>,
    /// The end that was given is taken back.
    #[serde(default)]
    take_back: bool,
    #[serde(default)]
    #[schema(value_type = String, max_length = 300)]
    pub(crate) reason: SafeText,
}

impl EndSubscription {
    pub(crate) fn end(&self) -> Result<End, ApiError> {
        match (self.take_back, self.at) {
            (true, Some(_)) => Err(ApiError::invalid("at", "an end that is taken back has no time")),
            (true, None) => Ok(End::TakenBack),
            (false, Some(at)) => Ok(End::At(at)),
            (false, None) => Ok(End::Now),
        }
    }
}

/// A plate that is inside, and whether it may come in once more.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PassbackState {
    /// Of the stay.
    id: Uuid,
    plate: String,
    entered_at: Timestamp,
    /// Code of the reason for which it was let in.
    entry_code: Option<String>,
    /// Of its subscription.
    holder: Option<String>,
    /// It may come in once more, though it is inside.
    reset: Option<ListStep>,
}

impl From<PassbackRow> for PassbackState {
    fn from(row: PassbackRow) -> Self {
        let reset = row.reset_at.map(|at| ListStep { at, by: row.reset_name, reason: row.reason });
        Self {
            id: row.id.as_uuid(),
            plate: row.plate,
            entered_at: row.entered_at,
            entry_code: row.entry_code,
            holder: row.holder,
            reset,
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetPassback {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[schema(value_type = Option<String>)]
    pub(crate) site: Option<SiteRef>,
    /// Of a car that is inside.
    #[schema(value_type = Option<String>)]
    plate: Option<SafeText>,
    /// Everybody who is inside; instead of a plate.
    #[serde(default)]
    all: bool,
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    pub(crate) reason: SafeText,
}

impl ResetPassback {
    /// None: everybody.
    pub(crate) fn plate(&self) -> Result<Option<Plate>, ApiError> {
        match (&self.plate, self.all) {
            (Some(plate), false) => Ok(Some(typed_plate("plate", plate)?.plate().clone())),
            (None, true) => Ok(None),
            (Some(_), true) | (None, false) => Err(ApiError::invalid("plate", "name a plate, or say all")),
        }
    }
}

/// What a reset did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PassbackReset {
    /// Plates that may come in once more.
    pub(crate) plates: i64,
    pub(crate) at: Timestamp,
}
