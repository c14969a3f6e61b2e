//! The jobs and their runner against a real PostgreSQL.

mod runner;
mod subscriptions;

use std::sync::Arc;
use std::time::{Duration, Instant};

use boomgate_store::audit;
use boomgate_store::jobs::{JobRow, Timing, list};
use boomgate_store::testing::TestDatabase;
use jiff::SignedDuration;

use super::*;
use crate::config::{Evidence, Keep};

const KEEP: Keep = Keep {
    live_feed: SignedDuration::from_hours(7 * 24),
    expired_sessions: SignedDuration::from_hours(24),
    idempotency_keys: SignedDuration::from_hours(48),
};

/// Rows just older and just younger than [`KEEP`] allows.
const ROWS: &str = "
    insert into tenants (id, name) values (gen_random_uuid(), 'T');
    insert into sites (tenant_id, id, code, name, time_zone, currency, list_key)
        select id, gen_random_uuid(), 'north', 'North', 'Europe/Bratislava', 'EUR', decode(repeat('01', 32), 'hex') from tenants;
    insert into users (tenant_id, id, name, password_hash) select id, gen_random_uuid(), 'eva', 'x' from tenants;
    insert into live_feed (site_id, no, at, kind, body)
        select id, 1, now() - interval '169 hours', 'hello', '{}'::jsonb from sites
        union all select id, 2, now() - interval '167 hours', 'hello', '{}'::jsonb from sites;
    insert into sessions (token_hash, user_id, kind, created_at, expires_at, last_seen)
        select decode(repeat(v.byte, 32), 'hex'), u.id, 'bearer', now(), now() + v.until, now()
        from users u, (values ('01', interval '-25 hours'), ('02', interval '-23 hours'), ('03', interval '1 hour')) v (byte, until);
    insert into one_time_links (token_hash, kind, user_id, created_at, expires_at)
        select decode(repeat(v.byte, 32), 'hex'), 'reset', u.id, now() - interval '25 hours', now() + v.until
        from users u, (values ('01', interval '-1 second'), ('02', interval '1 hour')) v (byte, until);
    insert into notices (user_id, id, kind, at)
        select u.id, gen_random_uuid(), 'new_device', now() - v.age
        from users u, (values (interval '366 days'), (interval '364 days')) v (age);
    insert into known_browsers (token_hash, user_id, created_at, expires_at)
        select decode(repeat(v.byte, 32), 'hex'), u.id, now(), now() + v.until
        from users u, (values ('01', interval '-1 hour'), ('02', interval '1 hour')) v (byte, until);
    insert into answered_requests (actor_kind, actor_id, key, request_hash, status, response, created_at)
        select 'user', id, v.key, decode(repeat('01', 32), 'hex'), 201, '{}', now() - v.age
        from users, (values ('old', interval '49 hours'), ('young', interval '47 hours')) v (key, age);";

fn context() -> JobContext {
    let evidence = Evidence { max_bytes: 1000, keep: SignedDuration::from_hours(24) };
    JobContext {
        keep: KEEP,
        evidence,
        pictures: Arc::new(object_store::memory::InMemory::new()),
        mailer: None,
    }
}

/// Everything a little faster than in earnest.
fn fast() -> RunnerTiming {
    RunnerTiming {
        table: Timing {
            lease: Duration::from_secs(2),
            first_retry: Duration::from_millis(400),
            longest_retry: Duration::from_secs(1),
        },
        extend: Duration::from_millis(200),
        poll: Duration::from_millis(20),
        observe: Duration::from_millis(100),
        fresh: Duration::from_secs(60),
    }
}

fn runner(database: &TestDatabase, jobs: &'static [Job], timings: RunnerTiming) -> Arc<Runner> {
    Arc::new(Runner::new(database.pool.clone(), context(), jobs, timings))
}

/// As a server that starts an hour later: every job once.
async fn round(database: &TestDatabase) {
    runner(database, JOBS, RunnerTiming { fresh: Duration::ZERO, ..fast() }).run_due().await;
}

async fn count(database: &TestDatabase, what: &str) -> i64 {
    let client = database.pool.get().await.unwrap();
    client.query_one(&format!("select count(*) from {what}"), &[]).await.unwrap().get(0)
}

async fn execute(database: &TestDatabase, sql: &str) {
    database.pool.get().await.unwrap().batch_execute(sql).await.unwrap();
}

/// A job of the table, as soon as a runner has entered it.
async fn row(database: &TestDatabase, name: &str) -> JobRow {
    let begun = Instant::now();
    loop {
        let rows = list(&database.pool.get().await.unwrap()).await.unwrap();
        if let Some(row) = rows.into_iter().find(|row| row.name == name) {
            return row;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{name} is not entered");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Jobs that did not succeed.
async fn failing(database: &TestDatabase) -> Vec<String> {
    let rows = list(&database.pool.get().await.unwrap()).await.unwrap();
    rows.into_iter().filter(|row| row.failures() > 0).map(|row| row.name).collect()
}

async fn kept(database: &TestDatabase) -> [i64; 6] {
    [
        count(database, "live_feed").await,
        count(database, "sessions").await,
        count(database, "one_time_links").await,
        count(database, "notices").await,
        count(database, "known_browsers").await,
        count(database, "answered_requests").await,
    ]
}

#[tokio::test]
async fn what_is_older_than_it_may_be_goes_and_nothing_else() {
    let database = TestDatabase::new().await;
    execute(&database, ROWS).await;
    round(&database).await;
    assert_eq!(failing(&database).await, Vec::<String>::new());
    assert_eq!(kept(&database).await, [1, 2, 1, 1, 1, 1]);
    assert_eq!(count(&database, "live_feed where no = 2").await, 1);
    assert_eq!(count(&database, "answered_requests where key = 'young'").await, 1);
    assert_eq!(row(&database, "live_feed").await.last_rows, Some(1));
    assert_eq!(row(&database, "sessions").await.last_rows, Some(3), "a session, a link and a notice");
}

#[tokio::test]
async fn partitions_are_made_ahead_and_those_with_events_stay() {
    let database = TestDatabase::new().await;
    let partitions = "pg_inherits where inhparent = 'events'::regclass";
    let at_first = count(&database, partitions).await;
    let event = "insert into events (site_id, id, lane_id, device_id, seq, boot, kind, occurred_at, clock, uptime_ms, received_at, body)
        select u, u, u, u, 1, 1, 'hello', now(), 'synced', 1, now(), '{}' from gen_random_uuid() u";
    execute(&database, event).await;
    execute(&database, "do $$ begin
        execute 'drop table events_' || to_char((now() at time zone 'utc') + interval '1 month', 'YYYYMM');
        execute 'drop table events_' || to_char((now() at time zone 'utc') + interval '2 months', 'YYYYMM'); end $$")
        .await;
    assert_eq!(count(&database, partitions).await, at_first - 2);
    round(&database).await;
    assert_eq!(count(&database, partitions).await, at_first);
    assert_eq!(row(&database, "event_partitions").await.last_rows, Some(2));
    round(&database).await;
    assert_eq!(count(&database, partitions).await, at_first, "made once");
    assert_eq!(count(&database, "events").await, 1);
}

#[tokio::test]
async fn the_audit_is_sealed_and_whoever_changes_it_is_found_out() {
    let database = TestDatabase::new().await;
    let (client, mut reader) = (database.pool.get().await.unwrap(), database.pool.get().await.unwrap());
    client.batch_execute(ROWS).await.unwrap();
    reader.batch_execute("set timezone = 'Asia/Saigon'").await.unwrap();
    let three_lines = "insert into audit (site_id, id, at, actor_kind, action, detail)
        select s.id, gen_random_uuid(), now(), 'server', 'test', jsonb_build_object('n', n) from sites s, generate_series(1, 3) n";
    // Wherever one looks from: the reader's clock is not the writer's.
    let mut chain = async || {
        let chain = audit::chains(&mut reader).await.unwrap().remove(0);
        (chain.sealed, chain.broken_at)
    };
    assert_eq!(chain().await, (0, None));
    for sealed in [3, 6] {
        client.batch_execute(three_lines).await.unwrap();
        round(&database).await;
        assert_eq!(chain().await, (sealed, None));
    }
    let without_guard = async |change: &str| {
        let text =
            format!("alter table audit disable trigger all; {change}; alter table audit enable trigger all");
        client.batch_execute(&text).await.unwrap();
    };
    without_guard("update audit set detail = '{\"n\": 7}' where no = 5").await;
    assert_eq!(chain().await.1, Some(5));
    without_guard("delete from audit where no = 2").await;
    assert_eq!(chain().await.1, Some(2));
}

#[tokio::test]
async fn a_job_that_fails_stops_neither_the_others_nor_the_next_round() {
    let database = TestDatabase::new().await;
    execute(&database, ROWS).await;
    execute(&database, "alter table live_feed rename to gone").await;
    round(&database).await;
    assert_eq!(failing(&database).await, ["live_feed"]);
    assert_eq!(count(&database, "sessions").await, 2);
    let error = row(&database, "live_feed").await.last_error.unwrap();
    assert!(error.contains("live_feed") && error.contains("does not exist"), "{error}");
    execute(&database, "alter table gone rename to live_feed").await;
    round(&database).await;
    assert_eq!(failing(&database).await, Vec::<String>::new());
    assert_eq!(row(&database, "live_feed").await.last_error, None);
    assert_eq!(kept(&database).await, [1, 2, 1, 1, 1, 1]);
}

#[tokio::test]
async fn pictures_grew_without_end() {
    use object_store::ObjectStoreExt;
    let database = TestDatabase::new().await;
    let client = database.pool.get().await.unwrap();
    client.batch_execute(ROWS).await.unwrap();
    let site: uuid::Uuid = client.query_one("select id from sites", &[]).await.unwrap().get(0);
    let site = boomgate_domain::ids::SiteId::from_uuid(site);
    let context = context();
    let pictures = Arc::clone(&context.pictures);
    let timings = RunnerTiming { fresh: Duration::ZERO, ..fast() };
    let runner = Runner::new(database.pool.clone(), context, JOBS, timings);
    // 300 bytes each, the first too old, the next four an hour apart: three of them fit.
    for (number, hours) in [(1u8, 25), (2, 4), (3, 3), (4, 2), (5, 1)] {
        let insert = "insert into evidence (site_id, sha256, size_bytes, stored_at, received_at)
            select id, $1, 300, now() - make_interval(hours => $2), now() from sites";
        client.execute(insert, &[&[number; 32].as_slice(), &hours]).await.unwrap();
        let path = boomgate_api::picture_path(site, &[number; 32]);
        pictures.put(&path, vec![number; 300].into()).await.unwrap();
    }
    // Announced only: nothing of it is stored, so nothing is too much.
    let announced = "insert into evidence (site_id, sha256, received_at) select id, $1, now() - interval '90 days' from sites";
    client.execute(announced, &[&[9u8; 32].as_slice()]).await.unwrap();
    runner.run_due().await;
    assert_eq!(row(&database, "evidence").await.last_rows, Some(2));
    assert_eq!(count(&database, "evidence where stored_at is not null").await, 3);
    assert_eq!(count(&database, "evidence").await, 4);
    for (number, there) in [(1u8, false), (2, false), (3, true), (4, true), (5, true)] {
        let found = pictures.get(&boomgate_api::picture_path(site, &[number; 32])).await;
        assert_eq!(found.is_ok(), there, "picture {number}");
    }
    runner.run_due().await;
    assert_eq!(row(&database, "evidence").await.last_rows, Some(0));
}
