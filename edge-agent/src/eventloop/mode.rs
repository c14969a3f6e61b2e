//! What people wish the lane to be for: taken when it is newer, obeyed at once, stored, and ended at its time.

use boomgate_domain::lane::LaneEvent;
use boomgate_domain::lane_mode::LaneMode;
use boomgate_schemas::down::WantedMode;
use boomgate_schemas::up::ClockState;
use tracing::{info, warn};

use super::{EventLoop, Wake};
use crate::cause::Cause;
use crate::spool::store::StoredMode;

impl EventLoop {
    /// A wish that is older, or known and stored, changes nothing.
    pub(super) fn wanted_mode(&mut self, wanted: &WantedMode) {
        let stored = self.parts.lane_snapshot.borrow().lane_mode.version;
        if wanted.version < self.parts.mode.version || wanted.version <= stored {
            return;
        }
        let Some(mode) = LaneMode::parse(&wanted.mode) else {
            return warn!(
                mode = wanted.mode,
                "this program does not know the wished mode; the lane stays as it is"
            );
        };
        self.take_mode(StoredMode { version: wanted.version, mode, until_ms: wanted.until_ms });
    }

    /// What a spool knew that could be opened only now.
    pub(super) fn known_mode(&mut self, known: StoredMode) {
        if known.version > self.parts.mode.version {
            self.obey_mode(known);
            self.mode_stored(known.version);
        }
    }

    pub(super) fn mode_stored(&self, version: u64) {
        if version == self.parts.mode.version {
            self.parts.lane_snapshot.send_modify(|now| now.lane_mode.version = version);
        }
    }

    /// A mode with an end ends without the server, if the clock can be trusted; else the server says so.
    pub(super) fn end_mode_if_due(&mut self) {
        let Some(until_ms) = self.parts.mode.until_ms else { return };
        let moment = self.parts.clock.moment();
        if moment.clock == ClockState::Synced && moment.wall_ms >= until_ms {
            let version = self.parts.mode.version;
            self.take_mode(StoredMode { version, mode: LaneMode::Open, until_ms: None });
        }
    }

    fn take_mode(&mut self, mode: StoredMode) {
        self.obey_mode(mode);
        let (spool, wakes) = (self.parts.spool.clone(), self.parts.wakes.clone());
        tokio::spawn(async move {
            if spool.save_mode(mode).await {
                let _ = wakes.send(Wake::ModeStored { version: mode.version }).await;
            }
        });
    }

    fn obey_mode(&mut self, mode: StoredMode) {
        info!(
            mode = mode.mode.as_str(),
            version = mode.version,
            until_ms = mode.until_ms,
            "mode of the lane"
        );
        self.parts.mode = mode;
        self.feed(LaneEvent::Mode(mode.mode), Cause::Rule("mode"));
    }
}
