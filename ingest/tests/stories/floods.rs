//! One device at full malice: its neighbours are served, and what it leaves behind is bounded.

use std::time::{Duration, Instant};

use boomgate_domain::decide::Direction::Entry;
use boomgate_schemas::up::{EventBody, Fault, PassageKind};

use crate::car_park::{CarPark, Settings};
use crate::lane::{Lane, passed};

/// The slowest of some decisions for cars of this lane.
async fn slowest_decision(lane: &mut Lane, cars: u32) -> Duration {
    let mut slowest = Duration::ZERO;
    for car in 0..cars {
        let begun = Instant::now();
        lane.arrive(&format!("W{car}Q")).await;
        let command = lane.command().await;
        slowest = slowest.max(begun.elapsed());
        lane.obey(&command).await;
    }
    lane.all_acked().await;
    slowest
}

#[tokio::test]
async fn holes_without_end_blocked_the_site_and_were_kept_as_rows_without_end() {
    let mut park = CarPark::open(Settings::default()).await;
    let (mut flood, mut quiet) = (park.lane(Entry).await, park.lane(Entry).await);
    // Again and again, for what waits for something before it is kept back in small numbers only.
    let mut events: Vec<_> =
        (0..700).map(|_| flood.event(passed(None, Entry, PassageKind::BackedOut))).collect();
    for (place, event) in events.iter_mut().enumerate() {
        event.seq = 2 * (u64::try_from(place).unwrap() + 1);
    }
    let begun = Instant::now();
    while park.count("inbox").await < 256 {
        for event in events.iter().filter(|event| event.seq <= 600) {
            flood.send_events(vec![event.clone()]).await;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "only {} ranges", park.count("inbox").await);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    for event in &events {
        flood.send_events(vec![event.clone()]).await;
    }
    let slowest = slowest_decision(&mut quiet, 5).await;
    assert!(slowest < Duration::from_secs(1), "a neighbour waited {slowest:?}");
    assert_eq!(park.count("inbox").await, 256);
    // What was not stored is not acknowledged, and told again it is taken once there is room.
    assert_eq!(flood.acked, 0);
    flood.seq = 0;
    let missing = flood.event(passed(None, Entry, PassageKind::BackedOut));
    flood.send_events(vec![missing]).await;
    flood.acked_upto(2).await;
    park.check().await;
}

#[tokio::test]
async fn garbage_without_end_was_kept_without_end() {
    let mut park = CarPark::open(Settings::default()).await;
    let (mut flood, mut quiet) = (park.lane(Entry).await, park.lane(Entry).await);
    for _ in 0..3000 {
        flood.seq += 1;
        let garbage = flood.raw(vec![0xa1, 0x61, 0x78, 0x01], (flood.seq, flood.seq));
        flood.send(garbage).await;
    }
    let slowest = slowest_decision(&mut quiet, 5).await;
    assert!(slowest < Duration::from_secs(1), "a neighbour waited {slowest:?}");
    let letters = park.count("dead_letters").await;
    assert!((1..100).contains(&letters), "{letters} dead letters");
    park.until("live_feed where kind = 'exception' and body->>'what' = 'device_floods'", 1).await;
    park.check().await;
}

#[tokio::test]
async fn large_duplicates_without_end_delayed_the_neighbours() {
    let mut park = CarPark::open(Settings::default()).await;
    let (mut flood, mut quiet) = (park.lane(Entry).await, park.lane(Entry).await);
    let quietly = slowest_decision(&mut quiet, 10).await;
    let wide =
        |_| EventBody::Fault(Fault { code: "F".repeat(800), params: Default::default(), raised: true });
    let events = (0..64).map(wide).map(|body| flood.event(body)).collect();
    let bytes = flood.seal_events(events);
    assert!(bytes.len() > 50_000);
    for _ in 0..1000 {
        flood.send(bytes.clone()).await;
    }
    let slowest = slowest_decision(&mut quiet, 10).await;
    let allowed = Duration::from_millis(500).max(quietly * 3);
    assert!(slowest < allowed, "a neighbour waited {slowest:?}, {quietly:?} when it was quiet");
    assert_eq!(park.count("events where kind = 'fault'").await, 64);
    park.check().await;
}

#[tokio::test]
async fn hellos_without_end_kept_others_from_being_heard() {
    let mut park = CarPark::open(Settings::default()).await;
    let (mut flood, mut quiet) = (park.lane(Entry).await, park.lane(Entry).await);
    for _ in 0..3000 {
        flood.hello().await;
    }
    let begun = Instant::now();
    quiet.send_default_hello().await;
    assert!(begun.elapsed() < Duration::from_secs(1), "heard after {:?}", begun.elapsed());
    park.check().await;
}
