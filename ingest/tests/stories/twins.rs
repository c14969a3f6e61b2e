//! Plates that differ in 0 for O or 1 for I only: blocks hold for all of them, rights for one, exits find each other.

use boomgate_domain::decide::Direction::{Entry, Exit};

use crate::car_park::{CarPark, Settings};
use crate::lane::Lane;

async fn drives_through(lane: &mut Lane, plate: &str, code: &str) {
    let arrival = lane.arrive_and_wait(plate, code).await;
    lane.pass(arrival).await;
    lane.all_acked().await;
}

/// As if everybody inside had come half an hour ago.
async fn half_an_hour_later(park: &CarPark) {
    let client = park.database.pool.get().await.unwrap();
    client.execute("update stays set entered_at = entered_at - interval '30 minutes'", &[]).await.unwrap();
}

const OPEN: &str = "stays where state = 'open' and plate";
const CLOSED: &str = "stays where state = 'closed' and plate";

#[tokio::test]
async fn a_blocked_1abc123_was_let_in_as_iabc123() {
    let mut park = CarPark::open(Settings::default()).await;
    park.block("1ABC123").await;
    park.subscribe("IABC123").await;
    let (mut entry, mut exit) = (park.lane(Entry).await, park.lane(Exit).await);
    entry.arrive_and_wait("IABC123", "DENY-BLOCKLISTED").await;
    entry.arrive_and_wait("1ABC123", "DENY-BLOCKLISTED").await;
    entry.arrive_and_wait("7ABC123", "OPEN-VISITOR").await;
    exit.arrive_and_wait("IABC123", "DENY-BLOCKLISTED").await;
    entry.all_acked().await;
    exit.all_acked().await;
    park.check().await;
}

#[tokio::test]
async fn how_a_blocked_plate_was_written_was_not_shown() {
    let mut park = CarPark::open(Settings::default()).await;
    park.block("1-abc-123").await;
    park.subscribe("bö-ab 123").await;
    let mut entry = park.lane(Entry).await;
    entry.arrive_and_wait("IABC123", "DENY-BLOCKLISTED").await;
    entry.arrive_and_wait("BOAB123", "OPEN-SUBSCRIPTION").await;
    entry.all_acked().await;
    for (plate, written) in [("IABC123", "1-abc-123"), ("BOAB123", "bö-ab 123")] {
        let query =
            format!("kind = 'decision' and body->>'plate' = '{plate}' and body->>'listed_as' = '{written}'");
        assert_eq!(park.count(&format!("live_feed where {query}")).await, 1, "{plate}");
    }
    assert_eq!(
        park.count("subscription_plates where plate = 'BOAB123' and plate_typed = 'bö-ab 123'").await,
        1
    );
    park.check().await;
}

#[tokio::test]
async fn a_block_that_is_over_does_not_hide_the_one_of_a_twin() {
    let mut park = CarPark::open(Settings::default()).await;
    park.block("WPI1234").await;
    park.block("WP11234").await;
    let client = park.database.pool.get().await.unwrap();
    let over = "update blocklist set valid_until = now() - interval '1 day' where plate = $1";
    client.execute(over, &[&"WP11234"]).await.unwrap();
    let mut entry = park.lane(Entry).await;
    entry.arrive_and_wait("WP11234", "DENY-BLOCKLISTED").await;
    client.execute(over, &[&"WPI1234"]).await.unwrap();
    entry.arrive_and_wait("WP11234", "OPEN-VISITOR").await;
    entry.all_acked().await;
    park.check().await;
}

#[tokio::test]
async fn after_wpi1234_the_other_car_wp11234_was_refused_or_took_its_stay() {
    let mut park = CarPark::open(Settings { tariff: true, ..Settings::default() }).await;
    park.subscribe("WPI1234").await;
    let (mut entry, mut exit) = (park.lane(Entry).await, park.lane(Exit).await);
    drives_through(&mut entry, "WPI1234", "OPEN-SUBSCRIPTION").await;
    drives_through(&mut entry, "WP11234", "OPEN-VISITOR").await;
    entry.arrive_and_wait("WP11234", "DENY-PASSBACK").await;
    assert_eq!(park.count(&format!("{OPEN} in ('WPI1234', 'WP11234')")).await, 2);

    half_an_hour_later(&park).await;
    exit.arrive_and_wait("WP11234", "CHARGE-DUE").await;
    drives_through(&mut exit, "WPI1234", "OPEN-SUBSCRIPTION").await;
    assert_eq!(park.count(&format!("{CLOSED} = 'WPI1234'")).await, 1);
    assert_eq!(park.count(&format!("{OPEN} = 'WP11234'")).await, 1);
    park.check().await;
}

#[tokio::test]
async fn an_exit_read_as_the_only_twin_inside_ends_its_stay_and_keeps_its_right() {
    let mut park = CarPark::open(Settings { tariff: true, ..Settings::default() }).await;
    park.subscribe("WPI1234").await;
    let (mut entry, mut exit) = (park.lane(Entry).await, park.lane(Exit).await);
    drives_through(&mut entry, "WPI1234", "OPEN-SUBSCRIPTION").await;
    drives_through(&mut entry, "BA0OO11", "OPEN-VISITOR").await;
    half_an_hour_later(&park).await;
    drives_through(&mut exit, "WP11234", "OPEN-SUBSCRIPTION").await;
    exit.arrive_and_wait("BAOO011", "CHARGE-DUE").await;
    assert_eq!(park.count(&format!("{CLOSED} = 'WPI1234'")).await, 1);
    assert_eq!(park.count("stays where state = 'exit_only'").await, 0);
    park.check().await;
}

#[tokio::test]
async fn an_exit_with_two_twins_inside_and_no_exact_stay_asks_a_person() {
    let mut park = CarPark::open(Settings { tariff: true, ..Settings::default() }).await;
    let (mut entry, mut exit) = (park.lane(Entry).await, park.lane(Exit).await);
    drives_through(&mut entry, "WPI1234", "OPEN-VISITOR").await;
    drives_through(&mut entry, "WP11234", "OPEN-VISITOR").await;
    exit.arrive_and_wait("WPII234", "DENY-NO-STAY").await;
    exit.all_acked().await;
    assert_eq!(park.count(&format!("{OPEN} in ('WPI1234', 'WP11234')")).await, 2);
    park.check().await;
}

#[tokio::test]
async fn a_right_to_enter_is_not_a_twins() {
    let mut park = CarPark::open(Settings { capacity: Some(0), ..Settings::default() }).await;
    park.subscribe("WPI1234").await;
    let mut entry = park.lane(Entry).await;
    entry.arrive_and_wait("WP11234", "DENY-FULL").await;
    entry.arrive_and_wait("WPI1234", "OPEN-SUBSCRIPTION").await;
    entry.all_acked().await;
    park.check().await;
}

#[tokio::test]
async fn the_database_and_the_domain_mean_the_same_twins() {
    use boomgate_domain::plate::Plate;
    let park = CarPark::open(Settings::default()).await;
    let client = park.database.pool.get().await.unwrap();
    for text in ["0123456789AB", "CDEFGHIJKLMN", "OPQRSTUVWXYZ"] {
        let key: String = client.query_one("select twin_key($1)", &[&text]).await.unwrap().get(0);
        assert_eq!(key, Plate::parse(text).unwrap().twin_key().as_str());
    }
}
