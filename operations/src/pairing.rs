//! A car at an exit that could not be matched: which of the cars inside it may be, and a person's word that it is one.
//!
//! Nothing here happens by itself, and nothing at an entry: a near plate is shown, and a person decides.

use std::cmp::Reverse;

use boomgate_domain::decide::Due;
use boomgate_domain::ids::{ArrivalId, StayId};
use boomgate_domain::plate::Plate;
use boomgate_domain::plate::distance::{EDIT, Sighting, distance};
use boomgate_store::arrivals::{self, ArrivalRow};
use boomgate_store::audit;
use boomgate_store::audit_action::{AuditAction, BeforeAfter};
use boomgate_store::reading_counts::{self, CountedReading};
use boomgate_store::sites::SiteRow;
use boomgate_store::stays::{self, OpenCar, StayRow};
use boomgate_store::{GenericClient, StoreError};
use jiff::Timestamp;
use rand::Rng;
use serde_json::Value;

use crate::access::{Authorized, TicketsIssue};
use crate::decisions::{self, DecidedAgain, Named, must_leave};
use crate::error::OperationError;
use crate::stays::{Quote, quote};
use crate::unit::Unit;

/// Most candidates that can be asked for.
pub const MOST: u16 = 20;

/// How many cars inside are looked through, the newest first.
const LOOKED_THROUGH: i64 = 5000;
/// What is further away is another plate: three edits, in tenths.
const FARTHEST: u32 = 3 * EDIT;

/// How like a plate is to what was read or typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// The same.
    Same,
    /// Another in characters only that look alike.
    LookAlike,
    /// Less than one edit and a half away.
    Near,
    /// Further away.
    Far,
    /// There are no two plates to compare.
    Unknown,
}

/// A car inside that the one at the exit may be.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Open.
    pub stay: StayRow,
    /// In tenths of an edit; none where there are no two plates to compare.
    pub distance: Option<u32>,
    /// The same in a word.
    pub likeness: Likeness,
    /// What it owes; none where no tariff applies.
    pub due: Option<Due>,
}

/// What became of a car that a person named.
#[derive(Clone, Debug)]
pub struct Paired {
    /// The car as it waits now.
    pub car: ArrivalRow,
    /// The parameters of its reason, by name.
    pub params: Value,
}

/// The cars inside that a car at an exit may be, nearest first by what was read of it or by `typed`, what a person reads
/// on its picture. Where nothing was read, those that were not read at the entry come first, then the newest.
///
/// # Errors
/// `NOT-AN-EXIT`; a car that does not wait there; the database's.
pub async fn candidates(
    client: &impl GenericClient,
    site: &SiteRow,
    arrival: ArrivalId,
    typed: Option<Plate>,
    most: u16,
) -> Result<Vec<Candidate>, OperationError> {
    let car = arrivals::get(client, site.id, arrival).await?;
    let car = car.ok_or(OperationError::NotFound("waiting car"))?;
    must_leave(&car)?;
    let seen = typed.map(Sighting::of).or_else(|| sighting(&car));
    let inside = stays::inside(client, site.id, car.arrived_at, LOOKED_THROUGH).await?;
    let mut found = Vec::new();
    for (id, apart) in nearest(&inside, seen.as_ref(), most.min(MOST).into()) {
        let Some(stay) = stays::get(client, site.id, id).await? else { continue };
        let due = quote(client, site, &stay, Timestamp::now()).await?.map(|Quote { due, .. }| due);
        let likeness = likeness(seen.as_ref(), stay.plate.as_deref());
        found.push(Candidate { stay, distance: apart, likeness, due });
    }
    Ok(found)
}

/// A person says that the car at an exit is the one of this stay. What is decided by it goes the way of every decision:
/// the boom opens, or the driver pays.
///
/// # Errors
/// `NOT-AN-EXIT`, `CAR-GONE`, `CAR-MAY-PASS`, `STAY-NOT-OPEN`, `STAY-LATER`, `STAY-AT-ANOTHER-EXIT`; an unknown stay; the database's.
pub async fn pair(
    unit: &Unit<'_>,
    by: &Authorized<TicketsIssue>,
    site: &SiteRow,
    arrival: ArrivalId,
    stay: StayId,
) -> Result<Paired, OperationError> {
    let tx = unit.tx();
    let car = decisions::waiting(tx, site.id, arrival).await?;
    must_leave(&car)?;
    let stay = must_be_inside(tx, &car, stay).await?;
    let plate = stay.plate.as_deref().and_then(|plate| Plate::parse(plate).ok());
    let seen = sighting(&car);
    let named =
        Named { stay: Some(&stay), plate: plate.clone(), vehicle: None, reason: "confirmed at the exit" };
    let again = decisions::decide_again(unit, &by.requested_by(), site, car, named).await?;
    count(tx, &again.before, plate.as_ref()).await?;
    audit::insert_many(tx, &[line(by, site, &again, (seen.as_ref(), plate.as_ref()))]).await?;
    Ok(Paired { car: again.after, params: again.row.params })
}

/// The stay, if the car can be its car; the site is locked.
pub(crate) async fn must_be_inside(
    tx: &impl GenericClient,
    car: &ArrivalRow,
    id: StayId,
) -> Result<StayRow, OperationError> {
    let site = boomgate_domain::ids::SiteId::from_uuid(car.site_id);
    let stay = stays::lock(tx, site, id).await.map_err(|error| {
        if matches!(error, StoreError::NotFound { .. }) {
            return OperationError::NotFound("stay");
        }
        error.into()
    })?;
    if stay.state != StayRow::OPEN {
        let why = format!("the stay is {}; only a car inside can leave", stay.state);
        return Err(OperationError::conflict("STAY-NOT-OPEN", why));
    }
    if stay.entered_at.is_some_and(|entered| entered > car.arrived_at) {
        return Err(OperationError::conflict("STAY-LATER", "this car came in after the one that waits"));
    }
    let elsewhere = arrivals::deciding_on(tx, site, id).await?.filter(|other| other.id != car.id);
    if elsewhere.is_some() {
        let why = "another car waits at an exit for this stay";
        return Err(OperationError::conflict("STAY-AT-ANOTHER-EXIT", why));
    }
    Ok(stay)
}

/// Nearest first; without a plate to compare those that nobody could read, then the newest.
fn nearest(inside: &[OpenCar], seen: Option<&Sighting>, most: usize) -> Vec<(StayId, Option<u32>)> {
    let apart = |car: &OpenCar| Some(seen?.distance(&Plate::parse(car.plate.as_deref()?).ok()?));
    let mut found: Vec<(StayId, Option<u32>, bool)> =
        inside.iter().map(|car| (car.id, apart(car), car.plate.is_some())).collect();
    if seen.is_some() {
        found.retain(|(_, apart, is_read)| !is_read || apart.is_some_and(|apart| apart <= FARTHEST));
    }
    // A stable sort: of the equally near the newest stays first.
    found.sort_by_key(|(_, apart, is_read)| (Reverse(apart.is_some()), apart.unwrap_or(0), *is_read));
    found.into_iter().take(most).map(|(id, apart, _)| (id, apart)).collect()
}

fn likeness(seen: Option<&Sighting>, plate: Option<&str>) -> Likeness {
    let (Some(seen), Some(plate)) = (seen, plate.and_then(|plate| Plate::parse(plate).ok())) else {
        return Likeness::Unknown;
    };
    match distance(&seen.plate, &plate) {
        0 => Likeness::Same,
        apart if apart < EDIT / 2 => Likeness::LookAlike,
        apart if apart < EDIT + EDIT / 2 => Likeness::Near,
        _ => Likeness::Far,
    }
}

/// What the lane read of a car; none where it read nothing.
fn sighting(car: &ArrivalRow) -> Option<Sighting> {
    let reading = car.reading.as_ref()?;
    let plate = Plate::parse(reading["plate"].as_str()?).ok()?;
    let list = |name: &str| reading[name].as_array().into_iter().flatten();
    let confidence = list("chars").map(|one| one.as_u64().and_then(|one| u16::try_from(one).ok()));
    Some(Sighting {
        confidence: confidence.collect::<Option<_>>().unwrap_or_default(),
        others: list("candidates").filter_map(|one| Plate::parse(one.as_str()?).ok()).collect(),
        plate,
    })
}

/// A correction teaches the camera nothing: it is counted, for people to see how well it reads.
async fn count(tx: &impl GenericClient, car: &ArrivalRow, plate: Option<&Plate>) -> Result<(), StoreError> {
    let is_other = sighting(car).zip(plate).is_some_and(|(seen, plate)| seen.plate != *plate);
    if !is_other || car.paired_at.is_some() {
        return Ok(());
    }
    let counted = CountedReading {
        site_id: car.site_id,
        lane_id: car.lane_id,
        at: car.received_at,
        is_read: car.plate.is_some(),
    };
    reading_counts::correct(tx, &counted).await
}

fn line(
    by: &Authorized<TicketsIssue>,
    site: &SiteRow,
    again: &DecidedAgain,
    (seen, plate): (Option<&Sighting>, Option<&Plate>),
) -> audit::NewAudit {
    let DecidedAgain { row, before, after, .. } = again;
    let word = |word: &Option<String>| word.clone().unwrap_or_default();
    let action = AuditAction::ArrivalPaired {
        decision: row.id,
        stay_before: before.stay_id,
        outcome: BeforeAfter(word(&before.outcome), word(&after.outcome)),
        code: BeforeAfter(word(&before.code), word(&after.code)),
        distance: seen.zip(plate).map(|(seen, plate)| distance(&seen.plate, plate)),
    };
    let text = |plate: Option<&Plate>| plate.map_or_else(|| "-".to_owned(), Plate::to_string);
    let plates = format!("{} -> {}", text(seen.map(|seen| &seen.plate)), text(plate));
    let mut line = by.audit_line(site.id, action);
    line.lane_id = Some(before.lane_id);
    line.arrival_id = Some(before.id);
    line.stay_id = after.stay_id;
    line.personal = Some((rand::rng().random(), plates));
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn car(number: u128, plate: Option<&str>) -> OpenCar {
        OpenCar { id: StayId::from_uuid(Uuid::from_u128(number)), plate: plate.map(str::to_owned) }
    }

    fn order(inside: &[OpenCar], seen: Option<&str>) -> Vec<u128> {
        let seen = seen.map(|text| Sighting::of(Plate::parse(text).unwrap()));
        nearest(inside, seen.as_ref(), 4).into_iter().map(|(id, _)| id.as_uuid().as_u128()).collect()
    }

    #[test]
    fn look_alikes_come_before_strangers_and_unread_cars_after_both() {
        let inside = [car(1, Some("XYZ999")), car(2, None), car(3, Some("BA123AC")), car(4, Some("8A123AB"))];
        assert_eq!(order(&inside, Some("BA123AB")), [4, 3, 2], "what is far away is not shown");
    }

    #[test]
    fn where_nothing_was_read_unread_cars_come_first_then_the_newest() {
        let inside = [car(9, Some("AAA111")), car(8, None), car(7, Some("BBB222")), car(6, None)];
        assert_eq!(order(&inside, None), [8, 6, 9, 7]);
    }

    #[test]
    fn how_like_plates_are_is_said_in_a_word() {
        let seen = Sighting::of(Plate::parse("BA123AB").unwrap());
        for (plate, word) in [
            ("BA123AB", Likeness::Same),
            ("8A123AB", Likeness::LookAlike),
            ("BA123AC", Likeness::Near),
            ("BA999AB", Likeness::Far),
        ] {
            assert_eq!(likeness(Some(&seen), Some(plate)), word, "{plate}");
        }
        assert_eq!(likeness(None, Some("BA123AB")), Likeness::Unknown);
    }
}
