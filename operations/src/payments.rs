//! Payments: a named person takes money for a stay, the ledger books it, and the waiting boom is ordered open.

use boomgate_domain::ids::{CommandId, LaneId, PaymentId, StayId};
use boomgate_domain::money::Money;
use boomgate_domain::stay::exit_deadline;
use boomgate_store::payments::{self, Method, Settlement};
use boomgate_store::sites::SiteRow;
use boomgate_store::stays::StayRow;
use boomgate_store::{GenericClient, arrivals};
use jiff::Timestamp;
use uuid::Uuid;

use boomgate_store::audit::RequestedBy;

use crate::access::{Authorized, PaymentsTake};
use crate::error::OperationError;
use crate::stays::{self, Quote};
use crate::unit::Unit;

/// Longest note, in characters.
pub const LONGEST_NOTE: usize = 200;

/// A payment for a stay, as the operator enters it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPayment {
    /// An open one.
    pub stay: StayId,
    /// Cash, or manual for money seen to arrive some other way.
    pub method: Method,
    /// What is due, or what the sign shows.
    pub amount: Money,
    /// For a manual payment how the money was seen to arrive.
    pub note: String,
}

/// A payment that was booked.
#[derive(Clone, Debug)]
pub struct Settled {
    /// As it is booked.
    pub settlement: Settlement,
    /// The exit lane whose boom was ordered to open.
    pub opened: Option<LaneId>,
}

/// Takes a payment: books it, marks the stay, orders the boom of the waiting car open.
///
/// # Errors
/// The note or amount cannot be right; `STAY-NOT-OPEN`, `NO-TARIFF`, `NOTHING-DUE`, `WRONG-CURRENCY`,
/// `AMOUNT-NOT-DUE`; the database's.
pub async fn settle(
    unit: &Unit<'_>,
    by: &Authorized<PaymentsTake>,
    site: &SiteRow,
    new: NewPayment,
) -> Result<Settled, OperationError> {
    must_be_whole(&new)?;
    let settlement = agree(unit.tx(), site, new, by.requested_by()).await?;
    let settled = payments::settle(unit.tx(), &settlement).await?;
    if let Some(lane) = settled.opened {
        unit.wake_lane(site.id, lane);
    }
    unit.wake_site(site.id);
    Ok(Settled { settlement, opened: settled.opened })
}

fn must_be_whole(new: &NewPayment) -> Result<(), OperationError> {
    if new.note.chars().count() > LONGEST_NOTE {
        return Err(OperationError::invalid("note", format!("at most {LONGEST_NOTE} characters")));
    }
    if new.method == Method::Manual && new.note.trim().is_empty() {
        return Err(OperationError::invalid("note", "say how the money was seen to arrive"));
    }
    if new.amount.minor <= 0 {
        return Err(OperationError::invalid("amount.minor", "must be more than nothing"));
    }
    Ok(())
}

/// Locks the stay and checks the offer against what it owes now.
async fn agree(
    tx: &impl GenericClient,
    site: &SiteRow,
    new: NewPayment,
    by: RequestedBy,
) -> Result<Settlement, OperationError> {
    let row = payments::begin(tx, site.id, new.stay).await?;
    must_be_open(&row)?;
    let now = Timestamp::now();
    let shown = arrivals::waiting_for_stay(tx, site.id, new.stay).await?.and_then(|car| car.amount_minor);
    let Some(Quote { due, tariff }) = stays::due(tx, site, &row, now).await? else {
        let why = "no tariff applies to this stay; nothing can be paid";
        return Err(OperationError::conflict("NO-TARIFF", why));
    };
    must_be_due(new.amount, due.due, shown)?;
    Ok(Settlement {
        site: site.id,
        payment: PaymentId::from_uuid(Uuid::now_v7()),
        stay: new.stay,
        method: new.method,
        amount: new.amount,
        settles: true,
        exit_deadline: exit_deadline(now, Some(&tariff)),
        reference: new.note.trim().to_owned(),
        by: Some(by),
        at: now,
        command: CommandId::from_uuid(Uuid::now_v7()),
    })
}

fn must_be_open(row: &StayRow) -> Result<(), OperationError> {
    if row.state == StayRow::OPEN {
        return Ok(());
    }
    let why = format!("the stay is {}; only an open stay is paid", row.state);
    Err(OperationError::conflict("STAY-NOT-OPEN", why))
}

/// What the driver was shown is what the driver pays, even if a step has begun since.
fn must_be_due(amount: Money, due: Money, shown: Option<i64>) -> Result<(), OperationError> {
    if amount.currency != due.currency {
        let why = format!("this stay is paid in {}", due.currency);
        return Err(OperationError::unacceptable("WRONG-CURRENCY", why));
    }
    if due.minor == 0 && shown.is_none() {
        return Err(OperationError::conflict("NOTHING-DUE", "nothing is due"));
    }
    if amount == due || shown == Some(amount.minor) {
        return Ok(());
    }
    Err(OperationError::unacceptable("AMOUNT-NOT-DUE", format!("{due} is due, not {amount}")))
}
