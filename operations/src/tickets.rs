//! Tickets: given for a car at a lane or by hand, looked up, shown at the exit, or lost.
//!
//! A ticket for a car at a lane becomes the ticket of the stay that the car's passage opens. One that is given by hand has no
//! passage: its stay begins and ends by hand.

mod exit;

use boomgate_domain::decide::{Decision, Direction, Outcome};
use boomgate_domain::ids::{ArrivalId, SiteId, StayId};
use boomgate_domain::plate::Plate;
use boomgate_domain::reason::Lang;
use boomgate_domain::tariff::VehicleType;
use boomgate_domain::ticket::{TicketNumber, number_prefix};
use boomgate_store::audit;
use boomgate_store::audit_action::AuditAction;
use boomgate_store::live_event::{LiveEvent, TicketEvent};
use boomgate_store::sites::{self, SiteRow, word};
use boomgate_store::stays::{self, StayRow};
use boomgate_store::tickets as stored;
pub use boomgate_store::tickets::{TicketFilter, TicketKind, TicketRow};
use boomgate_store::{GenericClient, live_feed};
use jiff::Timestamp;
use rand::Rng;
use uuid::Uuid;

use crate::access::{Authorized, TicketsIssue};
use crate::decisions::{self, Named};
use crate::error::OperationError;
use crate::stays::{Quote, quote};
use crate::unit::Unit;

pub use exit::{Exited, Lost, TakenFor, TicketExit, exit, lost};

/// A number is drawn again at most so often where it was given out before: with 2^40 numbers once is rare.
const DRAWS: usize = 64;

/// A ticket to be given.
#[derive(Clone, Debug, Default)]
pub struct NewTicket {
    /// The car at an entry it is for; none for one given by hand.
    pub arrival: Option<ArrivalId>,
    /// As the person reads it.
    pub plate: Option<Plate>,
    /// By which the stay is charged.
    pub vehicle: Option<VehicleType>,
}

/// What a ticket stands for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketState {
    /// The car waits at the entry, or never passed it.
    Waiting,
    /// The car is inside.
    Inside,
    /// Nothing is due any more; the car may leave.
    Settled,
    /// The car has left.
    Left,
    /// The stay was voided.
    Voided,
}

/// A ticket, its stay, and what that owes.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// As it is stored.
    pub row: TicketRow,
    /// The stay; none before the car has passed the entry.
    pub stay: Option<StayRow>,
    /// None where no tariff applies, and before there is a stay.
    pub quote: Option<Quote>,
}

/// The state of a ticket.
#[must_use]
pub fn state(row: &TicketRow) -> TicketState {
    match row.stay_state.as_deref() {
        None => TicketState::Waiting,
        Some(StayRow::OPEN) if row.settled_at.is_some() => TicketState::Settled,
        Some(StayRow::OPEN) => TicketState::Inside,
        Some(StayRow::VOIDED) => TicketState::Voided,
        Some(_) => TicketState::Left,
    }
}

/// Gives a ticket: for a car at an entry, which is decided on anew and let in by it, or by hand, which opens a stay at
/// once. The rules of an entry hold for both: who is blocked, inside already or has no space gets none.
///
/// # Errors
/// The code of the reason why the car may not come in (`DENY-FULL`, `DENY-BLOCKLISTED`, …); `NOT-AN-ENTRY`, `CAR-GONE`,
/// `CAR-MAY-PASS`; the database's.
pub async fn issue(
    unit: &Unit<'_>,
    by: &Authorized<TicketsIssue>,
    site: &SiteRow,
    new: NewTicket,
) -> Result<Ticket, OperationError> {
    let tx = unit.tx();
    sites::lock(tx, site.id).await?;
    let (stay, lane) = match new.arrival {
        Some(arrival) => (None, Some(let_in(unit, by, site, arrival, &new).await?)),
        None => (Some(open_by_hand(unit, by, site, &new).await?), None),
    };
    let ticket = Draft {
        kind: TicketKind::Issued,
        arrival: new.arrival,
        stay,
        plate: new.plate.as_ref(),
        vehicle: new.vehicle,
    };
    let row = store(unit, by, site, ticket).await?;
    let id = row.id;
    let action = AuditAction::TicketIssued { ticket: id, number: row.number.clone() };
    note(unit, by, site, (&row, lane), action).await?;
    describe(tx, site, row).await
}

/// One ticket, by its number.
///
/// # Errors
/// It is not known here; the database's.
pub async fn get(
    client: &impl GenericClient,
    site: &SiteRow,
    number: &TicketNumber,
) -> Result<Ticket, OperationError> {
    let row = stored::get(client, site.id, number).await?.ok_or(OperationError::NotFound("ticket"))?;
    describe(client, site, row).await
}

/// What is looked for: the beginning of a number, as it is typed or scanned, or else of a plate.
///
/// # Errors
/// It is the beginning of neither.
pub fn search(text: &str) -> Result<TicketFilter, OperationError> {
    if let Ok(number) = TicketNumber::parse(text) {
        return Ok(TicketFilter { number_prefix: Some(number.to_string()), ..TicketFilter::default() });
    }
    if let Some(number_prefix) = number_prefix(text) {
        return Ok(TicketFilter { number_prefix: Some(number_prefix), ..TicketFilter::default() });
    }
    let plate = Plate::parse(text).map_err(|error| OperationError::invalid("q", error.to_string()))?;
    Ok(TicketFilter { plate_prefix: Some(plate.as_str().to_owned()), ..TicketFilter::default() })
}

pub(crate) async fn describe(
    client: &impl GenericClient,
    site: &SiteRow,
    row: TicketRow,
) -> Result<Ticket, OperationError> {
    let stay = match row.stay_id {
        Some(id) => stays::get(client, site.id, StayId::from_uuid(id)).await?,
        None => None,
    };
    let quote = match &stay {
        Some(stay) => quote(client, site, stay, Timestamp::now()).await?,
        None => None,
    };
    Ok(Ticket { row, stay, quote })
}

/// The car at an entry, decided on by the ticket; its lane.
async fn let_in(
    unit: &Unit<'_>,
    by: &Authorized<TicketsIssue>,
    site: &SiteRow,
    arrival: ArrivalId,
    new: &NewTicket,
) -> Result<Uuid, OperationError> {
    let car = decisions::waiting(unit.tx(), site.id, arrival).await?;
    if decisions::direction(&car)? != Direction::Entry {
        let why = "a ticket is given at an entry; at an exit it is shown";
        return Err(OperationError::conflict("NOT-AN-ENTRY", why));
    }
    let lane = car.lane_id;
    let named = Named {
        stay: None,
        plate: new.plate.clone(),
        vehicle: new.vehicle.map(|vehicle| word(&vehicle)),
        reason: "a ticket was given",
    };
    let again = decisions::decide_again(unit, &by.requested_by(), site, car, named).await?;
    must_open(&again.decision)?;
    Ok(lane)
}

/// A stay without a passage.
async fn open_by_hand(
    unit: &Unit<'_>,
    by: &Authorized<TicketsIssue>,
    site: &SiteRow,
    new: &NewTicket,
) -> Result<StayId, OperationError> {
    let (tx, now) = (unit.tx(), Timestamp::now());
    let (decision, tariff) =
        decisions::decide_by_hand(tx, site, new.plate.as_ref(), new.vehicle, now).await?;
    must_open(&decision)?;
    let stay = StayRow {
        plate: new.plate.as_ref().map(Plate::to_string),
        vehicle_type: new.vehicle.map(|vehicle| word(&vehicle)),
        entry_code: Some(decision.reason.code().to_owned()),
        tariff_id: tariff,
        ..by_hand(site, now)
    };
    stays::upsert_many(tx, std::slice::from_ref(&stay)).await?;
    sites::add_inside(tx, site.id, 1).await?;
    let mut line = by.audit_line(site.id, AuditAction::StayOpened { code: stay.entry_code.clone() });
    line.stay_id = Some(stay.id);
    line.personal = stay.plate.clone().map(|plate| (rand::rng().random(), plate));
    audit::insert_many(tx, &[line]).await?;
    Ok(StayId::from_uuid(stay.id))
}

/// An open stay that no lane knows of.
pub(crate) fn by_hand(site: &SiteRow, now: Timestamp) -> StayRow {
    StayRow {
        site_id: site.id.as_uuid(),
        id: Uuid::now_v7(),
        plate: None,
        state: StayRow::OPEN.to_owned(),
        vehicle_type: None,
        entry_lane_id: None,
        entry_arrival_id: None,
        entered_at: Some(now),
        entry_code: None,
        entry_evidence: None,
        exit_lane_id: None,
        exit_arrival_id: None,
        exited_at: None,
        exit_code: None,
        exit_evidence: None,
        tariff_id: None,
        currency: site.currency.clone(),
        charged_minor: 0,
        note: String::new(),
        paid_minor: 0,
        exit_deadline: None,
        payments: serde_json::json!([]),
        month_minor: 0,
        validations: serde_json::json!([]),
    }
}

/// A ticket for whom the rules let in; the code of the reason otherwise.
fn must_open(decision: &Decision) -> Result<(), OperationError> {
    match decision.outcome {
        Outcome::Open => Ok(()),
        Outcome::Deny | Outcome::Charge => {
            Err(OperationError::conflict(decision.reason.code(), decision.reason.text(Lang::En)))
        }
    }
}

/// What a ticket is given for.
pub(crate) struct Draft<'a> {
    pub kind: TicketKind,
    pub arrival: Option<ArrivalId>,
    pub stay: Option<StayId>,
    pub plate: Option<&'a Plate>,
    pub vehicle: Option<VehicleType>,
}

/// Draws a number that the site has not given out yet.
pub(crate) async fn store(
    unit: &Unit<'_>,
    by: &Authorized<TicketsIssue>,
    site: &SiteRow,
    draft: Draft<'_>,
) -> Result<TicketRow, OperationError> {
    let tx = unit.tx();
    for _ in 0..DRAWS {
        let Some(number) = TicketNumber::draw(rand::rng().random()) else { continue };
        let new = stored::NewTicket {
            site: site.id,
            id: Uuid::now_v7(),
            number,
            kind: draft.kind,
            arrival: draft.arrival.map(|arrival| arrival.as_uuid()),
            stay: draft.stay.map(|stay| stay.as_uuid()),
            plate: draft.plate.map(Plate::to_string),
            vehicle_type: draft.vehicle.map(|vehicle| word(&vehicle)),
            at: Timestamp::now(),
            by: by.actor().user(),
            by_name: by.actor().name.clone(),
        };
        if stored::insert(tx, &new).await? {
            let row = stored::get(tx, site.id, &new.number).await?;
            return row.ok_or_else(|| OperationError::Broken("a ticket that was stored is not there".into()));
        }
    }
    Err(OperationError::Broken("no free number was drawn for a ticket".into()))
}

/// Says in the audit and in the feed what became of a ticket.
pub(crate) async fn note(
    unit: &Unit<'_>,
    by: &Authorized<TicketsIssue>,
    site: &SiteRow,
    (row, lane): (&TicketRow, Option<Uuid>),
    action: AuditAction,
) -> Result<(), OperationError> {
    let mut line = by.audit_line(site.id, action);
    (line.lane_id, line.arrival_id, line.stay_id) = (lane, row.arrival_id, row.stay_id);
    audit::insert_many(unit.tx(), &[line]).await?;
    let event = LiveEvent::Ticket(TicketEvent {
        ticket: row.id,
        number: row.number.clone(),
        stay: row.stay_id,
        settled: row.settled_at.is_some(),
        by: by.actor().name.clone(),
    });
    let lane = lane.map(boomgate_domain::ids::LaneId::from_uuid);
    live_feed::append(unit.tx(), site.id, Timestamp::now(), lane, event).await?;
    unit.wake_site(site.id);
    Ok(())
}

/// The ticket under its site's lock.
pub(crate) async fn locked(
    tx: &impl GenericClient,
    site: SiteId,
    number: &TicketNumber,
) -> Result<TicketRow, OperationError> {
    sites::lock(tx, site).await?;
    stored::get(tx, site, number).await?.ok_or(OperationError::NotFound("ticket"))
}
