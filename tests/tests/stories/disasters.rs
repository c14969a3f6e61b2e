//! SIGKILL to each part in the middle of traffic. Afterwards the data agrees with the journal, without repair by hand.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use boomgate_tests::client::{Device, boom_closed, now_ms};
use boomgate_tests::figures;
use boomgate_tests::lanes::Lane;
use boomgate_tests::postgres::{Kind, Postgres};
use boomgate_tests::site::{Plan, Site};
use boomgate_tests::wait;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const CARS: usize = 6;

/// As a real lane: it decides alone after 0.7 s, from its list.
fn impatient_lanes(postgres: Kind) -> Plan {
    Plan { postgres, decision_timeout_ms: 700, ..Plan::default() }
}

fn plate(car: usize) -> String {
    format!("BA{car}00XY")
}

fn name(car: usize) -> String {
    format!("car-{car}")
}

async fn subscribe_all(site: &Site) {
    for car in 0..CARS {
        site.subscribe(&plate(car)).await;
    }
}

/// Waits until a lane that was just started has the list of subscribers.
async fn has_list(site: &Site, lane: &str) {
    let log = site.lane_folder(lane).join("agent.log");
    wait::until(&format!("{lane} has the offline list"), async || {
        std::fs::read_to_string(&log).ok()?.contains("stored a new offline list").then_some(())
    })
    .await;
}

async fn passed(site: &Site, lane: &str, car: usize) {
    site.journal.passed(lane, &name(car)).await;
}

fn queue(lane: &Lane) {
    for car in 0..CARS {
        lane.car(&name(car), &plate(car));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_killed_at_any_moment_starts_again_and_everything_fits() {
    let site = Site::open(impatient_lanes(Kind::Shared)).await;
    subscribe_all(&site).await;
    let (mut entry, exit) = (site.lane("in-1").await, site.lane("out-1").await);
    has_list(&site, "in-1").await;
    // Killed when a car has just come, when it has just been decided on, and when the boom has just begun to rise.
    for (round, moment) in ["come", "decided", "opening"].into_iter().enumerate() {
        let (car, opened) = (format!("killed-{round}"), site.journal.drives("in-1", "open"));
        entry.car(&car, &plate(round));
        match moment {
            "come" => site.journal.arrived("in-1", &car).await,
            "decided" => drop(site.journal.decision("in-1", &car).await),
            _ => {
                let rises = async || (site.journal.drives("in-1", "open") > opened).then_some(());
                wait::until("the boom rises", rises).await;
            }
        }
        entry.kill();
        assert!(!site.journal.has_passed("in-1", &car), "killed too late to tell the story");
        entry.run().await;
        entry.car(&name(round), &plate(round));
        passed(&site, "in-1", round).await;
        // A lane killed before it has noticed that the car is through could not tell anybody.
        site.until_stays("state = 'open'", i64::try_from(round).unwrap() + 1).await;
    }
    for car in 0..3 {
        exit.car(&name(car), &plate(car));
        passed(&site, "out-1", car).await;
    }
    // What was on its way to the disk may be missing, and is declared: never the rest of a block of numbers.
    let missing = "select coalesce(sum((body ->> 'last')::bigint - (body ->> 'first')::bigint + 1), 0)::bigint \
                   from events where site_id = $1 and kind = 'gap'";
    let missing = site.number(missing).await;
    assert!(missing < 100, "{missing} numbers are missing");
    let verdict = site.end([entry, exit]).await;
    assert_eq!((verdict.stays_opened, verdict.stays_closed), (3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_in_the_middle_of_traffic_starts_again_and_everything_fits() {
    let mut site = Site::open(impatient_lanes(Kind::Private)).await;
    subscribe_all(&site).await;
    let (entry, exit) = (site.lane("in-1").await, site.lane("out-1").await);
    has_list(&site, "in-1").await;
    has_list(&site, "out-1").await;
    queue(&entry);
    passed(&site, "in-1", 1).await;
    site.kill_server();
    // Nobody waits for a server: the lane goes on with its list.
    passed(&site, "in-1", 3).await;
    assert!(site.journal.decision("in-1", &name(3)).await.local);
    site.restart_server().await;
    passed(&site, "in-1", CARS - 1).await;
    site.until_stays("state = 'open'", i64::try_from(CARS).unwrap()).await;
    queue(&exit);
    passed(&site, "out-1", CARS - 1).await;
    let verdict = site.end([entry, exit]).await;
    let cars = i64::try_from(CARS).unwrap();
    assert_eq!((verdict.stays_opened, verdict.stays_closed), (cars, cars));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_postgresql_loses_nothing_that_was_acknowledged_and_all_goes_on_by_itself() {
    let mut site = Site::open(Plan { lanes: 4, ..impatient_lanes(Kind::Own) }).await;
    subscribe_all(&site).await;
    let (entry, exit) = (site.lane("in-1").await, site.lane("out-1").await);
    has_list(&site, "in-1").await;
    has_list(&site, "out-1").await;
    let talker = Device::connect(&site, "in-2").await;
    queue(&entry);
    passed(&site, "in-1", 1).await;
    let mut sent = talk(&talker, 50).await;
    wait::until("the first acks", async || (talker.acked() > 0).then_some(())).await;
    sent.extend(talk(&talker, 100).await);
    let acked = talker.acked();
    site.postgres.kill().await;
    sent.extend(talk(&talker, 20).await);
    passed(&site, "in-1", 3).await;
    assert!(site.journal.decision("in-1", &name(3)).await.local);
    assert!(site.server_runs(), "the server outlives its database");
    site.postgres.restart().await;
    passed(&site, "in-1", CARS - 1).await;
    let stored = events_of(&site, "demo-in-2").await;
    assert!((1..=acked).all(|seq| stored.contains(&seq)), "acknowledged up to {acked}, kept {stored:?}");
    until_kept(&talker, &sent).await;
    assert_eq!(events_of(&site, "demo-in-2").await, (1..=talker.last_seq()).collect());
    talker.send_hello().await;
    queue(&exit);
    passed(&site, "out-1", CARS - 1).await;
    assert!(site.server_runs(), "nobody had to start the server again");
    let verdict = site.end([entry, exit]).await;
    let cars = i64::try_from(CARS).unwrap();
    assert_eq!((verdict.stays_opened, verdict.stays_closed), (cars, cars));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_private_postgresql_is_started_again_at_once_by_its_server() {
    let mut site = Site::open(Plan { postgres: Kind::Private, lanes: 4, ..Plan::default() }).await;
    let entry = site.lane("in-1").await;
    let talker = Device::connect(&site, "in-2").await;
    let mut sent = talk(&talker, 20).await;
    talker.all_acked().await;
    let folder = site.data().join("postgres");
    let killed = Postgres::private_pid(&folder).unwrap();
    kill(Pid::from_raw(killed), Signal::SIGKILL).unwrap();
    let begun = Instant::now();
    sent.extend(talk(&talker, 20).await);
    until_kept(&talker, &sent).await;
    let committed = begun.elapsed();
    wait::until("the api answers", async || site.api.lanes().await.ok()).await;
    let answered = begun.elapsed();
    figures::show(format!("PostgreSQL killed: a commit after {committed:?}, the api after {answered:?}"));
    assert!(committed < Duration::from_secs(10), "a commit only after {committed:?}");
    assert_ne!(Postgres::private_pid(&folder), Some(killed));
    assert!(site.server_runs() && site.server_log().contains("PostgreSQL runs again"));
    // A backend alone: PostgreSQL ends all connections and recovers, and so does every part of the server.
    let backend = "select pid from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend' limit 1";
    let backend: i32 = {
        let client = site.pool().get().await.unwrap();
        client.query_one(backend, &[]).await.unwrap().get(0)
    };
    kill(Pid::from_raw(backend), Signal::SIGKILL).unwrap();
    let begun = Instant::now();
    sent.extend(talk(&talker, 20).await);
    until_kept(&talker, &sent).await;
    figures::show(format!("a backend killed: a commit after {:?}", begun.elapsed()));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    entry.car("ruth", "BA123XY");
    site.journal.passed("in-1", "ruth").await;
    talker.send_hello().await;
    site.end([entry]).await;
}

/// Says so many small things without waiting for any answer; what was said, sealed, by number.
async fn talk(lane: &Device, things: usize) -> Vec<(u64, Vec<u8>)> {
    let mut sent = Vec::new();
    for _ in 0..things {
        let event = lane.event(now_ms(), boom_closed());
        let message = (event.seq, lane.seal(vec![event]));
        lane.send(message.1.clone()).await;
        sent.push(message);
    }
    sent
}

/// Repeats what is not acknowledged, as a lane does, until all is.
async fn until_kept(lane: &Device, sent: &[(u64, Vec<u8>)]) {
    let all = lane.last_seq();
    wait::until("everything said is kept", async || {
        let acked = lane.acked();
        for (_, message) in sent.iter().filter(|(seq, _)| *seq > acked).take(32) {
            lane.send(message.clone()).await;
        }
        wait::at_most(Duration::from_millis(500), async || (lane.acked() > acked).then_some(())).await;
        (lane.acked() >= all).then_some(())
    })
    .await;
}

async fn events_of(site: &Site, device: &str) -> BTreeSet<u64> {
    let query = "select e.seq from events e join devices d on d.site_id = e.site_id and d.id = e.device_id \
                 where e.site_id = $1 and d.code = $2";
    let ask = async || {
        let client = site.pool().get().await.ok()?;
        client.query(query, &[&site.id().as_uuid(), &device]).await.ok()
    };
    let rows = wait::until("PostgreSQL answers", ask).await;
    rows.iter().map(|row| row.get::<_, i64>(0).unsigned_abs()).collect()
}
