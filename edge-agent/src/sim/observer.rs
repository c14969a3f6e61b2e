//! The observer of a simulated lane: each step of the event loop becomes a report on its control socket.

use boomgate_domain::ids::ArrivalId;
use boomgate_domain::loops::RawLevel;
use boomgate_domain::money::Money;
use boomgate_domain::reading::Reading;
use boomgate_schemas::up::Boom;
use boomgate_schemas::yard::{Amount, Report};

use super::lane::SimLane;
use crate::cause::Cause;
use crate::gpio::Drive;
use crate::observer::{Decision, LaneObserver, SignText};
use crate::wire;

impl LaneObserver for SimLane {
    fn car_came(&self, arrival: ArrivalId) -> Option<i64> {
        self.name_front(arrival.as_uuid());
        self.front().map(|(_, arrived_ms)| arrived_ms)
    }

    fn read(&self, arrival: ArrivalId, reading: &Reading) {
        let arrival = arrival.as_uuid();
        self.journal().send(Report::Read {
            car: self.car_of(arrival),
            arrival,
            text: reading.plate.as_ref().map(ToString::to_string).unwrap_or_default(),
            verdict: format!("{:?}", reading.verdict).to_lowercase(),
            frames: reading.frames,
        });
    }

    fn decided(&self, decision: &Decision<'_>) {
        let arrival = decision.arrival.map(|arrival| arrival.as_uuid());
        self.journal().send(Report::Decision {
            car: arrival.and_then(|arrival| self.car_of(arrival)),
            arrival,
            code: decision.code.to_owned(),
            outcome: decision.outcome.to_owned(),
            local: decision.local,
            loop_to_command_ms: decision.loop_to_command_ms,
            publish_to_command_ms: decision.publish_to_command_ms,
        });
    }

    fn driven(&self, drive: Drive, safety: Option<RawLevel>, cause: Cause) {
        let (command, rule) = match cause {
            Cause::Command(id) => (Some(id.as_uuid()), None),
            Cause::Rule(rule) => (None, Some(rule.to_owned())),
        };
        let (request, safety) = (drive.name().to_owned(), wire::safety_name(safety).to_owned());
        self.journal().send(Report::Drive { request, command, rule, safety });
    }

    fn boom(&self, state: Boom) {
        self.journal().send(Report::Boom { state: format!("{state:?}").to_lowercase() });
    }

    fn sign(&self, sign: &SignText<'_>) {
        let amount = sign.amount.map(|Money { minor, currency, .. }| Amount {
            minor: *minor,
            currency: currency.as_str().to_owned(),
        });
        self.show(sign.code, sign.text.clone(), amount);
    }
}
