//! The job table: leases, backoff, and clocks that jump.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use boomgate_store::jobs::{self, JobRow, Lease, Outcome, Registered, Timing};
use boomgate_store::pool::Object;
use boomgate_store::testing::TestDatabase;
use tokio_postgres::types::Type;

const TIMING: Timing = Timing {
    lease: Duration::from_secs(20),
    first_retry: Duration::from_secs(60),
    longest_retry: Duration::from_secs(900),
};
const PERIOD: Duration = Duration::from_secs(3600);
const FRESH: Duration = Duration::from_secs(60);
const JOB: Registered = Registered { name: "tidy", period: PERIOD, limit: Duration::from_secs(300) };

async fn registered(database: &TestDatabase) -> Object {
    let client = database.pool.get().await.unwrap();
    jobs::register(&client, &[JOB], FRESH).await.unwrap();
    client
}

async fn claim(client: &Object, holder: &str) -> Option<Lease> {
    jobs::claim(client, &[JOB.name], holder, &TIMING).await.unwrap()
}

async fn row(client: &Object) -> JobRow {
    jobs::list(client).await.unwrap().remove(0)
}

async fn set(client: &Object, what: &str) {
    client.batch_execute(&format!("update jobs set {what}")).await.unwrap();
}

/// Seconds from the last end to the next beginning, rounded: the clock goes on while a statement runs.
#[expect(clippy::cast_possible_truncation, reason = "a rounded number of seconds")]
async fn wait_seconds(client: &Object) -> i64 {
    let row = row(client).await;
    (row.due_at.duration_since(row.last_finished_at.unwrap()).as_secs_f64()).round() as i64
}

#[tokio::test]
async fn one_of_two_gets_a_job_that_is_due_and_a_period_passes_before_the_next() {
    let database = TestDatabase::new().await;
    let client = registered(&database).await;
    let lease = claim(&client, "north/1").await.unwrap();
    assert_eq!(claim(&client, "north/2").await, None);
    assert_eq!(row(&client).await.running_by.as_deref(), Some("north/1"));
    assert!(jobs::extend(&client, &lease, &TIMING).await.unwrap());
    assert!(jobs::finish(&client, &lease, 7).await.unwrap());
    assert_eq!(claim(&client, "north/2").await, None);
    assert_eq!(wait_seconds(&client).await, 3600);
    let done = row(&client).await;
    assert_eq!((done.attempts, done.failures(), done.last_rows), (0, 0, Some(7)));
    assert_eq!((done.outcome(), done.running_by), (Some(Outcome::Succeeded), None));
}

#[tokio::test]
async fn a_job_claimed_in_a_transaction_that_is_open_is_passed_over() {
    let database = TestDatabase::new().await;
    let client = registered(&database).await;
    let mut other = database.pool.get().await.unwrap();
    let tx = other.transaction().await.unwrap();
    assert!(jobs::claim(&tx, &[JOB.name], "north/1", &TIMING).await.unwrap().is_some());
    // Neither waits nor takes it.
    assert_eq!(claim(&client, "north/2").await, None);
    tx.rollback().await.unwrap();
    assert!(claim(&client, "north/2").await.is_some());
}

#[tokio::test]
async fn whoever_lost_a_lease_can_write_nothing() {
    let database = TestDatabase::new().await;
    let client = registered(&database).await;
    let lost = claim(&client, "north/1").await.unwrap();
    set(&client, "lease_until = clock_timestamp() - interval '1 millisecond'").await;
    let lease = claim(&client, "south/9").await.unwrap();
    assert_eq!((lease.attempts, lease.lost_by.as_deref()), (2, Some("north/1")));
    let job = row(&client).await;
    assert_eq!(job.outcome(), Some(Outcome::Lost));
    assert_eq!(job.last_error.unwrap(), "north/1 ended or hung in the middle; its lease ran out");
    assert!(!jobs::extend(&client, &lost, &TIMING).await.unwrap());
    assert!(!jobs::finish(&client, &lost, 1).await.unwrap());
    assert!(!jobs::fail(&client, &lost, Outcome::Failed, "x", &TIMING).await.unwrap());
    assert!(!jobs::release(&client, &lost).await.unwrap());
    assert_eq!(row(&client).await.running_by.as_deref(), Some("south/9"));
    assert!(jobs::finish(&client, &lease, 0).await.unwrap());
    assert!(!jobs::finish(&client, &lease, 0).await.unwrap(), "once");
}

#[tokio::test]
async fn failures_wait_twice_as_long_each_time_up_to_a_limit() {
    let database = TestDatabase::new().await;
    let client = registered(&database).await;
    for (attempt, seconds) in [60, 120, 240, 480, 900, 900].into_iter().enumerate() {
        let lease = claim(&client, "north/1").await.unwrap();
        assert!(jobs::fail(&client, &lease, Outcome::Failed, "no", &TIMING).await.unwrap());
        assert_eq!(wait_seconds(&client).await, seconds, "attempt {attempt}");
        assert_eq!(row(&client).await.failures(), i32::try_from(attempt).unwrap() + 1);
        set(&client, "due_at = clock_timestamp()").await;
    }
    set(&client, "attempts = 2000000000").await;
    let lease = claim(&client, "north/1").await.unwrap();
    assert!(jobs::fail(&client, &lease, Outcome::Failed, "no", &TIMING).await.unwrap());
    assert_eq!(wait_seconds(&client).await, 900);
    set(&client, "due_at = clock_timestamp()").await;
    let lease = claim(&client, "north/1").await.unwrap();
    assert!(jobs::finish(&client, &lease, 0).await.unwrap());
    let well = row(&client).await;
    assert_eq!((well.failures(), well.last_error), (0, None));
}

/// A job that makes its process end would end every server again and again.
#[tokio::test]
async fn a_job_that_is_lost_each_time_is_tried_ever_more_slowly() {
    let database = TestDatabase::new().await;
    let client = registered(&database).await;
    let mut waits = Vec::new();
    for _ in 0..60 {
        claim(&client, "north/1").await.unwrap();
        let sql = "select extract(epoch from due_at - last_started_at)::bigint from jobs";
        waits.push(client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0));
        set(&client, "lease_until = clock_timestamp() - interval '1 second'").await;
        if waits.last() > Some(&0) {
            assert_eq!(claim(&client, "north/1").await, None, "not before it is due");
        }
        set(&client, "due_at = clock_timestamp()").await;
    }
    assert_eq!((waits[0], waits[1], waits[2], waits[59]), (0, 20, 40, 900));
}

#[tokio::test]
async fn a_server_that_starts_does_what_was_not_just_done() {
    let database = TestDatabase::new().await;
    let client = registered(&database).await;
    let lease = claim(&client, "north/1").await.unwrap();
    jobs::finish(&client, &lease, 0).await.unwrap();
    jobs::register(&client, &[JOB], FRESH).await.unwrap();
    assert_eq!(claim(&client, "north/2").await, None, "done by a server that started at the same time");
    set(&client, "last_started_at = last_started_at - interval '61 seconds'").await;
    let other_period = Registered { period: Duration::from_secs(60), ..JOB };
    jobs::register(&client, &[other_period], FRESH).await.unwrap();
    assert_eq!(row(&client).await.period_ms, 60_000);
    assert!(claim(&client, "north/2").await.is_some());
    // While it runs, it is not started again.
    set(&client, "last_started_at = last_started_at - interval '61 seconds'").await;
    jobs::register(&client, &[JOB], FRESH).await.unwrap();
    assert_eq!(claim(&client, "north/3").await, None);
}

#[tokio::test]
async fn the_databases_clock_set_back_stops_no_job() {
    let database = TestDatabase::new().await;
    let client = registered(&database).await;
    // Due and leased as of a year ahead; then the clock was put right.
    set(&client, "due_at = clock_timestamp() + interval '1 year'").await;
    let lease = claim(&client, "north/1").await.expect("due: nothing is put so far ahead");
    set(
        &client,
        "due_at = clock_timestamp(), lease_until = clock_timestamp() + interval '1 year',
         last_started_at = clock_timestamp() + interval '1 year'",
    )
    .await;
    let other = claim(&client, "north/2").await.expect("no lease lasts so long");
    assert!(!jobs::finish(&client, &lease, 0).await.unwrap());
    set(&client, "last_started_at = clock_timestamp() + interval '1 year'").await;
    assert!(jobs::finish(&client, &other, 0).await.unwrap());
    assert_eq!(row(&client).await.last_duration_ms, Some(0), "not less than nothing");
    set(&client, "last_started_at = clock_timestamp() + interval '1 year'").await;
    jobs::register(&client, &[JOB], FRESH).await.unwrap();
    assert!(claim(&client, "north/2").await.is_some(), "started in the future is not started just now");
}

/// Whatever a server takes the time for, it cannot say so here.
#[tokio::test]
async fn no_statement_of_a_job_takes_a_time_from_a_server() {
    let database = TestDatabase::new().await;
    let client = database.pool.get().await.unwrap();
    let queries = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/queries"));
    let mut files: Vec<_> =
        std::fs::read_dir(queries.join("jobs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let others = ["live_feed/prune.sql", "sessions/prune.sql", "known_browsers/prune.sql", "audit/seal.sql"];
    let more = [
        "answered_requests/prune.sql",
        "evidence/surplus.sql",
        "evidence/total.sql",
        "events/make_partitions.sql",
    ];
    files.extend(others.into_iter().chain(more).map(|name| queries.join(name)));
    assert!(files.len() >= 16, "{files:?}");
    for file in files {
        let statement = client.prepare(&std::fs::read_to_string(&file).unwrap()).await.unwrap();
        let times = [Type::TIMESTAMPTZ, Type::TIMESTAMP, Type::DATE, Type::TIME, Type::TIMESTAMPTZ_ARRAY];
        let takes = statement.params().iter().any(|kind| times.contains(kind));
        assert!(!takes, "{}: {:?}", file.display(), statement.params());
    }
}
