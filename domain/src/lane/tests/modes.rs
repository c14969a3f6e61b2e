//! Modes: what each refuses, and that no rule of safety bends for one.

use super::*;

#[test]
fn the_sign_at_rest_says_the_mode_at_an_entry_and_cars_leave_at_an_exit() {
    let script = "
        0 mode full
        0 > sign DENY-FULL
        100 mode closed
        100 > sign DENY-CLOSED
        200 mode closed_to_all
        200 > sign DENY-CLOSED-TO-ALL
        300 mode maintenance
        300 > sign outofservice
        400 mode open
        400 > sign idle
        500 until
        ";
    check(script);
    check_with(
        LaneConfig::for_direction(Direction::Exit),
        "
        0 mode full
        100 mode closed
        200 mode closed_to_all
        300 mode maintenance
        300 > sign outofservice
        400 mode open
        400 > sign idle
        500 until
        ",
    );
}

#[test]
fn a_mode_is_shown_again_once_the_car_has_gone() {
    check(
        "
        0 mode full
        0 > sign DENY-FULL
        100 arming occupied
        140 > frames car1
        140 > sign wait
        300 read car1 accept
        300 > arrival car1 accept
        400 command 1 refuse car1 reading
        400 > sign DENY-FULL
        400 > answer 1 done
        1000 arming clear
        5040 > departed car1
        5100 until
        ",
    );
}

#[test]
fn free_flow_raises_the_boom_keeps_it_up_and_lets_it_down_when_it_ends() {
    check(
        "
        0 mode free_flow
        0 > sign OPEN-FREE-FLOW
        0 > drive open
        0 > boom opening
        1500 boom open
        1500 > boom held
        60000 command 1 close - operator
        60000 > answer 1 refused CMD-MODE
        70000 command 2 hold - operator
        70000 > answer 2 done
        71000 command 3 release - operator
        71000 > answer 3 done
        80000 mode open
        80000 > sign idle
        80000 > drive off
        80000 > boom open
        81000 > drive close
        81000 > boom closing
        81500 until
        ",
    );
}

#[test]
fn cars_pass_in_free_flow_without_leave_and_without_alarm() {
    check(
        "
        0 mode free_flow
        0 > sign OPEN-FREE-FLOW
        0 > drive open
        0 > boom opening
        1500 boom open
        1500 > boom held
        3000 arming occupied
        3040 > frames car1
        3200 read car1 unreadable
        3200 > arrival car1 unreadable
        3300 command 1 refuse car1 reading
        3300 > answer 1 done
        4000 safety occupied
        5000 arming clear
        6000 safety clear
        6020 > passage car1 passed
        6100 until
        ",
    );
}

#[test]
fn free_flow_ends_with_a_car_under_the_boom_and_the_boom_waits_for_it() {
    check(
        "
        0 mode free_flow
        0 > sign OPEN-FREE-FLOW
        0 > drive open
        0 > boom opening
        1500 boom open
        1500 > boom held
        3000 safety occupied
        4000 mode closed_to_all
        4000 > sign DENY-CLOSED-TO-ALL
        4000 > drive off
        4000 > boom open
        9000 safety wire-cut
        9000 > fault FAULT-LOOP
        20000 safety clear
        20020 > clear FAULT-LOOP
        21020 > drive close
        21020 > boom closing
        21100 until
        ",
    );
}

#[test]
fn free_flow_survives_a_restart_but_moves_nothing_before_the_inputs_are_stable() {
    let mut bench = Bench::new(LaneConfig::default());
    bench.send(LaneEvent::Mode(LaneMode::FreeFlow));
    bench.sample_all();
    bench.send(LaneEvent::Boom(BoomPosition::Closed));
    bench.run_until(1_900);
    assert_eq!(bench.transcript, "", "nothing moves at start-up");
    bench.run_until(ZERO);
    assert!(bench.transcript.starts_with("-960 > sign OPEN-FREE-FLOW\n"), "{}", bench.transcript);
    assert!(bench.transcript.contains("> drive open\n"), "{}", bench.transcript);

    // A boom that is up already is not moved, and comes down when the mode ends.
    let mut bench = Bench::new(LaneConfig::default());
    bench.send(LaneEvent::Mode(LaneMode::FreeFlow));
    bench.sample_all();
    bench.send(LaneEvent::Boom(BoomPosition::Open));
    bench.run_until(10_000);
    bench.transcript.clear();
    bench.send(LaneEvent::Mode(LaneMode::Open));
    bench.run_until(13_000);
    assert!(bench.transcript.contains("> drive close\n"), "{}", bench.transcript);
}

#[test]
fn fire_goes_before_every_mode_and_a_mode_ends_no_fire() {
    for mode in LaneMode::ALL {
        let mut bench = Bench::new(LaneConfig::default());
        bench.sample_all();
        bench.send(LaneEvent::Boom(BoomPosition::Closed));
        bench.run_until(ZERO);
        bench.send(LaneEvent::Mode(mode));
        bench.send(LaneEvent::FireInput { active: true });
        bench.send(LaneEvent::Boom(BoomPosition::Open));
        bench.send(LaneEvent::FireInput { active: false });
        bench.run_until(ZERO + 5_000);
        bench.transcript.clear();
        for other in LaneMode::ALL {
            bench.send(LaneEvent::Mode(other));
            bench.run_until(bench.now + 5_000);
        }
        assert_eq!(bench.transcript, "", "{mode:?}: a latched fire is reset on the spot only");
        bench.send(LaneEvent::LocalReset);
        assert!(bench.transcript.contains("clear FAULT-FIRE"), "{mode:?}: {}", bench.transcript);
    }
}

#[test]
fn a_switch_on_the_spot_opens_in_every_mode() {
    for mode in LaneMode::ALL {
        let mut bench = Bench::new(LaneConfig::default());
        bench.sample_all();
        bench.send(LaneEvent::Boom(BoomPosition::Closed));
        bench.run_until(ZERO);
        bench.send(LaneEvent::Mode(mode));
        bench.send(LaneEvent::LocalOpen);
        assert!(bench.transcript.contains("> drive open\n"), "{mode:?}: {}", bench.transcript);
    }
}

#[test]
fn two_obstructions_keep_the_boom_up_whatever_the_mode() {
    for mode in LaneMode::ALL {
        let mut stream = Stream::new();
        stream.play(LaneEvent::Tick, 2_500, true).unwrap();
        stream.play(LaneEvent::Mode(LaneMode::FreeFlow), 5_000, true).unwrap();
        stream.play(LaneEvent::Mode(LaneMode::Open), 0, true).unwrap();
        for _ in 0..2 {
            let closes = (0..1_000).any(|_| {
                stream.play(LaneEvent::Tick, 20, true).unwrap();
                stream.model.driving == Some("close")
            });
            assert!(closes, "within 20 s of free flow");
            stream.play(LaneEvent::Obstructed, 0, true).unwrap();
        }
        stream.model.closings.clear();
        stream.play(LaneEvent::Mode(mode), 30_000, true).unwrap();
        assert!(stream.model.closings.is_empty(), "{mode:?} closed by itself after two obstructions");
        stream.play(LaneEvent::Mode(LaneMode::Open), 1_000, true).unwrap();
        stream.play(LaneEvent::LocalReset, 30_000, true).unwrap();
        assert!(!stream.model.closings.is_empty(), "{mode:?}: a reset on the spot ends the lock");
    }
}

/// S1, S2, S3, S4, S8 and I5 in each mode: the random streams of `no_stream_of_events…`, with the mode set throughout.
#[test]
fn in_no_mode_does_a_stream_of_events_make_the_boom_close_in_a_forbidden_state() {
    for mode in LaneMode::ALL {
        let script = prop::collection::vec((some_event(), 0u64..2_500, prop::bool::weighted(0.9)), 1..60);
        let config = ProptestConfig { failure_persistence: None, cases: 48, ..ProptestConfig::default() };
        let ran = proptest::test_runner::TestRunner::new(config).run(&script, |script| {
            let mut stream = Stream::new();
            stream.play(LaneEvent::Mode(mode), 2_500, true)?;
            for (event, pause, sampled) in script {
                if !matches!(event, LaneEvent::Mode(_)) {
                    stream.play(event, pause, sampled)?;
                }
            }
            prop_assert_eq!(stream.lane.mode(), mode);
            Ok(())
        });
        ran.unwrap_or_else(|failure| panic!("{mode:?}: {failure}"));
    }
}
