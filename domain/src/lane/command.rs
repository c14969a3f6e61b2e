//! May this command be obeyed at all? Addressee, counter, epoch and deadline of a command whose signature is verified.
//!
//! The counter is stored before anything moves, so a crash can lose a movement but never repeat one. The same command
//! again gets its stored answer; another body under an old counter is a replay. Wall time plays no part.

use serde::{Deserialize, Serialize};

use super::action::Answer;
use crate::ids::{LaneCode, SiteCode};
use crate::reason::Reason;
use crate::time::Monotonic;

/// Answers kept for commands that are sent again.
pub const STORED_ANSWERS: usize = 16;

/// The device a command is addressed to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Addressee {
    /// Code of the site.
    pub site: SiteCode,
    /// Code of the lane.
    pub lane: LaneCode,
}

/// What the envelope of a command says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The device the command is for.
    pub addressee: Addressee,
    /// Rises with every command to this lane, for ever.
    pub counter: u64,
    /// The start of the device it was made for.
    pub epoch: u64,
    /// On the device's own uptime in that epoch.
    pub not_after: Monotonic,
    /// SHA-256 of the signed bytes.
    pub digest: [u8; 32],
}

/// The device as it is now.
#[derive(Debug, Clone, Copy)]
pub struct LocalDevice<'a> {
    /// This device.
    pub addressee: &'a Addressee,
    /// The nonce of this start.
    pub epoch: u64,
    /// Uptime, against which the deadline is compared.
    pub now: Monotonic,
}

/// What to do with a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandCheck {
    /// Store the log (it holds the counter now), then hand the command to the lane, then store its answer.
    Execute,
    /// Seen before: answer this, move nothing.
    Repeat(Answer),
    /// Move nothing; the counter is used up, store the log.
    Refused(Reason),
    /// Move nothing, answer this and raise an alarm.
    Replay(Reason),
}

/// What a lane keeps about commands, durable across restarts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CommandLog {
    /// The highest counter ever taken.
    counter: u64,
    /// The latest commands, oldest first.
    kept: Vec<StoredAnswer>,
    /// Replays since commissioning.
    replays: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct StoredAnswer {
    counter: u64,
    digest: [u8; 32],
    /// None while it is being carried out; for ever none if the device died then.
    answer: Option<Answer>,
}

impl CommandLog {
    /// Judges a command and takes its counter. The caller makes the log durable before anything moves.
    pub fn check(&mut self, incoming: &Incoming, me: LocalDevice<'_>) -> CommandCheck {
        if incoming.addressee != *me.addressee {
            return CommandCheck::Refused(Reason::CmdNotAddressed {});
        }
        if incoming.counter <= self.counter {
            return self.check_old(incoming);
        }
        self.take(incoming);
        match stale(incoming, me) {
            Some(reason) => {
                self.answered(incoming.counter, Answer::Refused(reason.clone()));
                CommandCheck::Refused(reason)
            }
            None => CommandCheck::Execute,
        }
    }

    /// Notes what became of the command with this counter.
    pub fn answered(&mut self, counter: u64, answer: Answer) {
        if let Some(kept) = self.kept.iter_mut().find(|kept| kept.counter == counter) {
            kept.answer = Some(answer);
        }
    }

    /// The highest counter ever taken.
    pub const fn counter(&self) -> u64 {
        self.counter
    }

    /// Commands refused as replays so far.
    pub const fn replays(&self) -> u32 {
        self.replays
    }

    fn check_old(&mut self, incoming: &Incoming) -> CommandCheck {
        let known = self.kept.iter().find(|kept| kept.counter == incoming.counter);
        match known.filter(|kept| kept.digest == incoming.digest) {
            Some(kept) => {
                let died = || Answer::Refused(Reason::CmdRestarted {});
                CommandCheck::Repeat(kept.answer.clone().unwrap_or_else(died))
            }
            None => {
                self.replays = self.replays.saturating_add(1);
                CommandCheck::Replay(Reason::CmdReplay {})
            }
        }
    }

    fn take(&mut self, incoming: &Incoming) {
        self.counter = incoming.counter;
        self.kept.push(StoredAnswer { counter: incoming.counter, digest: incoming.digest, answer: None });
        let surplus = self.kept.len().saturating_sub(STORED_ANSWERS);
        self.kept.drain(..surplus);
    }
}

fn stale(incoming: &Incoming, me: LocalDevice<'_>) -> Option<Reason> {
    match () {
        () if incoming.epoch != me.epoch => Some(Reason::CmdEpoch {}),
        () if me.now > incoming.not_after => Some(Reason::CmdExpired {}),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn addressee(lane: &str) -> Addressee {
        Addressee { site: SiteCode::parse("north").unwrap(), lane: LaneCode::parse(lane).unwrap() }
    }

    fn incoming(counter: u64, body: u8) -> Incoming {
        let not_after = Monotonic::from_millis(5_000);
        Incoming { addressee: addressee("in-1"), counter, epoch: 9, not_after, digest: [body; 32] }
    }

    fn check(log: &mut CommandLog, incoming: &Incoming, ms: u64) -> CommandCheck {
        check_in(log, incoming, ms, 9)
    }

    fn check_in(log: &mut CommandLog, incoming: &Incoming, ms: u64, epoch: u64) -> CommandCheck {
        let addressee = addressee("in-1");
        log.check(incoming, LocalDevice { addressee: &addressee, epoch, now: Monotonic::from_millis(ms) })
    }

    #[test]
    fn a_new_command_is_executed_once_and_then_answered_from_store() {
        let mut log = CommandLog::default();
        assert_eq!(check(&mut log, &incoming(1, 1), 100), CommandCheck::Execute);
        log.answered(1, Answer::Done);
        assert_eq!(check(&mut log, &incoming(1, 1), 9_000), CommandCheck::Repeat(Answer::Done));
        assert_eq!(log.replays(), 0);
    }

    #[test]
    fn another_body_under_an_old_counter_is_a_replay() {
        let mut log = CommandLog::default();
        check(&mut log, &incoming(5, 1), 100);
        for old in [incoming(5, 2), incoming(4, 1), incoming(0, 0)] {
            assert_eq!(check(&mut log, &old, 100), CommandCheck::Replay(Reason::CmdReplay {}));
        }
        assert_eq!((log.counter(), log.replays()), (5, 3));
    }

    #[test]
    fn a_late_or_foreign_command_moves_nothing_and_stays_refused() {
        let mut log = CommandLog::default();
        let foreign = Incoming { addressee: addressee("in-2"), ..incoming(1, 1) };
        assert_eq!(check(&mut log, &foreign, 100), CommandCheck::Refused(Reason::CmdNotAddressed {}));
        assert_eq!(log.counter(), 0, "a stranger's command uses up nothing");
        assert_eq!(check(&mut log, &incoming(1, 1), 5_001), CommandCheck::Refused(Reason::CmdExpired {}));
        let again = check(&mut log, &incoming(1, 1), 100);
        assert_eq!(again, CommandCheck::Repeat(Answer::Refused(Reason::CmdExpired {})));
    }

    #[test]
    fn a_command_is_good_up_to_and_with_its_deadline() {
        assert_eq!(check(&mut CommandLog::default(), &incoming(1, 1), 5_000), CommandCheck::Execute);
        let late = check(&mut CommandLog::default(), &incoming(1, 1), 5_001);
        assert_eq!(late, CommandCheck::Refused(Reason::CmdExpired {}));
    }

    #[test]
    fn a_command_does_not_survive_a_restart() {
        let mut log = CommandLog::default();
        check(&mut log, &incoming(1, 1), 100);
        let stored = serde_json::to_string(&log).unwrap();
        let mut log: CommandLog = serde_json::from_str(&stored).unwrap();
        let repeated = check_in(&mut log, &incoming(1, 1), 10, 10);
        assert_eq!(repeated, CommandCheck::Repeat(Answer::Refused(Reason::CmdRestarted {})));
        assert_eq!(check_in(&mut log, &incoming(2, 1), 10, 10), CommandCheck::Refused(Reason::CmdEpoch {}));
    }

    proptest! {
        #[test]
        fn no_command_is_executed_twice(script in prop::collection::vec((0u64..8, 0u8..3, 0u64..9_000, 8u64..11), 0..60)) {
            let mut log = CommandLog::default();
            let mut executed = std::collections::BTreeSet::new();
            for (counter, body, ms, epoch) in script {
                let command = Incoming { epoch, ..incoming(counter, body) };
                if check(&mut log, &command, ms) == CommandCheck::Execute {
                    prop_assert!(ms <= 5_000 && epoch == 9);
                    prop_assert!(executed.insert(counter), "counter {} executed twice", counter);
                }
            }
        }
    }
}
