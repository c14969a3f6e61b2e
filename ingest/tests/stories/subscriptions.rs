//! Subscriptions with terms, decided on: places, entries of a month, pauses, lanes; passback reset; blocks and their alarms.

use boomgate_domain::decide::Direction::{Entry, Exit};
use jiff::Timestamp;
use uuid::Uuid;

use crate::car_park::{CarPark, Settings};
use crate::lane::{Lane, arrived};

impl CarPark {
    async fn run(&self, sql: &str) {
        let client = self.database.pool.get().await.unwrap();
        client.batch_execute(sql).await.unwrap();
    }

    /// A subscription of several plates with these columns, as `places = 1, outside_terms = 'refuse'`.
    async fn pool(&self, plates: &[&str], columns: &str) {
        self.subscribe(plates[0]).await;
        for plate in &plates[1..] {
            self.run(&format!(
                "insert into subscription_plates (site_id, id, subscription_id, plate)
                 select site_id, gen_random_uuid(), id, '{plate}' from subscriptions order by id desc limit 1"
            ))
            .await;
        }
        self.run(&format!("update subscriptions set {columns} where id = (select id from subscriptions order by id desc limit 1)"))
            .await;
    }

    async fn code(&self, lane: &mut Lane, plate: &str) -> String {
        let arrival = lane.arrive(plate).await;
        lane.all_acked().await;
        let client = self.database.pool.get().await.unwrap();
        let sql = "select code from decisions where arrival_id = $1 order by id desc limit 1";
        client.query_one(sql, &[&arrival]).await.unwrap().get(0)
    }
}

#[tokio::test]
async fn the_car_beyond_the_places_is_a_visitor_or_refused_until_one_leaves() {
    let mut park = CarPark::open(Settings { tariff: true, ..Settings::default() }).await;
    let (mut entry, mut exit) = (park.lane(Entry).await, park.lane(Exit).await);
    park.pool(&["A1", "A2", "A3"], "places = 1").await;
    let first = entry.arrive("A1").await;
    assert_eq!(park.code(&mut entry, "A2").await, "OPEN-VISITOR", "the first one is on its way in");
    entry.pass(first).await;
    entry.all_acked().await;
    assert_eq!(park.code(&mut entry, "A3").await, "OPEN-VISITOR");
    park.run("update subscriptions set outside_terms = 'refuse'").await;
    assert_eq!(park.code(&mut entry, "A3").await, "DENY-POOL-FULL");
    park.run("update subscriptions set outside_terms = null; insert into access_settings (site_id, outside_terms) select id, 'refuse' from sites")
        .await;
    assert_eq!(park.code(&mut entry, "A3").await, "DENY-POOL-FULL", "as the site says");

    let out = exit.arrive("A1").await;
    exit.pass(out).await;
    exit.all_acked().await;
    assert_eq!(
        park.count("stays where plate = 'A1' and state = 'closed' and exit_code = 'OPEN-SUBSCRIPTION'").await,
        1
    );
    assert_eq!(park.code(&mut entry, "A3").await, "OPEN-SUBSCRIPTION");
    park.check().await;
}

#[tokio::test]
async fn who_came_in_as_a_visitor_of_a_full_pool_pays_at_the_exit() {
    let mut park = CarPark::open(Settings { tariff: true, ..Settings::default() }).await;
    let (mut entry, mut exit) = (park.lane(Entry).await, park.lane(Exit).await);
    park.pool(&["A1", "A2"], "places = 1").await;
    for plate in ["A1", "A2"] {
        let arrival = entry.arrive(plate).await;
        entry.pass(arrival).await;
        entry.all_acked().await;
    }
    park.run("update stays set entered_at = now() - interval '90 minutes'").await;
    assert_eq!(park.code(&mut exit, "A2").await, "CHARGE-DUE");
    assert_eq!(park.code(&mut exit, "A1").await, "OPEN-SUBSCRIPTION");
    park.check().await;
}

#[tokio::test]
async fn two_cars_of_one_batch_do_not_share_the_last_place() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    park.pool(&["A1", "A2"], "places = 1").await;
    let car = |plate| arrived(Uuid::now_v7(), Entry, Some(plate));
    entry.say(vec![car("A1"), car("A2")]).await;
    park.until("decisions", 2).await;
    assert_eq!(park.count("decisions where code = 'OPEN-SUBSCRIPTION'").await, 1);
    assert_eq!(park.count("decisions where code = 'OPEN-VISITOR'").await, 1);
    park.check().await;
}

#[tokio::test]
async fn entries_of_a_month_are_counted_by_the_calendar_of_the_site() {
    let mut park = CarPark::open(Settings::default()).await;
    let (mut entry, mut exit) = (park.lane(Entry).await, park.lane(Exit).await);
    park.pool(&["A1"], "uses_per_month = 2, outside_terms = 'refuse'").await;
    park.run("update subscription_plates set added_at = now() - interval '90 days'").await;
    for _ in 0..2 {
        for lane in [&mut entry, &mut exit] {
            let arrival = lane.arrive("A1").await;
            lane.pass(arrival).await;
            lane.all_acked().await;
        }
    }
    assert_eq!(park.code(&mut entry, "A1").await, "DENY-USED-UP");
    // What was used in the month before is no matter; a plate that was changed keeps what it used.
    park.run("update stays set entered_at = entered_at - interval '40 days', exited_at = exited_at - interval '40 days'").await;
    assert_eq!(park.code(&mut entry, "A1").await, "OPEN-SUBSCRIPTION");
    park.check().await;
}

#[tokio::test]
async fn pauses_times_lanes_and_ends_count_from_the_next_decision_on() {
    let mut park = CarPark::open(Settings::default()).await;
    let (mut entry, mut other) = (park.lane(Entry).await, park.lane(Entry).await);
    park.pool(&["A1"], "outside_terms = 'refuse'").await;
    assert_eq!(park.code(&mut entry, "A1").await, "OPEN-SUBSCRIPTION");
    park.run("update subscriptions set paused_from = now() - interval '1 minute'").await;
    assert_eq!(park.code(&mut entry, "A1").await, "DENY-PAUSED");
    park.run("update subscriptions set paused_until = now() - interval '1 second'").await;
    assert_eq!(park.code(&mut entry, "A1").await, "OPEN-SUBSCRIPTION");
    let lane = other.id.as_uuid();
    park.run(&format!("update subscriptions set lanes = array['{lane}'::uuid]")).await;
    assert_eq!(park.code(&mut entry, "A1").await, "DENY-OTHER-LANE");
    assert_eq!(park.code(&mut other, "A1").await, "OPEN-SUBSCRIPTION");
    // A window of a day that is not today, nor yesterday.
    let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).weekday().to_monday_zero_offset();
    let days = 1 << ((today + 3) % 7);
    let windows = format!("[{{\"days\": {days}, \"from_minute\": 0, \"to_minute\": 1440}}]");
    park.run(&format!("update subscriptions set lanes = '{{}}', windows = '{windows}'")).await;
    assert_eq!(park.code(&mut entry, "A1").await, "DENY-OTHER-TIME");
    park.run("update subscriptions set ended_at = now()").await;
    assert_eq!(park.code(&mut entry, "A1").await, "OPEN-VISITOR", "one that is over refuses nobody");
    park.check().await;
}

#[tokio::test]
async fn a_plate_that_was_removed_is_a_visitors_and_its_place_stays_taken_until_it_leaves() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    park.pool(&["A1", "A2"], "places = 1, outside_terms = 'refuse'").await;
    let arrival = entry.arrive("A1").await;
    entry.pass(arrival).await;
    entry.all_acked().await;
    park.run("update subscription_plates set removed_at = now() where plate = 'A1'").await;
    assert_eq!(park.code(&mut entry, "A2").await, "DENY-POOL-FULL");
    park.run("update stays set state = 'closed', exited_at = now()").await;
    assert_eq!(park.code(&mut entry, "A2").await, "OPEN-SUBSCRIPTION");
    assert_eq!(park.code(&mut entry, "A1").await, "OPEN-VISITOR");
    park.check().await;
}

#[tokio::test]
async fn after_a_reset_a_plate_inside_comes_in_once_more_and_no_more() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    let arrival = entry.arrive("W1").await;
    entry.pass(arrival).await;
    entry.all_acked().await;
    assert_eq!(park.code(&mut entry, "W1").await, "DENY-PASSBACK");
    park.run("insert into passback_resets (site_id, id, stay_id, reset_at, reason) select site_id, gen_random_uuid(), id, now(), 'x' from stays")
        .await;
    let again = entry.arrive("W1").await;
    entry.pass(again).await;
    entry.all_acked().await;
    assert_eq!(park.count("stays where plate = 'W1' and state = 'open'").await, 1);
    assert_eq!(park.count("stays where plate = 'W1' and state = 'voided'").await, 1);
    assert_eq!(park.code(&mut entry, "W1").await, "DENY-PASSBACK", "the reset was for the stay before");
    // For everybody who is inside now.
    park.run("insert into passback_resets (site_id, id, reset_at, reason) select id, gen_random_uuid(), now() + interval '1 second', 'x' from sites")
        .await;
    assert_eq!(park.code(&mut entry, "W1").await, "OPEN-VISITOR");
    park.check().await;
}

#[tokio::test]
async fn a_blocked_car_that_comes_raises_one_alarm_and_a_lifted_block_stops_nobody() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    park.block("WPI1234").await;
    assert_eq!(park.code(&mut entry, "WP11234").await, "DENY-BLOCKLISTED");
    assert_eq!(park.code(&mut entry, "WPI1234").await, "DENY-BLOCKLISTED");
    let alarms =
        "alarms a join blocklist b on a.params ->> 'block' = b.id::text where a.kind = 'blocked_plate'";
    assert_eq!(park.count(alarms).await, 1);
    assert_eq!(park.count("alarms where times = 2").await, 1, "counted while it is open");
    park.run("update blocklist set lifted_at = now(), lift_reason = 'paid'").await;
    assert_eq!(park.code(&mut entry, "WPI1234").await, "OPEN-VISITOR");
    park.check().await;
}
