//! Made and corrected.

use boomgate_domain::ids::{PlanId, SiteId, SubscriptionId};
use boomgate_domain::plate::TypedPlate;
use boomgate_store::GenericClient;
use boomgate_store::sites::{self, SiteRow};
use boomgate_store::subscription_contracts::{self as stored, Contract, ContractRow, Terms};
use boomgate_store::subscription_plates::{self, NewPlate};
use boomgate_store::words::SubscriptionChange;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::history::{Act, filled, note};
use super::vehicles::{self, MOST_VEHICLES, distinct};
use crate::access::{Authorized, SubscriptionsWrite};
use crate::error::OperationError;
use crate::fault::Fault;
use crate::plans::{period, plan_of, term_faults};
use crate::time_zone;
use crate::unit::Unit;

/// A subscription to be made.
#[derive(Clone, Debug)]
pub struct AddSubscription {
    /// Who has it, as people read it.
    pub holder: String,
    /// For notices by mail.
    pub email: Option<String>,
    /// For calls.
    pub phone: Option<String>,
    /// For the staff.
    pub note: String,
    /// Whose terms it gets, where it has none of its own.
    pub plan: Option<PlanId>,
    /// None: at once.
    pub from: Option<Timestamp>,
    /// None: the plan's period, or without a plan until further notice.
    pub until: Option<Timestamp>,
    /// Its own; none: the plan's.
    pub terms: Option<Terms>,
    /// As people wrote them.
    pub plates: Vec<TypedPlate>,
}

/// What of a subscription is to be another; none stays.
#[derive(Clone, Debug, Default)]
pub struct SetSubscription {
    /// Who has it.
    pub holder: Option<String>,
    /// For notices by mail; none of it: nobody is told.
    pub email: Option<Option<String>>,
    /// For calls.
    pub phone: Option<Option<String>>,
    /// For the staff.
    pub note: Option<String>,
    /// Another plan, with its terms where none are given; none of it: no plan, the terms stay.
    pub plan: Option<Option<PlanId>>,
    /// From when it is valid.
    pub from: Option<Option<Timestamp>>,
    /// Until when; none of it: until further notice.
    pub until: Option<Option<Timestamp>>,
    /// All of them.
    pub terms: Option<Terms>,
}

/// Makes a subscription.
///
/// # Errors
/// All faults of the request; `PLATE-SUBSCRIBED` elsewhere; the database's.
pub async fn add(
    unit: &Unit<'_>,
    by: &Authorized<SubscriptionsWrite>,
    site: &SiteRow,
    new: AddSubscription,
) -> Result<ContractRow, OperationError> {
    let (tx, now) = (unit.tx(), Timestamp::now());
    sites::lock(tx, site.id).await?;
    let contract = contract_of(tx, site, &new, now).await?;
    let mut faults = faults(tx, site.id, &contract).await?;
    if new.plates.len() > MOST_VEHICLES {
        faults.push(Fault::new("vehicles", "TOO-MANY", format!("at most {MOST_VEHICLES} vehicles")));
    }
    OperationError::unless_empty(faults)?;
    let id = SubscriptionId::from_uuid(Uuid::now_v7());
    let plates = distinct(new.plates);
    vehicles::refuse_clash(tx, (site.id, id), &plates, now, (contract.valid_from, contract.valid_until))
        .await?;
    stored::add(tx, (site.id, id), &contract).await?;
    for plate in plates.iter().cloned() {
        let plate = NewPlate { site: site.id, subscription: id, plate, at: now, by: by.actor().user() };
        subscription_plates::insert(tx, &plate).await?;
    }
    let act =
        Act { what: SubscriptionChange::Added, reason: None, detail: json!({ "vehicles": plates.len() }) };
    note(unit, by, (site.id, id), &contract.holder, act).await?;
    Ok(stored::get(tx, site.id, id, now).await?)
}

async fn contract_of(
    tx: &impl GenericClient,
    site: &SiteRow,
    new: &AddSubscription,
    now: Timestamp,
) -> Result<Contract, OperationError> {
    let plan = match new.plan {
        Some(plan) => Some(plan_of(tx, site.id, plan, now).await?),
        None => None,
    };
    let until = match (new.until, &plan) {
        (Some(until), _) => Some(until),
        (None, Some(plan)) => {
            let zone = time_zone::of_site(site)?;
            period(plan.period).after(new.from.unwrap_or(now), 1, &zone)
        }
        (None, None) => None,
    };
    let terms = new.terms.clone().or(plan.map(|plan| plan.terms));
    Ok(Contract {
        holder: new.holder.trim().to_owned(),
        email: filled(new.email.as_deref()),
        phone: filled(new.phone.as_deref()),
        note: new.note.trim().to_owned(),
        plan: new.plan,
        valid_from: new.from,
        valid_until: until,
        terms: terms.unwrap_or_default(),
    })
}

/// Corrects a subscription, from the next decision on.
///
/// # Errors
/// All faults of the request; `PLATE-SUBSCRIBED` elsewhere in the new time; an unknown subscription; the database's.
pub async fn set(
    unit: &Unit<'_>,
    by: &Authorized<SubscriptionsWrite>,
    site: &SiteRow,
    id: SubscriptionId,
    change: SetSubscription,
) -> Result<ContractRow, OperationError> {
    let (tx, now) = (unit.tx(), Timestamp::now());
    sites::lock(tx, site.id).await?;
    let row = stored::get(tx, site.id, id, now).await?;
    let before = row.contract();
    let mut after = before.clone();
    if let Some(Some(plan)) = change.plan.filter(|plan| *plan != before.plan) {
        let plan = plan_of(tx, site.id, plan, now).await?;
        after.terms = plan.terms;
    }
    after.plan = change.plan.unwrap_or(after.plan);
    after.terms = change.terms.unwrap_or(after.terms);
    after.holder = change.holder.map_or(after.holder, |text| text.trim().to_owned());
    after.email = change.email.map_or(after.email, |text| filled(text.as_deref()));
    after.phone = change.phone.map_or(after.phone, |text| filled(text.as_deref()));
    after.note = change.note.map_or(after.note, |text| text.trim().to_owned());
    after.valid_from = change.from.unwrap_or(after.valid_from);
    after.valid_until = change.until.unwrap_or(after.valid_until);
    if after == before {
        return Ok(row);
    }
    OperationError::unless_empty(faults(tx, site.id, &after).await?)?;
    let validity = (after.valid_from, after.valid_until);
    if validity != (before.valid_from, before.valid_until) {
        let plates = vehicles::present(tx, site.id, id).await?;
        vehicles::refuse_clash(tx, (site.id, id), &plates, now, validity).await?;
    }
    stored::set(tx, (site.id, id), &after).await?;
    let act = Act {
        what: SubscriptionChange::Changed,
        reason: None,
        detail: json!({ "fields": changed(&before, &after) }),
    };
    note(unit, by, (site.id, id), &after.holder, act).await?;
    Ok(stored::get(tx, site.id, id, now).await?)
}

fn changed(before: &Contract, after: &Contract) -> Vec<&'static str> {
    [
        ("holder", before.holder != after.holder),
        ("contact", (&before.email, &before.phone) != (&after.email, &after.phone)),
        ("note", before.note != after.note),
        ("plan", before.plan != after.plan),
        ("validity", (before.valid_from, before.valid_until) != (after.valid_from, after.valid_until)),
        ("terms", before.terms != after.terms),
    ]
    .into_iter()
    .filter_map(|(field, changed)| changed.then_some(field))
    .collect()
}

async fn faults(tx: &impl GenericClient, site: SiteId, new: &Contract) -> Result<Vec<Fault>, OperationError> {
    let mut faults = term_faults(tx, site, &new.terms).await?;
    let longer = |text: &str, most: usize| text.chars().count() > most;
    if new.holder.is_empty() || longer(&new.holder, 200) {
        faults.push(Fault::new("holder", "HOLDER-NEEDED", "say who has it, in 1 to 200 characters"));
    }
    if new.email.as_deref().is_some_and(|email| !email.contains('@') || longer(email, 254)) {
        faults.push(Fault::new("email", "EMAIL-WRONG", "is no address, such as ann@example.org"));
    }
    if new.phone.as_deref().is_some_and(|phone| longer(phone, 40)) {
        faults.push(Fault::new("phone", "TOO-LONG", "at most 40 characters"));
    }
    if longer(&new.note, 1000) {
        faults.push(Fault::new("note", "TOO-LONG", "at most 1,000 characters"));
    }
    if new.valid_from.zip(new.valid_until).is_some_and(|(from, until)| until <= from) {
        faults.push(Fault::new("until", "END-BEFORE-BEGINNING", "must be later than its beginning"));
    }
    Ok(faults)
}
