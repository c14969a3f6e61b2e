//! Hostile bytes, events that cannot be stored, and a PostgreSQL that goes away: nothing is lost, no other lane is delayed.

use std::time::Duration;

use boomgate_domain::decide::Direction::Entry;
use boomgate_ingest::Health;
use boomgate_ingest::bus::LinkBus;
use boomgate_schemas::up::{EventBody, Fault, PassageKind};
use boomgate_store::cluster::{Cluster, ClusterConfig};
use boomgate_store::testing::{TestDatabase, scratch};
use boomgate_store::{Address, devices};
use ed25519_dalek::SigningKey;
use uuid::Uuid;

use crate::car_park::{CarPark, Settings, TIMEOUT, TestRouter, now};
use crate::lane::{arrived, passed};

#[tokio::test]
async fn a_bad_signature_moves_nothing_and_burns_no_number() {
    let mut park = CarPark::open(Settings::default()).await;
    let (mut entry, other) = (park.lane(Entry).await, park.lane(Entry).await);
    let honest = entry.key.clone();
    entry.key = SigningKey::from_bytes(&[99; 32]);
    let event = entry.event(arrived(Uuid::now_v7(), Entry, Some("W1")));
    entry.send_events(vec![event.clone()]).await;
    assert!(!entry.is_acked_within(1, Duration::from_millis(500)).await);
    // An honest device on another's topic is refused as well.
    let topic = other.topic(boomgate_schemas::topic::Leaf::Up);
    entry.key = honest.clone();
    let bytes = entry.seal_events(vec![event.clone()]);
    entry.send_elsewhere(&topic, bytes).await;
    assert!(!entry.is_acked_within(1, Duration::from_millis(500)).await);
    assert_eq!((park.count("events").await, park.count("dead_letters").await), (0, 0));
    entry.send_events(vec![event]).await;
    entry.all_acked().await;
    assert_eq!(park.count("events").await, 1);
    park.check().await;
}

#[tokio::test]
async fn what_nobody_can_decode_is_rejected_kept_and_told_again() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    let garbage = entry.raw(vec![0xa1, 0x61, 0x78, 0x01], (1, 1));
    entry.seq = 1;
    entry.send(garbage.clone()).await;
    entry.all_acked().await;
    assert_eq!(entry.rejected, [(1, "REJECT-MALFORMED".to_owned())]);
    // The lane did not receive it and asks again.
    (entry.acked, entry.rejected) = (0, Vec::new());
    entry.send(garbage).await;
    entry.acked_upto(1).await;
    assert_eq!(entry.rejected, [(1, "REJECT-MALFORMED".to_owned())]);
    entry.arrive_and_wait("W1", "OPEN-VISITOR").await;
    assert_eq!(park.count("dead_letters where first_seq = 1").await, 1);
    park.check().await;
}

#[tokio::test]
async fn poison_stops_nobody_else() {
    let mut park = CarPark::open(Settings::default()).await;
    let (mut entry, mut other) = (park.lane(Entry).await, park.lane(Entry).await);
    // A zero byte is fine in CBOR text and refused by PostgreSQL.
    let poison = Fault { code: "FAULT-\0".into(), params: Default::default(), raised: true };
    let arrival = Uuid::now_v7();
    entry
        .say(vec![
            arrived(arrival, Entry, Some("W1")),
            EventBody::Fault(poison),
            passed(Some(arrival), Entry, PassageKind::Passed),
        ])
        .await;
    let bystander = other.arrive("W2").await;
    assert_eq!(other.command().await.arrival, Some(bystander));
    entry.all_acked().await;
    assert_eq!(entry.rejected, [(2, "REJECT-POISON".to_owned())]);
    assert_eq!(park.count("stays where state = 'open' and plate = 'W1'").await, 1);
    assert_eq!(park.count("dead_letters").await, 1);
    park.check().await;
}

#[tokio::test]
async fn a_revoked_device_is_not_heard_any_more() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    entry.arrive_and_wait("W1", "OPEN-VISITOR").await;
    entry.all_acked().await;
    let client = park.database.pool.get().await.unwrap();
    let row = &devices::all_live(&client).await.unwrap()[0];
    devices::revoke(&client, park.site, row.id, now()).await.unwrap();
    devices::changed(&client, &row.code.parse().unwrap()).await.unwrap();
    // The notification needs a moment; what comes after it is not acknowledged.
    let begun = std::time::Instant::now();
    loop {
        entry.arrive("W2").await;
        let seq = entry.seq;
        if !entry.is_acked_within(seq, Duration::from_millis(700)).await {
            break;
        }
        assert!(begun.elapsed() < TIMEOUT, "a revoked device is still acknowledged");
    }
}

#[tokio::test]
async fn ingest_killed_in_the_middle_loses_nothing_that_was_acknowledged() {
    let router = TestRouter::start();
    let mut park = CarPark::build(Settings::default(), router.clone()).await;
    let link = |name: &str| (router.0)(name);
    let (tx, rx) = link("@ingest-0");
    park.start(LinkBus::subscribe(tx, rx).await.unwrap());
    let mut entry = park.lane(Entry).await;
    let mut sent = Vec::new();
    for round in 0..5 {
        for car in 0..20 {
            let arrival = Uuid::now_v7();
            let plate = format!("W{round}{car}");
            let bodies =
                [arrived(arrival, Entry, Some(&plate)), passed(Some(arrival), Entry, PassageKind::Passed)];
            let events = bodies.map(|body| entry.event(body)).to_vec();
            let bytes = entry.seal_events(events);
            entry.send(bytes.clone()).await;
            sent.push(bytes);
        }
        park.kill_ingest().await;
        let (tx, rx) = link(&format!("@ingest-{}", round + 1));
        park.start(LinkBus::subscribe(tx, rx).await.unwrap());
    }
    for bytes in sent {
        entry.send(bytes).await;
    }
    entry.all_acked().await;
    assert_eq!((park.count("events").await, park.count("stays").await, park.inside().await), (200, 100, 100));
    park.check().await;
}

/// A PostgreSQL of this test alone, that may be harmed.
#[tokio::test]
async fn postgresql_goes_away_and_comes_back_without_a_hand() {
    let dir = scratch();
    let config = ClusterConfig { durable: false, ..ClusterConfig::new(&dir) };
    let mut cluster = Cluster::start(config.clone()).await.unwrap();
    let own = Address::of_cluster(&cluster);
    let database = TestDatabase::of(own.clone(), own.prepare(8).await.unwrap());
    let router = TestRouter::start();
    let (tx, rx) = (router.0)("@ingest");
    let mut park = CarPark::build_in(database, Settings::default(), router).await;
    park.start(LinkBus::subscribe(tx, rx).await.unwrap());
    let mut entry = park.lane(Entry).await;
    let before = entry.arrive_and_wait("W1", "OPEN-VISITOR").await;
    entry.all_acked().await;

    cluster.stop().unwrap();
    entry.pass(before).await;
    let seq = entry.seq;
    assert!(!entry.is_acked_within(seq, Duration::from_secs(2)).await, "acknowledged without a database");
    let mut health = park.health.clone();
    tokio::time::timeout(TIMEOUT, health.wait_for(|health| matches!(health, Health::Degraded { .. })))
        .await
        .unwrap()
        .unwrap();

    cluster = Cluster::start(config).await.unwrap();
    entry.all_acked().await;
    tokio::time::timeout(TIMEOUT, health.wait_for(|health| *health == Health::Working))
        .await
        .unwrap()
        .unwrap();
    entry.arrive_and_wait("W2", "OPEN-VISITOR").await;
    entry.all_acked().await;
    assert_eq!(park.count("stays where state = 'open' and plate = 'W1'").await, 1);
    park.check().await;
    park.kill_ingest().await;
    drop(park);
    cluster.stop().unwrap();
    std::fs::remove_dir_all(dir).unwrap();
}
