//! The barrier's timers to the millisecond. The harness looks every 50 ms, so what is due between two looks shows whether
//! `wake_at` knows of it.

use super::*;

/// A lane that has started, at time 0 of the script.
fn started(config: LaneConfig) -> Bench {
    let mut bench = Bench::new(config);
    bench.sample_all();
    bench.send(LaneEvent::Boom(BoomPosition::Closed));
    bench.run_until(ZERO);
    bench.transcript.clear();
    bench
}

/// Lets time pass until `ms`, then gives the event.
fn at(bench: &mut Bench, ms: u64, event: &str) {
    bench.run_until(ZERO + ms);
    bench.event(&event.split_whitespace().collect::<Vec<_>>());
}

/// A car comes at `ms` and is let in 407 ms later.
fn let_in(bench: &mut Bench, ms: u64, number: u64) {
    at(bench, ms, "arming occupied");
    at(bench, ms + 300, &format!("read car{number} accept"));
    at(bench, ms + 407, &format!("command {number} open car{number} reading"));
}

/// A car is let in at 407 ms and stands under the open boom from 3,000 ms on.
fn with_a_car_under_the_boom(config: LaneConfig) -> Bench {
    let mut bench = started(config);
    let_in(&mut bench, 0, 1);
    at(&mut bench, 2_000, "boom open");
    at(&mut bench, 3_000, "safety occupied");
    bench
}

fn has_line(bench: &Bench, line: &str) -> bool {
    bench.transcript.lines().any(|one| one == line)
}

#[test]
fn a_boom_that_stays_up_is_raised_on_time_and_the_fault_ends_with_the_boom_down() {
    let mut bench = with_a_car_under_the_boom(LaneConfig { up_alarm_ms: 10_000, ..LaneConfig::default() });
    at(&mut bench, 11_000, "until");
    assert!(has_line(&bench, "10407 > fault FAULT-HELD-TOO-LONG"), "{}", bench.transcript);
    assert_eq!(bench.lane.faults(), [Reason::FaultHeldTooLong { seconds: 10 }]);
    at(&mut bench, 12_000, "arming clear");
    at(&mut bench, 13_000, "safety clear");
    at(&mut bench, 14_500, "boom closed");
    at(&mut bench, 15_000, "until");
    assert!(has_line(&bench, "14500 > boom closed"), "{}", bench.transcript);
    assert_eq!(bench.lane.faults(), []);
}

#[test]
fn a_boom_that_is_held_up_on_purpose_is_no_fault() {
    let mut bench = started(LaneConfig { up_alarm_ms: 10_000, ..LaneConfig::default() });
    at(&mut bench, 103, "command 1 hold - operator");
    at(&mut bench, 2_000, "boom open");
    at(&mut bench, 30_000, "until");
    assert_eq!(bench.lane.faults(), []);
    assert_eq!(bench.lane.boom().0, BoomState::Held);
}

#[test]
fn a_boom_that_does_not_come_up_or_down_is_a_fault_of_so_many_seconds() {
    let mut bench = started(LaneConfig { open_timeout_ms: 7_000, ..LaneConfig::default() });
    let_in(&mut bench, 0, 1);
    at(&mut bench, 8_000, "until");
    assert!(has_line(&bench, "7407 > fault FAULT-OPEN-TIMEOUT"), "{}", bench.transcript);
    assert_eq!(bench.lane.faults(), [Reason::FaultOpenTimeout { seconds: 7 }]);
    at(&mut bench, 9_000, "boom open");
    assert_eq!(bench.lane.faults(), [], "it reports that it is up");

    let mut bench =
        with_a_car_under_the_boom(LaneConfig { close_timeout_ms: 9_000, ..LaneConfig::default() });
    at(&mut bench, 4_000, "arming clear");
    at(&mut bench, 5_003, "safety clear");
    at(&mut bench, 40_000, "until");
    let closing = bench.transcript.lines().find(|line| line.ends_with("> drive close")).unwrap();
    let closing: u64 = closing.split(' ').next().unwrap().parse().unwrap();
    assert!(
        has_line(&bench, &format!("{} > fault FAULT-CLOSE-TIMEOUT", closing + 9_000)),
        "{}",
        bench.transcript
    );
    assert_eq!(bench.lane.faults(), [Reason::FaultCloseTimeout { seconds: 9 }]);
    at(&mut bench, 41_000, "boom closed");
    assert_eq!(bench.lane.faults(), []);
}

#[test]
fn an_order_to_close_waits_for_the_drive_until_the_very_millisecond() {
    let mut bench = started(LaneConfig::default());
    let_in(&mut bench, 0, 1);
    at(&mut bench, 2_003, "boom open");
    at(&mut bench, 3_406, "command 2 close - operator");
    assert!(has_line(&bench, "3406 > answer 2 refused CMD-BUSY"), "{}", bench.transcript);
    at(&mut bench, 3_407, "command 3 close - operator");
    assert!(has_line(&bench, "3407 > drive close"), "{}", bench.transcript);
}

#[test]
fn an_exit_fails_open_on_time_and_not_before() {
    let mut bench = started(LaneConfig::for_direction(Direction::Exit));
    at(&mut bench, 7, "arming wire-cut");
    at(&mut bench, 6_000, "until");
    assert!(has_line(&bench, "5007 > drive open"), "{}", bench.transcript);
    // An entry never does, nor an exit whose loop is well.
    for (config, event) in [
        (LaneConfig::default(), "arming wire-cut"),
        (LaneConfig::for_direction(Direction::Exit), "arming occupied"),
    ] {
        let mut bench = started(config);
        at(&mut bench, 7, event);
        at(&mut bench, 15_000, "until");
        assert!(!bench.transcript.contains("drive open"), "{}", bench.transcript);
    }
}

#[test]
fn an_exit_closes_again_once_its_loop_has_settled_and_not_while_it_settles() {
    let mut bench = started(LaneConfig::for_direction(Direction::Exit));
    at(&mut bench, 7, "arming wire-cut");
    at(&mut bench, 7_000, "boom open");
    at(&mut bench, 20_003, "arming clear");
    let settling = bench.lane.boom().0;
    at(&mut bench, 20_100, "until");
    assert_eq!((settling, bench.lane.boom().0), (BoomState::Held, BoomState::Open));
}

#[test]
fn two_obstructions_are_forgotten_with_the_boom_down_only_before_the_lane_is_locked() {
    let mut bench = with_a_car_under_the_boom(LaneConfig::default());
    at(&mut bench, 4_000, "arming clear");
    at(&mut bench, 5_000, "safety clear");
    at(&mut bench, 7_000, "obstructed");
    at(&mut bench, 8_000, "boom open");
    at(&mut bench, 13_000, "boom closed");
    assert_eq!(bench.lane.faults(), [], "once is forgotten");
    assert_eq!(bench.lane.boom().0, BoomState::Closed);
    let_in(&mut bench, 20_000, 2);
    at(&mut bench, 22_000, "boom open");
    at(&mut bench, 23_000, "safety occupied");
    at(&mut bench, 24_000, "arming clear");
    at(&mut bench, 25_000, "safety clear");
    at(&mut bench, 27_000, "obstructed");
    assert!(has_line(&bench, "27000 > drive open"), "{}", bench.transcript);
    assert_eq!(bench.lane.faults(), [], "the first of this opening");
}
