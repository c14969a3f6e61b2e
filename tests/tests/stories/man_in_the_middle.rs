//! A man in the middle who holds the server's TLS key, but not the key it signs with.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use boomgate_schemas::down::Command;
use boomgate_schemas::envelope::{self, Header};
use boomgate_schemas::topic::{Leaf, Topic};
use boomgate_tests::lanes::Lane;
use boomgate_tests::proxy::{Delivery, MqttProxy};
use boomgate_tests::site::{Plan, Site};
use boomgate_tests::wait;
use ed25519_dalek::SigningKey;
use uuid::Uuid;

const DELAY: Duration = Duration::from_millis(1_500);

/// A car that nobody may let in stands at in-1 for six seconds; its arrival.
async fn blocked_car(site: &Site, entry: &Lane, name: &str) -> Uuid {
    entry.impatient_car(name, "BA666XY", 60_000);
    let decision = site.journal.decision("in-1", name).await;
    assert_eq!(decision.code, "DENY-BLOCKLISTED");
    decision.arrival
}

/// The signed order to open for an arrival, as the outbox keeps it.
async fn signed_open(site: &Site, arrival: Uuid) -> Vec<u8> {
    let query = "select signed from commands where site_id = $1 and arrival_id = $2 and action = 'open' and signed is not null";
    wait::until("a signed order to open", async || {
        let client = site.pool().get().await.ok()?;
        client.query_opt(query, &[&site.id().as_uuid(), &arrival]).await.ok()?.map(|row| row.get(0))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_answer_was_lost_is_resent_and_answered_from_store_without_a_second_opening() {
    let site = Site::open(Plan::default()).await;
    let thief = MqttProxy::before(&site, "in-1").await;
    let entry = site.lane_behind("in-1", thief.port).await;
    let orders = Arc::new(AtomicUsize::new(0));
    let ordered = Arc::clone(&orders);
    // From the first order to its repetition nothing the lane says gets through.
    thief.rule(move |topic, _| match topic.leaf {
        Leaf::Cmd => {
            ordered.fetch_add(1, Ordering::Relaxed);
            Delivery::Passes
        }
        Leaf::Up if ordered.load(Ordering::Relaxed) == 1 => Delivery::Vanishes,
        _ => Delivery::Passes,
    });
    entry.car("ida", "BA123XY");
    site.journal.passed("in-1", "ida").await;
    wait::until("the order is repeated", async || (orders.load(Ordering::Relaxed) >= 2).then_some(())).await;
    let sent = thief.seen(Leaf::Cmd);
    assert_eq!(sent[0], sent[1], "the very same bytes");
    let settled = "select count(*) from commands where site_id = $1 and state = 'done' and attempts > 1";
    wait::until("the order is done", async || (site.number(settled).await == 1).then_some(())).await;
    assert_eq!(site.journal.drives("in-1", "open"), 1);
    let verdict = site.end([entry]).await;
    assert_eq!(verdict.stays_opened, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_replayed_and_readdressed_orders_move_nothing() {
    let site = Site::open(Plan { lanes: 4, ..Plan::default() }).await;
    site.block("BA666XY").await;
    let thief = MqttProxy::before(&site, "in-1").await;
    let (entry, other) = (site.lane_behind("in-1", thief.port).await, site.lane("in-2").await);
    entry.car("jan", "BA123XY");
    other.car("kim", "BA456XY");
    site.journal.passed("in-1", "jan").await;
    site.journal.passed("in-2", "kim").await;
    let jan = site.journal.decision("in-1", "jan").await.arrival;
    let kim = site.journal.decision("in-2", "kim").await.arrival;
    let (honest, readdressed) = (signed_open(&site, jan).await, signed_open(&site, kim).await);

    let blocked = blocked_car(&site, &entry, "lars").await;
    let topic = Topic::new("demo".parse().unwrap(), "in-1".parse().unwrap(), Leaf::Cmd);
    let mut crooked: Vec<Vec<u8>> = vec![honest.clone(), readdressed, vec![], vec![0x9b; 4_000]];
    crooked.extend(flipped(&honest));
    crooked.push(signed_by_a_stranger(&site, &topic, &honest, blocked));
    for order in crooked {
        thief.inject(&topic, order);
    }
    wait::never(DELAY, "the boom rose for a blocked car", async || {
        (site.journal.drives("in-1", "open") > 1).then_some(())
    })
    .await;
    let query = "select count(*) from events where site_id = $1 and kind = 'fault' and body ->> 'code' = 'FAULT-REPLAY'";
    wait::until("the operator is told of the replay", async || (site.number(query).await > 0).then_some(()))
        .await;
    assert_eq!(site.journal.left("in-1", "lars").await, "gave_up");
    // The lane still listens to its server.
    entry.car("mia", "BA789XY");
    site.journal.passed("in-1", "mia").await;
    let verdict = site.end([entry, other]).await;
    assert_eq!(verdict.stays_opened, 3);
}

/// The honest order with one bit changed, all over its length.
fn flipped(honest: &[u8]) -> Vec<Vec<u8>> {
    let flip = |at: usize| {
        let mut bytes = honest.to_vec();
        bytes[at] ^= 1;
        bytes
    };
    (0..honest.len()).step_by(honest.len() / 24 + 1).map(flip).collect()
}

/// A perfect order for the car that waits now, but for the key it is signed with.
fn signed_by_a_stranger(site: &Site, topic: &Topic, honest: &[u8], arrival: Uuid) -> Vec<u8> {
    let server = site.pki.signing_key().unwrap().verifying_key();
    let opened = envelope::open(topic, honest, envelope::SERVER, &server).unwrap();
    let order = Command::decode(&opened.payload).unwrap();
    let order = Command {
        id: Uuid::now_v7(),
        arrival: Some(arrival),
        counter: order.counter + 10,
        not_after_ms: order.not_after_ms + 600_000,
        ..order
    };
    envelope::seal(topic, &Header::server(), order.encode(), &SigningKey::from_bytes(&[1; 32]))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_held_back_until_its_time_is_over_moves_nothing() {
    let site = Site::open(Plan::default()).await;
    site.block("BA666XY").await;
    let thief = MqttProxy::before(&site, "in-1").await;
    let mut entry = site.lane_behind("in-1", thief.port).await;
    thief.rule(|topic, _| if topic.leaf == Leaf::Cmd { Delivery::Vanishes } else { Delivery::Passes });
    entry.car("nora", "BA123XY");
    let (topic, held) = wait::until("an order to hold back", async || thief.seen(Leaf::Cmd).pop()).await;
    // Its time is over when the lane starts anew: no order outlives that.
    let greetings = thief.seen(Leaf::Hello).len();
    entry.kill();
    thief.pass_everything();
    entry.run().await;
    wait::until("the lane greets again", async || (thief.seen(Leaf::Hello).len() > greetings).then_some(()))
        .await;
    blocked_car(&site, &entry, "olaf").await;
    thief.inject(&topic, held);
    wait::never(DELAY, "the boom rose for an order of yesterday", async || {
        (site.journal.drives("in-1", "open") > 0).then_some(())
    })
    .await;
    assert_eq!(site.journal.left("in-1", "olaf").await, "gave_up");
    let done = "select count(*) from commands where site_id = $1 and action = 'open' and state = 'done'";
    let verdict = site.number(done).await;
    assert_eq!(verdict, 0);
    let verdict = site.end([entry]).await;
    assert_eq!(verdict.stays_opened, 0);
}
