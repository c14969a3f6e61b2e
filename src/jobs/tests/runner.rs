//! What the runner does with jobs made for it: several servers, jobs that fail, hang, panic or lose their lease.

use anyhow::bail;
use boomgate_store::Transaction;
use boomgate_store::jobs::Outcome;
use tokio::task::JoinHandle;

use super::*;

const LIMIT: Duration = Duration::from_secs(20);
const HOUR: Duration = Duration::from_hours(1);

const fn test_job(name: &'static str, limit: Duration, run: job::Run) -> Job {
    Job { name, period: HOUR, limit, run }
}

/// Counts its runs.
const QUICK: Job = test_job("quick", LIMIT, |_, tx| Box::pin(note(tx, "quick")));
const SECOND: Job = test_job("second", LIMIT, |_, tx| Box::pin(note(tx, "second")));
const THIRD: Job = test_job("third", LIMIT, |_, tx| Box::pin(note(tx, "third")));
/// Counts its run, then works until the table `gate` has a row.
const SLOW: Job = test_job("slow", LIMIT, |_, tx| Box::pin(slow(tx)));
/// As [`SLOW`], but then works until a statement of its own ends, which it never does.
const HANGS: Job = test_job("hangs", Duration::from_millis(400), |_, tx| Box::pin(hangs(tx)));
const FAILS: Job = test_job("fails", LIMIT, |_, tx| Box::pin(fails(tx)));
const PANICS: Job = test_job("panics", LIMIT, |_, _| Box::pin(async { panic!("for the test") }));

async fn note(tx: &Transaction<'_>, name: &'static str) -> anyhow::Result<u64> {
    Ok(tx.execute("insert into runs (name) values ($1)", &[&name]).await?)
}

async fn slow(tx: &Transaction<'_>) -> anyhow::Result<u64> {
    note(tx, "slow").await?;
    while tx.query_opt("select from gate limit 1", &[]).await?.is_none() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(1)
}

async fn hangs(tx: &Transaction<'_>) -> anyhow::Result<u64> {
    note(tx, "hangs").await?;
    tx.execute("select pg_sleep(3600)", &[]).await?;
    Ok(1)
}

async fn fails(tx: &Transaction<'_>) -> anyhow::Result<u64> {
    note(tx, "fails").await?;
    bail!("the disk is on fire")
}

async fn database() -> TestDatabase {
    let database = TestDatabase::new().await;
    execute(&database, "create table runs (name text not null); create table gate (open bool not null)")
        .await;
    database
}

/// A runner at work; stopped by what is sent.
struct Server {
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Server {
    fn start(runner: Arc<Runner>) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { stop, running: tokio::spawn(async move { runner.run(stopped).await }) }
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        tokio::time::timeout(Duration::from_secs(10), self.running).await.expect("ends when told").unwrap();
    }
}

async fn until(what: &str, mut look: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !look().await {
        assert!(begun.elapsed() < Duration::from_secs(20), "not within 20 s: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn runs(database: &TestDatabase, name: &str) -> i64 {
    count(database, &format!("runs where name = '{name}'")).await
}

async fn until_runs(database: &TestDatabase, name: &str, wanted: i64) {
    until(&format!("{wanted} runs of {name}"), async || runs(database, name).await >= wanted).await;
}

async fn until_running(database: &TestDatabase, name: &str) {
    until(&format!("{name} runs"), async || {
        count(database, &format!("jobs where name = '{name}' and lease_until is not null")).await > 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_servers_one_does_each_job_once_per_period() {
    static JOBS: &[Job] = &[QUICK, SECOND, THIRD];
    let database = database().await;
    let servers = [0, 1].map(|_| Server::start(runner(&database, JOBS, fast())));
    for wanted in 1..=5 {
        for job in JOBS {
            until_runs(&database, job.name, wanted).await;
            let due = "due_at > clock_timestamp() + interval '59 minutes'";
            until("due an hour later", async || {
                count(&database, &format!("jobs where name = '{}' and {due}", job.name)).await == 1
            })
            .await;
        }
        // A whole period is over.
        execute(&database, "update jobs set due_at = clock_timestamp()").await;
    }
    for job in JOBS {
        until_runs(&database, job.name, 6).await;
    }
    // A third server that starts now finds everything done.
    let third = Server::start(runner(&database, JOBS, fast()));
    until("three servers have looked", async || {
        count(&database, "jobs where attempts = 0 and lease_until is null").await == 3
    })
    .await;
    for server in servers.into_iter().chain([third]) {
        server.stop().await;
    }
    for job in JOBS {
        assert_eq!(runs(&database, job.name).await, 6, "{}", job.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_takes_longer_than_a_lease_is_not_begun_by_another_server() {
    static JOBS: &[Job] = &[SLOW];
    let database = database().await;
    let first = Server::start(runner(&database, JOBS, fast()));
    until_running(&database, "slow").await;
    let second = Server::start(runner(&database, JOBS, fast()));
    // Two leases later.
    until("a long time", async || {
        count(&database, "jobs where last_started_at < clock_timestamp() - interval '4 seconds'").await == 1
    })
    .await;
    let running = row(&database, "slow").await;
    assert_eq!((running.attempts, running.outcome()), (1, None));
    assert!(running.running_by.is_some());
    execute(&database, "insert into gate values (true)").await;
    until_runs(&database, "slow", 1).await;
    first.stop().await;
    second.stop().await;
    let done = row(&database, "slow").await;
    assert_eq!((done.outcome(), done.last_rows, done.running_by), (Some(Outcome::Succeeded), Some(1), None));
    assert_eq!(runs(&database, "slow").await, 1);
}

/// As a process that was stopped, or starved, for longer than its lease: it cannot extend it.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_lost_its_lease_changes_nothing() {
    static JOBS: &[Job] = &[SLOW];
    let database = database().await;
    let timings =
        RunnerTiming { table: Timing { lease: Duration::from_millis(600), ..fast().table }, ..fast() };
    let starved = Server::start(runner(&database, JOBS, RunnerTiming { extend: HOUR, ..timings }));
    until_running(&database, "slow").await;
    let other = Server::start(runner(&database, JOBS, timings));
    // It takes the job over, and finds that the work of the first has not ended.
    until("the lease is taken over", async || row(&database, "slow").await.attempts > 1).await;
    let waits = "an earlier run has not ended yet";
    until("the other server waits for the first", async || {
        row(&database, "slow").await.last_error.is_some_and(|error| error == waits)
    })
    .await;
    starved.stop().await;
    assert_eq!(runs(&database, "slow").await, 0, "what it did is rolled back");
    execute(&database, "insert into gate values (true)").await;
    until_runs(&database, "slow", 1).await;
    other.stop().await;
    assert_eq!(runs(&database, "slow").await, 1);
    assert_eq!(row(&database, "slow").await.outcome(), Some(Outcome::Succeeded));
}

/// Its lease is gone at the moment it would write its result.
#[tokio::test]
async fn a_result_under_a_lost_lease_is_rolled_back_with_the_work() {
    static JOBS: &[Job] = &[SLOW];
    let database = database().await;
    let timings = RunnerTiming { table: Timing { lease: LIMIT, ..fast().table }, extend: HOUR, ..fast() };
    let server = Server::start(runner(&database, JOBS, timings));
    let at_work = "pg_locks where locktype = 'advisory' and mode = 'ExclusiveLock'
                   and database = (select oid from pg_database where datname = current_database())";
    until("it is at work", async || count(&database, at_work).await == 1).await;
    let taken = "update jobs set lease_token = gen_random_uuid(), lease_holder = 'somebody/1',
                 lease_until = clock_timestamp() + interval '15 seconds'";
    execute(&database, taken).await;
    execute(&database, "insert into gate values (true)").await;
    until("it has ended", async || count(&database, at_work).await == 0).await;
    assert_eq!(runs(&database, "slow").await, 0, "what it did is rolled back");
    let now = row(&database, "slow").await;
    assert_eq!((now.running_by.as_deref(), now.outcome()), (Some("somebody/1"), None));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_hangs_is_ended_and_stops_no_other() {
    static JOBS: &[Job] = &[HANGS, QUICK];
    let database = database().await;
    let server = Server::start(runner(&database, JOBS, fast()));
    until_runs(&database, "quick", 1).await;
    until("it is ended by its limit", async || {
        row(&database, "hangs").await.outcome() == Some(Outcome::TimedOut)
    })
    .await;
    let hung = row(&database, "hangs").await;
    assert_eq!(hung.last_error.unwrap(), "took longer than 0.4 s and was ended");
    until("it is tried again", async || row(&database, "hangs").await.attempts >= 2).await;
    server.stop().await;
    assert_eq!(runs(&database, "hangs").await, 0);
    let asleep = "pg_stat_activity where query like '%pg_sleep(3600)%' and state = 'active'
                  and pid <> pg_backend_pid() and datname = current_database()";
    until("no statement of it runs on", async || count(&database, asleep).await == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_or_panics_is_tried_again_and_says_why() {
    static JOBS: &[Job] = &[FAILS, PANICS, QUICK];
    let database = database().await;
    let server = Server::start(runner(&database, JOBS, fast()));
    for name in ["fails", "panics"] {
        until(&format!("{name} is tried thrice"), async || row(&database, name).await.failures() >= 3).await;
    }
    server.stop().await;
    let (failed, panicked) = (row(&database, "fails").await, row(&database, "panics").await);
    assert_eq!(failed.last_error.as_deref(), Some("the disk is on fire"));
    assert_eq!(panicked.last_error.as_deref(), Some("panicked; the log says where"));
    assert_eq!([failed.outcome(), panicked.outcome()], [Some(Outcome::Failed); 2]);
    assert_eq!(runs(&database, "fails").await, 0, "what it did is rolled back");
    assert_eq!(runs(&database, "quick").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_gives_its_job_back_at_once() {
    static JOBS: &[Job] = &[SLOW];
    let database = database().await;
    let server = Server::start(runner(&database, JOBS, fast()));
    until_running(&database, "slow").await;
    server.stop().await;
    let released = "jobs where lease_until is null and attempts = 0 and due_at <= clock_timestamp()";
    assert_eq!(count(&database, released).await, 1);
    assert_eq!(runs(&database, "slow").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_wait_for_a_database_that_is_away_and_then_run() {
    static JOBS: &[Job] = &[QUICK];
    let database = database().await;
    execute(&database, "alter table jobs rename to away").await;
    let server = Server::start(runner(&database, JOBS, fast()));
    until("the runner has looked", async || {
        count(&database, "pg_stat_activity where datname = current_database()").await > 1
    })
    .await;
    execute(&database, "alter table away rename to jobs").await;
    until_runs(&database, "quick", 1).await;
    server.stop().await;
}

#[tokio::test]
async fn every_server_shows_in_its_metrics_what_the_table_says() {
    static JOBS: &[Job] = &[FAILS, QUICK];
    let handle = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder().unwrap();
    let database = database().await;
    let table = Timing { first_retry: HOUR, longest_retry: HOUR, ..fast().table };
    let timings = RunnerTiming { table, ..fast() };
    runner(&database, JOBS, timings).run_due().await;
    let server = Server::start(runner(&database, JOBS, timings));
    until("the gauges", async || {
        let text = handle.render();
        text.contains("boomgate_job_failures{job=\"fails\"} 1")
            && text.contains("boomgate_job_failures{job=\"quick\"} 0")
            && text.contains("boomgate_job_last_success_seconds{job=\"quick\"}")
    })
    .await;
    server.stop().await;
    let text = handle.render();
    assert!(text.contains("boomgate_job_runs_total{job=\"quick\",outcome=\"succeeded\"} 1"), "{text}");
}
