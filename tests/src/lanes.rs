//! `edge-agent run` as a process, with a simulated yard in front of its camera.

use std::path::PathBuf;
use std::process::Command;

use boomgate::demo::control::Control;
use boomgate_schemas::yard::{DriverBehaviour, NewCar, Order};

use crate::journal::Journal;
use crate::programs::{Process, program};
use crate::wait;

/// Simulated milliseconds a driver waits, unless the story says otherwise.
const DRIVER_WAIT_MS: u64 = 300_000;

/// One lane. Its process is killed when this is dropped.
pub struct Lane {
    pub code: String,
    config: PathBuf,
    socket: PathBuf,
    journal: Journal,
    running: Option<(Process, Control)>,
}

impl Lane {
    pub(crate) async fn start(code: &str, config: PathBuf, socket: PathBuf, journal: Journal) -> Self {
        let mut lane = Self { code: code.to_owned(), config, socket, journal, running: None };
        lane.run().await;
        lane
    }

    /// Starts the process and waits for its control socket.
    pub async fn run(&mut self) {
        std::fs::remove_file(&self.socket).ok();
        let mut command = Command::new(program("edge-agent"));
        command.arg("run").arg("--exit-with-parent").arg("--config").arg(&self.config);
        let process = Process::start(&mut command, &self.config.with_file_name("agent.log"));
        let control =
            Control::connect(&self.code, &self.socket, self.journal.reports(), wait::TIMEOUT).await.unwrap();
        self.running = Some((process, control));
    }

    /// A car that drives through as soon as it may.
    pub fn car(&self, id: &str, plate: &str) {
        self.order(id, plate, DRIVER_WAIT_MS);
    }

    /// A car whose driver gives up after so many simulated milliseconds.
    pub fn impatient_car(&self, id: &str, plate: &str, patience_ms: u64) {
        self.order(id, plate, patience_ms);
    }

    fn order(&self, id: &str, plate: &str, patience_ms: u64) {
        let (_, control) = self.running.as_ref().expect("the lane runs");
        control.order(Order::Car(NewCar {
            car: id.to_owned(),
            plate: plate.to_owned(),
            country: "SK".to_owned(),
            photo: None,
            drive: DriverBehaviour::Through,
            patience_ms,
        }));
    }

    /// SIGKILL: its cars vanish with it.
    pub fn kill(&mut self) {
        let (process, _) = self.running.take().expect("the lane runs");
        process.kill();
    }

    pub async fn stop(mut self) {
        if let Some((process, _)) = self.running.take() {
            process.stop().await;
        }
    }
}
