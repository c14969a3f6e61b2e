//! Faults of a lane and what must not be missed become alarms, once for each cause, and end with it.

use boomgate_domain::decide::Direction::{Entry, Exit};
use boomgate_schemas::up::{EventBody, Fault, Gap, PassageKind};
use uuid::Uuid;

use crate::car_park::{CarPark, Settings};
use crate::lane::{Lane, arrived, passed};

fn fault(code: &str, params: &[(&str, &str)], raised: bool) -> EventBody {
    let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    EventBody::Fault(Fault { code: code.into(), params, raised })
}

fn stuck(position: &str, raised: bool) -> EventBody {
    fault("FAULT-LOOP", &[("position", position), ("fault", "stuck")], raised)
}

/// Kind, subject, how often, whether it is closed: in the order they were raised.
async fn alarms(park: &CarPark) -> Vec<(String, String, i32, bool)> {
    let client = park.database.pool.get().await.unwrap();
    let sql = "select kind, subject, times, closed_at is not null from alarms order by id";
    let rows = client.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect()
}

fn alarm(kind: &str, subject: &str, times: i32, closed: bool) -> (String, String, i32, bool) {
    (kind.into(), subject.into(), times, closed)
}

async fn say(lane: &mut Lane, bodies: Vec<EventBody>) {
    lane.say(bodies).await;
    lane.all_acked().await;
}

#[tokio::test]
async fn a_fault_raises_one_alarm_while_it_lasts_and_closes_it_when_it_is_over() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    say(&mut entry, vec![stuck("safety", true)]).await;
    // The lane restarted and says it again; the other loop is another cause.
    say(&mut entry, vec![stuck("safety", true), stuck("arming", true)]).await;
    let open = [alarm("loop_stuck", "safety", 2, false), alarm("loop_stuck", "arming", 1, false)];
    assert_eq!(alarms(&park).await, open);
    say(&mut entry, vec![stuck("safety", false)]).await;
    let one_closed = [alarm("loop_stuck", "safety", 2, true), alarm("loop_stuck", "arming", 1, false)];
    assert_eq!(alarms(&park).await, one_closed);
    // After its end the same cause is a new alarm.
    say(&mut entry, vec![stuck("safety", true)]).await;
    assert_eq!(alarms(&park).await[2], alarm("loop_stuck", "safety", 1, false));
    assert_eq!(park.count("live_feed where kind = 'alarm' and body ->> 'state' = 'open'").await, 3);
    assert_eq!(park.count("live_feed where kind = 'alarm' and body ->> 'state' = 'closed'").await, 1);
    park.check().await;
}

#[tokio::test]
async fn a_fault_that_comes_and_goes_within_one_message_leaves_closed_alarms() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    let held = |raised| fault("FAULT-HELD-TOO-LONG", &[("seconds", "300")], raised);
    say(&mut entry, vec![held(true), held(true), held(false), held(true), held(false)]).await;
    let both = [alarm("boom_up_too_long", "", 2, true), alarm("boom_up_too_long", "", 1, true)];
    assert_eq!(alarms(&park).await, both);
    // The end of what never began is nothing.
    say(&mut entry, vec![held(false)]).await;
    assert_eq!(alarms(&park).await, both);
    park.check().await;
}

#[tokio::test]
async fn unmatched_exits_are_counted_and_a_gap_is_raised() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut exit = park.lane(Exit).await;
    for plate in ["W1", "W2"] {
        let car = Uuid::now_v7();
        let out = passed(Some(car), Exit, PassageKind::Passed);
        say(&mut exit, vec![arrived(car, Exit, Some(plate)), out]).await;
    }
    exit.seq += 3;
    let (first, last) = (exit.seq - 2, exit.seq);
    say(&mut exit, vec![EventBody::Gap(Gap { first, last, reason: "crash".into() })]).await;
    let found = [alarm("unmatched_exits", "", 2, false), alarm("events_gap", "", 1, false)];
    assert_eq!(alarms(&park).await, found);
    park.check().await;
}

#[tokio::test]
async fn two_lanes_with_the_same_fault_are_two_alarms() {
    let mut park = CarPark::open(Settings::default()).await;
    let (mut entry, mut exit) = (park.lane(Entry).await, park.lane(Exit).await);
    say(&mut entry, vec![fault("FAULT-FIRE", &[], true)]).await;
    say(&mut exit, vec![fault("FAULT-FIRE", &[], true)]).await;
    assert_eq!(alarms(&park).await, [alarm("fire", "", 1, false), alarm("fire", "", 1, false)]);
    say(&mut entry, vec![fault("FAULT-FIRE", &[], false)]).await;
    assert_eq!(park.count("alarms where closed_at is null").await, 1);
    park.check().await;
}
