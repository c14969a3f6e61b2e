//! Faults of the lane itself, reported when they begin and end: camera, reader, spool, clock, certificate.

use boomgate_domain::reason::Reason;
use boomgate_schemas::up::ReportedMode;
use tracing::{info, warn};

use super::EventLoop;
use crate::clock::wall_ms;
use crate::spool::Health;
use crate::spool::store::Start;
use crate::uplink::LaneSnapshot;
use crate::vision::VisionFault;
use crate::wire;

/// Wall clocks further apart than this make a fault, which ends when they are nearer than the other.
const APART_MS: u64 = 2_000;
const TOGETHER_MS: u64 = 1_000;

impl EventLoop {
    /// The camera's state between cars. A working camera does not imply a working reader.
    pub(super) fn camera_is(&mut self, trouble: Option<VisionFault>) {
        if trouble.is_none() && matches!(self.trouble, Some(Reason::FaultReader { .. })) {
            return;
        }
        self.note_trouble(trouble);
        self.report_view();
    }

    /// Raises and clears the fault of a camera or reader as it comes and goes.
    pub(super) fn note_trouble(&mut self, trouble: Option<VisionFault>) {
        let trouble = trouble.map(|trouble| match trouble {
            VisionFault::Camera(detail) => Reason::FaultCamera { detail: short(&detail) },
            VisionFault::Reader(detail) => Reason::FaultReader { detail: short(&detail) },
        });
        let before = std::mem::replace(&mut self.trouble, trouble.clone());
        let same = before.as_ref().map(Reason::code) == trouble.as_ref().map(Reason::code);
        if same {
            self.trouble = before;
        } else {
            self.report_change(before.as_ref(), trouble.as_ref());
        }
    }

    /// The camera's view for the next heartbeats; a fault takes precedence over the last pictures.
    pub(super) fn report_view(&mut self) {
        let view = wire::view(self.recent_shots.health(), self.trouble.as_ref());
        self.parts.lane_snapshot.send_modify(|now| now.view = view);
    }

    pub(super) fn spool_is(&mut self, health: Health) {
        match health {
            Health::Failed => self.spool_failed(true),
            Health::Healed => self.spool_failed(false),
            Health::Opened(start) => self.spool_opened(*start),
        }
    }

    /// Without its spool a lane obeys no command (the counter could not be stored) and opens by its own rules.
    fn spool_failed(&mut self, failed: bool) {
        self.spool_failed = failed;
        self.append(wire::fault(&spool_fault(), failed));
        self.show_resting();
    }

    /// What a file that could not be opened at the start knew.
    fn spool_opened(&mut self, start: Start) {
        if start.commands.counter() > self.parts.commands.counter() {
            self.parts.commands = start.commands;
        }
        let version = start.list_version;
        self.parts.lane_snapshot.send_modify(|now| now.list_version = now.list_version.max(version));
        self.known_mode(start.mode);
    }

    /// Takes a reading of the server's clock. `unsure_ms` is the round trip's uncertainty.
    pub(super) fn clock_is(&mut self, apart_ms: i64, unsure_ms: u64) {
        let surely = apart_ms.unsigned_abs().saturating_sub(unsure_ms);
        let limit = if self.clock_fault.is_some() { TOGETHER_MS } else { APART_MS };
        if (surely > limit) == self.clock_fault.is_some() {
            return;
        }
        let fault = (surely > limit).then(|| Reason::FaultClock { detail: apart(apart_ms) });
        match &fault {
            Some(_) => {
                warn!(apart_ms, "the lane's wall clock differs from the server's; check time synchronisation")
            }
            None => info!(apart_ms, "the lane's wall clock agrees with the server's again"),
        }
        let before = std::mem::replace(&mut self.clock_fault, fault.clone());
        self.report_change(before.as_ref(), fault.as_ref());
    }

    /// Checks when the certificates end; warns once a day.
    pub(super) fn look_at_certificate(&mut self) {
        let Some(expiry) = self.parts.settings.expiry else { return };
        let remaining = expiry.remaining_at(wall_ms().div_euclid(1_000));
        let fault = remaining.is_urgent().then(|| Reason::FaultCertificate { detail: remaining.to_string() });
        if fault == self.certificate_fault {
            return;
        }
        if let Some(Reason::FaultCertificate { detail }) = &fault {
            warn!("{detail}; renew it on the server and copy it here");
        }
        let before = std::mem::replace(&mut self.certificate_fault, fault.clone());
        self.report_change(before.as_ref(), fault.as_ref());
    }

    fn report_change(&self, over: Option<&Reason>, new: Option<&Reason>) {
        if let Some(over) = over {
            self.append(wire::fault(over, false));
        }
        if let Some(new) = new {
            self.append(wire::fault(new, true));
        }
    }

    /// The snapshot for the next hello.
    pub(super) fn publish_state(&self) {
        let parts = &self.parts;
        let own = [&self.trouble, &self.clock_fault, &self.certificate_fault];
        let raised = parts.lane.faults().iter().chain(own.into_iter().flatten());
        let mut faults: Vec<String> = raised.map(|reason| reason.code().to_owned()).collect();
        faults.extend(self.spool_failed.then(|| spool_fault().code().to_owned()));
        let boom = wire::boom(parts.lane.boom().0);
        let mode = if parts.lane.is_ready() { "ready" } else { "starting" };
        let command_counter = parts.commands.counter();
        let loops = parts.lane.is_ready().then(|| wire::loops(parts.lane.loops()));
        parts.lane_snapshot.send_if_modified(|now| {
            let (list_version, view, version) = (now.list_version, now.view.clone(), now.lane_mode.version);
            let lane_mode = ReportedMode { version, mode: parts.lane.mode().as_str().into() };
            let mode = mode.into();
            let new =
                LaneSnapshot { boom, mode, command_counter, list_version, faults, view, lane_mode, loops };
            let changed = *now != new;
            *now = new;
            changed
        });
    }
}

pub(super) fn spool_fault() -> Reason {
    Reason::FaultSpool { detail: "the disk cannot be written".into() }
}

fn apart(apart_ms: i64) -> String {
    let way = if apart_ms > 0 { "ahead of" } else { "behind" };
    let seconds = apart_ms.unsigned_abs() as f64 / 1e3;
    format!("it is {seconds:.1} s {way} the server's")
}

/// Details of a fault travel and are shown: a few words will do.
fn short(text: &str) -> String {
    text.chars().take(160).collect()
}
