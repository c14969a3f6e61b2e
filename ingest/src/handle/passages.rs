//! The facts: a car crossed the boom. Only this opens and closes stays and moves the number of cars inside.

use boomgate_domain::plate::Plate;
use boomgate_domain::stay::{self, PassageEffect};
use boomgate_schemas::up::{Passage, PassageKind};
use boomgate_store::arrivals::ArrivalRow;
use boomgate_store::audit_action::AuditAction;
use boomgate_store::live_event::{LiveEvent, PassageEvent};
use boomgate_store::stays::StayRow;
use boomgate_store::words::ExceptionKind;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::{BatchState, EventContext};
use crate::{clock, names};

/// Entry code of a car that followed another without a decision of its own.
const TAILGATE: &str = "FAULT-TAILGATE";
/// Note of an exit while no car was counted inside: the entry that may still come is not counted either.
const UNCOUNTED: &str = "left while nobody was counted inside";

/// A car that leaves.
#[derive(Clone, Copy)]
pub(super) struct Exit<'a> {
    pub arrival: Option<&'a ArrivalRow>,
    pub at: Timestamp,
    /// It paid nothing, for it followed another.
    pub unpaid: bool,
    /// It was counted out.
    pub counted: bool,
}

impl Exit<'_> {
    /// Whether a stored exit was counted out when it was reported.
    pub(super) fn was_counted(kept: Option<&StayRow>) -> bool {
        kept.is_none_or(|kept| kept.note != UNCOUNTED)
    }
}

/// Of a stay that ended without a charge.
const CLOSED: AuditAction = AuditAction::StayClosed { code: None, charged_minor: None };

impl BatchState<'_> {
    pub(super) fn passage(&mut self, context: &EventContext<'_>, passage: &Passage) {
        let arrival = passage.arrival.and_then(|id| self.arrivals.get(&id).cloned());
        let stay = match kind(passage.kind).effect(context.device.direction) {
            PassageEffect::None => None,
            PassageEffect::OpensStay => self.came_in(context, passage, arrival.as_ref()),
            PassageEffect::ClosesStay => self.went_out(context, passage, arrival.as_ref()),
        };
        if arrival.is_some_and(|row| row.passed_at.is_none()) {
            passage.arrival.map(|id| self.take_arrival(id));
        }
        if passage.kind == PassageKind::Tailgated {
            self.exception(context, ExceptionKind::Tailgated, stay);
        }
        if passage.kind == PassageKind::WrongWay {
            self.exception(context, ExceptionKind::WrongWay, None);
        }
        let event = PassageEvent {
            arrival: passage.arrival,
            direction: names::event_direction(passage.direction),
            kind: names::passage(passage.kind),
            stay,
            inside: self.sites.get(&context.device.site.as_uuid()).map(|site| site.facts.inside),
            plate: None,
        };
        self.publish(context, LiveEvent::Passage(event));
    }

    /// A stay begins, known by its plate or not.
    fn came_in(
        &mut self,
        context: &EventContext<'_>,
        passage: &Passage,
        arrival: Option<&ArrivalRow>,
    ) -> Option<Uuid> {
        let site_id = context.device.site.as_uuid();
        let plate = arrival.and_then(|row| row.plate.clone());
        if let Some(plate) = &plate {
            self.void_earlier(context, plate);
        }
        let exit = plate.as_deref().and_then(|plate| self.waiting_exit(site_id, plate, context.at));
        // A car whose exit could not be counted out is not counted in either.
        if exit.as_ref().is_none_or(|exit| exit.note != UNCOUNTED) {
            self.count_in(site_id);
        }
        let site = self.sites.get(&site_id)?;
        let code = arrival.and_then(|row| row.code.clone());
        let stay = StayRow {
            site_id,
            id: exit.as_ref().map_or_else(clock::new_id, |exit| exit.id),
            plate,
            state: if exit.is_some() { StayRow::CLOSED } else { StayRow::OPEN }.to_owned(),
            vehicle_type: arrival.and_then(|row| row.vehicle_type.clone()),
            entry_lane_id: Some(context.device.lane.as_uuid()),
            entry_arrival_id: passage.arrival,
            entered_at: Some(context.at),
            entry_code: if passage.kind == PassageKind::Tailgated { Some(TAILGATE.to_owned()) } else { code },
            entry_evidence: arrival.and_then(|row| row.evidence.clone()),
            exit_lane_id: exit.as_ref().and_then(|exit| exit.exit_lane_id),
            exit_arrival_id: exit.as_ref().and_then(|exit| exit.exit_arrival_id),
            exited_at: exit.as_ref().and_then(|exit| exit.exited_at),
            exit_code: exit.as_ref().and_then(|exit| exit.exit_code.clone()),
            exit_evidence: exit.as_ref().and_then(|exit| exit.exit_evidence.clone()),
            // By when it came in, not by when that was reported.
            tariff_id: site.facts.tariff_at(context.at),
            currency: site.facts.currency.clone(),
            charged_minor: 0,
            note: String::new(),
            paid_minor: 0,
            exit_deadline: None,
            validations: json!([]),
            month_minor: 0,
            payments: json!([]),
        };
        let id = stay.id;
        self.audit_opened(context, &stay);
        self.put_stay(stay);
        if exit.is_some() {
            self.audit(context, CLOSED, |line| line.stay_id = Some(id));
        }
        if arrival.is_none() {
            self.await_explanation(context, passage, Some(id));
        }
        Some(id)
    }

    fn audit_opened(&mut self, context: &EventContext<'_>, stay: &StayRow) {
        let personal = stay.plate.clone().map(|plate| (clock::salt(), plate));
        let (id, code) = (stay.id, stay.entry_code.clone());
        self.audit(context, AuditAction::StayOpened { code }, |line| {
            line.stay_id = Some(id);
            line.personal = personal;
        });
    }

    /// The same plate again while inside: a missed exit or a clone. It was let in, so the earlier stay is voided.
    fn void_earlier(&mut self, context: &EventContext<'_>, plate: &str) {
        let Some(mut earlier) = self.open_stay(context.device.site.as_uuid(), plate).cloned() else { return };
        earlier.state = StayRow::VOIDED.to_owned();
        earlier.note = "entered again while inside".to_owned();
        let id = earlier.id;
        self.put_stay(earlier);
        self.exception(context, ExceptionKind::EnteredTwice, Some(id));
    }

    /// The exit that was reported before this entry, which completes it. Of exactly this plate: the entry of a twin may
    /// still be on its way.
    fn waiting_exit(&self, site: Uuid, plate: &str, entered_at: Timestamp) -> Option<StayRow> {
        let waits = |exit: &&StayRow| {
            exit.site_id == site
                && exit.state == StayRow::EXIT_ONLY
                && exit.plate.as_deref() == Some(plate)
                && exit.exited_at >= Some(entered_at)
        };
        self.stays.values().filter(waits).min_by_key(|exit| exit.exited_at).cloned()
    }

    /// A stay whose plate was unread until now takes over the exit that was reported for the plate.
    pub(super) fn pair_with_exit(&mut self, context: &EventContext<'_>, id: Uuid) {
        let Some(opened) = self.stays.get(&id).filter(|stay| stay.state == StayRow::OPEN).cloned() else {
            return;
        };
        let at = opened.entered_at.unwrap_or(context.at);
        let plate = opened.plate.clone().unwrap_or_default();
        let Some(exit) = self.waiting_exit(opened.site_id, &plate, at) else { return };
        if exit.note == UNCOUNTED {
            self.count_out(context);
        }
        self.put_stay(StayRow {
            state: StayRow::CLOSED.to_owned(),
            exit_lane_id: exit.exit_lane_id,
            exit_arrival_id: exit.exit_arrival_id,
            exited_at: exit.exited_at,
            exit_code: exit.exit_code.clone(),
            exit_evidence: exit.exit_evidence.clone(),
            ..opened
        });
        self.void_exit(exit, format!("exit of stay {id}"));
        self.audit(context, CLOSED, |line| line.stay_id = Some(id));
    }

    /// A kept exit that turned out to belong to a stay.
    pub(super) fn void_exit(&mut self, exit: StayRow, note: String) {
        let entered_at = exit.exited_at;
        self.put_stay(StayRow { state: StayRow::VOIDED.to_owned(), entered_at, note, ..exit });
    }

    /// A stay ends: the one decided on, else the plate's.
    fn went_out(
        &mut self,
        context: &EventContext<'_>,
        passage: &Passage,
        arrival: Option<&ArrivalRow>,
    ) -> Option<Uuid> {
        let counted = self.count_out(context);
        let unpaid = passage.kind == PassageKind::Tailgated;
        let decided = arrival.and_then(|row| row.stay_id).filter(|id| self.is_open(*id));
        let plate = arrival.and_then(|row| Plate::parse(row.plate.as_deref()?).ok());
        match (decided, plate) {
            (Some(id), _) => {
                self.close(context, id, arrival, context.at, unpaid);
                Some(id)
            }
            (None, Some(plate)) => {
                let exit = Exit { arrival, at: context.at, unpaid, counted };
                self.close_by_plate(context, &plate, exit)
            }
            (None, None) => {
                let exit = Exit { arrival, at: context.at, unpaid, counted };
                let id = self.keep_exit(context, passage.arrival, None, exit)?;
                if arrival.is_none() {
                    self.await_explanation(context, passage, Some(id));
                }
                self.exception(context, ExceptionKind::ExitUnread, Some(id));
                Some(id)
            }
        }
    }

    fn is_open(&self, id: Uuid) -> bool {
        self.stays.get(&id).is_some_and(|stay| stay.state == StayRow::OPEN)
    }

    /// The open stay of this plate (or of its only twin inside) ends; when there is none the exit is kept, for its entry
    /// may be told later.
    pub(super) fn close_by_plate(
        &mut self,
        context: &EventContext<'_>,
        plate: &Plate,
        exit: Exit<'_>,
    ) -> Option<Uuid> {
        let (site_id, at) = (context.device.site.as_uuid(), exit.at);
        let open = self
            .leaving_stay(site_id, plate)
            .filter(|stay| stay.entered_at.is_none_or(|entered| entered <= at));
        if let Some(id) = open.map(|stay| stay.id) {
            self.close(context, id, exit.arrival, at, exit.unpaid);
            return Some(id);
        }
        let id = self.keep_exit(context, exit.arrival.map(|row| row.id), Some(plate.as_str()), exit)?;
        self.exception(context, ExceptionKind::ExitWithoutStay, Some(id));
        Some(id)
    }

    /// An exit that ends no known stay: a car unread, or one whose entry was not reported (yet).
    fn keep_exit(
        &mut self,
        context: &EventContext<'_>,
        arrival_id: Option<Uuid>,
        plate: Option<&str>,
        Exit { arrival, at, counted, .. }: Exit<'_>,
    ) -> Option<Uuid> {
        let site_id = context.device.site.as_uuid();
        let currency = self.sites.get(&site_id)?.facts.currency.clone();
        let stay = StayRow {
            site_id,
            id: clock::new_id(),
            plate: plate.map(str::to_owned),
            state: StayRow::EXIT_ONLY.to_owned(),
            vehicle_type: arrival.and_then(|row| row.vehicle_type.clone()),
            entry_lane_id: None,
            entry_arrival_id: None,
            entered_at: None,
            entry_code: None,
            entry_evidence: None,
            exit_lane_id: Some(context.device.lane.as_uuid()),
            exit_arrival_id: arrival_id,
            exited_at: Some(at),
            exit_code: arrival.and_then(|row| row.code.clone()),
            exit_evidence: arrival.and_then(|row| row.evidence.clone()),
            tariff_id: None,
            currency,
            charged_minor: 0,
            note: if counted { String::new() } else { UNCOUNTED.to_owned() },
            paid_minor: 0,
            exit_deadline: None,
            validations: json!([]),
            month_minor: 0,
            payments: json!([]),
        };
        let id = stay.id;
        self.put_stay(stay);
        Some(id)
    }

    fn close(
        &mut self,
        context: &EventContext<'_>,
        id: Uuid,
        arrival: Option<&ArrivalRow>,
        at: Timestamp,
        unpaid: bool,
    ) {
        let Some(stay) = self.stays.get(&id).cloned() else { return };
        // A decision "charge" that was never paid leaves what was asked for; anything else leaves what was paid.
        let amount_due =
            arrival.filter(|row| row.outcome.as_deref() == Some("charge")).and_then(|row| row.amount_minor);
        let left_unpaid = amount_due.is_some() || unpaid;
        let closed = StayRow {
            state: StayRow::CLOSED.to_owned(),
            exit_lane_id: Some(context.device.lane.as_uuid()),
            exit_arrival_id: arrival.map(|row| row.id),
            exited_at: Some(stay.entered_at.map_or(at, |entered| at.max(entered))),
            exit_code: arrival.and_then(|row| row.code.clone()),
            exit_evidence: arrival.and_then(|row| row.evidence.clone()),
            charged_minor: stay.paid_minor.saturating_add(amount_due.unwrap_or(0)),
            note: if left_unpaid { "left without paying".to_owned() } else { stay.note.clone() },
            ..stay
        };
        let (code, charged) = (closed.exit_code.clone(), closed.charged_minor);
        self.put_stay(closed);
        let action = AuditAction::StayClosed { code, charged_minor: Some(charged) };
        self.audit(context, action, |line| line.stay_id = Some(id));
        if left_unpaid {
            self.exception(context, ExceptionKind::LeftUnpaid, Some(id));
        }
    }

    /// A passage of an arrival that was not reported yet: its reading may still come and name the car. A tailgater that
    /// carries another's arrival is not waited for.
    fn await_explanation(&mut self, context: &EventContext<'_>, passage: &Passage, stay: Option<Uuid>) {
        let Some(id) = passage.arrival.filter(|_| passage.kind == PassageKind::Passed) else { return };
        let direction = names::direction(passage.direction).to_owned();
        let row = ArrivalRow {
            direction,
            stay_id: stay,
            passed_at: Some(context.at),
            ..context.unheard_arrival(id)
        };
        self.put_arrival(row);
    }
}

fn kind(kind: PassageKind) -> stay::PassageKind {
    match kind {
        PassageKind::Passed => stay::PassageKind::Passed,
        PassageKind::Tailgated => stay::PassageKind::Tailgated,
        PassageKind::BackedOut => stay::PassageKind::BackedOut,
        PassageKind::WrongWay => stay::PassageKind::WrongWay,
    }
}
