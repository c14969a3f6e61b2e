//! A ticket at the exit: what is due is asked for or taken, and the car may go. Or the ticket is lost.

use super::{Draft, Ticket, by_hand, describe, locked, note, store};
use crate::access::{Authorized, PaymentsTake, TicketsIssue};
use crate::decisions::{self, Named};
use crate::error::OperationError;
use crate::pairing::must_be_inside;
use crate::payments::{self, NewPayment};
use crate::stays::{Quote, due};
use crate::unit::Unit;
use boomgate_domain::ids::{ArrivalId, LaneId, StayId, TariffId};
use boomgate_domain::money::Money;
use boomgate_domain::plate::Plate;
use boomgate_domain::reason::Reason;
use boomgate_domain::ticket::TicketNumber;
use boomgate_store::arrivals::{self, ArrivalRow};
use boomgate_store::audit;
use boomgate_store::audit_action::AuditAction;
use boomgate_store::payments::Method;
use boomgate_store::sites::{self, SiteRow};
use boomgate_store::stays::{self, StayRow};
use boomgate_store::tariffs;
use boomgate_store::tickets::{self as stored, TicketKind, TicketRow};
use jiff::Timestamp;

/// Money that is taken for a ticket, by somebody who may.
#[derive(Clone, Debug)]
pub struct TakenFor {
    /// Holds the permission to take money.
    pub by: Authorized<PaymentsTake>,
    /// How it was paid.
    pub method: Method,
    /// What was taken; exactly what is due where it is left out.
    pub amount: Option<Money>,
    /// For a manual payment how the money was seen to arrive.
    pub note: String,
}

/// A ticket that is shown.
#[derive(Clone, Debug, Default)]
pub struct TicketExit {
    /// The car at an exit it was shown for; none where nobody waits at a lane.
    pub arrival: Option<ArrivalId>,
    /// Taken with it.
    pub payment: Option<TakenFor>,
}

/// A driver whose ticket and entry cannot be found.
#[derive(Clone, Debug, Default)]
pub struct Lost {
    /// The car at an exit; none where nobody waits at a lane.
    pub arrival: Option<ArrivalId>,
    /// As the person reads it.
    pub plate: Option<Plate>,
    /// Taken with it.
    pub payment: Option<TakenFor>,
}

/// What became of it.
#[derive(Clone, Debug)]
pub struct Exited {
    /// With its stay as it is now.
    pub ticket: Ticket,
    /// The car at the exit as it waits now, and the parameters of its reason.
    pub car: Option<(ArrivalRow, serde_json::Value)>,
    /// The lane whose boom was ordered open.
    pub opened: Option<LaneId>,
}

/// Shows a ticket. For a car at an exit it is decided on by the ticket's stay: the boom opens, or the driver pays; money that
/// is taken with it opens. Without a car, what is due must be taken; a stay that was opened by hand then ends, another one
/// ends with its passage.
///
/// # Errors
/// `TICKET-NOT-IN`, `TICKET-OVER`, `TICKET-UNPAID`; those of pairing and of payments; the database's.
pub async fn exit(
    unit: &Unit<'_>,
    by: &Authorized<TicketsIssue>,
    site: &SiteRow,
    number: &TicketNumber,
    shown: TicketExit,
) -> Result<Exited, OperationError> {
    let row = locked(unit.tx(), site.id, number).await?;
    let stay = must_be_open(&row)?;
    leave(unit, by, site, (row, stay), shown).await
}

/// A driver has lost the ticket, and no car inside is theirs: they pay the tariff's price for that, on a stay of its own.
///
/// # Errors
/// `NO-LOST-TICKET-PRICE`, `NOT-AN-EXIT`, `TICKET-UNPAID` without a car and without money; those of payments; the database's.
pub async fn lost(
    unit: &Unit<'_>,
    by: &Authorized<TicketsIssue>,
    site: &SiteRow,
    lost: Lost,
) -> Result<Exited, OperationError> {
    let (tx, now) = (unit.tx(), Timestamp::now());
    sites::lock(tx, site.id).await?;
    let tariff = priced(unit, site, now).await?;
    let car = match lost.arrival {
        Some(arrival) => Some(decisions::waiting(tx, site.id, arrival).await?),
        None => None,
    };
    // The car counts as inside already, as whoever came in with the ticket.
    let stay = StayRow {
        entered_at: Some(car.as_ref().map_or(now, |car| car.arrived_at)),
        entry_code: Some(StayRow::LOST_TICKET.to_owned()),
        tariff_id: Some(tariff.as_uuid()),
        note: "lost ticket".to_owned(),
        ..by_hand(site, now)
    };
    stays::upsert_many(tx, std::slice::from_ref(&stay)).await?;
    let id = StayId::from_uuid(stay.id);
    let draft = Draft {
        kind: TicketKind::Lost,
        arrival: None,
        stay: Some(id),
        plate: lost.plate.as_ref(),
        vehicle: None,
    };
    let row = store(unit, by, site, draft).await?;
    let action = AuditAction::TicketLost { ticket: row.id, number: row.number.clone() };
    note(unit, by, site, (&row, car.as_ref().map(|car| car.lane_id)), action).await?;
    leave(unit, by, site, (row, id), TicketExit { arrival: lost.arrival, payment: lost.payment }).await
}

/// The tariff in force, if it has a price for a lost ticket.
async fn priced(unit: &Unit<'_>, site: &SiteRow, now: Timestamp) -> Result<TariffId, OperationError> {
    let current = tariffs::current(unit.tx(), site.id, now).await?;
    let has_price = current
        .as_ref()
        .map(|row| row.tariff())
        .transpose()?
        .is_some_and(|tariff| tariff.lost_ticket.is_some());
    let why = "the tariff in force has no price for a lost ticket";
    let none = || OperationError::conflict("NO-LOST-TICKET-PRICE", why);
    current.filter(|_| has_price).map(|row| row.id).ok_or_else(none)
}

fn must_be_open(row: &TicketRow) -> Result<StayId, OperationError> {
    let (Some(stay), Some(state)) = (row.stay_id, row.stay_state.as_deref()) else {
        let why = "the car of this ticket has not passed the entry";
        return Err(OperationError::conflict("TICKET-NOT-IN", why));
    };
    if state == StayRow::OPEN {
        return Ok(StayId::from_uuid(stay));
    }
    let why = format!("the stay of this ticket is {state}");
    Err(OperationError::conflict("TICKET-OVER", why))
}

async fn leave(
    unit: &Unit<'_>,
    by: &Authorized<TicketsIssue>,
    site: &SiteRow,
    (row, stay): (TicketRow, StayId),
    shown: TicketExit,
) -> Result<Exited, OperationError> {
    let tx = unit.tx();
    let mut car = match shown.arrival {
        Some(arrival) => Some(at_exit(unit, by, site, (&row, stay), arrival).await?),
        None => None,
    };
    let owed = owed(unit, site, stay).await?;
    let is_due = owed.is_some_and(|owed| owed.is_positive());
    let mut opened = car.as_ref().and_then(|(car, _)| is_open(car).then_some(car.lane_id));
    let mut method = None;
    if let (Some(payment), Some(owed), true) = (shown.payment, owed, is_due) {
        method = Some(payment.method.as_str());
        let settled = take(unit, site, stay, (payment, owed)).await?;
        opened = settled.map(|lane| lane.as_uuid()).or(opened);
        if let Some((known, params)) = &mut car {
            let now = arrivals::get(tx, site.id, ArrivalId::from_uuid(known.id)).await?;
            *known = now.unwrap_or_else(|| known.clone());
            *params = serde_json::json!(Reason::OpenPaid { amount: owed }.params());
        }
    } else if is_due && car.is_none() {
        let why = format!(
            "{} is due; take it with the ticket",
            owed.map_or_else(String::new, |owed| owed.to_string())
        );
        return Err(OperationError::conflict("TICKET-UNPAID", why));
    }
    let is_settled = !is_due || method.is_some();
    let row = finish(unit, by, site, (row, stay), (is_settled, method, car.is_some())).await?;
    let opened = opened.map(LaneId::from_uuid);
    Ok(Exited { ticket: describe(tx, site, row).await?, car, opened })
}

fn is_open(car: &ArrivalRow) -> bool {
    car.outcome.as_deref() == Some("open")
}

/// The car at the exit, decided on by the ticket's stay.
async fn at_exit(
    unit: &Unit<'_>,
    by: &Authorized<TicketsIssue>,
    site: &SiteRow,
    (row, stay): (&TicketRow, StayId),
    arrival: ArrivalId,
) -> Result<(ArrivalRow, serde_json::Value), OperationError> {
    let car = decisions::waiting(unit.tx(), site.id, arrival).await?;
    decisions::must_leave(&car)?;
    let stay = must_be_inside(unit.tx(), &car, stay).await?;
    let plate = stay.plate.as_deref().or(row.plate.as_deref());
    let plate = plate.and_then(|plate| Plate::parse(plate).ok());
    let named = Named { stay: Some(&stay), plate, vehicle: None, reason: "a ticket was shown" };
    let again = decisions::decide_again(unit, &by.requested_by(), site, car, named).await?;
    Ok((again.after, again.row.params))
}

/// What a stay owes; none where no tariff applies.
async fn owed(unit: &Unit<'_>, site: &SiteRow, stay: StayId) -> Result<Option<Money>, OperationError> {
    let row = stays::lock(unit.tx(), site.id, stay).await?;
    let shown = arrivals::waiting_for_stay(unit.tx(), site.id, stay).await?;
    let until = shown.map_or_else(Timestamp::now, |car| car.arrived_at);
    Ok(due(unit.tx(), site, &row, until).await?.map(|Quote { due, .. }| due.due))
}

async fn take(
    unit: &Unit<'_>,
    site: &SiteRow,
    stay: StayId,
    (payment, owed): (TakenFor, Money),
) -> Result<Option<LaneId>, OperationError> {
    let amount = payment.amount.unwrap_or(owed);
    let new = NewPayment { stay, method: payment.method, amount, note: payment.note };
    Ok(payments::settle(unit, &payment.by, site, new).await?.opened)
}

/// Marks the ticket, and ends a stay that no passage will end.
async fn finish(
    unit: &Unit<'_>,
    by: &Authorized<TicketsIssue>,
    site: &SiteRow,
    (row, stay): (TicketRow, StayId),
    (is_settled, method, is_at_lane): (bool, Option<&str>, bool),
) -> Result<TicketRow, OperationError> {
    let (tx, now) = (unit.tx(), Timestamp::now());
    if !is_settled {
        return Ok(row);
    }
    stored::settle(tx, (site.id, row.id), now, &by.actor().name, method).await?;
    let stays_row = stays::lock(tx, site.id, stay).await?;
    if stays_row.entry_lane_id.is_none() && !is_at_lane {
        close_by_hand(unit, by, site, stays_row, now).await?;
    }
    let number: TicketNumber =
        row.number.parse().map_err(|_| OperationError::Broken(format!("ticket {}", row.number)))?;
    let row = stored::get(tx, site.id, &number).await?.ok_or(OperationError::NotFound("ticket"))?;
    let action = AuditAction::TicketSettled {
        ticket: row.id,
        number: row.number.clone(),
        method: method.and_then(Method::parse),
    };
    note(unit, by, site, (&row, None), action).await?;
    Ok(row)
}

async fn close_by_hand(
    unit: &Unit<'_>,
    by: &Authorized<TicketsIssue>,
    site: &SiteRow,
    row: StayRow,
    now: Timestamp,
) -> Result<(), OperationError> {
    let is_counted = row.entry_code.as_deref() != Some(StayRow::LOST_TICKET);
    let code = if row.paid_minor > 0 { "OPEN-PAID" } else { "OPEN-FREE" };
    let closed = StayRow {
        state: StayRow::CLOSED.to_owned(),
        exited_at: Some(row.entered_at.map_or(now, |entered| now.max(entered))),
        exit_code: Some(code.to_owned()),
        charged_minor: row.paid_minor,
        ..row
    };
    stays::upsert_many(unit.tx(), std::slice::from_ref(&closed)).await?;
    if is_counted {
        sites::add_inside(unit.tx(), site.id, -1).await?;
    }
    let action =
        AuditAction::StayClosed { code: closed.exit_code.clone(), charged_minor: Some(closed.charged_minor) };
    let mut line = by.audit_line(site.id, action);
    line.stay_id = Some(closed.id);
    Ok(audit::insert_many(unit.tx(), &[line]).await?)
}
