//! Stays: what one is, what it costs line by line, what was paid and decided.

use std::collections::BTreeMap;

use boomgate_domain::reason::Lang;
use boomgate_operations::payments::Settled;
use boomgate_operations::stays::Quote;
use boomgate_store::decisions::DecisionRow;
use boomgate_store::payments::{Method, PaymentRow};
use boomgate_store::stays::StayRow;
use boomgate_store::words::{DecisionOutcome, StayState, VehicleType};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::charge_lines::{Line, VatShare};
use super::money::Amount;
use super::stay_history::{StayCommand, StayReading};
use super::texts;
use super::validations::StayValidation;
use crate::error::{ApiError, unknown};
use crate::request::SafeText;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Stay {
    id: Uuid,
    /// Null for a car nobody could read.
    plate: Option<String>,
    status: StayState,
    /// What it is charged as; null: a car.
    vehicle_type: Option<VehicleType>,
    entered_at: Option<Timestamp>,
    exited_at: Option<Timestamp>,
    /// Code of the lane.
    entry_lane: Option<String>,
    /// Code of the lane.
    exit_lane: Option<String>,
    paid: Amount,
    /// Charged in the end; zero while the stay is open.
    charged: Amount,
    note: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OneStay {
    #[serde(flatten)]
    pub(crate) stay: Stay,
    /// Null where no tariff applies.
    pub(crate) charge: Option<Charge>,
    pub(crate) payments: Vec<Payment>,
    /// What was redeemed for it, also what was taken back, the oldest first.
    pub(crate) validations: Vec<StayValidation>,
    pub(crate) decisions: Vec<Decided>,
    pub(crate) readings: Vec<StayReading>,
    pub(crate) commands: Vec<StayCommand>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Charge {
    total: Amount,
    paid: Amount,
    due: Amount,
    /// Begun minutes from entry to now, or to the exit.
    minutes: u32,
    lines: Vec<Line>,
    /// What of the total is VAT; null where the tariff names no rate.
    vat: Option<VatShare>,
    tariff: ChargedBy,
}

/// The version of the tariff by which a charge was computed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChargedBy {
    id: Uuid,
    name: String,
    version: u32,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Payment {
    id: Uuid,
    method: Method,
    amount: Amount,
    /// As shown; empty where a provider reported it.
    taken_by: String,
    taken_at: Timestamp,
    reference: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Decided {
    arrival: Uuid,
    at: Timestamp,
    outcome: DecisionOutcome,
    /// Stable code of the reason.
    code: String,
    /// The reason's parameters by name, as text.
    params: BTreeMap<String, String>,
    /// The reason in words.
    text: String,
    /// SHA-256 of the arrival's picture, hex; null until the picture is stored.
    evidence: Option<String>,
    /// Whether the lane decided by itself.
    local: bool,
    /// Whether another decision stands in its place.
    superseded: bool,
}

/// How money may be taken by hand.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TakenMethod {
    Cash,
    /// Money seen to arrive some other way; the note says how.
    Manual,
}

impl From<TakenMethod> for Method {
    fn from(method: TakenMethod) -> Self {
        match method {
            TakenMethod::Cash => Self::Cash,
            TakenMethod::Manual => Self::Manual,
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPayment {
    pub(crate) method: TakenMethod,
    pub(crate) amount: Amount,
    #[serde(default)]
    #[schema(value_type = String, max_length = 200)]
    pub(crate) note: SafeText,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Taken {
    pub(crate) payment: TakenPayment,
    pub(crate) stay: OneStay,
    /// Code of the exit lane whose boom was ordered to open.
    pub(crate) opens: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TakenPayment {
    id: Uuid,
    method: Method,
    amount: Amount,
    taken_by: String,
    /// Whether nothing more is due.
    settles: bool,
}

/// Codes of a site's lanes by id.
pub(crate) type LaneCodes = Vec<(Uuid, String)>;

impl Stay {
    pub(crate) fn of(row: &StayRow, codes: &LaneCodes) -> Result<Self, ApiError> {
        let code =
            |id: Option<Uuid>| codes.iter().find(|(lane, _)| Some(*lane) == id).map(|(_, code)| code.clone());
        let amount = |minor| Amount { minor, currency: row.currency.clone() };
        Ok(Self {
            // A lane may send newer ones.
            vehicle_type: row.vehicle_type.as_deref().and_then(VehicleType::parse),
            id: row.id,
            plate: row.plate.clone(),
            status: StayState::parse(&row.state).ok_or_else(|| unknown("stays.state", &row.state))?,
            entered_at: row.entered_at,
            exited_at: row.exited_at,
            entry_lane: code(row.entry_lane_id),
            exit_lane: code(row.exit_lane_id),
            paid: amount(row.paid_minor),
            charged: amount(row.charged_minor),
            note: row.note.clone(),
        })
    }
}

impl Charge {
    pub(crate) fn of(quote: &Quote, lang: Lang) -> Self {
        let Quote { due, tariff } = quote;
        Self {
            total: due.charge.total.into(),
            paid: due.paid.into(),
            due: due.due.into(),
            minutes: due.charge.minutes,
            lines: due.charge.lines.iter().map(|line| Line::of(line, lang)).collect(),
            vat: due.charge.vat.map(VatShare::from),
            tariff: ChargedBy { id: tariff.id.as_uuid(), name: tariff.name.clone(), version: tariff.version },
        }
    }
}

impl Payment {
    pub(crate) fn of(row: PaymentRow) -> Result<Self, ApiError> {
        Ok(Self {
            id: row.id.as_uuid(),
            method: Method::parse(&row.method).ok_or_else(|| unknown("payments.method", &row.method))?,
            amount: Amount { minor: row.amount_minor, currency: row.currency },
            taken_by: row.taken_name,
            taken_at: row.taken_at,
            reference: row.reference,
        })
    }
}

impl Decided {
    /// `picture` is the arrival's, once it is stored.
    pub(crate) fn of(row: DecisionRow, picture: Option<&[u8]>, lang: Lang) -> Result<Self, ApiError> {
        let params = serde_json::from_value(row.params).unwrap_or_default();
        Ok(Self {
            arrival: row.arrival_id,
            at: row.decided_at,
            text: texts::reason(&row.code, &params, lang),
            params,
            evidence: picture.map(hex::encode),
            outcome: DecisionOutcome::parse(&row.outcome)
                .ok_or_else(|| unknown("decisions.outcome", &row.outcome))?,
            code: row.code,
            local: row.local,
            superseded: row.superseded,
        })
    }
}

impl From<&Settled> for TakenPayment {
    fn from(settled: &Settled) -> Self {
        let done = &settled.settlement;
        Self {
            id: done.payment.as_uuid(),
            method: done.method,
            amount: done.amount.into(),
            taken_by: done.by.as_ref().map(|by| by.name.clone()).unwrap_or_default(),
            settles: done.settles,
        }
    }
}
