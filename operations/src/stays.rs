//! Stays: what one owes. Computed here once, for the page and the payment; the sign shows what the same rules decided.

pub mod corrections;

use std::sync::Arc;

use boomgate_domain::decide::{Due, amount_due};
use boomgate_domain::ids::{StayId, TariffId};
use boomgate_domain::money::Money;
use boomgate_domain::reason::Reason;
use boomgate_domain::tariff::Tariff;
use boomgate_store::sites::SiteRow;
use boomgate_store::stays::StayRow;
use boomgate_store::{GenericClient, arrivals, tariffs};
use jiff::{SignedDuration, Timestamp};

use crate::error::OperationError;

/// How long the amount on the sign is shown as due here too, though a step may have begun since.
const QUOTE_VALIDITY: SignedDuration = SignedDuration::from_mins(1);

/// What a stay owes, with the tariff by which it does.
#[derive(Clone, Debug)]
pub struct Quote {
    /// Line by line.
    pub due: Due,
    /// By which it was computed.
    pub tariff: Arc<Tariff>,
}

/// What a stay owes now, or owed when it ended; none where no tariff applies. While the car waits at the exit, for a
/// while just what the sign there says.
///
/// # Errors
/// The database's; stored data that contradicts itself.
pub async fn quote(
    client: &impl GenericClient,
    site: &SiteRow,
    row: &StayRow,
    now: Timestamp,
) -> Result<Option<Quote>, OperationError> {
    if let Some(exited) = row.exited_at {
        return due(client, site, row, exited).await;
    }
    let waiting = arrivals::waiting_for_stay(client, site.id, StayId::from_uuid(row.id)).await?;
    if let Some(car) = waiting.filter(|car| now.duration_since(car.arrived_at) < QUOTE_VALIDITY) {
        let shown = due(client, site, row, car.arrived_at).await?;
        if shown.as_ref().is_some_and(|quote| Some(quote.due.due.minor) == car.amount_minor) {
            return Ok(shown);
        }
    }
    due(client, site, row, now).await
}

/// What a stay owes at `until`.
pub(crate) async fn due(
    client: &impl GenericClient,
    site: &SiteRow,
    row: &StayRow,
    until: Timestamp,
) -> Result<Option<Quote>, OperationError> {
    let tariff = match row.tariff_id {
        Some(id) => tariffs::get(client, site.id, TariffId::from_uuid(id)).await?,
        None => tariffs::current(client, site.id, until).await?,
    };
    let Some(tariff) = tariff.map(|row| row.tariff()).transpose()?.map(Arc::new) else { return Ok(None) };
    let zone = crate::tariffs::zone(site)?;
    let stay = row.to_domain(Some(Arc::clone(&tariff)))?;
    let Some(mut due) = amount_due(&stay, &tariff, &zone, until) else { return Ok(None) };
    if stay.may_still_leave(due.paid, until) || covered(client, site, row).await? {
        due.due = Money::zero(tariff.currency);
    }
    Ok(Some(Quote { due, tariff }))
}

/// A stay that was entered by right owes nothing, unless the exit is charged.
async fn covered(client: &impl GenericClient, site: &SiteRow, row: &StayRow) -> Result<bool, OperationError> {
    if !row.entry_code.as_deref().is_some_and(Reason::covers_the_stay) {
        return Ok(false);
    }
    let charged = arrivals::waiting_for_stay(client, site.id, StayId::from_uuid(row.id)).await?;
    Ok(charged.is_none())
}
