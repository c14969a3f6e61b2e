//! Tickets: what one stands for, what it owes, and what became of it at the exit.

use boomgate_domain::plate::Plate;
use boomgate_domain::reason::Lang;
use boomgate_operations::access::SiteRef;
use boomgate_operations::tickets::{self, Exited, TicketKind as StoredKind, TicketRow};
use boomgate_store::payments::Method;
use boomgate_store::stays::vehicle as stored_vehicle;
use boomgate_store::words::{DecisionOutcome, VehicleType};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::money::Amount;
use super::stays::{Charge, LaneCodes, TakenMethod};
use super::texts;
use crate::error::{ApiError, unknown};
use crate::query;
use crate::request::SafeText;

/// A ticket and the stay it stands for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ticket {
    id: Uuid,
    /// `PS-` and nine letters or digits, of which the last checks the others.
    number: String,
    kind: TicketKind,
    state: TicketState,
    /// As the camera or a person read it; null where nobody did.
    plate: Option<String>,
    vehicle_type: Option<VehicleType>,
    issued_at: Timestamp,
    /// The person, as shown.
    issued_by: String,
    /// Null before the car has passed the entry.
    stay: Option<Uuid>,
    entered_at: Option<Timestamp>,
    exited_at: Option<Timestamp>,
    /// When nothing more was due.
    settled_at: Option<Timestamp>,
    /// How it was paid; null where nothing was, or somewhere else.
    payment_method: Option<Method>,
}

/// A ticket with what it owes now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OneTicket {
    #[serde(flatten)]
    ticket: Ticket,
    /// Null where no tariff applies, and before the car has passed the entry.
    charge: Option<Charge>,
}

/// How a ticket came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TicketKind {
    Issued,
    /// In the place of one that cannot be found.
    Lost,
}

/// What a ticket stands for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TicketState {
    /// The car waits at the entry, or never passed it.
    Waiting,
    Inside,
    /// Nothing is due any more; the car may leave.
    Settled,
    Left,
    Voided,
}

impl From<tickets::TicketState> for TicketState {
    fn from(state: tickets::TicketState) -> Self {
        match state {
            tickets::TicketState::Waiting => Self::Waiting,
            tickets::TicketState::Inside => Self::Inside,
            tickets::TicketState::Settled => Self::Settled,
            tickets::TicketState::Left => Self::Left,
            tickets::TicketState::Voided => Self::Voided,
        }
    }
}

impl Ticket {
    pub(crate) fn of(row: TicketRow) -> Result<Self, ApiError> {
        let state = tickets::state(&row).into();
        let kind = match StoredKind::parse(&row.kind).ok_or_else(|| unknown("tickets.kind", &row.kind))? {
            StoredKind::Issued => TicketKind::Issued,
            StoredKind::Lost => TicketKind::Lost,
        };
        Ok(Self {
            id: row.id,
            number: row.number,
            kind,
            state,
            plate: row.stay_plate.or(row.plate),
            vehicle_type: row.vehicle_type.as_deref().and_then(VehicleType::parse),
            issued_at: row.issued_at,
            issued_by: row.issued_name,
            stay: row.stay_id,
            entered_at: row.entered_at,
            exited_at: row.exited_at,
            settled_at: row.settled_at,
            payment_method: row.payment_method.as_deref().and_then(Method::parse),
        })
    }
}

impl OneTicket {
    pub(crate) fn of(ticket: tickets::Ticket, lang: Lang) -> Result<Self, ApiError> {
        let charge = ticket.quote.as_ref().map(|quote| Charge::of(quote, lang));
        Ok(Self { ticket: Ticket::of(ticket.row)?, charge })
    }
}

/// A ticket to be given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTicket {
    /// Id or code; may be left out by who sees one site only, and for a car at a lane.
    #[serde(default, deserialize_with = "query::site")]
    #[schema(value_type = Option<String>)]
    pub(crate) site: Option<SiteRef>,
    /// The car at an entry it is for. Left out, the stay begins at once, by hand.
    pub(crate) arrival: Option<Uuid>,
    /// As the person reads it.
    #[schema(value_type = Option<String>, max_length = 20)]
    plate: Option<SafeText>,
    vehicle_type: Option<VehicleType>,
}

impl NewTicket {
    pub(crate) fn ticket(&self) -> Result<tickets::NewTicket, ApiError> {
        Ok(tickets::NewTicket {
            arrival: self.arrival.map(Into::into),
            plate: plate(self.plate.as_deref())?,
            vehicle: self.vehicle_type.map(|kind| stored_vehicle(Some(kind.as_str()))),
        })
    }
}

/// Money that is taken with a ticket.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TicketPayment {
    pub(crate) method: TakenMethod,
    /// Exactly what is due where it is left out.
    pub(crate) amount: Option<Amount>,
    #[serde(default)]
    #[schema(value_type = String, max_length = 200)]
    pub(crate) note: SafeText,
}

/// A ticket that is shown at the exit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShownTicket {
    /// The car at an exit it is shown for; left out where nobody waits at a lane.
    pub(crate) arrival: Option<Uuid>,
    pub(crate) payment: Option<TicketPayment>,
}

/// A driver whose ticket and entry cannot be found.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LostTicket {
    /// Id or code; may be left out by who sees one site only, and for a car at a lane.
    #[serde(default, deserialize_with = "query::site")]
    #[schema(value_type = Option<String>)]
    pub(crate) site: Option<SiteRef>,
    /// The car at an exit; left out where nobody waits at a lane.
    pub(crate) arrival: Option<Uuid>,
    /// As the person reads it.
    #[schema(value_type = Option<String>, max_length = 20)]
    plate: Option<SafeText>,
    pub(crate) payment: Option<TicketPayment>,
}

impl LostTicket {
    pub(crate) fn plate(&self) -> Result<Option<Plate>, ApiError> {
        plate(self.plate.as_deref())
    }
}

fn plate(text: Option<&str>) -> Result<Option<Plate>, ApiError> {
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| Plate::parse(text).map_err(|error| ApiError::invalid("plate", error.to_string())))
        .transpose()
}

/// What became of a ticket at the exit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TicketExit {
    ticket: OneTicket,
    /// What was decided on the car at the exit; null where none waits.
    outcome: Option<DecisionOutcome>,
    /// Stable code of the reason.
    code: Option<String>,
    /// The decision in words.
    text: Option<String>,
    /// What the driver has to pay before the boom opens.
    amount: Option<Amount>,
    /// Code of the exit lane whose boom was ordered to open.
    opens: Option<String>,
}

impl TicketExit {
    pub(crate) fn of(exited: Exited, codes: &LaneCodes, lang: Lang) -> Result<Self, ApiError> {
        let Exited { ticket, car, opened } = exited;
        let currency = ticket.stay.as_ref().map(|stay| stay.currency.clone()).unwrap_or_default();
        let (car, params) = car.unzip();
        let code = car.as_ref().and_then(|car| car.code.clone());
        let outcome = car.as_ref().and_then(|car| car.outcome.as_deref()).and_then(DecisionOutcome::parse);
        let due = car.as_ref().and_then(|car| car.amount_minor);
        let opens = opened.and_then(|lane| codes.iter().find(|(id, _)| *id == lane.as_uuid()));
        Ok(Self {
            ticket: OneTicket::of(ticket, lang)?,
            amount: due
                .filter(|_| outcome == Some(DecisionOutcome::Charge))
                .map(|minor| Amount { minor, currency }),
            outcome,
            text: code.as_deref().map(|code| texts::stored_reason(code, &params.unwrap_or_default(), lang)),
            code,
            opens: opens.map(|(_, code)| code.clone()),
        })
    }
}
