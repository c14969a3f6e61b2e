//! A car waits: it is remembered, decided about once, and the lane is told.

use boomgate_domain::decide::{
    Arrival, Credential, Decision, Direction, Knowledge, Matches, NearStay, Outcome, decide,
};
use boomgate_domain::ids::ArrivalId;
use boomgate_domain::plate::Plate;
use boomgate_domain::plate::distance::{EDIT, suggest};
use boomgate_domain::reading::Verdict;
use boomgate_domain::reason::Reason;
use boomgate_schemas::up;
use boomgate_store::StoreError;
use boomgate_store::arrivals::ArrivalRow;
use boomgate_store::audit_action::AuditAction;
use boomgate_store::commands::LIFETIME;
use boomgate_store::decisions::NewDecision;
use boomgate_store::evidence::Announced;
use boomgate_store::live_event::{ArrivalEvent, DecisionEvent, LiveEvent};
use boomgate_store::stays::{StayRow, vehicle};
use boomgate_store::words::ExceptionKind;
use serde_json::json;
use uuid::Uuid;

use super::passages::Exit;
use super::{Scene, World};
use crate::{clock, names};

impl World<'_> {
    pub(super) fn arrival(&mut self, scene: &Scene<'_>, told: &up::Arrival) -> Result<(), StoreError> {
        self.announce_evidence(scene, told);
        let known = self.arrivals.get(&told.arrival).cloned();
        if let Some(passed) = known.as_ref().filter(|known| known.passed_at.is_some()) {
            self.explain_passage(scene, told, passed);
            return Ok(());
        }
        let row = remembered(scene, told, known);
        self.forget_older(&row);
        let (decided, stale) =
            (row.outcome.as_deref() == Some("open"), self.now.duration_since(scene.at) > LIFETIME);
        self.put_arrival(row);
        if stale || decided {
            let plate = sure_plate(told).map(|plate| plate.to_string());
            self.tell(scene, LiveEvent::Arrival(ArrivalEvent { arrival: told.arrival, plate }));
            return Ok(());
        }
        self.decide_arrival(scene, told)
    }

    fn announce_evidence(&mut self, scene: &Scene<'_>, told: &up::Arrival) {
        let Some(hash) = &told.evidence else { return };
        let sha256 = hash.as_slice().to_vec();
        if self.out.evidence.iter().any(|known| known.sha256 == sha256) {
            return;
        }
        self.out.evidence.push(Announced {
            site_id: scene.device.site.as_uuid(),
            sha256,
            device_id: scene.device.id.as_uuid(),
            arrival_id: told.arrival,
            received_at: scene.received_at,
        });
    }

    /// Of the cars before this one only the last may still be under the boom; the others are gone without a word.
    fn forget_older(&mut self, row: &ArrivalRow) {
        let same_lane = |other: &&ArrivalRow| {
            other.lane_id == row.lane_id
                && other.id != row.id
                && other.passed_at.is_none()
                && other.arrived_at <= row.arrived_at
        };
        let mut older: Vec<_> =
            self.arrivals.values().filter(same_lane).map(|other| (other.arrived_at, other.id)).collect();
        older.sort_unstable();
        older.pop();
        for (_, id) in older {
            self.take_arrival(id);
        }
    }

    fn decide_arrival(&mut self, scene: &Scene<'_>, told: &up::Arrival) -> Result<(), StoreError> {
        let arrival = asked(scene, told);
        let matches = self.matches(scene, &arrival)?;
        let decision = decide(&arrival, &matches, scene.at);
        let row = self.record(scene, told.arrival, &decision);
        self.order(scene, &row, &decision);
        let event = DecisionEvent {
            arrival: told.arrival,
            decision: row.id,
            direction: Some(names::lane_direction(arrival.direction)),
            plate: told.reading.as_ref().map(|reading| reading.plate.clone()),
            verdict: told.reading.as_ref().map(|reading| names::event_verdict(reading.verdict)),
            outcome: names::outcome(decision.outcome),
            code: row.code,
            params: decision.reason.params(),
            amount_minor: row.amount_minor,
            currency: row.currency,
            stay: row.stay_id,
            suggested: decision.suggested.map(|stay| stay.as_uuid()),
            listed_as: self.listed_as(&matches, &decision.reason).cloned(),
            evidence: told.evidence.map(|hash| hash.to_string()),
            local: false,
        };
        self.tell(scene, LiveEvent::Decision(event));
        metrics::counter!("boomgate_decisions_total", "code" => decision.reason.code()).increment(1);
        Ok(())
    }

    fn matches(&self, scene: &Scene<'_>, arrival: &Arrival) -> Result<Matches, StoreError> {
        let site_id = scene.device.site.as_uuid();
        let site = self.sites.get(&site_id);
        let site = site.ok_or_else(|| StoreError::NotFound { what: "site", id: site_id.to_string() })?;
        let tariff = self.tariff(site.facts.tariff_id);
        let mut matches = Matches { site: site.state(), tariff, ..Matches::none(site.time_zone.clone()) };
        matches.knowledge = Knowledge::Full;
        let Some(plate) = &arrival.plate else { return Ok(matches) };
        let key = (site_id, plate.to_string());
        matches.block = self.block(site_id, plate, scene.at);
        matches.elsewhere = self.elsewhere.contains(&key);
        let stay = match arrival.direction {
            // Only the very plate is inside already: its twin is another car.
            Direction::Entry => self.open_stay(site_id, plate.as_str()),
            Direction::Exit => self.leaving_stay(site_id, plate),
        };
        let of_stay = stay.and_then(|stay| Some((site_id, stay.plate.clone()?)));
        let keys = [Some(key), of_stay];
        matches.subscription = keys.iter().flatten().find_map(|key| self.subscriptions.get(key).copied());
        matches.reservation = keys.iter().flatten().find_map(|key| self.reservations.get(key).copied());
        matches.stay = stay.map(|stay| stay.to_domain(self.tariff(stay.tariff_id))).transpose()?;
        if arrival.direction == Direction::Exit && matches.stay.is_none() {
            matches.near = self.near(site_id, plate);
        }
        Ok(matches)
    }

    /// How a person wrote the plate of the block or the right that decided.
    fn listed_as(&self, matches: &Matches, reason: &Reason) -> Option<&String> {
        let id = match reason {
            Reason::DenyBlocklisted {} => matches.block?.id.as_uuid(),
            Reason::OpenSubscription { subscription } => subscription.as_uuid(),
            Reason::OpenReservation { reservation } => reservation.as_uuid(),
            _ => return None,
        };
        self.typed.get(&id)
    }

    fn near(&self, site: Uuid, plate: &Plate) -> Vec<NearStay> {
        let inside = self.known.inside.get(&site).map_or(&[][..], Vec::as_slice);
        let found = suggest(plate, inside, |(_, plate)| plate, EDIT);
        found.into_iter().map(|((stay, _), distance)| NearStay { stay: *stay, distance }).collect()
    }

    /// The decision becomes a row, and the arrival knows it.
    fn record(&mut self, scene: &Scene<'_>, arrival: Uuid, decision: &Decision) -> NewDecision {
        let due = decision.charge.as_ref().map(|due| due.due).filter(|_| decision.outcome == Outcome::Charge);
        let row = NewDecision {
            site_id: scene.device.site.as_uuid(),
            id: clock::new_id(),
            arrival_id: arrival,
            lane_id: scene.device.lane.as_uuid(),
            outcome: names::outcome(decision.outcome).as_str(),
            code: decision.reason.code().to_owned(),
            params: json!(decision.reason.params()),
            local: false,
            superseded: false,
            stay_id: decision.stay.map(|stay| stay.as_uuid()),
            amount_minor: due.map(|due| due.minor),
            currency: due.map(|due| due.currency.as_str().to_owned()),
            decided_at: scene.received_at,
        };
        self.note_decision(&row);
        let action = AuditAction::DecisionMade {
            decision: row.id,
            outcome: names::outcome(decision.outcome),
            code: row.code.clone(),
            params: decision.reason.params(),
        };
        self.audit(scene, action, |line| line.stay_id = row.stay_id);
        self.out.decisions.push(row.clone());
        row
    }

    fn note_decision(&mut self, row: &NewDecision) {
        let Some(mut arrival) = self.arrivals.get(&row.arrival_id).cloned() else { return };
        arrival.decision_id = Some(row.id);
        arrival.outcome = Some(row.outcome.to_owned());
        arrival.code = Some(row.code.clone());
        arrival.stay_id = row.stay_id.or(arrival.stay_id);
        arrival.amount_minor = row.amount_minor;
        self.put_arrival(arrival);
    }

    /// The lane has decided by itself; its decision stands, and ours, if there is one, is superseded.
    pub(super) fn decided_locally(&mut self, scene: &Scene<'_>, told: &up::Decided) {
        let site_id = scene.device.site.as_uuid();
        let known = self.arrivals.get(&told.arrival).cloned();
        if let Some(ours) = known.as_ref().and_then(|arrival| arrival.decision_id) {
            self.supersede(site_id, ours);
        }
        let row = NewDecision {
            site_id,
            id: clock::new_id(),
            arrival_id: told.arrival,
            lane_id: scene.device.lane.as_uuid(),
            outcome: names::local_outcome(told.outcome).as_str(),
            code: told.code.clone(),
            params: json!(told.params),
            local: true,
            superseded: false,
            stay_id: known.as_ref().and_then(|arrival| arrival.stay_id),
            amount_minor: None,
            currency: None,
            decided_at: scene.at,
        };
        self.note_decision(&row);
        let outcome = names::local_outcome(told.outcome);
        let action = AuditAction::DecisionLocal { decision: row.id, outcome, code: row.code.clone() };
        self.audit(scene, action, |_| ());
        let plate = known.and_then(|arrival| arrival.plate);
        let event = DecisionEvent {
            arrival: told.arrival,
            decision: row.id,
            direction: None,
            plate,
            verdict: None,
            outcome,
            code: row.code.clone(),
            params: told.params.clone(),
            amount_minor: None,
            currency: None,
            stay: None,
            suggested: None,
            listed_as: None,
            evidence: None,
            local: true,
        };
        self.tell(scene, LiveEvent::Decision(event));
        self.out.decisions.push(row);
    }

    fn supersede(&mut self, site: Uuid, decision: Uuid) {
        match self.out.decisions.iter_mut().find(|row| row.id == decision) {
            Some(row) => row.superseded = !row.local,
            None => self.out.superseded.push((site, decision)),
        }
    }

    /// The arrival behind a passage that was heard first: now the plate is known, and the stay is put right.
    fn explain_passage(&mut self, scene: &Scene<'_>, told: &up::Arrival, passed: &ArrivalRow) {
        let Some(passed_at) = passed.passed_at else { return };
        self.take_arrival(passed.id);
        let Some(plate) = sure_plate(told) else { return };
        let row = ArrivalRow { passed_at: None, ..remembered(scene, told, Some(passed.clone())) };
        if passed.direction == "exit" {
            let kept = passed.stay_id.and_then(|id| self.stays.get(&id).cloned());
            let counted = Exit::was_counted(kept.as_ref());
            if let Some(exit) = kept.filter(|stay| stay.state == StayRow::EXIT_ONLY) {
                self.void_exit(exit, "its plate was told later".to_owned());
            }
            let exit = Exit { arrival: Some(&row), at: passed_at, unpaid: false, counted };
            self.close_by_plate(scene, &plate, exit);
            return;
        }
        let opened = passed.stay_id.and_then(|id| self.stays.get(&id).cloned());
        let Some(opened) = opened.filter(|stay| stay.plate.is_none()) else { return };
        self.name_stay(scene, opened, plate.as_str(), &row);
    }

    /// An unread stay turns out to be this plate's.
    fn name_stay(&mut self, scene: &Scene<'_>, stay: StayRow, plate: &str, row: &ArrivalRow) {
        let taken = stay.state == StayRow::OPEN && self.open_stay(stay.site_id, plate).is_some();
        if taken {
            self.exception(scene, ExceptionKind::PlateInsideTwice, Some(stay.id));
            return;
        }
        let named = StayRow {
            plate: Some(plate.to_owned()),
            vehicle_type: row.vehicle_type.clone().or(stay.vehicle_type.clone()),
            entry_evidence: row.evidence.clone().or(stay.entry_evidence.clone()),
            ..stay
        };
        let id = named.id;
        self.put_stay(named);
        self.pair_with_exit(scene, id);
    }
}

/// The arrival's row; what was known of it stays unless it is said anew.
fn remembered(scene: &Scene<'_>, told: &up::Arrival, known: Option<ArrivalRow>) -> ArrivalRow {
    let plate = sure_plate(told).map(|plate| plate.as_str().to_owned());
    let reading = told.reading.as_ref().map(|reading| json!(reading));
    let evidence = told.evidence.as_ref().map(|hash| hash.as_slice().to_vec());
    let known = known.unwrap_or_else(|| scene.unheard_arrival(told.arrival));
    ArrivalRow {
        plate: plate.or(known.plate),
        reading: reading.or(known.reading),
        vehicle_type: told.vehicle_type.clone().or(known.vehicle_type),
        evidence: evidence.or(known.evidence),
        ..known
    }
}

/// The plate, if it was read for sure: nothing else may name a stay.
fn sure_plate(told: &up::Arrival) -> Option<Plate> {
    let reading = told.reading.as_ref().filter(|reading| reading.verdict == up::Verdict::Accept)?;
    Plate::parse(&reading.plate).ok()
}

fn asked(scene: &Scene<'_>, told: &up::Arrival) -> Arrival {
    let verdict =
        told.reading.as_ref().map_or(Verdict::Unreadable, |reading| names::verdict(reading.verdict));
    let plate = told.reading.as_ref().and_then(|reading| Plate::parse(&reading.plate).ok());
    Arrival {
        id: ArrivalId::from_uuid(told.arrival),
        // The server's book says which way a lane leads, not the lane.
        direction: scene.device.direction,
        plate,
        verdict,
        credential: Credential::Plate,
        vehicle: vehicle(told.vehicle_type.as_deref()),
    }
}
