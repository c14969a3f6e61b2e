//! Messages arrive twice, late and in any order, over the real listener; what is stored is the same.

use boomgate_schemas::up::Direction::{self, Entry, Exit};
use boomgate_schemas::up::Event;
use boomgate_schemas::yard::Report;
use boomgate_store::sites;
use boomgate_tests::client::{Device, arrived, boom_closed, now_ms, passed};
use boomgate_tests::site::{Plan, Site};
use boomgate_tests::wait;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use uuid::Uuid;

const CARS: i64 = 12;
const MINUTE: i64 = 60_000;

/// Cars that came and went within the last hour, a few minutes apart. Plates begin with `letter`.
fn visits(lane: &Device, direction: Direction, letter: char, hour_ago: i64) -> Vec<Event> {
    let moment = |car: i64| hour_ago + car * 4 * MINUTE + if direction == Exit { 9 * MINUTE } else { 0 };
    let visit = |car: i64| {
        let arrival = Uuid::now_v7();
        let came = lane.event(moment(car), arrived(arrival, direction, &format!("{letter}{car:03}")));
        [came, lane.event(moment(car) + 5_000, passed(arrival, direction))]
    };
    (0..CARS).flat_map(visit).collect()
}

fn note_passages(site: &Site, lane: &Device, events: &[Event]) {
    for event in events {
        if let boomgate_schemas::up::EventBody::Passage(passage) = &event.body {
            site.journal
                .note(&lane.lane, Report::Passed { car: event.seq.to_string(), arrival: passage.arrival });
        }
    }
}

/// Every stay of plates beginning with `letter`, without the letter: what must not depend on the order.
async fn stays(site: &Site, letter: char) -> Vec<(String, String, Option<i64>, Option<i64>, i64, i64)> {
    let query = "select substr(plate, 2), state, (extract(epoch from entered_at) * 1000)::bigint, \
                 (extract(epoch from exited_at) * 1000)::bigint, charged_minor, paid_minor \
                 from stays where site_id = $1 and plate like $2 and state <> 'voided' order by 1, 3";
    let client = site.pool().get().await.unwrap();
    let rows = client.query(query, &[&site.id().as_uuid(), &format!("{letter}%")]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4), row.get(5))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_shuffled_and_held_back_messages_end_as_the_ordered_ones_do() {
    let site = Site::open(Plan { lanes: 4, ..Plan::default() }).await;
    let hour_ago = now_ms() - 60 * MINUTE;
    for (entry, exit, letter) in [("in-1", "out-1", 'A'), ("in-2", "out-2", 'Z')] {
        let (entry, exit) = (Device::connect(&site, entry).await, Device::connect(&site, exit).await);
        let came = visits(&entry, Entry, letter, hour_ago);
        let went = visits(&exit, Exit, letter, hour_ago);
        note_passages(&site, &entry, &came);
        note_passages(&site, &exit, &went);
        if letter == 'A' {
            send(&entry, came, None).await;
            entry.all_acked().await;
            send(&exit, went, None).await;
        } else {
            // The exit lane's day is told before the entry lane's, each message thrice, in any order.
            send(&exit, went, Some(7)).await;
            exit.all_acked().await;
            send(&entry, came, Some(11)).await;
        }
        entry.all_acked().await;
        exit.all_acked().await;
        assert!(entry.rejected().is_empty() && exit.rejected().is_empty());
        entry.send_hello().await;
        exit.send_hello().await;
    }
    let (ordered, shuffled) = (stays(&site, 'A').await, stays(&site, 'Z').await);
    assert_eq!(ordered.len(), usize::try_from(CARS).unwrap());
    assert!(ordered.iter().all(|(_, state, ..)| state == "closed"), "{ordered:?}");
    assert_eq!(shuffled, ordered);
    assert_eq!(site.stays("plate is null").await, 0, "no stay is left without its plate");
    let events = "select count(*) from events where site_id = $1";
    assert_eq!(site.number(events).await, 8 * CARS);
    let verdict = site.end([]).await;
    assert_eq!((verdict.stays_opened, verdict.stays_closed), (2 * CARS, 2 * CARS));
}

/// One message per event; with a seed, three copies of each in an order of chance.
async fn send(lane: &Device, events: Vec<Event>, seed: Option<u64>) {
    let mut messages: Vec<Vec<u8>> = events.into_iter().map(|event| lane.seal(vec![event])).collect();
    if let Some(seed) = seed {
        messages = [messages.clone(), messages.clone(), messages].concat();
        messages.shuffle(&mut StdRng::seed_from_u64(seed));
    }
    for message in messages {
        lane.send(message).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn entry_and_exit_of_one_plate_in_one_batch_make_one_closed_stay() {
    const ROUNDS: i64 = 20;
    let site = Site::open(Plan::default()).await;
    let (entry, exit) = (Device::connect(&site, "in-1").await, Device::connect(&site, "out-1").await);
    let begin = now_ms() - 10 * MINUTE;
    // The site's lock makes the first batch wait, and everything said meanwhile go into the next.
    let mut client = site.pool().get().await.unwrap();
    let lock = client.transaction().await.unwrap();
    sites::lock(&lock, site.id()).await.unwrap();
    entry.send(entry.seal(vec![entry.event(begin, boom_closed())])).await;
    let waits = "select count(*) from pg_locks l where l.locktype = 'advisory' and not l.granted \
                 and l.database = (select oid from pg_database where datname = current_database()) and $1::uuid is not null";
    wait::until("a batch waits", async || (site.number(waits).await > 0).then_some(())).await;
    for round in 0..ROUNDS {
        let (came, went, plate) = (Uuid::now_v7(), Uuid::now_v7(), format!("B{round:03}"));
        let at = begin + round * 1_000;
        let way_in =
            vec![entry.event(at, arrived(came, Entry, &plate)), entry.event(at + 100, passed(came, Entry))];
        let way_out =
            vec![exit.event(at + 300, arrived(went, Exit, &plate)), exit.event(at + 500, passed(went, Exit))];
        note_passages(&site, &entry, &way_in);
        note_passages(&site, &exit, &way_out);
        // Which of the two the server hears first is left to chance.
        tokio::join!(entry.send(entry.seal(way_in)), exit.send(exit.seal(way_out)));
    }
    // A greeting comes after what was said before it; its answer means that the server has heard all.
    tokio::join!(entry.send_hello(), exit.send_hello());
    lock.commit().await.unwrap();
    entry.all_acked().await;
    exit.all_acked().await;
    assert_eq!(site.stays("state = 'closed' and exited_at - entered_at = interval '400 ms'").await, ROUNDS);
    assert_eq!(site.stays("state in ('open', 'exit_only')").await, 0);
    let shared = "select count(*) from (select 1 from events where site_id = $1 group by xmin::text \
                  having count(distinct device_id) > 1) as both_lanes_in_one_commit";
    assert!(site.number(shared).await > 0, "no batch held both lanes; the story told nothing");
    let inside = "select coalesce(inside, 0)::bigint from site_state where site_id = $1";
    assert_eq!(site.number(inside).await, 0);
    let verdict = site.end([]).await;
    assert_eq!((verdict.stays_opened, verdict.stays_closed), (ROUNDS, ROUNDS));
}
