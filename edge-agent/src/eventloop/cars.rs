//! Cars that came, and what the camera saw of them.

use boomgate_domain::ids::ArrivalId;
use boomgate_domain::lane::LaneEvent;
use tracing::warn;

use super::EventLoop;
use super::car::Car;
use crate::cause::Cause;
use crate::clock::wall_ms;
use crate::vision::VisionResult;

/// Cars whose readings are remembered: the one waiting and a few that just left.
const CARS: usize = 16;

impl EventLoop {
    pub(super) fn car_came(&mut self, id: ArrivalId) {
        let came_wall_ms = self.parts.observer.car_came(id).unwrap_or_else(wall_ms);
        self.cars.truncate(CARS - 1);
        let car = Car { id, reading: None, evidence: None, came_wall_ms, published: None, answered: false };
        self.cars.push_front(car);
    }

    pub(super) fn car(&mut self, id: ArrivalId) -> Option<&mut Car> {
        self.cars.iter_mut().find(|car| car.id == id)
    }

    pub(super) fn vision_result(&mut self, result: VisionResult) {
        self.recent_shots.add(result.shots);
        self.note_trouble(result.trouble);
        self.report_view();
        let (arrival, verdict) = (result.arrival, result.reading.verdict);
        self.parts.observer.read(arrival, &result.reading);
        let kept = result.evidence.as_ref().map(|evidence| evidence.sha256);
        if let Some(car) = self.car(arrival) {
            car.reading = Some(result.reading);
            car.evidence = kept;
        }
        if let Some(evidence) = result.evidence {
            let evidence_store = self.parts.evidence_store.clone();
            tokio::task::spawn_blocking(move || {
                if let Err(failure) = evidence_store.keep(&evidence) {
                    warn!(error = %failure, "cannot store an evidence picture");
                }
            });
        }
        self.feed(LaneEvent::ReadingDone { arrival, verdict }, Cause::Rule("reading"));
    }
}
