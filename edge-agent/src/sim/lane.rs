//! The model of a simulated lane, shared by its wires, its camera and its socket.

use std::sync::{Arc, Mutex, PoisonError};

use boomgate_domain::time::Monotonic;
use boomgate_schemas::yard::{Amount, Order, Report};
use uuid::Uuid;

use super::camera::Stage;
use super::journal::Journal;
use super::yard::Yard;
use crate::clock::Clock;
use crate::gpio::{Drive, Inputs};

/// The one model of a lane, shared by its wires, its lens and its socket.
#[derive(Clone)]
pub struct SimLane {
    yard: Arc<Mutex<Yard>>,
    clock: Clock,
    stage: Stage,
    journal: Journal,
}

impl SimLane {
    pub fn new(clock: Clock, journal: Journal) -> SimLane {
        let yard = Yard::new(clock.lane_now());
        SimLane { yard: Arc::new(Mutex::new(yard)), clock, stage: Stage::default(), journal }
    }

    /// What the lane's camera sees.
    pub fn stage(&self) -> Stage {
        self.stage.clone()
    }

    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Lets time pass and reads the lines.
    pub fn inputs(&self) -> Inputs {
        self.with(|yard, _| yard.inputs())
    }

    pub fn drive(&self, drive: Drive) {
        self.with(|yard, now| yard.drive(drive, now));
    }

    /// Shows a text to the drivers and reports it.
    pub fn show(&self, code: &str, text: String, amount: Option<Amount>) {
        self.with(|yard, _| yard.sign(code));
        self.journal.send(Report::Sign { code: code.into(), text, amount });
    }

    pub fn order(&self, order: Order) {
        self.with(|yard, _| yard.order(order));
    }

    /// The car at the arming loop, and the Unix milliseconds at which it got there.
    pub fn front(&self) -> Option<(String, i64)> {
        self.with(|yard, _| yard.front())
    }

    /// Tells the front car which arrival the lane made of it.
    pub fn name_front(&self, arrival: Uuid) {
        self.with(|yard, _| yard.name_front(arrival));
    }

    /// Which car an arrival was.
    pub fn car_of(&self, arrival: Uuid) -> Option<String> {
        self.with(|yard, _| yard.car_of(arrival))
    }

    pub fn status(&self) -> Report {
        self.with(|yard, _| yard.status())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Yard, Monotonic) -> T) -> T {
        let now = self.clock.lane_now();
        let mut yard = self.yard.lock().unwrap_or_else(PoisonError::into_inner);
        for report in yard.step(now) {
            self.journal.send(report);
        }
        let done = act(&mut yard, now);
        for report in yard.take_reports() {
            self.journal.send(report);
        }
        self.stage.show(yard.subject());
        done
    }
}
