//! The physical model of a lane: cars that queue, wait and drive, two loops, a boom with a travel time.
//!
//! ```text
//! queue ─► Approaching ─► Waiting ─► Reacting ─► Nose ─► Under ─► passed
//!                          arming     arming     both     safety
//!                          │ patience            │ back_out
//!                          └► Reversing ─► left ◄┘
//! ```
//!
//! Pure: orders and lane time in, reports out. It must not know arrivals' meaning, decisions or plates beyond what a
//! camera shows; only the boom moves its cars.

use std::collections::VecDeque;

use boomgate_domain::loops::RawLevel;
use boomgate_domain::plate::Plate;
use boomgate_domain::time::Monotonic;
use boomgate_plate_reader::scene::Light;
use boomgate_schemas::yard::{DriverBehaviour, LoopName, LoopState, NewCar, Order, Report};
use uuid::Uuid;

use super::camera::Subject;
use crate::clock;
use crate::gpio::{Drive, Inputs};

const APPROACH_MS: u64 = 600;
const TAILGATE_MS: u64 = 200;
const REACTION_MS: u64 = 700;
const NOSE_MS: u64 = 1_200;
const UNDER_MS: u64 = 1_400;
const REVERSE_MS: u64 = 900;
const OPENING_MS: f64 = 1_500.0;
const CLOSING_MS: f64 = 2_000.0;
const BUTTON_MS: u64 = 400;
const CHATTER_MS: u64 = 30;
/// A driver starts when the boom is this far up, and is hit by one that is lower than half.
const CLEAR_TO_DRIVE: f64 = 0.95;
const HEADROOM: f64 = 0.5;
/// Arrivals remembered with their cars.
const NAMED: usize = 64;

struct Car {
    id: String,
    subject: Subject,
    manner: DriverBehaviour,
    patience_ms: u64,
    arrived_wall_ms: i64,
    arrival: Option<Uuid>,
}

/// Where the front car is; each ends at a time, except waiting for the boom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Approaching { until: Monotonic },
    Waiting { gives_up_at: Monotonic },
    Reacting { until: Monotonic, gives_up_at: Monotonic },
    Nose { until: Monotonic },
    Reversing { until: Monotonic },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Motion {
    Still,
    Rising,
    Falling,
}

pub struct Yard {
    now: Monotonic,
    queue: VecDeque<Car>,
    front: Option<(Car, Place)>,
    /// Cars past the arming loop, still over the safety loop.
    under: VecDeque<(Car, Monotonic)>,
    boom: f64,
    motion: Motion,
    arming: LoopState,
    closing: LoopState,
    obstructed: bool,
    fire: bool,
    button_until: Monotonic,
    key_until: Monotonic,
    /// The code on the sign; honest drivers heed it.
    must_wait: bool,
    hit: bool,
    /// Arrivals the lane made of cars, latest last.
    named: VecDeque<(Uuid, String)>,
    reports: Vec<Report>,
}

impl Yard {
    pub fn new(now: Monotonic) -> Yard {
        Yard {
            now,
            queue: VecDeque::new(),
            front: None,
            under: VecDeque::new(),
            boom: 0.0,
            motion: Motion::Still,
            arming: LoopState::Normal,
            closing: LoopState::Normal,
            obstructed: false,
            fire: false,
            button_until: now,
            key_until: now,
            must_wait: false,
            hit: false,
            named: VecDeque::new(),
            reports: Vec::new(),
        }
    }

    /// Lets time pass and returns what was seen meanwhile.
    pub fn step(&mut self, now: Monotonic) -> Vec<Report> {
        self.move_boom(now.ms_since(self.now) as f64);
        self.now = self.now.max(now);
        // Every change may bring about the next one; a car has few places, so this ends.
        while self.advance() {}
        self.take_reports()
    }

    /// Takes the reports since the last call.
    pub fn take_reports(&mut self) -> Vec<Report> {
        std::mem::take(&mut self.reports)
    }

    pub fn order(&mut self, order: Order) {
        match order {
            Order::Car(car) => self.queue_car(car),
            Order::Fire { on } => self.fire = on,
            Order::Loop { which: LoopName::Arming, state } => self.arming = state,
            Order::Loop { which: LoopName::Closing, state } => self.closing = state,
            Order::Obstruct { on } => self.obstructed = on,
            Order::Button => self.button_until = self.now.plus_ms(BUTTON_MS),
            Order::Key => self.key_until = self.now.plus_ms(BUTTON_MS),
            Order::Quit | Order::Status => {}
        }
    }

    /// Opening goes on by itself once asked for; closing lasts as long as it is asked for.
    pub fn drive(&mut self, drive: Drive, now: Monotonic) {
        self.now = self.now.max(now);
        self.motion = match (drive, self.motion) {
            (Drive::Open, _) => Motion::Rising,
            (Drive::Close, _) => Motion::Falling,
            (Drive::Rest, Motion::Falling) => Motion::Still,
            (Drive::Rest, motion) => motion,
        };
    }

    /// The sign in front of the boom shows something else.
    pub fn sign(&mut self, code: &str) {
        let waits = ["WAIT", "OUT-OF-SERVICE", "DENY-", "CHARGE-"];
        self.must_wait = waits.iter().any(|word| code.starts_with(word));
    }

    pub fn inputs(&self) -> Inputs {
        let on_arming = matches!(
            self.front,
            Some((
                _,
                Place::Waiting { .. } | Place::Reacting { .. } | Place::Nose { .. } | Place::Reversing { .. }
            ))
        );
        Inputs {
            arming: self.line(self.arming, on_arming),
            safety: self.line(self.closing, self.is_under() || self.obstructed),
            photocell: None,
            boom_open: self.boom >= 1.0,
            boom_closed: self.boom <= 0.0,
            fire: self.fire,
            reset: self.now < self.button_until,
            key_switch: self.now < self.key_until,
        }
    }

    /// What a camera at the arming loop sees.
    pub fn subject(&self) -> Option<Subject> {
        self.front.as_ref().map(|(car, _)| car.subject.clone())
    }

    /// The front car once it stands on the arming loop, and when it got there.
    pub fn front(&self) -> Option<(String, i64)> {
        match &self.front {
            Some((car, place)) if !matches!(place, Place::Approaching { .. }) => {
                Some((car.id.clone(), car.arrived_wall_ms))
            }
            _ => None,
        }
    }

    /// Assigns an arrival of the lane to the front car.
    pub fn name_front(&mut self, arrival: Uuid) {
        if let Some((car, _)) = &mut self.front {
            car.arrival = Some(arrival);
            self.named.push_back((arrival, car.id.clone()));
            if self.named.len() > NAMED {
                self.named.pop_front();
            }
            self.reports.push(Report::Arrival { car: car.id.clone(), arrival });
        }
    }

    /// The car of an arrival, if it is among the last [`NAMED`].
    pub fn car_of(&self, arrival: Uuid) -> Option<String> {
        self.named.iter().rev().find(|(named, _)| *named == arrival).map(|(_, car)| car.clone())
    }

    pub fn status(&self) -> Report {
        Report::Status {
            queued: self.queue.len(),
            front: self.front.as_ref().map(|(car, _)| car.id.clone()),
            under: self.under.len(),
            boom_permille: (self.boom * 1000.0) as u32,
            fire: self.fire,
        }
    }

    fn queue_car(&mut self, new: NewCar) {
        let plate = if new.plate.is_empty() {
            Ok(String::new())
        } else {
            Plate::parse(&new.plate).map(|plate| plate.to_string())
        };
        let Ok(plate) = plate else {
            let message = format!("car {}: its plate is too long or holds a character no plate has", new.car);
            return self.reports.push(Report::Error { message });
        };
        let seed = new.car.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let light = if seed.is_multiple_of(4) { Light::Night } else { Light::Day };
        let subject = Subject { plate, country: new.country, photo: new.photo, light, seed };
        self.queue.push_back(Car {
            id: new.car,
            subject,
            manner: new.drive,
            patience_ms: new.patience_ms,
            arrived_wall_ms: 0,
            arrival: None,
        });
    }

    fn is_under(&self) -> bool {
        !self.under.is_empty() || matches!(self.front, Some((_, Place::Nose { .. })))
    }

    fn line(&self, state: LoopState, occupied: bool) -> RawLevel {
        let level = if occupied { RawLevel::Occupied } else { RawLevel::Clear };
        match state {
            LoopState::Normal => level,
            LoopState::StuckOn => RawLevel::Occupied,
            LoopState::StuckOff => RawLevel::Clear,
            LoopState::Cut => RawLevel::WireCut,
            LoopState::Chatter if (self.now.as_millis() / CHATTER_MS).is_multiple_of(2) => RawLevel::Occupied,
            LoopState::Chatter => RawLevel::Clear,
        }
    }

    fn move_boom(&mut self, elapsed_ms: f64) {
        match self.motion {
            Motion::Still => {}
            Motion::Rising => self.boom = (self.boom + elapsed_ms / OPENING_MS).min(1.0),
            Motion::Falling => self.boom = (self.boom - elapsed_ms / CLOSING_MS).max(0.0),
        }
        let hits = self.is_under() && self.boom < HEADROOM;
        if hits && !self.hit {
            self.reports.push(Report::Error { message: "the boom came down on a car".into() });
        }
        self.hit = hits;
    }

    /// One change, if any is due.
    fn advance(&mut self) -> bool {
        self.advance_under() || self.advance_front() || self.call_next()
    }

    fn advance_under(&mut self) -> bool {
        match self.under.front() {
            Some((_, until)) if *until <= self.now => {
                if let Some((car, _)) = self.under.pop_front() {
                    self.reports.push(Report::Passed { car: car.id, arrival: car.arrival });
                }
                true
            }
            _ => false,
        }
    }

    fn advance_front(&mut self) -> bool {
        let Some((car, place)) = self.front.take() else { return false };
        match self.next_place(&car, place) {
            Next::Stays => {
                self.front = Some((car, place));
                false
            }
            Next::Goes(next) => {
                let car = self.arriving(car, place);
                self.front = Some((car, next));
                true
            }
            Next::Passes => {
                self.under.push_back((car, self.now.plus_ms(UNDER_MS)));
                true
            }
            Next::Leaves => {
                let why = if car.manner == DriverBehaviour::BackOut { "backed_out" } else { "gave_up" };
                self.reports.push(Report::Left { car: car.id, why: why.into() });
                true
            }
        }
    }

    fn arriving(&mut self, mut car: Car, from: Place) -> Car {
        if matches!(from, Place::Approaching { .. }) {
            car.arrived_wall_ms = clock::wall_ms();
            self.reports.push(Report::Arrived { car: car.id.clone() });
        }
        car
    }

    fn next_place(&self, car: &Car, place: Place) -> Next {
        let now = self.now;
        let way_is_open = self.boom >= CLEAR_TO_DRIVE && self.under.is_empty() && !self.must_wait;
        match place {
            Place::Approaching { until } if now < until => Next::Stays,
            Place::Approaching { .. } if car.manner == DriverBehaviour::Tailgate && self.boom > HEADROOM => {
                Next::Goes(Place::Nose { until: now.plus_ms(NOSE_MS) })
            }
            Place::Approaching { .. } => {
                Next::Goes(Place::Waiting { gives_up_at: now.plus_ms(car.patience_ms) })
            }
            Place::Waiting { gives_up_at } if now >= gives_up_at => {
                Next::Goes(Place::Reversing { until: now.plus_ms(REVERSE_MS) })
            }
            Place::Waiting { gives_up_at } if way_is_open && car.manner != DriverBehaviour::Wait => {
                Next::Goes(Place::Reacting { until: now.plus_ms(REACTION_MS), gives_up_at })
            }
            Place::Waiting { .. } => Next::Stays,
            Place::Reacting { gives_up_at, .. } if !way_is_open => Next::Goes(Place::Waiting { gives_up_at }),
            Place::Reacting { until, .. } if now < until => Next::Stays,
            Place::Reacting { .. } => Next::Goes(Place::Nose { until: now.plus_ms(NOSE_MS) }),
            Place::Nose { until } if now < until => Next::Stays,
            Place::Nose { .. } if car.manner == DriverBehaviour::BackOut => {
                Next::Goes(Place::Reversing { until: now.plus_ms(REVERSE_MS) })
            }
            Place::Nose { .. } => Next::Passes,
            Place::Reversing { until } if now < until => Next::Stays,
            Place::Reversing { .. } => Next::Leaves,
        }
    }

    fn call_next(&mut self) -> bool {
        if self.front.is_some() {
            return false;
        }
        let Some(car) = self.queue.pop_front() else { return false };
        let way = if car.manner == DriverBehaviour::Tailgate { TAILGATE_MS } else { APPROACH_MS };
        self.front = Some((car, Place::Approaching { until: self.now.plus_ms(way) }));
        true
    }
}

enum Next {
    Stays,
    Goes(Place),
    Passes,
    Leaves,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn car(id: &str, drive: DriverBehaviour, patience_ms: u64) -> Order {
        let (plate, country) = ("BA123AB".into(), "SK".into());
        Order::Car(NewCar { car: id.into(), plate, country, photo: None, drive, patience_ms })
    }

    /// Runs the yard and lists `time name` of every report.
    #[expect(clippy::wildcard_enum_match_arm, reason = "one kind of report is looked for")]
    fn run(yard: &mut Yard, from: u64, to: u64) -> Vec<String> {
        let mut seen = Vec::new();
        for at in (from..to).step_by(20) {
            for report in yard.step(Monotonic::from_millis(at)) {
                seen.push(match report {
                    Report::Arrived { car } => format!("{car} arrived"),
                    Report::Passed { car, .. } => format!("{car} passed"),
                    Report::Left { car, why } => format!("{car} {why}"),
                    Report::Error { message } => message,
                    other => format!("{other:?}"),
                });
            }
        }
        seen
    }

    #[test]
    fn a_car_waits_for_the_boom_and_drives_through() {
        let mut yard = Yard::new(Monotonic::ZERO);
        yard.order(car("a", DriverBehaviour::Through, 60_000));
        assert_eq!(run(&mut yard, 0, 5_000), ["a arrived"]);
        assert_eq!((yard.inputs().arming, yard.inputs().safety), (RawLevel::Occupied, RawLevel::Clear));
        yard.drive(Drive::Open, Monotonic::from_millis(5_000));
        assert_eq!(run(&mut yard, 5_000, 12_000), ["a passed"]);
        assert!(yard.inputs().boom_open && yard.inputs().arming == RawLevel::Clear);
    }

    #[test]
    fn an_honest_driver_heeds_the_sign_and_the_car_in_front() {
        let mut yard = Yard::new(Monotonic::ZERO);
        yard.order(car("a", DriverBehaviour::Through, 60_000));
        yard.order(car("b", DriverBehaviour::Through, 60_000));
        yard.drive(Drive::Open, Monotonic::ZERO);
        assert_eq!(run(&mut yard, 0, 4_200), ["a arrived", "b arrived"]);
        yard.sign("WAIT");
        assert_eq!(run(&mut yard, 4_200, 12_000), ["a passed"]);
        yard.sign("OPEN-VISITOR");
        assert_eq!(run(&mut yard, 12_000, 20_000), ["b passed"]);
    }

    #[test]
    fn patience_ends_and_the_next_car_comes_forward() {
        let mut yard = Yard::new(Monotonic::ZERO);
        yard.order(car("a", DriverBehaviour::Through, 2_000));
        yard.order(car("b", DriverBehaviour::Through, 60_000));
        assert_eq!(run(&mut yard, 0, 6_000), ["a arrived", "a gave_up", "b arrived"]);
    }

    #[test]
    fn a_tailgater_follows_and_a_backer_returns() {
        let mut yard = Yard::new(Monotonic::ZERO);
        yard.order(car("a", DriverBehaviour::Through, 60_000));
        yard.order(car("b", DriverBehaviour::Tailgate, 60_000));
        yard.order(car("c", DriverBehaviour::BackOut, 60_000));
        yard.drive(Drive::Open, Monotonic::ZERO);
        let seen = run(&mut yard, 0, 20_000);
        assert_eq!(seen, ["a arrived", "b arrived", "a passed", "c arrived", "b passed", "c backed_out"]);
    }

    #[test]
    fn closing_lasts_as_long_as_it_is_asked_for() {
        let mut yard = Yard::new(Monotonic::ZERO);
        yard.drive(Drive::Open, Monotonic::ZERO);
        run(&mut yard, 0, 2_000);
        yard.drive(Drive::Close, Monotonic::from_millis(2_000));
        run(&mut yard, 2_000, 3_000);
        yard.drive(Drive::Rest, Monotonic::from_millis(3_000));
        run(&mut yard, 3_000, 9_000);
        assert!(!yard.inputs().boom_closed && !yard.inputs().boom_open);
    }

    #[test]
    fn a_boom_that_comes_down_on_a_car_is_told_once() {
        let mut yard = Yard::new(Monotonic::ZERO);
        yard.order(car("a", DriverBehaviour::Through, 60_000));
        yard.drive(Drive::Open, Monotonic::ZERO);
        run(&mut yard, 0, 2_400);
        yard.drive(Drive::Close, Monotonic::from_millis(2_400));
        let seen = run(&mut yard, 2_400, 9_000);
        assert_eq!(seen.iter().filter(|s| s.contains("came down")).count(), 1, "{seen:?}");
    }

    #[test]
    fn broken_loops_say_what_they_are_told_to() {
        let mut yard = Yard::new(Monotonic::ZERO);
        yard.order(Order::Loop { which: LoopName::Closing, state: LoopState::Cut });
        assert_eq!(yard.inputs().safety, RawLevel::WireCut);
        yard.order(Order::Loop { which: LoopName::Arming, state: LoopState::StuckOn });
        assert_eq!(yard.inputs().arming, RawLevel::Occupied);
    }
}
