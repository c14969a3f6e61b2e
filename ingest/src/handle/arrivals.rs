//! An arrival is stored and decided once, and the decision is sent to the lane.

use boomgate_domain::decide::{
    Arrival, Credential, Decision, Direction, MatchSource, Matches, NearStay, Outcome, decide,
};
use boomgate_domain::ids::ArrivalId;
use boomgate_domain::lane_mode::LaneMode;
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
use boomgate_store::evidence::AnnouncedPicture;
use boomgate_store::live_event::{ArrivalEvent, DecisionEvent, LiveEvent};
use boomgate_store::reading_counts::CountedReading;
use boomgate_store::stays::{StayRow, vehicle};
use boomgate_store::words::ExceptionKind;
use serde_json::json;
use uuid::Uuid;

use super::passages::Exit;
use super::{BatchState, EventContext};
use crate::{clock, names};

impl BatchState<'_> {
    pub(super) fn arrival(
        &mut self,
        context: &EventContext<'_>,
        reported: &up::Arrival,
    ) -> Result<(), StoreError> {
        self.announce_evidence(context, reported);
        let known = self.arrivals.get(&reported.arrival).cloned();
        if let Some(passed) = known.as_ref().filter(|known| known.passed_at.is_some()) {
            self.count_reading(context, reported);
            self.explain_passage(context, reported, passed);
            return Ok(());
        }
        if known.is_none() {
            self.count_reading(context, reported);
        }
        let row = arrival_row(context, reported, known);
        self.forget_older(&row);
        // What a person said of the car stands, whatever is read of it now.
        let decided = row.outcome.as_deref() == Some("open") || row.paired_at.is_some();
        let stale = self.now.duration_since(context.at) > LIFETIME;
        self.put_arrival(row);
        if stale || decided {
            let plate = sure_plate(reported).map(|plate| plate.to_string());
            self.publish(context, LiveEvent::Arrival(ArrivalEvent { arrival: reported.arrival, plate }));
            return Ok(());
        }
        self.decide_arrival(context, reported)
    }

    fn announce_evidence(&mut self, context: &EventContext<'_>, reported: &up::Arrival) {
        let Some(hash) = &reported.evidence else { return };
        let sha256 = hash.as_slice().to_vec();
        if self.out.evidence.iter().any(|known| known.sha256 == sha256) {
            return;
        }
        self.out.evidence.push(AnnouncedPicture {
            site_id: context.device.site.as_uuid(),
            sha256,
            device_id: context.device.id.as_uuid(),
            arrival_id: reported.arrival,
            received_at: context.received_at,
        });
    }

    fn count_reading(&mut self, context: &EventContext<'_>, reported: &up::Arrival) {
        self.out.readings.push(CountedReading {
            site_id: context.device.site.as_uuid(),
            lane_id: context.device.lane.as_uuid(),
            at: context.received_at,
            is_read: sure_plate(reported).is_some(),
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

    fn decide_arrival(
        &mut self,
        context: &EventContext<'_>,
        reported: &up::Arrival,
    ) -> Result<(), StoreError> {
        let arrival = decision_input(context, reported);
        let matches = self.matches(context, &arrival)?;
        let decision = decide(&arrival, &matches, context.at);
        let row = self.record(context, reported.arrival, &decision);
        self.order(context, &row, &decision);
        let event = DecisionEvent {
            arrival: reported.arrival,
            decision: row.id,
            direction: Some(names::lane_direction(arrival.direction)),
            plate: reported.reading.as_ref().map(|reading| reading.plate.clone()),
            verdict: reported.reading.as_ref().map(|reading| names::event_verdict(reading.verdict)),
            outcome: names::outcome(decision.outcome),
            code: row.code,
            params: decision.reason.params(),
            amount_minor: row.amount_minor,
            currency: row.currency,
            stay: row.stay_id,
            suggested: decision.suggested.map(|stay| stay.as_uuid()),
            listed_as: self.listed_as(&matches, &decision.reason).cloned(),
            evidence: reported.evidence.map(|hash| hash.to_string()),
            local: false,
            by: None,
        };
        self.publish(context, LiveEvent::Decision(event));
        if decision.reason == (Reason::DenyBlocklisted {}) {
            self.blocked_alarm(context, matches.block.map(|block| block.id.as_uuid()));
        }
        metrics::counter!("boomgate_decisions_total", "code" => decision.reason.code()).increment(1);
        Ok(())
    }

    fn matches(&self, context: &EventContext<'_>, arrival: &Arrival) -> Result<Matches, StoreError> {
        let site_id = context.device.site.as_uuid();
        let site = self.sites.get(&site_id);
        let site = site.ok_or_else(|| StoreError::NotFound { what: "site", id: site_id.to_string() })?;
        let tariff = self.tariff(site.facts.tariff_at(context.at));
        let mode = self.lanes.get(&context.device.lane.as_uuid()).map_or(LaneMode::Open, |lane| lane.mode);
        let mut matches =
            Matches { site: site.facts.state(mode)?, tariff, ..Matches::none(site.time_zone.clone()) };
        matches.source = MatchSource::Full;
        let Some(plate) = &arrival.plate else { return Ok(matches) };
        let key = (site_id, plate.to_string());
        matches.block = self.block(site_id, plate, context.at);
        matches.elsewhere = self.elsewhere.contains(&key);
        let stay = match arrival.direction {
            // Only the very plate is inside already: its twin is another car.
            Direction::Entry => self.open_stay(site_id, plate.as_str()),
            Direction::Exit => self.leaving_stay(site_id, plate),
        };
        let of_stay = stay.and_then(|stay| Some((site_id, stay.plate.clone()?)));
        let keys = [Some(key), of_stay];
        let lane = context.device.lane.as_uuid();
        let right = |key: &(Uuid, String)| self.subscription(key, lane, context.at, &matches.time_zone);
        matches.subscription = keys.iter().flatten().find_map(right);
        matches.reservation = keys.iter().flatten().find_map(|key| self.reservations.get(key).copied());
        matches.neutral = stay.is_some_and(|stay| site.facts.is_neutral(stay));
        matches.visitor_stay =
            stay.and_then(|stay| stay.entry_code.as_deref()).is_some_and(Reason::is_visitors_entry);
        matches.stay = stay.map(|stay| stay.to_domain(self.tariff(stay.tariff_id))).transpose()?;
        if arrival.direction == Direction::Exit && matches.stay.is_none() {
            matches.near = self.near(site_id, plate);
        }
        Ok(matches)
    }

    /// How a person wrote the plate of the block or the right that decided.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a few codes of the registry are meant, all others are not"
    )]
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
    fn record(&mut self, context: &EventContext<'_>, arrival: Uuid, decision: &Decision) -> NewDecision {
        let due = decision.charge.as_ref().map(|due| due.due).filter(|_| decision.outcome == Outcome::Charge);
        let row = NewDecision {
            site_id: context.device.site.as_uuid(),
            id: clock::new_id(),
            arrival_id: arrival,
            lane_id: context.device.lane.as_uuid(),
            outcome: names::outcome(decision.outcome).as_str(),
            code: decision.reason.code().to_owned(),
            params: json!(decision.reason.params()),
            local: false,
            superseded: false,
            stay_id: decision.stay.map(|stay| stay.as_uuid()),
            amount_minor: due.map(|due| due.minor),
            currency: due.map(|due| due.currency.as_str().to_owned()),
            decided_at: context.received_at,
        };
        self.note_decision(&row);
        let action = AuditAction::DecisionMade {
            decision: row.id,
            outcome: names::outcome(decision.outcome),
            code: row.code.clone(),
            params: decision.reason.params(),
        };
        self.audit(context, action, |line| line.stay_id = row.stay_id);
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
    pub(super) fn decided_locally(&mut self, context: &EventContext<'_>, reported: &up::Decided) {
        let site_id = context.device.site.as_uuid();
        let known = self.arrivals.get(&reported.arrival).cloned();
        if let Some(ours) = known.as_ref().and_then(|arrival| arrival.decision_id) {
            self.supersede(site_id, ours);
        }
        let row = NewDecision {
            site_id,
            id: clock::new_id(),
            arrival_id: reported.arrival,
            lane_id: context.device.lane.as_uuid(),
            outcome: names::local_outcome(reported.outcome).as_str(),
            code: reported.code.clone(),
            params: json!(reported.params),
            local: true,
            superseded: false,
            stay_id: known.as_ref().and_then(|arrival| arrival.stay_id),
            amount_minor: None,
            currency: None,
            decided_at: context.at,
        };
        self.note_decision(&row);
        let outcome = names::local_outcome(reported.outcome);
        let action = AuditAction::DecisionLocal { decision: row.id, outcome, code: row.code.clone() };
        self.audit(context, action, |_| ());
        let plate = known.and_then(|arrival| arrival.plate);
        if row.code == (Reason::DenyBlocklisted {}).code() {
            let read = plate.as_deref().and_then(|plate| Plate::parse(plate).ok());
            let block = read.and_then(|plate| self.block(site_id, &plate, context.at));
            self.blocked_alarm(context, block.map(|block| block.id.as_uuid()));
        }
        let event = DecisionEvent {
            arrival: reported.arrival,
            decision: row.id,
            direction: None,
            plate,
            verdict: None,
            outcome,
            code: row.code.clone(),
            params: reported.params.clone(),
            amount_minor: None,
            currency: None,
            stay: None,
            suggested: None,
            listed_as: None,
            evidence: None,
            local: true,
            by: None,
        };
        self.publish(context, LiveEvent::Decision(event));
        self.out.decisions.push(row);
    }

    fn supersede(&mut self, site: Uuid, decision: Uuid) {
        match self.out.decisions.iter_mut().find(|row| row.id == decision) {
            Some(row) => row.superseded = !row.local,
            None => self.out.superseded.push((site, decision)),
        }
    }

    /// An arrival whose passage came first: the plate is known now, and the stay is corrected.
    fn explain_passage(&mut self, context: &EventContext<'_>, reported: &up::Arrival, passed: &ArrivalRow) {
        let Some(passed_at) = passed.passed_at else { return };
        self.take_arrival(passed.id);
        let Some(plate) = sure_plate(reported) else { return };
        let row = ArrivalRow { passed_at: None, ..arrival_row(context, reported, Some(passed.clone())) };
        if passed.direction == "exit" {
            let kept = passed.stay_id.and_then(|id| self.stays.get(&id).cloned());
            let counted = Exit::was_counted(kept.as_ref());
            if let Some(exit) = kept.filter(|stay| stay.state == StayRow::EXIT_ONLY) {
                self.void_exit(exit, "its plate was told later".to_owned());
            }
            let exit = Exit { arrival: Some(&row), at: passed_at, unpaid: false, counted };
            self.close_by_plate(context, &plate, exit);
            return;
        }
        let opened = passed.stay_id.and_then(|id| self.stays.get(&id).cloned());
        let Some(opened) = opened.filter(|stay| stay.plate.is_none()) else { return };
        self.name_stay(context, opened, plate.as_str(), &row);
    }

    /// An unread stay turns out to be this plate's.
    fn name_stay(&mut self, context: &EventContext<'_>, stay: StayRow, plate: &str, row: &ArrivalRow) {
        let taken = stay.state == StayRow::OPEN && self.open_stay(stay.site_id, plate).is_some();
        if taken {
            self.exception(context, ExceptionKind::PlateInsideTwice, Some(stay.id));
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
        self.pair_with_exit(context, id);
    }
}

/// The arrival's row; what was known of it stays unless it is said anew.
fn arrival_row(context: &EventContext<'_>, reported: &up::Arrival, known: Option<ArrivalRow>) -> ArrivalRow {
    let plate = sure_plate(reported).map(|plate| plate.as_str().to_owned());
    let reading = reported.reading.as_ref().map(|reading| json!(reading));
    let evidence = reported.evidence.as_ref().map(|hash| hash.as_slice().to_vec());
    let known = known.unwrap_or_else(|| context.unheard_arrival(reported.arrival));
    ArrivalRow {
        plate: plate.or(known.plate),
        reading: reading.or(known.reading),
        vehicle_type: reported.vehicle_type.clone().or(known.vehicle_type),
        evidence: evidence.or(known.evidence),
        ..known
    }
}

/// The plate, if it was read for sure: nothing else may name a stay.
fn sure_plate(reported: &up::Arrival) -> Option<Plate> {
    let reading = reported.reading.as_ref().filter(|reading| reading.verdict == up::Verdict::Accept)?;
    Plate::parse(&reading.plate).ok()
}

fn decision_input(context: &EventContext<'_>, reported: &up::Arrival) -> Arrival {
    let verdict =
        reported.reading.as_ref().map_or(Verdict::Unreadable, |reading| names::verdict(reading.verdict));
    let plate = reported.reading.as_ref().and_then(|reading| Plate::parse(&reading.plate).ok());
    Arrival {
        id: ArrivalId::from_uuid(reported.arrival),
        // The server's book says which way a lane leads, not the lane.
        direction: context.device.direction,
        plate,
        verdict,
        credential: Credential::Plate,
        vehicle: vehicle(reported.vehicle_type.as_deref()),
    }
}
