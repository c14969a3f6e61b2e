//! A car at a lane is decided on again by what a person says of it: by the same rule, and in the same words, as when its
//! lane reported it.

use boomgate_domain::decide::{
    Arrival, BlockMatch, Credential, Decision, Direction, MatchSource, Matches, Outcome, ReservationMatch,
    SubscriptionMatch, Validity, decide,
};
use boomgate_domain::ids::{
    ArrivalId, BlockId, CommandId, LaneId, ReservationId, SiteId, SubscriptionId, TariffId,
};
use boomgate_domain::lane_mode::LaneMode;
use boomgate_domain::plate::Plate;
use boomgate_domain::reading::Verdict;
use boomgate_domain::tariff::{Tariff, VehicleType};
use boomgate_store::arrivals::{self, ArrivalRow};
use boomgate_store::audit::RequestedBy;
use boomgate_store::commands::{self, NewCommand};
use boomgate_store::decisions::{self, NewDecision};
use boomgate_store::live_event::{DecisionEvent, LiveEvent};
use boomgate_store::sites::{self, SiteFacts, SiteRow};
use boomgate_store::stays::{StayRow, vehicle};
use boomgate_store::subscriptions::SubscriptionRow;
use boomgate_store::words::{DecisionOutcome, LaneDirection, ReadingVerdict};
use boomgate_store::{GenericClient, StoreError, blocklist, lanes, live_feed, subscriptions, tariffs};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

use crate::error::OperationError;
use crate::unit::Unit;

/// What a person says of a car that waits.
pub(crate) struct Named<'a> {
    /// The open stay it leaves, or none for a car that comes in.
    pub stay: Option<&'a StayRow>,
    /// Its plate, where that is known.
    pub plate: Option<Plate>,
    /// How a car is charged that comes in.
    pub vehicle: Option<String>,
    /// What the order to the boom is given for.
    pub reason: &'a str,
}

/// What was decided, and the car before and after.
pub(crate) struct DecidedAgain {
    pub decision: Decision,
    pub row: NewDecision,
    pub before: ArrivalRow,
    pub after: ArrivalRow,
}

/// The car, if it still waits and no opening was given to it; the lock of its site is taken.
pub(crate) async fn waiting(
    tx: &impl GenericClient,
    site: SiteId,
    arrival: ArrivalId,
) -> Result<ArrivalRow, OperationError> {
    sites::lock(tx, site).await?;
    let found = arrivals::get(tx, site, arrival).await?.filter(|car| car.passed_at.is_none());
    let gone = || OperationError::conflict("CAR-GONE", "this car does not wait at a lane any more");
    let car = found.ok_or_else(gone)?;
    if car.outcome.as_deref() == Some("open") {
        return Err(OperationError::conflict(
            "CAR-MAY-PASS",
            "the boom was ordered open for this car already",
        ));
    }
    Ok(car)
}

/// Decides on a car as a person named it: decision, order to the boom and live event. The caller holds the lock of the
/// site, has read `car` under it, and writes the line of the audit.
pub(crate) async fn decide_again(
    unit: &Unit<'_>,
    by: &RequestedBy,
    site: &SiteRow,
    car: ArrivalRow,
    named: Named<'_>,
) -> Result<DecidedAgain, OperationError> {
    let tx = unit.tx();
    let lane = LaneId::from_uuid(car.lane_id);
    let read = car.plate.as_deref().and_then(|plate| Plate::parse(plate).ok());
    let arrival = input(&car, &named, read.as_ref())?;
    let matches = matches(tx, site, &car, &arrival, (&named, read.as_ref())).await?;
    let decision = decide(&arrival, &matches, car.arrived_at);
    let row = decision_row(&car, &decision);
    let after = ArrivalRow {
        plate: arrival.plate.as_ref().map(Plate::to_string),
        vehicle_type: named.vehicle.clone().or_else(|| car.vehicle_type.clone()),
        decision_id: Some(row.id),
        outcome: Some(row.outcome.to_owned()),
        code: Some(row.code.clone()),
        stay_id: row.stay_id,
        amount_minor: row.amount_minor,
        paired_at: Some(row.decided_at),
        ..car.clone()
    };
    if let Some(earlier) = car.decision_id {
        decisions::supersede_many(tx, &[car.site_id], &[earlier]).await?;
    }
    decisions::insert_many(tx, std::slice::from_ref(&row)).await?;
    arrivals::upsert_many(tx, std::slice::from_ref(&after)).await?;
    commands::insert_pending(tx, &order(by, site.id, &row, &decision, named.reason)).await?;
    let event = event(by, &after, &row, &decision);
    live_feed::append(tx, site.id, row.decided_at, Some(lane), LiveEvent::Decision(event)).await?;
    unit.wake_lane(site.id, lane);
    unit.wake_site(site.id);
    Ok(DecidedAgain { decision, row, before: car, after })
}

/// A person's word is as good as a reading that is accepted; without a plate it is as good as a ticket.
fn input(car: &ArrivalRow, named: &Named<'_>, read: Option<&Plate>) -> Result<Arrival, StoreError> {
    let plate = named.plate.clone().or_else(|| read.cloned());
    let of_stay = named.stay.and_then(|stay| stay.vehicle_type.as_deref());
    Ok(Arrival {
        id: ArrivalId::from_uuid(car.id),
        direction: sites::read_word("arrivals.direction", &car.direction)?,
        verdict: if plate.is_some() { Verdict::Accept } else { Verdict::Unreadable },
        plate,
        credential: Credential::Ticket,
        vehicle: vehicle(named.vehicle.as_deref().or(of_stay).or(car.vehicle_type.as_deref())),
    })
}

async fn matches(
    tx: &impl GenericClient,
    site: &SiteRow,
    car: &ArrivalRow,
    arrival: &Arrival,
    (named, read): (&Named<'_>, Option<&Plate>),
) -> Result<Matches, OperationError> {
    let at = car.arrived_at;
    let facts = facts(tx, site.id, at).await?;
    let lane = lanes::status(tx, site.id, LaneId::from_uuid(car.lane_id)).await?;
    let mode: LaneMode = sites::read_word("lanes.mode", &lane.mode)?;
    let mut matches = Matches { site: facts.state(mode)?, ..Matches::none(zone(site)?) };
    matches.tariff = tariff(tx, site.id, facts.tariff_at(at)).await?;
    // A blocked plate stays blocked: the one that was read, and the one a person says it is.
    let plates: Vec<&Plate> = arrival.plate.iter().chain(read).collect();
    matches.block = block(tx, site.id, &plates, at).await?;
    if let Some(plate) = &arrival.plate {
        rights(tx, (site.id, Some(car.lane_id)), plate, at, &mut matches).await?;
    }
    if let Some(row) = named.stay {
        let tariff = tariff(tx, site.id, row.tariff_id).await?;
        matches.stay = Some(row.to_domain(tariff)?);
    } else if let Some(plate) = &arrival.plate {
        inside(tx, (site.id, &facts), plate, &mut matches).await?;
    }
    Ok(matches)
}

async fn facts(tx: &impl GenericClient, site: SiteId, at: Timestamp) -> Result<SiteFacts, StoreError> {
    let found = sites::facts(tx, &[site.as_uuid()], at).await?.pop();
    found.ok_or_else(|| StoreError::NotFound { what: "site", id: site.to_string() })
}

async fn tariff(
    tx: &impl GenericClient,
    site: SiteId,
    id: Option<Uuid>,
) -> Result<Option<Arc<Tariff>>, StoreError> {
    let Some(id) = id else { return Ok(None) };
    let row = tariffs::get(tx, site, TariffId::from_uuid(id)).await?;
    Ok(row.map(|row| row.tariff()).transpose()?.map(Arc::new))
}

/// A block of one of these plates or of a twin of it, best one that holds at that time.
async fn block(
    tx: &impl GenericClient,
    site: SiteId,
    plates: &[&Plate],
    at: Timestamp,
) -> Result<Option<BlockMatch>, StoreError> {
    let plates: Vec<&str> = plates.iter().map(|plate| plate.as_str()).collect();
    let found = blocklist::match_many(tx, &vec![site.as_uuid(); plates.len()], &plates, at).await?;
    let blocks = found.into_iter().map(|row| BlockMatch {
        id: BlockId::from_uuid(row.id),
        validity: validity(row.valid_from, row.valid_until),
    });
    Ok(blocks.min_by_key(|block| !block.validity.covers(at)))
}

/// Rights of exactly this plate; without a lane it may use any.
async fn rights(
    tx: &impl GenericClient,
    (site, lane): (SiteId, Option<Uuid>),
    plate: &Plate,
    at: Timestamp,
    matches: &mut Matches,
) -> Result<(), StoreError> {
    let mut subscribed = Vec::new();
    let found = subscriptions::match_many(tx, &[site.as_uuid()], &[plate.as_str()], at).await?;
    for row in found.into_iter().filter(|row| row.plate == plate.as_str()) {
        let validity = validity(row.valid_from, row.valid_until);
        matches.elsewhere |= row.elsewhere;
        if row.kind == "subscription" {
            subscribed.push(right_now(&row, lane, validity));
        } else {
            let id = ReservationId::from_uuid(row.id);
            matches.reservation = Some(ReservationMatch { id, validity });
        }
    }
    let zone = &matches.time_zone;
    matches.subscription = subscribed.into_iter().max_by_key(|right| {
        let covers = right.validity.covers(at);
        (covers, covers && right.outside(MatchSource::Full, at, zone).is_none())
    });
    Ok(())
}

/// The open stay of exactly this plate, and whether passback was reset for it.
async fn inside(
    tx: &impl GenericClient,
    (site, facts): (SiteId, &SiteFacts),
    plate: &Plate,
    matches: &mut Matches,
) -> Result<(), StoreError> {
    let row = boomgate_store::stays::open_of_plate(tx, site, plate).await?;
    matches.neutral = row.as_ref().is_some_and(|row| facts.is_neutral(row));
    matches.stay = row.map(|row| row.to_domain(None)).transpose()?;
    Ok(())
}

/// The subscription with the places and entries that are left for its plate.
fn right_now(row: &SubscriptionRow, lane: Option<Uuid>, validity: Validity) -> SubscriptionMatch {
    let other = |plate: &&String| **plate != row.plate;
    let inside: HashSet<&String> = row.inside.iter().filter(other).collect();
    let waiting: HashSet<&String> =
        row.promised.iter().filter(other).filter(|plate| !row.inside.contains(plate)).collect();
    let left = |limit: Option<i32>, taken: usize| {
        let taken = u32::try_from(taken).unwrap_or(u32::MAX);
        limit.map(|limit| u32::try_from(limit).unwrap_or(0).saturating_sub(taken))
    };
    let used = usize::try_from(row.used).unwrap_or(usize::MAX).saturating_add(waiting.len());
    SubscriptionMatch {
        terms: row.terms(),
        pool_left: left(row.places, inside.len() + waiting.len()),
        uses_left: left(row.uses_per_month, used),
        lane_allowed: row.lanes.is_empty() || lane.is_none_or(|lane| row.lanes.contains(&lane)),
        ..SubscriptionMatch::plain(SubscriptionId::from_uuid(row.id), validity)
    }
}

fn validity(from: Option<Timestamp>, until: Option<Timestamp>) -> Validity {
    Validity { from: from.unwrap_or(Timestamp::MIN), until }
}

fn decision_row(car: &ArrivalRow, decision: &Decision) -> NewDecision {
    let due = decision.charge.as_ref().map(|due| due.due).filter(|_| decision.outcome == Outcome::Charge);
    NewDecision {
        site_id: car.site_id,
        id: Uuid::now_v7(),
        arrival_id: car.id,
        lane_id: car.lane_id,
        outcome: outcome(decision.outcome).as_str(),
        code: decision.reason.code().to_owned(),
        params: json!(decision.reason.params()),
        local: false,
        superseded: false,
        stay_id: decision.stay.map(|stay| stay.as_uuid()),
        amount_minor: due.map(|due| due.minor),
        currency: due.map(|due| due.currency.as_str().to_owned()),
        decided_at: Timestamp::now(),
    }
}

const fn outcome(outcome: Outcome) -> DecisionOutcome {
    match outcome {
        Outcome::Open => DecisionOutcome::Open,
        Outcome::Deny => DecisionOutcome::Deny,
        Outcome::Charge => DecisionOutcome::Charge,
    }
}

/// Given in the person's name: what the lane was told of this car before does not stand against it.
fn order(by: &RequestedBy, site: SiteId, row: &NewDecision, decision: &Decision, reason: &str) -> NewCommand {
    let due = decision.charge.as_ref().map(|due| due.due).filter(|_| decision.outcome == Outcome::Charge);
    NewCommand {
        site,
        id: CommandId::from_uuid(Uuid::now_v7()),
        lane: LaneId::from_uuid(row.lane_id),
        arrival: Some(row.arrival_id),
        action: match decision.outcome {
            Outcome::Open => "open",
            Outcome::Deny => "refuse",
            Outcome::Charge => "charge",
        },
        code: row.code.clone(),
        params: row.params.clone(),
        amount: due,
        by: Some(by.clone()),
        reason: Some(reason.to_owned()),
        at: row.decided_at,
    }
}

fn event(by: &RequestedBy, car: &ArrivalRow, row: &NewDecision, decision: &Decision) -> DecisionEvent {
    let verdict =
        car.reading.as_ref().and_then(|reading| ReadingVerdict::parse(reading["verdict"].as_str()?));
    DecisionEvent {
        arrival: car.id,
        decision: row.id,
        direction: LaneDirection::parse(&car.direction),
        plate: car.plate.clone(),
        verdict,
        outcome: outcome(decision.outcome),
        code: row.code.clone(),
        params: decision.reason.params(),
        amount_minor: row.amount_minor,
        currency: row.currency.clone(),
        stay: row.stay_id,
        suggested: None,
        listed_as: None,
        evidence: car.evidence.as_deref().map(hex::encode),
        local: false,
        by: Some(by.name.clone()),
    }
}

/// Only at an exit a car is one of those inside; nothing of the kind lets anybody in.
pub(crate) fn must_leave(car: &ArrivalRow) -> Result<(), OperationError> {
    if direction(car)? == Direction::Exit {
        return Ok(());
    }
    let why = "nobody is let in by it: only at an exit a car is paired with one inside";
    Err(OperationError::conflict("NOT-AN-EXIT", why))
}

/// Decides whether a car may come in that a person enters by hand, as a lane of the site would; with the tariff in force.
pub(crate) async fn decide_by_hand(
    tx: &impl GenericClient,
    site: &SiteRow,
    plate: Option<&Plate>,
    vehicle: Option<VehicleType>,
    now: Timestamp,
) -> Result<(Decision, Option<Uuid>), OperationError> {
    let facts = facts(tx, site.id, now).await?;
    let arrival = Arrival {
        id: ArrivalId::from_uuid(Uuid::now_v7()),
        direction: Direction::Entry,
        plate: plate.cloned(),
        verdict: if plate.is_some() { Verdict::Accept } else { Verdict::Unreadable },
        credential: Credential::Ticket,
        vehicle: vehicle.unwrap_or_default(),
    };
    let mut matches = Matches { site: facts.state(LaneMode::Open)?, ..Matches::none(zone(site)?) };
    if let Some(plate) = plate {
        matches.block = block(tx, site.id, &[plate], now).await?;
        rights(tx, (site.id, None), plate, now, &mut matches).await?;
        inside(tx, (site.id, &facts), plate, &mut matches).await?;
    }
    Ok((decide(&arrival, &matches, now), facts.tariff_at(now)))
}

fn zone(site: &SiteRow) -> Result<TimeZone, OperationError> {
    TimeZone::get(&site.time_zone).map_err(|error| OperationError::Broken(error.to_string()))
}

/// The direction of a car's lane.
pub(crate) fn direction(car: &ArrivalRow) -> Result<Direction, StoreError> {
    sites::read_word("arrivals.direction", &car.direction)
}
