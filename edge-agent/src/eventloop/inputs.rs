//! Samples of the wires, turned into the machine's events.

use boomgate_domain::lane::{BoomPosition, LaneEvent};
use boomgate_domain::loops::LoopRole;
use boomgate_domain::time::Monotonic;
use tracing::error;

use super::EventLoop;
use crate::cause::Cause;
use crate::gpio::{Drive, Inputs};
use crate::sampling::Sample;
use crate::wire::KEY_SWITCH;

impl EventLoop {
    pub(super) fn sample(&mut self, sample: Sample) {
        if self.trouble.is_none()
            && let Some(stuck) = self.parts.vision.stuck()
        {
            self.camera_is(Some(stuck));
        }
        match sample.inputs {
            Ok(inputs) => {
                self.wires_failed = false;
                let before = self.inputs.replace(inputs);
                self.feed_inputs(before, inputs, sample.at);
            }
            Err(why) => self.wires_failed(&why, sample.at),
        }
        if self.closing_refused {
            self.drive(Drive::Close);
        }
    }

    /// An input that cannot be read goes stale in the machine, which then moves nothing.
    fn wires_failed(&mut self, why: &str, at: Monotonic) {
        if !std::mem::replace(&mut self.wires_failed, true) {
            error!(why, "cannot read the inputs");
        }
        self.feed_at(LaneEvent::Tick, Cause::Rule("wires-failed"), at);
    }

    fn feed_inputs(&mut self, before: Option<Inputs>, now: Inputs, at: Monotonic) {
        let lines = [
            (LoopRole::Arming, Some(now.arming)),
            (LoopRole::Safety, Some(now.safety)),
            (LoopRole::Photocell, now.photocell),
        ];
        for (role, level) in lines {
            if let Some(level) = level {
                self.feed_at(LaneEvent::Level { role, level }, Cause::Rule("loops"), at);
            }
        }
        let changed = |of: fn(&Inputs) -> bool| before.is_none_or(|before| of(&before) != of(&now));
        if before.map(|inputs| position(&inputs)) != Some(position(&now)) {
            self.feed_at(LaneEvent::Boom(position(&now)), Cause::Rule("boom-switches"), at);
        }
        if changed(|inputs| inputs.fire) {
            self.feed_at(LaneEvent::FireInput { active: now.fire }, Cause::Rule("fire"), at);
        }
        if now.reset && changed(|inputs| inputs.reset) {
            self.feed_at(LaneEvent::LocalReset, Cause::Rule("local-reset"), at);
        }
        if now.key_switch && changed(|inputs| inputs.key_switch) {
            self.feed_at(LaneEvent::LocalOpen, Cause::Rule(KEY_SWITCH), at);
        }
    }
}

fn position(inputs: &Inputs) -> BoomPosition {
    match (inputs.boom_open, inputs.boom_closed) {
        (true, false) => BoomPosition::Open,
        (false, true) => BoomPosition::Closed,
        (false, false) => BoomPosition::Between,
        (true, true) => BoomPosition::Fault,
    }
}
