//! What lanes are for: told at once, told again until the lane knows it, and obeyed by the server's decisions.

use std::time::Duration;

use boomgate_domain::decide::Direction::{Entry, Exit};
use boomgate_domain::lane_mode::LaneMode;
use boomgate_schemas::down::WantedMode;
use boomgate_schemas::up::{PassageKind, ReportedMode};
use boomgate_store::lane_modes::{self, NewMode};
use boomgate_store::sites;
use jiff::Timestamp;

use crate::car_park::{CarPark, Settings, TIMEOUT, now};
use crate::lane::{Lane, passed};

async fn wish(park: &CarPark, lane: &Lane, mode: LaneMode, until: Option<Timestamp>) {
    let mut client = park.database.pool.get().await.unwrap();
    let tx = client.transaction().await.unwrap();
    sites::lock(&tx, park.site).await.unwrap();
    let new = NewMode { mode, reason: Some("concert".into()), until, at: now(), by: Some(park.operator) };
    lane_modes::set(&tx, park.site, &[lane.id.as_uuid()], &new).await.unwrap();
    tx.commit().await.unwrap();
}

fn says(version: u64, mode: &str) -> Option<ReportedMode> {
    Some(ReportedMode { version, mode: mode.into() })
}

/// Waits for the wish of this version.
async fn told(lane: &mut Lane, version: u64) -> WantedMode {
    let deadline = std::time::Instant::now() + TIMEOUT;
    loop {
        if let Some(wanted) = lane.wanted.clone().filter(|wanted| wanted.version == version) {
            return wanted;
        }
        assert!(std::time::Instant::now() < deadline, "told {:?}, not {version}", lane.wanted);
        lane.listen(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_lane_is_told_at_once_and_in_the_answer_to_every_hello_until_it_knows() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    entry.mode = says(0, "open");
    entry.hello().await;
    assert_eq!(entry.wanted, None, "it knows what there is to know");
    let until = Timestamp::from_millisecond(now().as_millisecond() + 60_000).unwrap();
    wish(&park, &entry, LaneMode::Full, Some(until)).await;
    let wanted = told(&mut entry, 1).await;
    assert_eq!((&*wanted.mode, wanted.until_ms), ("full", Some(until.as_millisecond())));
    assert_eq!(entry.acked, 0, "it says nothing about events");
    // That message was lost: the next hello brings it again, and so does the one after.
    for _ in 0..2 {
        entry.wanted = None;
        entry.hello().await;
        assert_eq!(told(&mut entry, 1).await, wanted);
    }
    (entry.mode, entry.wanted) = (says(1, "full"), None);
    entry.hello().await;
    assert_eq!(entry.wanted, None);
    let reported = "live_feed where kind = 'mode' and body ->> 'reported' = 'full'";
    park.until(reported, 1).await;
    entry.hello().await;
    assert_eq!(park.count(reported).await, 1, "screens are told once");
    park.check().await;
}

#[tokio::test]
async fn a_lane_that_knows_a_newer_wish_than_a_restored_database_is_told_the_databases() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    wish(&park, &entry, LaneMode::Closed, None).await;
    told(&mut entry, 1).await;
    entry.mode = says(7, "free_flow");
    entry.hello().await;
    assert_eq!(told(&mut entry, 8).await.mode, "closed");
    // A wish of the same number that was another one.
    (entry.mode, entry.wanted) = (says(8, "maintenance"), None);
    entry.hello().await;
    assert_eq!(told(&mut entry, 9).await.mode, "closed");
    // One that ends about now may be over at the lane.
    let soon = Timestamp::from_millisecond(now().as_millisecond() + 5_000).unwrap();
    wish(&park, &entry, LaneMode::Full, Some(soon)).await;
    told(&mut entry, 10).await;
    (entry.mode, entry.wanted) = (says(10, "open"), None);
    entry.hello().await;
    assert_eq!(entry.wanted, None);
    park.check().await;
}

#[tokio::test]
async fn a_lane_of_before_the_modes_is_asked_nothing() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    wish(&park, &entry, LaneMode::Full, None).await;
    told(&mut entry, 1).await;
    entry.wanted = None;
    entry.hello().await;
    assert_eq!(entry.wanted, None);
    park.check().await;
}

#[tokio::test]
async fn the_server_decides_by_the_mode_of_the_lane_the_car_stands_at() {
    let mut park = CarPark::open(Settings { tariff: true, ..Settings::default() }).await;
    let (mut entry, mut other, mut exit) =
        (park.lane(Entry).await, park.lane(Entry).await, park.lane(Exit).await);
    park.subscribe("SUB1").await;
    wish(&park, &entry, LaneMode::Full, None).await;
    entry.arrive_and_wait("W1", "DENY-FULL").await;
    entry.arrive_and_wait("SUB1", "OPEN-SUBSCRIPTION").await;
    other.arrive_and_wait("W2", "OPEN-VISITOR").await;
    wish(&park, &entry, LaneMode::ClosedToAll, None).await;
    entry.arrive_and_wait("SUB2", "DENY-CLOSED-TO-ALL").await;
    // In free flow a car leaves without paying and without an exception: people wished it.
    let car = other.arrive_and_wait("W3", "OPEN-VISITOR").await;
    other.say(vec![passed(Some(car), Entry, PassageKind::Passed)]).await;
    other.all_acked().await;
    wish(&park, &exit, LaneMode::FreeFlow, None).await;
    let car = exit.arrive_and_wait("W3", "OPEN-FREE-FLOW").await;
    exit.say(vec![passed(Some(car), Exit, PassageKind::Passed)]).await;
    exit.all_acked().await;
    assert_eq!(park.count("stays where state = 'closed' and exit_code = 'OPEN-FREE-FLOW'").await, 1);
    assert_eq!(park.count("live_feed where kind = 'exception'").await, 0);
    park.check().await;
}
