//! A lane that lies about itself, or whose store or clock is not what it was.

use boomgate_domain::decide::Direction::{Entry, Exit};
use boomgate_domain::ids::CommandId;
use boomgate_schemas::up::{Answer, CommandResult, Event, EventBody, Hello, PassageKind};
use boomgate_store::commands;
use boomgate_store::manual::{self, ManualOrder};
use boomgate_store::words::CommandAction;
use uuid::Uuid;

use crate::car_park::{CarPark, Settings, now};
use crate::lane::{Lane, arrived, passed};

async fn order_open(park: &CarPark, lane: &Lane) {
    let order = ManualOrder {
        site: park.site,
        lane: lane.id,
        command: CommandId::from_uuid(Uuid::now_v7()),
        arrival: None,
        action: CommandAction::Open,
        code: "OPEN-MANUAL".into(),
        by: park.by(),
        reason: "test".into(),
        at: now(),
    };
    let mut client = park.database.pool.get().await.unwrap();
    let tx = client.transaction().await.unwrap();
    manual::order(&tx, &order).await.unwrap();
    tx.commit().await.unwrap();
    commands::wake(&client, park.site, lane.id).await;
}

#[tokio::test]
async fn a_hello_with_the_largest_counter_ended_the_server_for_good() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    let hello = Hello { command_counter: u64::MAX, ..entry.make_hello() };
    entry.send_hello(hello).await;
    let hello = Hello { command_counter: 1 << 48, ..entry.make_hello() };
    entry.send_hello(hello).await;
    park.until("device_state where command_counter = 281474976710656", 1).await;
    let arrival = entry.arrive("W1").await;
    let command = entry.command().await;
    assert_eq!(command.arrival, Some(arrival));
    entry.obey(&command).await;
    entry.all_acked().await;
    order_open(&park, &entry).await;
    let command = entry.command().await;
    entry.obey(&command).await;
    entry.all_acked().await;
    // What an honest device then claims is above what is believed at first, and is heard all the same.
    let hello = Hello { command_counter: command.counter, ..entry.make_hello() };
    assert!(command.counter > 1 << 48);
    entry.send_hello(hello).await;
    park.until(&format!("device_state where command_counter = {}", command.counter), 1).await;
    park.check().await;
}

#[tokio::test]
async fn a_counter_at_its_end_in_the_database_stopped_the_orders_of_every_lane() {
    let mut park = CarPark::open(Settings::default()).await;
    let (mut spent, mut other) = (park.lane(Entry).await, park.lane(Entry).await);
    let client = park.database.pool.get().await.unwrap();
    let sql = format!("update lanes set command_counter = 9223372036854775807 where id = '{}'", spent.id);
    client.batch_execute(&sql).await.unwrap();
    drop(client);
    order_open(&park, &spent).await;
    order_open(&park, &other).await;
    other.command().await;
    park.until("commands where state = 'refused' and result_code = 'CMD-COUNTER-SPENT'", 1).await;
    spent.arrive("W1").await;
    spent.all_acked().await;
    park.until("commands where state = 'refused' and result_code = 'CMD-COUNTER-SPENT'", 2).await;
    park.check().await;
}

#[tokio::test]
async fn fifty_exits_of_an_entry_device_left_less_than_nobody_inside() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    entry.say((0..50).map(|_| passed(None, Exit, PassageKind::Passed)).collect()).await;
    let backwards = Uuid::now_v7();
    entry.say(vec![arrived(backwards, Exit, Some("W1"))]).await;
    entry.all_acked().await;
    assert_eq!((park.count("stays").await, park.inside().await), (0, 0));
    assert_eq!((park.count("arrivals").await, park.count("decisions").await), (0, 0));
    let query = |what: &str| format!("live_feed where kind = 'exception' and body->>'what' = '{what}'");
    assert_eq!(park.count(&query("wrong_way")).await, 50);
    assert_eq!(park.count(&query("arrival_in_wrong_direction")).await, 1);
    assert_eq!(park.count("audit where action = 'exception'").await, 51);
    park.check().await;
}

#[tokio::test]
async fn an_exit_of_nobody_is_told_and_the_entry_that_comes_later_is_not_counted() {
    let mut park = CarPark::open(Settings::default()).await;
    let (mut entry, mut exit) = (park.lane(Entry).await, park.lane(Exit).await);
    let (came, went) = (Uuid::now_v7(), Uuid::now_v7());
    let bodies = [arrived(came, Entry, Some("W1")), passed(Some(came), Entry, PassageKind::Passed)];
    let late: Vec<_> = bodies.into_iter().map(|body| entry.event_of_a_second_ago(body)).collect();
    exit.say(vec![arrived(went, Exit, Some("W1")), passed(Some(went), Exit, PassageKind::Passed)]).await;
    exit.all_acked().await;
    assert_eq!(park.inside().await, 0);
    let query = "live_feed where kind = 'exception' and body->>'what' = 'nobody_inside_to_leave'";
    assert_eq!(park.count(query).await, 1);
    entry.send_events(late).await;
    entry.all_acked().await;
    assert_eq!((park.inside().await, park.count("stays where state = 'closed'").await), (0, 1));
    entry.say(vec![passed(None, Entry, PassageKind::Passed)]).await;
    entry.all_acked().await;
    assert_eq!(park.inside().await, 1);
    park.check().await;
}

#[tokio::test]
async fn a_lane_answered_the_orders_and_took_the_cars_of_another() {
    let mut park = CarPark::open(Settings::default()).await;
    let (mut entry, mut liar) = (park.lane(Entry).await, park.lane(Entry).await);
    let arrival = entry.arrive("W1").await;
    let command = entry.command().await;
    let answer = CommandResult {
        command: command.id,
        counter: command.counter,
        result: Answer::Refused,
        code: None,
        params: Default::default(),
    };
    // In one transaction with the victim's own words, so that its arrival is known.
    entry.say(vec![passed(None, Entry, PassageKind::BackedOut)]).await;
    liar.say(vec![EventBody::Result(answer), passed(Some(arrival), Entry, PassageKind::Passed)]).await;
    liar.all_acked().await;
    assert_eq!(park.count("commands where state = 'sent'").await, 1);
    entry.obey(&command).await;
    entry.pass(arrival).await;
    entry.all_acked().await;
    assert_eq!(park.count("stays where state = 'open' and plate = 'W1'").await, 1);
    assert_eq!(park.count("commands where state = 'done'").await, 1);
    park.check().await;
}

/// Gives the events the numbers after `above`, as a lane does that was told so.
fn renumber(lane: &mut Lane, events: Vec<Event>, above: u64) -> Vec<Event> {
    lane.seq = above.max(lane.seq);
    let renumbered = events.into_iter().map(|event| {
        lane.seq += 1;
        Event { seq: lane.seq, was: Some(event.seq), ..event }
    });
    renumbered.collect()
}

#[tokio::test]
async fn a_renewed_store_was_acknowledged_what_nobody_had_stored() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    entry.say((0..5).map(|_| passed(None, Entry, PassageKind::Passed)).collect()).await;
    entry.all_acked().await;

    entry.renew_store();
    entry.send_default_hello().await;
    entry.wait_for_renumber(5).await;
    assert_eq!(entry.acked, 0);
    let behind = "live_feed where kind = 'exception' and body->>'what' = 'device_store_behind'";
    assert_eq!(park.count(behind).await, 1);
    assert_eq!(
        park.count("audit where action = 'device.store_behind' and detail->>'store' = 'renewed'").await,
        1
    );
    entry.send_default_hello().await;

    // Told under the old numbers all the same, they are not acknowledged, and nothing is lost.
    let bodies = [passed(None, Entry, PassageKind::Passed), passed(None, Entry, PassageKind::BackedOut)];
    let events: Vec<Event> = bodies.into_iter().map(|body| entry.event(body)).collect();
    entry.above = None;
    entry.send_events(events.clone()).await;
    entry.wait_for_renumber(5).await;
    assert_eq!((entry.acked, park.count("events").await, park.inside().await), (0, 5, 5));
    let renumbered = renumber(&mut entry, events, 5);
    entry.send_events(renumbered.clone()).await;
    entry.acked_upto(7).await;
    assert_eq!((park.count("events").await, park.inside().await), (7, 6));

    // Once more renumbered, because the receipt was lost: applied once, every number accounted for.
    let twice = renumber(&mut entry, renumbered, 7);
    entry.send_events(twice).await;
    entry.acked_upto(9).await;
    assert_eq!(park.count("events where kind = 'passage'").await, 7);
    assert_eq!((park.count("events where kind = 'renumbered'").await, park.inside().await), (2, 6));
    (entry.above, entry.acked) = (None, 9);
    entry.send_default_hello().await;
    assert_eq!(entry.above, None, "it goes on where it is");
    assert_eq!(park.count(behind).await, 1, "told once");
    park.check().await;
}

#[tokio::test]
async fn a_store_renewed_while_the_line_was_down_was_acknowledged_by_its_first_hello() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    entry.say((0..5).map(|_| passed(None, Entry, PassageKind::Passed)).collect()).await;
    entry.all_acked().await;

    // More happens under numbers from 1 on than the server has, and then the line comes back.
    entry.renew_store();
    let events: Vec<Event> = (0..9).map(|_| entry.event(passed(None, Entry, PassageKind::Passed))).collect();
    entry.send_default_hello().await;
    assert_eq!(entry.acked, 0, "none of these is stored");
    entry.send_events(events.clone()).await;
    entry.wait_for_renumber(5).await;
    assert_eq!(entry.acked, 0);
    let renumbered = renumber(&mut entry, events, 9);
    entry.send_events(renumbered).await;
    park.until("events where kind = 'passage'", 14).await;
}

#[tokio::test]
async fn an_older_copy_of_a_store_is_noticed_and_a_restart_is_not() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    entry.say((0..4).map(|_| passed(None, Entry, PassageKind::BackedOut)).collect()).await;
    entry.all_acked().await;
    let copied = "audit where action = 'device.store_behind' and detail->>'store' = 'copied'";
    for _ in 0..3 {
        entry.restart();
        // Its first event may overtake its hello.
        entry.say(vec![passed(None, Entry, PassageKind::BackedOut)]).await;
        entry.all_acked().await;
        entry.send_default_hello().await;
    }
    assert_eq!((entry.above, park.count(copied).await), (None, 0));

    entry.restart();
    (entry.seq, entry.acked) = (2, 2);
    entry.send_default_hello().await;
    entry.wait_for_renumber(7).await;
    assert_eq!((entry.acked, park.count(copied).await), (2, 1));
    park.check().await;
}

#[tokio::test]
async fn an_event_under_a_number_that_is_taken_was_acknowledged_and_lost() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    entry.say(vec![passed(None, Entry, PassageKind::Passed)]).await;
    entry.all_acked().await;
    // The store is set back under a running program: no hello says so.
    (entry.seq, entry.acked) = (0, 0);
    entry.say(vec![passed(None, Entry, PassageKind::Passed), passed(None, Entry, PassageKind::Passed)]).await;
    entry.wait_for_renumber(2).await;
    assert_eq!(entry.acked, 0);
    let behind = "live_feed where kind = 'exception' and body->>'what' = 'device_store_behind'";
    assert_eq!(park.count(behind).await, 1);
    park.check().await;
}

#[tokio::test]
async fn a_clock_an_hour_behind_left_every_car_undecided_and_nobody_was_told() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    entry.ahead_ms = -3_600_000;
    entry.send_default_hello().await;
    entry.send_default_hello().await;
    entry.arrive_and_wait("W1", "OPEN-VISITOR").await;
    entry.all_acked().await;
    let query = "live_feed where kind = 'exception' and body->>'what' = 'lane_clock'";
    assert_eq!(park.count(query).await, 1, "told once");
    assert_eq!(park.count("device_state where clock_ahead_ms between -3600999 and -3598000").await, 1);
    let of_now = "events where kind = 'arrival' and occurred_at > received_at - interval '5 seconds'";
    assert_eq!(park.count(of_now).await, 1);
    entry.ahead_ms = 20_000;
    entry.send_default_hello().await;
    entry.arrive_and_wait("W2", "OPEN-VISITOR").await;
    entry.ahead_ms = 0;
    entry.send_default_hello().await;
    let agrees = "live_feed where kind = 'notice' and body->>'what' = 'lane_clock'";
    assert_eq!((park.count(query).await, park.count(agrees).await), (1, 1));
    entry.ahead_ms = 3_000;
    entry.send_default_hello().await;
    assert_eq!((park.count(query).await, park.count(agrees).await), (1, 2));
    park.check().await;
}
