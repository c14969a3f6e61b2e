//! Every answer an order can get: whom an opening is for, and what fire, hold, a broken boom and a lane out of service
//! allow.

use super::*;

const ARRIVED: &str = "
    0 arming occupied
    40 > frames car1
    40 > sign wait
    300 read car1 accept
    300 > arrival car1 accept
";

fn after_arrival(script: &str) -> String {
    format!("{ARRIVED}{script}")
}

const HELD: &str = "
    0 command 1 hold - operator
    0 > sign OPEN-FREE
    0 > drive open
    0 > answer 1 done
    0 > boom opening
    1000 boom open
    1000 > boom held
";

const BROKEN: &str = "
    0 command 1 hold - operator
    0 > sign OPEN-FREE
    0 > drive open
    0 > answer 1 done
    0 > boom opening
    8000 > fault FAULT-OPEN-TIMEOUT
    8000 > drive off
    8000 > boom broken
";

#[test]
fn an_opening_for_another_car_than_the_waiting_one_is_refused() {
    for authority in ["reading", "payment", "operator"] {
        check(&after_arrival(&format!(
            "
            400 command 1 open car7 {authority}
            400 > answer 1 refused CMD-ARRIVAL-GONE
            "
        )));
    }
}

#[test]
fn a_reading_opens_for_no_car_but_its_own() {
    check(&after_arrival(
        "
        400 command 1 open - reading
        400 > answer 1 refused CMD-NO-READING
        ",
    ));
}

#[test]
fn a_payment_or_an_operator_without_a_car_opens_for_the_waiting_one() {
    for authority in ["payment", "operator"] {
        check(&after_arrival(&format!(
            "
            400 command 1 open - {authority}
            400 > sign OPEN-VISITOR
            400 > drive open
            400 > answer 1 done
            400 > boom opening
            500 command 2 open - {authority}
            500 > answer 2 ignored CMD-ALREADY-OPEN
            2000 boom open
            2000 > drive off
            2000 > boom open
            3000 safety occupied
            4000 arming clear
            5000 safety clear
            5020 > passage car1 passed
            5020 > sign idle
            5100 until
            "
        )));
    }
}

#[test]
fn a_car_that_is_under_the_boom_needs_no_second_opening() {
    check(&after_open(
        "
        3000 safety occupied
        4000 arming clear
        4200 command 2 open car1 operator
        4200 > answer 2 ignored CMD-ALREADY-OPEN
        5000 safety clear
        5020 > passage car1 passed
        5020 > sign idle
        5200 command 3 open car1 operator
        5200 > answer 3 refused CMD-ARRIVAL-GONE
        5300 until
        ",
    ));
}

#[test]
fn a_server_that_decided_is_not_overruled_by_a_second_reading() {
    check(&after_arrival(
        "
        400 command 1 refuse car1 reading
        400 > sign DENY-FULL
        400 > answer 1 done
        500 command 2 open car1 reading
        500 > answer 2 ignored CMD-DECIDED
        600 command 3 refuse car1 reading
        600 > answer 3 ignored CMD-DECIDED
        700 command 4 open car1 payment
        700 > sign OPEN-VISITOR
        700 > drive open
        700 > answer 4 done
        700 > boom opening
        ",
    ));
}

#[test]
fn a_decision_that_comes_before_the_reading_is_done_lets_the_reading_go_on() {
    check(
        "
        0 arming occupied
        40 > frames car1
        40 > sign wait
        100 command 1 open car1 reading
        100 > answer 1 refused CMD-NO-READING
        200 command 2 open car1 operator
        200 > sign OPEN-VISITOR
        200 > drive open
        200 > answer 2 done
        200 > boom opening
        300 read car1 accept
        300 > arrival car1 accept
        1500 until
        ",
    );
}

#[test]
fn an_order_for_the_sign_needs_its_car() {
    check(
        "
        100 command 1 refuse car1 reading
        100 > answer 1 refused CMD-ARRIVAL-GONE
        200 command 2 refuse - operator
        200 > answer 2 refused CMD-ARRIVAL-GONE
        ",
    );
    check(&after_arrival(
        "
        400 command 1 refuse car7 operator
        400 > answer 1 refused CMD-ARRIVAL-GONE
        500 command 2 refuse - operator
        500 > sign DENY-FULL
        500 > answer 2 done
        ",
    ));
}

#[test]
fn a_refusal_by_an_operator_takes_back_an_opening_that_was_not_used() {
    check(&after_open(
        "
        2500 command 2 refuse car1 operator
        2500 > sign DENY-FULL
        2500 > answer 2 done
        3400 > drive close
        3400 > boom closing
        3500 until
        ",
    ));
}

#[test]
fn close_is_answered_by_where_the_boom_is() {
    check(
        "
        100 command 1 close - operator
        100 > answer 1 ignored CMD-ALREADY-CLOSED
        ",
    );
    check(&after_arrival(
        "
        400 command 1 open car1 reading
        400 > sign OPEN-VISITOR
        400 > drive open
        400 > answer 1 done
        400 > boom opening
        500 command 2 close - operator
        500 > answer 2 refused CMD-BUSY
        ",
    ));
    check(&format!(
        "{BROKEN}
        8100 command 2 close - operator
        8100 > answer 2 refused CMD-BROKEN
        8200 command 3 hold - operator
        8200 > answer 3 refused CMD-BROKEN
        8300 command 4 release - operator
        8300 > sign idle
        8300 > answer 4 done
        "
    ));
}

#[test]
fn close_ends_a_hold() {
    check(&format!(
        "{HELD}
        5000 command 2 close - operator
        5000 > drive off
        5000 > drive close
        5000 > answer 2 done
        5000 > boom closing
        7000 boom closed
        7000 > drive off
        7000 > sign idle
        7000 > boom closed
        8000 command 3 release - operator
        8000 > answer 3 ignored CMD-ALREADY-SO
        9000 until
        "
    ));
}

#[test]
fn close_is_refused_while_the_lane_fails_open() {
    check_with(
        LaneConfig::for_direction(Direction::Exit),
        "
        0 arming wire-cut
        0 > fault FAULT-LOOP
        5000 > drive open
        5000 > boom opening
        7000 boom open
        7000 > boom held
        8000 command 1 close - operator
        8000 > answer 1 refused CMD-UNSAFE
        ",
    );
}

#[test]
fn fire_stands_above_every_order() {
    check(&after_arrival(
        "
        1000 > decide car1
        1100 fire on
        1100 > fault FAULT-FIRE
        1100 > sign OPEN-FIRE
        1100 > drive open
        1100 > boom opening
        1200 command 1 hold - operator
        1200 > answer 1 refused CMD-FIRE
        1300 command 2 release - operator
        1300 > answer 2 refused CMD-FIRE
        1400 command 3 close - operator
        1400 > answer 3 refused CMD-FIRE
        1500 command 4 refuse car1 operator
        1500 > answer 4 done
        1600 command 5 open car1 operator
        1600 > answer 5 ignored CMD-ALREADY-OPEN
        1700 until
        ",
    ));
}

#[test]
fn a_lane_out_of_service_opens_for_an_operator_only() {
    let stopped = "
        0 mode maintenance
        0 > sign outofservice
        100 mode maintenance
        1000 arming occupied
        ";
    for authority in ["reading", "payment"] {
        check(&format!(
            "{stopped}
            1200 command 3 open - {authority}
            1200 > answer 3 refused CMD-OUT-OF-SERVICE
            "
        ));
    }
    check(&format!(
        "{stopped}
        1200 command 3 open - operator
        1200 > sign OPEN-VISITOR
        1200 > drive open
        1200 > answer 3 done
        1200 > boom opening
        "
    ));
}

#[test]
fn an_opening_for_nobody_needs_something_on_the_loop() {
    check(
        "
        0 mode maintenance
        0 > sign outofservice
        1000 command 2 open - operator
        1000 > answer 2 refused CMD-NO-VEHICLE
        2000 command 3 open car1 operator
        2000 > answer 3 refused CMD-ARRIVAL-GONE
        ",
    );
}

#[test]
fn the_lanes_own_decision_counts_for_the_car_it_was_asked_for() {
    let transcript = after_arrival("1000 > decide car1");
    check(&format!(
        "{transcript}
        1001 local car7 open
        1002 local car1 deny
        1002 > decided car1 DENY-OFFLINE
        1002 > sign DENY-OFFLINE
        1003 local car1 open
        1100 until
        "
    ));
    check(&after_arrival(
        "
        400 local car1 open
        500 until
        ",
    ));
}

#[test]
fn the_lanes_own_decision_moves_no_boom_that_is_held() {
    check(&format!(
        "{HELD}
        2000 arming occupied
        2040 > frames car1
        2040 > sign wait
        2300 read car1 accept
        2300 > arrival car1 accept
        3000 > decide car1
        3001 local car1 open
        3001 > decided car1 OPEN-FAIL-SAFE
        3001 > sign OPEN-FAIL-SAFE
        3100 until
        "
    ));
}

#[test]
fn a_switch_on_the_spot_opens_for_the_waiting_car() {
    check(&after_arrival(
        "
        400 switch
        400 > local-open
        400 > drive open
        400 > boom opening
        1000 > decide car1
        2000 boom open
        2000 > drive off
        2000 > boom open
        3000 safety occupied
        4000 arming clear
        5000 safety clear
        5020 > passage car1 passed
        5020 > sign idle
        5100 until
        ",
    ));
}

#[test]
fn before_the_start_is_over_orders_and_switches_move_nothing() {
    let mut bench = Bench::new(LaneConfig::default());
    bench.sample_all();
    bench.send(LaneEvent::Boom(BoomPosition::Closed));
    bench.run_until(1_000);
    bench.transcript.clear();
    bench.send(LaneEvent::LocalOpen);
    bench.send(event_of(&["command", "1", "hold", "-", "operator"]));
    assert_eq!(bench.transcript, "-2000 > answer 1 refused CMD-STARTING\n");
}
