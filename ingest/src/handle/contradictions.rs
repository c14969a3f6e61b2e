//! A device reports only for its own lane and its lane's direction. What contradicts that is kept as history and raised
//! for people to see, and moves nothing: no arrival, no stay, no number of cars.

use boomgate_domain::decide::Direction;
use boomgate_schemas::up::{self, EventBody};
use boomgate_store::words::ExceptionKind;

use super::{BatchState, EventContext, arrival_of};

impl BatchState<'_> {
    /// What is wrong with the event, as the word of its exception; none when it may be applied.
    pub(super) fn contradiction(&self, context: &EventContext<'_>) -> Option<ExceptionKind> {
        let body = &context.event.body;
        if arrival_of(body).is_some_and(|id| self.is_of_another_lane(context, id)) {
            return Some(ExceptionKind::ArrivalOfAnotherLane);
        }
        match body {
            EventBody::Passage(passage) if passage.direction != lane_direction(context) => {
                Some(ExceptionKind::WrongWay)
            }
            EventBody::Arrival(arrival) if arrival.direction != lane_direction(context) => {
                Some(ExceptionKind::ArrivalInWrongDirection)
            }
            EventBody::Arrival(_)
            | EventBody::Decided(_)
            | EventBody::Passage(_)
            | EventBody::Result(_)
            | EventBody::Fault(_)
            | EventBody::Boom(_)
            | EventBody::Gap(_) => None,
        }
    }

    fn is_of_another_lane(&self, context: &EventContext<'_>, arrival: uuid::Uuid) -> bool {
        self.arrivals.get(&arrival).is_some_and(|row| row.lane_id != context.device.lane.as_uuid())
    }
}

fn lane_direction(context: &EventContext<'_>) -> up::Direction {
    match context.device.direction {
        Direction::Entry => up::Direction::Entry,
        Direction::Exit => up::Direction::Exit,
    }
}
