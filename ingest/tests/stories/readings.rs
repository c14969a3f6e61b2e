//! Every car's reading is counted once for its lane, and what a person said of a car stands.

use boomgate_domain::decide::Direction::{Entry, Exit};
use boomgate_schemas::up::PassageKind;
use uuid::Uuid;

use crate::car_park::{CarPark, Settings};
use crate::lane::{arrived, passed};

#[tokio::test]
async fn each_car_counts_once_as_read_or_missed() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    let (read, unread) = (Uuid::now_v7(), Uuid::now_v7());
    entry.say(vec![arrived(read, Entry, Some("W1"))]).await;
    entry.say(vec![arrived(read, Entry, Some("W1"))]).await;
    entry.say(vec![passed(Some(read), Entry, PassageKind::Passed)]).await;
    entry.say(vec![arrived(unread, Entry, None)]).await;
    entry.all_acked().await;
    let counted = "reading_counts where read_right = 1 and missed = 1 and corrected = 0";
    assert_eq!(park.count(counted).await, 1);
    // The passage was told first.
    let late = Uuid::now_v7();
    entry.say(vec![passed(Some(late), Entry, PassageKind::Passed)]).await;
    entry.say(vec![arrived(late, Entry, Some("W2"))]).await;
    entry.all_acked().await;
    assert_eq!(park.count("reading_counts where read_right = 2 and missed = 1").await, 1);
    park.check().await;
}

#[tokio::test]
async fn a_later_reading_does_not_undo_what_a_person_said() {
    let mut park = CarPark::open(Settings { tariff: true, ..Settings::default() }).await;
    let (mut entry, mut exit) = (park.lane(Entry).await, park.lane(Exit).await);
    let inside = entry.arrive("W1").await;
    entry.pass(inside).await;
    entry.all_acked().await;
    let leaving = exit.arrive("W7X7X7").await;
    exit.all_acked().await;
    let client = park.database.pool.get().await.unwrap();
    let sql = "update arrivals set stay_id = (select id from stays), outcome = 'charge', code = 'CHARGE-DUE', amount_minor = 250,
               plate = 'W1', paired_at = now() where id = $1";
    client.execute(sql, &[&leaving]).await.unwrap();
    let before = park.count("decisions").await;
    exit.say(vec![arrived(leaving, Exit, Some("W7X7X7"))]).await;
    exit.all_acked().await;
    assert_eq!(park.count("decisions").await, before);
    assert_eq!(park.count("arrivals where code = 'CHARGE-DUE' and paired_at is not null").await, 1);
    exit.pass(leaving).await;
    exit.all_acked().await;
    assert_eq!(park.count("stays where state = 'closed' and plate = 'W1' and charged_minor = 250").await, 1);
    park.check().await;
}
