//! Commands of the server: judged, stored, carried out, answered.

use std::time::Instant;

use boomgate_domain::ids::{ArrivalId, CommandId};
use boomgate_domain::lane::command::{CommandCheck, Incoming, LocalDevice};
use boomgate_domain::lane::{Answer, BoomState, LaneAction, LaneEvent};
use boomgate_domain::reason::Reason;
use boomgate_domain::time::Monotonic;
use boomgate_schemas::bytes::Epoch;
use boomgate_schemas::down;
use tracing::warn;
use uuid::Uuid;

use super::pending::Pending;
use super::{EventLoop, Settings, Wake};
use crate::cause::Cause;
use crate::clock::wall_ms;
use crate::observer::Decision;
use crate::preview;
use crate::wire;

impl EventLoop {
    /// A command whose opening the duty limit holds back is remembered, so that the movement is known to be its.
    pub(super) fn note_held_back(&mut self, actions: &[LaneAction]) {
        let Cause::Command(id) = self.cause else { return };
        let moves =
            actions.iter().any(|action| matches!(action, LaneAction::DriveOpen | LaneAction::DriveClose));
        let done = actions
            .iter()
            .any(|action| matches!(action, LaneAction::AnswerCommand { answer: Answer::Done, .. }));
        let is_down = matches!(self.parts.lane.boom().0, BoomState::Closed | BoomState::Closing);
        if done && !moves && is_down {
            self.waiting_open = Some(id);
        }
    }

    /// Judges a command the server signed; a new one has its counter stored before it may move anything.
    pub(super) fn command(&mut self, command: down::Command, digest: [u8; 32]) {
        if self.storing == Some(command.counter) {
            return;
        }
        let checked = self.check(&command, digest);
        let log = self.parts.commands.clone();
        match checked {
            CommandCheck::Execute => {
                self.storing = Some(command.counter);
                let (spool, wakes) = (self.parts.spool.clone(), self.parts.wakes.clone());
                let pending = Box::new(Pending { command, received: Instant::now() });
                tokio::spawn(async move {
                    let stored = spool.save_commands(log).await.is_ok();
                    let _ = wakes.send(Wake::CommandStored { stored, pending }).await;
                });
            }
            CommandCheck::Repeat(_)
                if self.executing.iter().any(|(_, counter)| *counter == command.counter) => {}
            CommandCheck::Repeat(answer) => self.append(wire::result(command.id, command.counter, &answer)),
            CommandCheck::Refused(reason) => {
                self.parts.spool.answered(log);
                self.append(wire::result(command.id, command.counter, &Answer::Refused(reason)));
            }
            CommandCheck::Replay(reason) => {
                warn!(counter = command.counter, code = reason.code(), "ignored a replayed command");
                self.alarm();
            }
        }
    }

    fn check(&mut self, command: &down::Command, digest: [u8; 32]) -> CommandCheck {
        let Settings { addressee, epoch, .. } = &self.parts.settings;
        let mine = short_epoch(epoch);
        // The machine compares the first half of the nonce; the whole must be equal.
        let theirs = if command.epoch == *epoch { mine } else { !mine };
        let incoming = Incoming {
            addressee: addressee.clone(),
            counter: command.counter,
            epoch: theirs,
            not_after: Monotonic::from_millis(command.not_after_ms),
            digest,
        };
        let now = Monotonic::from_millis(self.parts.clock.uptime_ms());
        self.parts.commands.check(&incoming, LocalDevice { addressee, epoch: mine, now })
    }

    /// Carries out a command whose counter is safe.
    pub(super) fn obey(&mut self, stored: bool, pending: &Pending) {
        self.storing = None;
        let down::Command { id, counter, .. } = pending.command;
        let late = self.parts.clock.uptime_ms() > pending.command.not_after_ms;
        if pending.command.action == down::Action::Preview {
            let answer = self.give_pictures(id, stored, late);
            return self.answer(CommandId::from_uuid(id), counter, &answer);
        }
        let order = wire::command(&pending.command);
        let refusal = match &order {
            _ if !stored => Some(Reason::FaultSpool { detail: "the counter could not be stored".into() }),
            _ if late => Some(Reason::CmdExpired {}),
            Err(why) => {
                warn!(%why, code = pending.command.code, "cannot decode a command");
                Some(Reason::CmdUnknown { action: wire::action_name(pending.command.action).into() })
            }
            Ok(_) => None,
        };
        match (refusal, order) {
            (None, Ok(order)) => {
                self.report_command(pending);
                self.executing.push((order.id, counter));
                let cause = Cause::Command(order.id);
                self.feed(LaneEvent::Command(order), cause);
            }
            (refusal, _) => {
                let reason = refusal.unwrap_or(Reason::CmdBusy {});
                self.answer(CommandId::from_uuid(id), counter, &Answer::Refused(reason));
            }
        }
    }

    /// Gives pictures to a person from now on; moves nothing, and is answered before the first of them.
    fn give_pictures(&mut self, command: Uuid, stored: bool, late: bool) -> Answer {
        if !stored {
            return Answer::Refused(Reason::FaultSpool { detail: "the counter could not be stored".into() });
        }
        if late {
            return Answer::Refused(Reason::CmdExpired {});
        }
        if let Some(trouble @ Reason::FaultCamera { .. }) = &self.trouble {
            return Answer::Refused(trouble.clone());
        }
        self.parts.vision.show(command, preview::LENGTH);
        Answer::Done
    }

    /// Stores an answer durably and sends it to the server.
    pub(super) fn answer(&mut self, command: CommandId, counter: u64, answer: &Answer) {
        self.parts.commands.answered(counter, answer.clone());
        self.parts.spool.answered(self.parts.commands.clone());
        self.append(wire::result(command.as_uuid(), counter, answer));
    }

    fn report_command(&mut self, pending: &Pending) {
        let command = &pending.command;
        let (mut since_loop, mut since_publish) = (None, None);
        if let Some(car) = command.arrival.and_then(|arrival| self.car(ArrivalId::from_uuid(arrival)))
            && !std::mem::replace(&mut car.answered, true)
        {
            let held = pending.received.elapsed().as_millis() as i64;
            since_loop = Some(wall_ms() - held - car.came_wall_ms);
            since_publish =
                car.published.map(|at| pending.received.saturating_duration_since(at).as_millis() as i64);
        }
        let decision = Decision {
            arrival: command.arrival.map(ArrivalId::from_uuid),
            code: &command.code,
            outcome: wire::action_name(command.action),
            local: false,
            loop_to_command_ms: since_loop,
            publish_to_command_ms: since_publish,
        };
        self.parts.observer.decided(&decision);
    }

    /// Counts forged and replayed commands; reports them at 1, 10, 100 and so on, so that a flood does not fill the spool.
    pub(super) fn alarm(&mut self) {
        self.alarms = self.alarms.saturating_add(1);
        if self.alarms == 10_u32.saturating_pow(self.alarms.ilog10()) {
            let reason = Reason::FaultReplay { times: self.alarms };
            self.append(wire::fault(&reason, true));
        }
    }
}

fn short_epoch(epoch: &Epoch) -> u64 {
    epoch.0.iter().take(8).fold(0, |value, byte| value << 8 | u64::from(*byte))
}
