//! Messages come twice, late, and in any order; the stays come out the same.

use std::time::Duration;

use boomgate_domain::decide::Direction::{Entry, Exit};
use boomgate_schemas::up::{EventBody, Gap, PassageKind};
use uuid::Uuid;

use crate::car_park::{CarPark, Settings};
use crate::lane::{VIEW, arrived, passed};

#[tokio::test]
async fn a_heartbeat_keeps_how_well_the_camera_sees() {
    let mut park = CarPark::open(Settings::default()).await;
    park.lane(Entry).await.send_default_hello().await;
    let seen = format!(
        "device_state where hello -> 'view' ->> 'advice' = '{VIEW}' and hello -> 'view' ->> 'score' = '62'"
    );
    assert_eq!(park.count(&seen).await, 1);
}

#[tokio::test]
async fn a_duplicate_changes_nothing_and_is_acknowledged_again() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    let arrival = Uuid::now_v7();
    let first = entry.event(arrived(arrival, Entry, Some("W1")));
    let second = entry.event(passed(Some(arrival), Entry, PassageKind::Passed));
    let (one, other) = (entry.seal_events(vec![first.clone()]), entry.seal_events(vec![second.clone()]));
    for bytes in [&one, &other, &one, &other, &one] {
        entry.send(bytes.clone()).await;
    }
    entry.all_acked().await;
    entry.acked = 0;
    entry.send(one).await;
    entry.acked_upto(2).await;
    // The same events inside another message, too.
    entry.send_events(vec![first, second]).await;
    entry.say(vec![passed(None, Entry, PassageKind::BackedOut)]).await;
    entry.all_acked().await;
    assert_eq!((park.count("events").await, park.count("stays").await, park.inside().await), (3, 1, 1));
    assert_eq!((park.count("decisions").await, park.count("commands").await), (1, 1));
    park.check().await;
}

#[tokio::test]
async fn a_reordered_passage_waits_for_the_arrival_that_explains_it() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    let arrival = Uuid::now_v7();
    let first = entry.event(arrived(arrival, Entry, Some("W1")));
    let second = entry.event(passed(Some(arrival), Entry, PassageKind::Passed));
    entry.send_events(vec![second]).await;
    assert!(!entry.is_acked_within(1, Duration::from_millis(300)).await);
    entry.send_events(vec![first]).await;
    entry.all_acked().await;
    assert_eq!(park.count("stays where state = 'open' and plate = 'W1'").await, 1);
    assert_eq!((park.count("decisions").await, park.count("arrivals").await, park.inside().await), (1, 0, 1));
    park.check().await;
}

#[tokio::test]
async fn an_arrival_told_long_after_its_passage_names_the_stay() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    let arrival = Uuid::now_v7();
    let first = entry.event(arrived(arrival, Entry, Some("W1")));
    let second = entry.event(passed(Some(arrival), Entry, PassageKind::Passed));
    entry.send_events(vec![second]).await;
    park.until("stays where state = 'open' and plate is null", 1).await;
    assert_eq!(entry.acked, 0, "a hole is never acknowledged");
    entry.send_events(vec![first]).await;
    entry.all_acked().await;
    assert_eq!(park.count("stays where state = 'open' and plate = 'W1'").await, 1);
    assert_eq!((park.count("stays").await, park.count("arrivals").await, park.inside().await), (1, 0, 1));
    park.check().await;
}

#[tokio::test]
async fn an_exit_told_before_its_entry_ends_as_one_closed_stay() {
    let mut park = CarPark::open(Settings::default()).await;
    let (mut entry, mut exit) = (park.lane(Entry).await, park.lane(Exit).await);
    let (came, went) = (Uuid::now_v7(), Uuid::now_v7());
    let late_events: Vec<_> =
        [arrived(came, Entry, Some("W1")), passed(Some(came), Entry, PassageKind::Passed)]
            .into_iter()
            .map(|body| entry.event_of_a_second_ago(body))
            .collect();
    exit.say(vec![arrived(went, Exit, Some("W1")), passed(Some(went), Exit, PassageKind::Passed)]).await;
    exit.all_acked().await;
    assert_eq!(park.count("stays where state = 'exit_only'").await, 1);
    entry.send_events(late_events).await;
    entry.all_acked().await;
    assert_eq!(park.count("stays where state = 'closed' and entered_at < exited_at").await, 1);
    assert_eq!((park.count("stays").await, park.inside().await), (1, 0));
    park.check().await;
}

#[tokio::test]
async fn a_declared_gap_is_no_hole() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    entry.seq = 40;
    entry.say(vec![EventBody::Gap(Gap { first: 1, last: 40, reason: "crash".into() })]).await;
    entry.all_acked().await;
    assert_eq!(park.count("inbox").await, 0);
    assert_eq!(park.count("live_feed where body->>'what' = 'gap'").await, 1);
    park.check().await;
}

#[tokio::test]
async fn a_live_arrival_is_decided_while_the_backlog_is_still_missing() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    entry.seq = 500;
    let arrival = entry.arrive("W1").await;
    let command = entry
        .command_within(Duration::from_millis(1200))
        .await
        .expect("decided before anybody's patience ends");
    assert_eq!(command.arrival, Some(arrival));
    assert_eq!(entry.acked, 0);
    park.check().await;
}
