//! What a lane says of itself when it is asked.

use super::*;

/// A lane with all loops clear, before its start-up is over.
fn starting(config: LaneConfig) -> Bench {
    let mut bench = Bench::new(config);
    bench.sample_all();
    bench
}

#[test]
fn it_is_ready_once_its_loops_are_stable_and_its_boom_has_reported() {
    let mut bench = starting(LaneConfig::default());
    bench.run_until(ZERO);
    assert!(!bench.lane.is_ready(), "the boom has not reported");
    bench.send(LaneEvent::Boom(BoomPosition::Closed));
    bench.run_until(ZERO + SAMPLE_MS);
    assert!(bench.lane.is_ready());
    let mut bench = starting(LaneConfig::default());
    bench.send(LaneEvent::Boom(BoomPosition::Closed));
    assert!(!bench.lane.is_ready(), "the loops were not stable for long enough");
}

#[test]
fn a_boom_that_never_reports_is_not_waited_for() {
    let mut bench = starting(LaneConfig { boom_feedback: false, ..LaneConfig::default() });
    bench.run_until(ZERO);
    assert!(bench.lane.is_ready());
}

#[test]
fn the_car_on_the_arming_loop_waits_until_it_has_passed() {
    let mut bench = starting(LaneConfig::default());
    bench.send(LaneEvent::Boom(BoomPosition::Closed));
    bench.run_until(ZERO);
    assert_eq!(bench.lane.waiting(), None);
    bench.event(&["arming", "occupied"]);
    bench.run_until(ZERO + 100);
    assert_eq!(bench.lane.waiting(), Some(car(1)));
    bench.event(&["arming", "clear"]);
    bench.run_until(ZERO + 2_000);
    assert_eq!(bench.lane.waiting(), None, "it drove away");
}

#[test]
fn each_loop_that_breaks_is_a_fault_of_its_own() {
    let mut bench = starting(LaneConfig::default());
    bench.send(LaneEvent::Boom(BoomPosition::Closed));
    bench.run_until(ZERO);
    bench.event(&["arming", "wire-cut"]);
    bench.run_until(ZERO + 1_000);
    bench.event(&["safety", "wire-cut"]);
    bench.run_until(ZERO + 2_000);
    let cut = |position| Reason::FaultLoop { position, fault: LoopFault::WireCut };
    assert_eq!(bench.lane.faults(), [cut(LoopRole::Arming), cut(LoopRole::Safety)]);
}
