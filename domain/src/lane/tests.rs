//! One text script per case: times and events in, actions out; an action that is not in the script fails.
//!
//! A script line is `ms event` or `ms > action`. Inputs are sampled every 50 ms by the harness, time passes at every
//! `wake_at()`. Scripts begin when start-up is over (time 0), with the boom down and all loops clear.
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for single actions")]

mod barrier;
mod modes;
mod orders;
mod shown;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::decide::{Direction, Outcome};
use crate::ids::CommandId;
use crate::reading::Verdict;
use crate::stay::PassageKind;

/// Script time 0, in the lane's own uptime.
const ZERO: u64 = 3_000;
const SAMPLE_MS: u64 = 50;

fn car(number: u128) -> ArrivalId {
    ArrivalId::from(Uuid::from_u128(number))
}

struct Bench {
    lane: Lane,
    levels: BTreeMap<LoopRole, Option<RawLevel>>,
    now: u64,
    cars: u128,
    transcript: String,
    /// Faults by what was raised and cleared.
    faults: Vec<Reason>,
}

impl Bench {
    fn new(config: LaneConfig) -> Self {
        let roles = [LoopRole::Arming, LoopRole::Safety];
        Self {
            lane: Lane::new(config, Monotonic::ZERO),
            levels: roles.map(|role| (role, Some(RawLevel::Clear))).into(),
            now: 0,
            cars: 0,
            transcript: String::new(),
            faults: Vec::new(),
        }
    }

    fn send(&mut self, event: LaneEvent) {
        let cars = &mut self.cars;
        let mut next = || {
            *cars += 1;
            car(*cars)
        };
        let actions = self.lane.handle(event, Monotonic::from_millis(self.now), &mut next);
        for action in actions {
            match &action {
                LaneAction::RaiseFault(fault) => self.faults.push(fault.clone()),
                LaneAction::ClearFault(fault) => self.faults.retain(|raised| raised != fault),
                _ => {}
            }
            let at = self.now as i64 - ZERO as i64;
            self.transcript.push_str(&format!("{at} > {}\n", action_text(&action)));
        }
        assert_eq!(self.lane.faults(), self.faults, "the lane knows its faults as it told them");
    }

    /// Lets time pass up to and including `until`, sampling and ticking.
    fn run_until(&mut self, until: u64) {
        loop {
            let sample = self.now / SAMPLE_MS * SAMPLE_MS + SAMPLE_MS;
            let wake = self.lane.wake_at().map_or(u64::MAX, Monotonic::as_millis);
            assert!(wake > self.now, "a lane that is to be woken in the past never sleeps");
            let next = sample.min(wake);
            if next > until {
                self.now = until;
                return;
            }
            self.now = next;
            self.send(LaneEvent::Tick);
            if next == sample {
                self.sample_all();
            }
        }
    }

    fn sample_all(&mut self) {
        for (role, level) in self.levels.clone() {
            if let Some(level) = level {
                self.send(LaneEvent::Level { role, level });
            }
        }
    }

    fn event(&mut self, words: &[&str]) {
        match words {
            ["arming", level] => self.level(LoopRole::Arming, level),
            ["safety", level] => self.level(LoopRole::Safety, level),
            ["until"] => {}
            _ => self.send(event_of(words)),
        }
    }

    fn level(&mut self, role: LoopRole, word: &str) {
        let level = match word {
            "clear" => Some(RawLevel::Clear),
            "occupied" => Some(RawLevel::Occupied),
            "wire-cut" => Some(RawLevel::WireCut),
            "silent" => None,
            other => panic!("unknown level {other}"),
        };
        self.levels.insert(role, level);
        if let Some(level) = level {
            self.send(LaneEvent::Level { role, level });
        }
    }
}

fn event_of(words: &[&str]) -> LaneEvent {
    match words {
        ["boom", position] => LaneEvent::Boom(match *position {
            "closed" => BoomPosition::Closed,
            "open" => BoomPosition::Open,
            "between" => BoomPosition::Between,
            "fault" => BoomPosition::Fault,
            other => panic!("unknown position {other}"),
        }),
        ["obstructed"] => LaneEvent::Obstructed,
        ["fire", state] => LaneEvent::FireInput { active: *state == "on" },
        ["reset"] => LaneEvent::LocalReset,
        ["switch"] => LaneEvent::LocalOpen,
        ["mode", mode] => LaneEvent::Mode(LaneMode::parse(mode).unwrap()),
        ["uplink", state] => LaneEvent::Uplink { up: *state == "up" },
        ["read", arrival, verdict] => {
            let verdict = match *verdict {
                "accept" => Verdict::Accept,
                "unsure" => Verdict::Unsure,
                _ => Verdict::Unreadable,
            };
            LaneEvent::ReadingDone { arrival: arrival_of(arrival).unwrap(), verdict }
        }
        ["local", arrival, outcome] => {
            let (outcome, reason) = match *outcome {
                "open" => (Outcome::Open, Reason::OpenFailSafe {}),
                _ => (Outcome::Deny, Reason::DenyOffline {}),
            };
            LaneEvent::LocalDecision { arrival: arrival_of(arrival).unwrap(), outcome, reason }
        }
        ["command", number, order, arrival, authority] => {
            LaneEvent::Command(command_of(number.parse().unwrap(), order, arrival_of(arrival), authority))
        }
        other => panic!("unknown event {other:?}"),
    }
}

fn command_of(number: u128, order: &str, arrival: Option<ArrivalId>, authority: &str) -> Command {
    let (order, reason) = match order {
        "open" => (Order::Open, Reason::OpenVisitor {}),
        "refuse" => (Order::Refuse, Reason::DenyFull {}),
        "close" => (Order::Close, Reason::DenyClosed {}),
        "hold" => (Order::Hold, Reason::OpenFree {}),
        "release" => (Order::Release, Reason::DenyClosed {}),
        other => panic!("unknown order {other}"),
    };
    let authority = match authority {
        "reading" => Authority::Reading,
        "payment" => Authority::Payment,
        _ => Authority::Operator,
    };
    Command { id: CommandId::from(Uuid::from_u128(number)), arrival, order, authority, reason }
}

fn arrival_of(word: &str) -> Option<ArrivalId> {
    word.strip_prefix("car").map(|number| car(number.parse().unwrap()))
}

fn car_text(arrival: &ArrivalId) -> String {
    format!("car{}", arrival.as_uuid().as_u128())
}

fn action_text(action: &LaneAction) -> String {
    match action {
        LaneAction::TakeFrames { arrival } => format!("frames {}", car_text(arrival)),
        LaneAction::StopFrames { arrival } => format!("stop-frames {}", car_text(arrival)),
        LaneAction::ReportArrival { arrival, verdict } => {
            format!("arrival {} {}", car_text(arrival), format!("{verdict:?}").to_lowercase())
        }
        LaneAction::ReportDeparture { arrival } => format!("departed {}", car_text(arrival)),
        LaneAction::ReportPassage { arrival, kind } => {
            let kind = match kind {
                PassageKind::Passed => "passed",
                PassageKind::Tailgated => "tailgated",
                PassageKind::BackedOut => "backed-out",
                PassageKind::WrongWay => "wrong-way",
            };
            format!("passage {} {kind}", arrival.as_ref().map_or("nobody".into(), car_text))
        }
        LaneAction::DecideLocally { arrival } => format!("decide {}", car_text(arrival)),
        LaneAction::ReportDecision { arrival, reason, .. } => {
            format!("decided {} {reason}", car_text(arrival))
        }
        LaneAction::ReportLocalOpen => "local-open".into(),
        LaneAction::DriveOpen => "drive open".into(),
        LaneAction::DriveClose => "drive close".into(),
        LaneAction::StopDriving => "drive off".into(),
        LaneAction::ShowSign(Sign::Reason(reason)) => format!("sign {reason}"),
        LaneAction::ShowSign(sign) => format!("sign {}", format!("{sign:?}").to_lowercase()),
        LaneAction::AnswerCommand { command, answer } => {
            let answer = match answer {
                Answer::Done => "done".to_owned(),
                Answer::Ignored(reason) => format!("ignored {reason}"),
                Answer::Refused(reason) => format!("refused {reason}"),
            };
            format!("answer {} {answer}", command.as_uuid().as_u128())
        }
        LaneAction::RaiseFault(reason) => format!("fault {reason}"),
        LaneAction::ClearFault(reason) => format!("clear {reason}"),
        LaneAction::Alarm(reason) => format!("alarm {reason}"),
        LaneAction::ReportBoom { state, .. } => format!("boom {}", format!("{state:?}").to_lowercase()),
    }
}

/// Starts a lane, then plays a script.
fn check_with(config: LaneConfig, script: &str) {
    let mut bench = Bench::new(config);
    bench.sample_all();
    bench.send(LaneEvent::Boom(BoomPosition::Closed));
    bench.run_until(ZERO);
    assert_eq!(bench.transcript, "-960 > sign idle\n-960 > boom closed\n", "start-up");
    play(bench, script);
}

fn check(script: &str) {
    check_with(LaneConfig::default(), script);
}

fn play(mut bench: Bench, script: &str) {
    bench.transcript.clear();
    let mut expected = String::new();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at: i64 = words[0].parse().unwrap();
        if words[1] == ">" {
            expected.push_str(&format!("{}\n", words.join(" ")));
            continue;
        }
        bench.run_until((at + ZERO as i64) as u64);
        bench.event(&words[1..]);
    }
    let length = expected.len().max(bench.transcript.len());
    assert_eq!(bench.transcript, expected, "{length} characters");
}

const ENTRY_UP_TO_OPEN: &str = "
    0 arming occupied
    40 > frames car1
    40 > sign wait
    300 read car1 accept
    300 > arrival car1 accept
    400 command 1 open car1 reading
    400 > sign OPEN-VISITOR
    400 > drive open
    400 > answer 1 done
    400 > boom opening
    2000 boom open
    2000 > drive off
    2000 > boom open
";

fn after_open(script: &str) -> String {
    format!("{ENTRY_UP_TO_OPEN}{script}")
}

#[test]
fn a_car_is_read_let_in_and_the_boom_closes_behind_it() {
    check(&after_open(
        "
        3000 safety occupied
        4000 arming clear
        5000 safety clear
        5020 > passage car1 passed
        5020 > sign idle
        6020 > drive close
        6020 > boom closing
        8000 boom closed
        8000 > drive off
        8000 > boom closed
        20000 until
        ",
    ));
}

#[test]
fn a_second_car_on_one_opening_tailgates() {
    check(&after_open(
        "
        3000 safety occupied
        4000 arming clear
        4500 arming occupied
        4540 > frames car2
        4540 > sign wait
        5000 safety clear
        5020 > passage car1 passed
        5500 safety occupied
        6500 arming clear
        6540 > stop-frames car2
        7000 safety clear
        7020 > arrival car2 unreadable
        7020 > passage car2 tailgated
        7020 > alarm FAULT-TAILGATE
        7020 > sign idle
        8020 > drive close
        8020 > boom closing
        9000 boom closed
        9000 > drive off
        9000 > boom closed
        20000 until
        ",
    ));
}

#[test]
fn a_second_car_bumper_to_bumper_is_counted_when_it_follows_under_the_boom() {
    check(&after_open(
        "
        3000 safety occupied
        3500 arming clear
        3700 arming occupied
        3740 > frames car2
        3740 > sign wait
        4000 read car2 accept
        4000 > arrival car2 accept
        4200 arming clear
        5000 safety clear
        5020 > passage car1 passed
        5020 > passage car2 tailgated
        5020 > alarm FAULT-TAILGATE
        5020 > sign idle
        6020 > drive close
        6020 > boom closing
        6500 until
        ",
    ));
}

#[test]
fn a_car_that_backs_out_opens_no_stay_and_is_looked_at_again() {
    check(&after_open(
        "
        3000 safety occupied
        4000 safety clear
        4020 > passage car1 backed-out
        22000 > drive close
        22000 > boom closing
        24000 boom closed
        24000 > drive off
        24000 > departed car1
        24000 > frames car2
        24000 > sign wait
        24000 > boom closed
        24500 arming clear
        24540 > stop-frames car2
        24540 until
        26500 > arrival car2 unreadable
        28540 > departed car2
        28540 > sign idle
        40000 until
        ",
    ));
}

#[test]
fn a_car_that_backed_out_and_left_is_not_taken_for_the_next_one() {
    check(&after_open(
        "
        3000 safety occupied
        4000 safety clear
        4020 > passage car1 backed-out
        4500 arming clear
        4540 > departed car1
        4540 > sign idle
        5000 arming occupied
        5020 > drive close
        5020 > boom closing
        5040 > frames car2
        5040 > sign wait
        5200 read car2 accept
        5200 > arrival car2 accept
        5300 command 2 open car2 reading
        5300 > sign OPEN-VISITOR
        5300 > answer 2 done
        8020 > drive off
        8020 > drive open
        8020 > boom opening
        9600 boom open
        9600 > drive off
        9600 > boom open
        10500 safety occupied
        11000 arming clear
        12000 safety clear
        12020 > passage car2 passed
        12020 > sign idle
        12500 until
        ",
    ));
}

#[test]
fn a_car_that_was_turned_away_is_not_taken_for_the_next_one() {
    check(
        "
        0 arming occupied
        40 > frames car1
        40 > sign wait
        300 read car1 accept
        300 > arrival car1 accept
        400 command 1 refuse car1 reading
        400 > sign DENY-FULL
        400 > answer 1 done
        4000 arming clear
        4600 arming occupied
        4640 > departed car1
        4640 > sign idle
        4640 > frames car2
        4640 > sign wait
        5000 read car2 accept
        5000 > arrival car2 accept
        5100 command 2 open car2 reading
        5100 > sign OPEN-VISITOR
        5100 > drive open
        5100 > answer 2 done
        5100 > boom opening
        6700 boom open
        6700 > drive off
        6700 > boom open
        7500 safety occupied
        8000 arming clear
        9000 safety clear
        9020 > passage car2 passed
        9020 > sign idle
        9500 until
        ",
    );
}

#[test]
fn the_next_car_waits_its_turn_and_keeps_the_boom_up_once_it_is_let_in() {
    check(&after_open(
        "
        3000 safety occupied
        3500 arming clear
        3900 arming occupied
        3940 > frames car2
        3940 > sign wait
        4200 read car2 accept
        4200 > arrival car2 accept
        4300 command 2 open car2 reading
        4300 > sign OPEN-VISITOR
        4300 > answer 2 done
        5000 safety clear
        5020 > passage car1 passed
        7000 safety occupied
        7500 arming clear
        8500 safety clear
        8520 > passage car2 passed
        8520 > sign idle
        9520 > drive close
        9520 > boom closing
        9600 until
        ",
    ));
}

#[test]
fn the_next_car_undecided_sees_the_boom_close_in_front_of_it() {
    check(&after_open(
        "
        3000 safety occupied
        3500 arming clear
        3900 arming occupied
        3940 > frames car2
        3940 > sign wait
        5000 safety clear
        5020 > passage car1 passed
        6020 > drive close
        6020 > boom closing
        6100 read car2 accept
        6100 > arrival car2 accept
        6200 command 2 open car2 reading
        6200 > sign OPEN-VISITOR
        6200 > answer 2 done
        8000 boom closed
        8000 > drive off
        8000 > boom closed
        9020 > drive open
        9020 > boom opening
        9100 until
        ",
    ));
}

#[test]
fn a_car_that_leaves_instead_of_entering_takes_its_grant_along() {
    check(&after_open(
        "
        3000 arming clear
        7040 > departed car1
        7040 > sign idle
        7040 > drive close
        7040 > boom closing
        7100 command 2 open car1 payment
        7100 > answer 2 refused CMD-ARRIVAL-GONE
        7200 until
        ",
    ));
}

#[test]
fn a_short_car_between_the_loops_is_still_the_same_car() {
    check(&after_open(
        "
        3000 arming clear
        3900 safety occupied
        5000 safety clear
        5020 > passage car1 passed
        5020 > sign idle
        5900 until
        ",
    ));
}

#[test]
fn a_stuck_safety_loop_keeps_the_boom_open_and_is_reported() {
    let safety = crate::loops::LoopConfig { debounce_ms: 20, stuck_on_ms: 10_000, ..Default::default() };
    check_with(
        LaneConfig { safety, ..LaneConfig::default() },
        &after_open(
            "
            3000 safety occupied
            4000 arming clear
            13020 > fault FAULT-LOOP
            100000 safety clear
            100020 > clear FAULT-LOOP
            100020 > passage car1 passed
            100020 > sign idle
            101020 > drive close
            101020 > boom closing
            101100 until
            ",
        ),
    );
}

#[test]
fn a_silent_or_cut_safety_line_never_lets_the_boom_close() {
    check(&after_open(
        "
        3000 safety occupied
        4000 arming clear
        5000 safety clear
        5020 > passage car1 passed
        5020 > sign idle
        5500 safety silent
        5701 > fault FAULT-LOOP
        60000 safety wire-cut
        70000 safety clear
        70020 > clear FAULT-LOOP
        71020 > drive close
        71020 > boom closing
        71100 until
        ",
    ));
}

#[test]
fn a_safety_line_that_goes_silent_while_closing_opens_again() {
    check(&after_open(
        "
        3000 safety occupied
        4000 arming clear
        5000 safety clear
        5020 > passage car1 passed
        5020 > sign idle
        6020 > drive close
        6020 > boom closing
        6050 safety silent
        6251 > drive off
        6251 > drive open
        6251 > fault FAULT-LOOP
        6251 > boom opening
        6300 until
        ",
    ));
}

#[test]
fn a_car_under_the_closing_boom_opens_it_at_the_first_edge() {
    check(&after_open(
        "
        3000 safety occupied
        4000 arming clear
        5000 safety clear
        5020 > passage car1 passed
        5020 > sign idle
        6020 > drive close
        6020 > boom closing
        6300 safety occupied
        6300 > drive off
        6300 > drive open
        6300 > boom opening
        7000 boom open
        7000 > drive off
        7000 > boom open
        7200 safety clear
        9300 > drive close
        9300 > boom closing
        9400 until
        ",
    ));
}

#[test]
fn fire_opens_at_once_latches_and_needs_a_reset_on_the_spot() {
    check(
        "
        1000 fire on
        1000 > fault FAULT-FIRE
        1000 > sign OPEN-FIRE
        1000 > drive open
        1000 > boom opening
        3000 boom open
        3000 > boom held
        4000 command 1 close - operator
        4000 > answer 1 refused CMD-FIRE
        5000 fire off
        6000 command 2 release - operator
        6000 > answer 2 refused CMD-FIRE
        600000 reset
        600000 > clear FAULT-FIRE
        600000 > sign idle
        600000 > drive off
        600000 > boom open
        601000 > drive close
        601000 > boom closing
        601100 until
        ",
    );
}

#[test]
fn fire_during_closing_opens_even_right_after() {
    check(&after_open(
        "
        3000 safety occupied
        4000 arming clear
        5000 safety clear
        5020 > passage car1 passed
        5020 > sign idle
        6020 > drive close
        6020 > boom closing
        6100 fire on
        6100 > fault FAULT-FIRE
        6100 > sign OPEN-FIRE
        6100 > drive off
        6100 > drive open
        6100 > boom opening
        6200 until
        ",
    ));
}

#[test]
fn without_a_decision_the_lane_decides_and_a_late_one_is_ignored() {
    check(
        "
        0 arming occupied
        40 > frames car1
        40 > sign wait
        300 read car1 accept
        300 > arrival car1 accept
        1000 > decide car1
        1001 local car1 open
        1001 > decided car1 OPEN-FAIL-SAFE
        1001 > sign OPEN-FAIL-SAFE
        1001 > drive open
        1001 > boom opening
        1200 command 1 open car1 reading
        1200 > answer 1 ignored CMD-DECIDED-LOCALLY
        1300 command 2 refuse car1 reading
        1300 > answer 2 ignored CMD-DECIDED-LOCALLY
        1400 until
        ",
    );
}

#[test]
fn a_local_refusal_stands_against_the_server_but_not_against_an_operator_or_a_payment() {
    let refused = "
        0 arming occupied
        40 > frames car1
        40 > sign wait
        300 read car1 accept
        300 > arrival car1 accept
        1000 > decide car1
        1001 local car1 deny
        1001 > decided car1 DENY-OFFLINE
        1001 > sign DENY-OFFLINE
        1200 command 1 open car1 reading
        1200 > answer 1 ignored CMD-DECIDED-LOCALLY
        ";
    for authority in ["operator", "payment"] {
        check(&format!(
            "{refused}
            1300 command 2 open car1 {authority}
            1300 > sign OPEN-VISITOR
            1300 > drive open
            1300 > answer 2 done
            1300 > boom opening
            "
        ));
    }
}

#[test]
fn while_the_server_is_known_to_be_away_nothing_waits_for_it() {
    check(
        "
        0 uplink down
        0 arming occupied
        40 > frames car1
        40 > sign wait
        300 read car1 accept
        300 > arrival car1 accept
        300 > decide car1
        400 until
        ",
    );
}

#[test]
fn a_car_nobody_can_read_is_reported_so_and_not_opened_by_a_reading() {
    check(
        "
        0 arming occupied
        40 > frames car1
        40 > sign wait
        2540 > stop-frames car1
        2540 > arrival car1 unreadable
        2600 read car1 accept
        2700 command 1 open car1 reading
        2700 > answer 1 refused CMD-NO-READING
        2800 command 2 refuse car1 reading
        2800 > sign DENY-FULL
        2800 > answer 2 done
        2900 command 3 open car1 operator
        2900 > sign OPEN-VISITOR
        2900 > drive open
        2900 > answer 3 done
        2900 > boom opening
        ",
    );
}

#[test]
fn second_open_is_ignored_while_opening() {
    check(
        "
        0 arming occupied
        40 > frames car1
        40 > sign wait
        300 read car1 accept
        300 > arrival car1 accept
        400 command 1 open car1 reading
        400 > sign OPEN-VISITOR
        400 > drive open
        400 > answer 1 done
        400 > boom opening
        500 command 2 open car1 operator
        500 > answer 2 ignored CMD-ALREADY-OPEN
        600 command 3 open car1 reading
        600 > answer 3 ignored CMD-ALREADY-OPEN
        ",
    );
}

#[test]
fn after_two_obstructions_the_boom_stays_open_until_reset_on_the_spot() {
    check(&after_open(
        "
        3000 safety occupied
        4000 arming clear
        5000 safety clear
        5020 > passage car1 passed
        5020 > sign idle
        6020 > drive close
        6020 > boom closing
        6500 obstructed
        6500 > drive off
        6500 > drive open
        6500 > boom opening
        7000 boom open
        7000 > drive off
        7000 > boom open
        9500 > drive close
        9500 > boom closing
        9800 obstructed
        9800 > drive off
        9800 > drive open
        9800 > fault FAULT-OBSTRUCTED
        9800 > boom opening
        10500 boom open
        10500 > boom held
        20000 command 2 close - operator
        20000 > answer 2 refused CMD-LOCAL-RESET
        60000 reset
        60000 > clear FAULT-OBSTRUCTED
        60000 > drive off
        60000 > boom open
        61000 > drive close
        61000 > boom closing
        61100 until
        ",
    ));
}

#[test]
fn an_operator_cannot_open_an_empty_lane_but_can_hold_it_open() {
    check(
        "
        1000 command 1 open - operator
        1000 > answer 1 refused CMD-NO-VEHICLE
        2000 command 2 hold - operator
        2000 > sign OPEN-FREE
        2000 > drive open
        2000 > answer 2 done
        2000 > boom opening
        3000 boom open
        3000 > boom held
        4000 command 3 hold - operator
        4000 > answer 3 ignored CMD-ALREADY-SO
        90000 command 4 release - operator
        90000 > sign idle
        90000 > answer 4 done
        90000 > drive off
        90000 > boom open
        91000 > drive close
        91000 > boom closing
        91100 until
        ",
    );
}

#[test]
fn cars_pass_a_held_boom_without_being_decided() {
    check(
        "
        0 command 1 hold - operator
        0 > sign OPEN-FREE
        0 > drive open
        0 > answer 1 done
        0 > boom opening
        1000 boom open
        1000 > boom held
        2000 arming occupied
        2040 > frames car1
        2040 > sign wait
        2300 read car1 accept
        2300 > arrival car1 accept
        2400 command 2 open car1 reading
        2400 > answer 2 ignored CMD-ALREADY-OPEN
        3000 safety occupied
        3500 arming clear
        4000 safety clear
        4020 > passage car1 passed
        4020 > sign idle
        60000 until
        ",
    );
}

#[test]
fn close_is_refused_while_the_safety_loop_is_occupied() {
    check(&after_open(
        "
        3000 safety occupied
        4000 command 2 close - operator
        4000 > answer 2 refused CMD-UNSAFE
        4500 arming clear
        5000 safety clear
        5020 > passage car1 passed
        5020 > sign idle
        5100 command 3 close - operator
        5100 > drive close
        5100 > answer 3 done
        5100 > boom closing
        5200 command 4 close - operator
        5200 > answer 4 ignored CMD-ALREADY-CLOSED
        ",
    ));
}

#[test]
fn a_car_coming_the_wrong_way_is_an_alarm_and_no_arrival() {
    check(
        "
        0 command 1 hold - operator
        0 > sign OPEN-FREE
        0 > drive open
        0 > answer 1 done
        0 > boom opening
        1000 boom open
        1000 > boom held
        2000 safety occupied
        2500 arming occupied
        3000 safety clear
        3020 > passage nobody wrong-way
        3020 > alarm FAULT-WRONG-WAY
        3020 > sign idle
        4000 arming clear
        5000 until
        ",
    );
}

#[test]
fn something_under_the_closed_boom_is_no_passage() {
    check(
        "
        1000 safety occupied
        3000 safety clear
        4000 arming occupied
        4040 > frames car1
        4040 > sign wait
        4500 safety occupied
        5000 safety clear
        6000 arming clear
        6040 > stop-frames car1
        6540 > arrival car1 unreadable
        10040 > departed car1
        10040 > sign idle
        11000 until
        ",
    );
}

#[test]
fn a_nose_over_the_safety_loop_before_the_boom_opens_still_passes() {
    check(
        "
        0 arming occupied
        40 > frames car1
        40 > sign wait
        200 safety occupied
        300 read car1 accept
        300 > arrival car1 accept
        400 command 1 open car1 reading
        400 > sign OPEN-VISITOR
        400 > drive open
        400 > answer 1 done
        400 > boom opening
        2000 boom open
        2000 > drive off
        2000 > boom open
        4000 arming clear
        5000 safety clear
        5020 > passage car1 passed
        5020 > sign idle
        5500 until
        ",
    );
}

#[test]
fn a_boom_that_does_not_arrive_is_broken_until_it_reports() {
    check(
        "
        0 command 1 hold - operator
        0 > sign OPEN-FREE
        0 > drive open
        0 > answer 1 done
        0 > boom opening
        8000 > fault FAULT-OPEN-TIMEOUT
        8000 > drive off
        8000 > boom broken
        9000 arming occupied
        9040 > frames car1
        9040 > sign wait
        9100 command 2 open car1 operator
        9100 > answer 2 refused CMD-BROKEN
        10000 boom open
        10000 > clear FAULT-OPEN-TIMEOUT
        10000 > drive open
        10000 > boom held
        ",
    );
}

#[test]
fn a_boom_moved_by_hand_is_reported_and_left_alone() {
    check(
        "
        1000 boom between
        1000 > fault FAULT-BOOM-MOVED
        1000 > boom open
        2000 boom open
        60000 boom closed
        60000 > clear FAULT-BOOM-MOVED
        60000 > boom closed
        61000 until
        ",
    );
}

#[test]
fn a_switch_on_the_spot_opens_whatever_the_server_says() {
    check(
        "
        0 uplink down
        0 mode maintenance
        0 > sign outofservice
        1000 switch
        1000 > local-open
        1000 > drive open
        1000 > boom opening
        2000 boom open
        2000 > drive off
        2000 > boom open
        22000 > drive close
        22000 > boom closing
        23000 until
        ",
    );
}

#[test]
fn a_lane_out_of_service_takes_no_arrivals_until_it_serves_again() {
    check(
        "
        0 mode maintenance
        0 > sign outofservice
        1000 arming occupied
        2000 mode open
        2000 > sign idle
        2050 > frames car1
        2050 > sign wait
        2060 until
        ",
    );
}

#[test]
fn an_exit_fails_open_when_its_arming_loop_stays_faulty() {
    check_with(
        LaneConfig::for_direction(Direction::Exit),
        "
        0 arming wire-cut
        0 > fault FAULT-LOOP
        5000 > drive open
        5000 > boom opening
        7000 boom open
        7000 > boom held
        60000 arming clear
        60040 > clear FAULT-LOOP
        60040 > drive off
        60040 > boom open
        61000 > drive close
        61000 > boom closing
        61100 until
        ",
    );
}

#[test]
fn nothing_moves_before_the_inputs_have_been_stable() {
    let mut bench = Bench::new(LaneConfig::default());
    bench.sample_all();
    bench.send(LaneEvent::Boom(BoomPosition::Open));
    bench.run_until(500);
    bench.event(&["command", "1", "hold", "-", "operator"]);
    bench.event(&["switch"]);
    bench.run_until(1_000);
    bench.event(&["safety", "occupied"]);
    bench.run_until(60_000);
    assert_eq!(
        bench.transcript, "-2500 > answer 1 refused CMD-STARTING\n20 > sign idle\n20 > boom open\n",
        "a boom found up is not closed by the lane itself"
    );
}

#[test]
fn a_fire_input_at_start_is_believed_once_it_is_stable() {
    let mut bench = Bench::new(LaneConfig::default());
    bench.sample_all();
    bench.send(LaneEvent::Boom(BoomPosition::Closed));
    bench.send(LaneEvent::FireInput { active: true });
    bench.run_until(500);
    bench.send(LaneEvent::FireInput { active: false });
    bench.run_until(1_000);
    bench.send(LaneEvent::FireInput { active: true });
    bench.run_until(4_000);
    assert_eq!(
        bench.transcript,
        "-960 > sign idle\n-960 > boom closed\n0 > fault FAULT-FIRE\n0 > sign OPEN-FIRE\n0 > drive open\n0 > boom opening\n"
    );
}

/// What the harness itself knows of the world, apart from the lane.
struct Model {
    /// The last level and when it was sampled, and since when it has been so.
    safety: Option<(RawLevel, u64, u64)>,
    driving: Option<&'static str>,
    last_open: Option<u64>,
    closings: Vec<u64>,
}

impl Model {
    fn see(&mut self, event: &LaneEvent, now: u64) {
        if let LaneEvent::Level { role: LoopRole::Safety, level } = event {
            let held = self.safety.filter(|(was, at, _)| was == level && now - at <= 200);
            self.safety = Some((*level, now, held.map_or(now, |(_, _, since)| since)));
        }
    }

    fn check(&mut self, actions: &[LaneAction], now: u64, fire_latched: bool) -> Result<(), TestCaseError> {
        for action in actions {
            match action {
                LaneAction::DriveClose => {
                    prop_assert!(now >= 2_000, "moved at start-up");
                    prop_assert!(self.last_open.is_none_or(|at| now - at >= 3_000), "reversed too soon");
                    prop_assert!(
                        self.closings.iter().filter(|at| now - **at < 60_000).count() < 12,
                        "too often"
                    );
                    self.closings.push(now);
                    self.driving = Some("close");
                }
                LaneAction::DriveOpen => {
                    prop_assert!(self.driving != Some("close"), "not stopped before reversing");
                    prop_assert!(now >= 2_000, "moved at start-up");
                    self.last_open = Some(now);
                    self.driving = Some("open");
                }
                LaneAction::StopDriving => self.driving = None,
                _ => {}
            }
        }
        if self.driving == Some("close") {
            let clear = matches!(self.safety, Some((RawLevel::Clear, at, since)) if now - at <= 200 && now - since >= 20);
            prop_assert!(clear, "closing at {} onto {:?}", now, self.safety);
            prop_assert!(!fire_latched, "closing while fire is latched");
        }
        Ok(())
    }
}

fn some_event() -> impl Strategy<Value = LaneEvent> {
    let role = prop::sample::select(vec![LoopRole::Arming, LoopRole::Safety]);
    let level = prop::sample::select(vec![
        RawLevel::Clear,
        RawLevel::Clear,
        RawLevel::Clear,
        RawLevel::Occupied,
        RawLevel::Occupied,
        RawLevel::WireCut,
    ]);
    let position = prop::sample::select(vec![
        BoomPosition::Closed,
        BoomPosition::Open,
        BoomPosition::Open,
        BoomPosition::Between,
        BoomPosition::Fault,
    ]);
    let verdict =
        prop::sample::select(vec![Verdict::Accept, Verdict::Accept, Verdict::Unsure, Verdict::Unreadable]);
    let order = prop::sample::select(vec!["open", "open", "close", "close", "hold", "release", "refuse"]);
    let authority = prop::sample::select(vec!["reading", "operator", "payment"]);
    prop_oneof![
        12 => (role, level).prop_map(|(role, level)| LaneEvent::Level { role, level }),
        4 => position.prop_map(LaneEvent::Boom),
        1 => Just(LaneEvent::Obstructed),
        1 => any::<bool>().prop_map(|active| LaneEvent::FireInput { active }),
        1 => Just(LaneEvent::LocalReset),
        1 => Just(LaneEvent::LocalOpen),
        3 => (1u128..4, verdict).prop_map(|(n, verdict)| LaneEvent::ReadingDone { arrival: car(n), verdict }),
        2 => (1u128..4).prop_map(|n| LaneEvent::LocalDecision {
            arrival: car(n), outcome: Outcome::Open, reason: Reason::OpenFailSafe {},
        }),
        5 => (0u128..4, order, authority).prop_map(|(n, order, authority)| {
            LaneEvent::Command(command_of(n, order, (n > 0).then(|| car(n)), authority))
        }),
        1 => any::<bool>().prop_map(|up| LaneEvent::Uplink { up }),
        2 => prop::sample::select(LaneMode::ALL.to_vec()).prop_map(LaneEvent::Mode),
    ]
}

/// A lane beside its model, with a boom that follows the drive.
struct Stream {
    lane: Lane,
    model: Model,
    now: u64,
    cars: u128,
    levels: BTreeMap<LoopRole, RawLevel>,
    /// When the boom will have arrived, and where.
    arrives: Option<(u64, BoomPosition)>,
}

impl Stream {
    fn new() -> Self {
        let model = Model { safety: None, driving: None, last_open: None, closings: vec![] };
        let levels =
            BTreeMap::from([(LoopRole::Arming, RawLevel::Clear), (LoopRole::Safety, RawLevel::Clear)]);
        let lane = Lane::new(LaneConfig::default(), Monotonic::ZERO);
        Self { lane, model, now: 0, cars: 0, levels, arrives: Some((0, BoomPosition::Closed)) }
    }

    fn send(&mut self, event: LaneEvent) -> Result<(), TestCaseError> {
        self.model.see(&event, self.now);
        let cars = &mut self.cars;
        let mut next = || {
            *cars += 1;
            car(*cars % 4)
        };
        let actions = self.lane.handle(event, Monotonic::from_millis(self.now), &mut next);
        for action in &actions {
            match action {
                LaneAction::DriveOpen => self.arrives = Some((self.now + 1_500, BoomPosition::Open)),
                LaneAction::DriveClose => self.arrives = Some((self.now + 1_500, BoomPosition::Closed)),
                _ => {}
            }
        }
        self.model.check(&actions, self.now, self.lane.is_fire())
    }

    fn play(&mut self, event: LaneEvent, pause: u64, sampled: bool) -> Result<(), TestCaseError> {
        if let LaneEvent::Level { role, level } = event {
            self.levels.insert(role, level);
        }
        self.send(event)?;
        let until = self.now + pause;
        while self.now < until {
            let wake = self.lane.wake_at().map_or(until, Monotonic::as_millis);
            self.now = (self.now + SAMPLE_MS).min(wake).min(until);
            self.send(LaneEvent::Tick)?;
            if let Some((_, position)) = self.arrives.take_if(|(at, _)| *at <= self.now) {
                self.send(LaneEvent::Boom(position))?;
            }
            for (role, level) in self.levels.clone().into_iter().filter(|_| sampled) {
                self.send(LaneEvent::Level { role, level })?;
            }
        }
        Ok(())
    }
}

/// S1, S2, S3, S4, S8 and I5 over random streams: whatever happens, no close request stands on anything but a safety
/// input known to be clear, none while fire is latched, none at start-up, none too soon or too often.
#[test]
fn no_stream_of_events_makes_the_boom_close_in_a_forbidden_state() {
    let script = prop::collection::vec((some_event(), 0u64..2_500, prop::bool::weighted(0.9)), 1..150);
    let closings = std::cell::Cell::new(0u32);
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let least = config.cases / 2;
    let ran = proptest::test_runner::TestRunner::new(config).run(&script, |script| {
        let mut stream = Stream::new();
        stream.play(LaneEvent::Tick, 2_500, true)?;
        for (event, pause, sampled) in script {
            stream.play(event, pause, sampled)?;
        }
        closings.set(closings.get() + u32::try_from(stream.model.closings.len()).unwrap());
        Ok(())
    });
    ran.unwrap_or_else(|failure| panic!("{failure}"));
    assert!(
        closings.get() > least,
        "only {} closings: the streams do not reach what they test",
        closings.get()
    );
}

proptest! {

    /// I1 over random streams: one passage or departure at most per arrival and occupancy, and every passage of a
    /// known car was announced before.
    #[test]
    fn every_car_is_reported_once_and_in_order(
        script in prop::collection::vec((some_event(), 0u64..1_500), 1..120),
    ) {
        let mut bench = Bench::new(LaneConfig::default());
        let (mut announced, mut ended) = (BTreeSet::new(), BTreeSet::new());
        bench.sample_all();
        bench.send(LaneEvent::Boom(BoomPosition::Closed));
        bench.run_until(ZERO);
        bench.transcript.clear();
        for (event, pause) in script {
            if let LaneEvent::Level { role, level } = event {
                bench.levels.insert(role, Some(level));
            }
            bench.send(event);
            bench.run_until(bench.now + pause);
        }
        for line in bench.transcript.lines() {
            let words: Vec<_> = line.split_whitespace().skip(2).collect();
            match words.as_slice() {
                ["arrival", car, _] => prop_assert!(announced.insert(car.to_string()), "{} announced twice", car),
                ["departed", car] => {
                    prop_assert!(announced.contains(*car), "{} departed unannounced", car);
                    prop_assert!(ended.insert(car.to_string()), "{} ended twice", car);
                }
                ["passage", car, kind] if car.starts_with("car") => {
                    prop_assert!(announced.contains(*car), "{} passed unannounced", car);
                    prop_assert!(*kind == "backed-out" || ended.insert(car.to_string()), "{} ended twice", car);
                }
                _ => {}
            }
        }
    }
}
