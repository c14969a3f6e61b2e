//! Jobs in real servers: one is killed in the middle of a job, two run at once, and their clocks jump.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use boomgate::jobs::JOBS;
use boomgate_store::jobs::{self, JobRow, Outcome};
use boomgate_store::testing::TestDatabase;
use boomgate_tests::programs::{Process, program};
use boomgate_tests::scratch::Scratch;
use boomgate_tests::wait;

/// The lease of a dead server runs out in 20 s; the next looks every 5 s.
const TAKEN_OVER: Duration = Duration::from_secs(60);

const YEAR: i64 = 365 * 24 * 3600;

/// A row of the live feed that is too old (7 days are kept), and one that is not.
const ROWS: &str = "
    insert into tenants (id, name) values (gen_random_uuid(), 'T');
    insert into sites (tenant_id, id, code, name, time_zone, currency, list_key)
        select id, gen_random_uuid(), 'north', 'North', 'Europe/Vienna', 'EUR', decode(repeat('01', 32), 'hex') from tenants;
    insert into live_feed (site_id, no, at, kind, body)
        select id, 1, now() - interval '8 days', 'hello', '{}'::jsonb from sites
        union all select id, 2, now() - interval '6 days', 'hello', '{}'::jsonb from sites;";

/// The job has done its work and hangs before it can say so.
const HANG: &str = "
    create function hang() returns trigger language plpgsql as $$ begin perform pg_sleep(3600); return null; end $$;
    create trigger hang after delete on live_feed for each statement execute function hang();";

/// Each success of each job, as the table says it.
const RECORD: &str = "
    create table successes (job text not null);
    create function record() returns trigger language plpgsql as
        $$ begin insert into successes values (new.name); return null; end $$;
    create trigger record after update of last_succeeded_at on jobs for each row execute function record();";

/// How many jobs are done every quarter of an hour.
fn rare() -> i64 {
    let rare = JOBS.iter().filter(|job| job.period >= Duration::from_mins(15)).count();
    i64::try_from(rare).unwrap()
}

struct Site {
    dir: Scratch,
    database: TestDatabase,
}

impl Site {
    async fn new() -> Self {
        let site = Self { dir: Scratch::new(), database: TestDatabase::new().await };
        site.execute(ROWS).await;
        site
    }

    /// A server of its own keys and ports on the one database; `variables` are set for it.
    fn server(&self, name: &str, variables: &[(&str, &Path)]) -> Process {
        let dir = self.dir.path().join(name);
        std::fs::create_dir_all(&dir).unwrap();
        let listen = "listen = \"127.0.0.1:0\"";
        let text = format!(
            "data = \"data\"\n[log]\njson = true\n[broker]\n{listen}\n[api]\n{listen}\n[device_https]\n{listen}\n[metrics]\n{listen}\n[database]\nurl = {}\nconnections = 8\n",
            toml::Value::from(self.database.url()),
        );
        std::fs::write(dir.join("boomgate.toml"), text).unwrap();
        let mut command = Command::new(program("boomgate"));
        command.arg("serve").arg("--config").arg(dir.join("boomgate.toml"));
        command.envs(variables.iter().copied());
        Process::start(&mut command, &dir.join("serve.log"))
    }

    async fn execute(&self, sql: &str) {
        self.database.pool.get().await.unwrap().batch_execute(sql).await.unwrap();
    }

    async fn number(&self, sql: &str) -> i64 {
        self.database.pool.get().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
    }

    async fn jobs(&self) -> Vec<JobRow> {
        jobs::list(&self.database.pool.get().await.unwrap()).await.unwrap()
    }

    async fn successes(&self, condition: &str) -> i64 {
        self.number(&format!("select count(*) from successes where {condition}")).await
    }

    /// Waits until each job has succeeded so often; some are done more often than the rest.
    async fn until_done(&self, times: i64) {
        let least = "select min(successes) from (select count(s.job) as successes from jobs j
            left join successes s on s.job = j.name group by j.name) as counted";
        wait::until(&format!("every job is done {times} times"), async || {
            (self.jobs().await.len() == JOBS.len() && self.number(least).await >= times).then_some(())
        })
        .await;
        assert_eq!(self.rare_successes().await, rare() * times);
    }

    /// Successes of the jobs that are done every quarter of an hour.
    async fn rare_successes(&self) -> i64 {
        self.successes("job in (select name from jobs where period_ms >= 900000)").await
    }

    async fn live_feed(&self) -> Option<JobRow> {
        self.jobs().await.into_iter().find(|job| job.name == "live_feed")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_in_the_middle_of_a_job_leaves_it_undone_and_another_does_it() {
    let site = Site::new().await;
    site.execute(HANG).await;
    let killed = site.server("first", &[]);
    let asleep = "select count(*) from pg_stat_activity
        where datname = current_database() and state = 'active' and wait_event = 'PgSleep'";
    wait::until("the job is in the middle", async || (site.number(asleep).await == 1).then_some(())).await;
    let holder = site.live_feed().await.unwrap().running_by.unwrap();
    assert!(holder.ends_with(&format!("/{}", killed.pid())), "{holder}");
    killed.kill();
    let lease = "select count(*) from jobs where name = 'live_feed' and lease_until > clock_timestamp()";
    assert_eq!(site.number(lease).await, 1, "nobody gave the lease back");
    // PostgreSQL notices that nobody waits for the statement, though it would take an hour.
    wait::until("the statement ends", async || (site.number(asleep).await == 0).then_some(())).await;
    assert_eq!(site.number("select count(*) from live_feed").await, 2, "what it did is rolled back");
    site.execute("drop trigger hang on live_feed").await;
    let before =
        "select (extract(epoch from lease_until) * 1000000)::bigint from jobs where name = 'live_feed'";
    let lease_until = site.number(before).await;
    let other = site.server("second", &[]);
    let done = wait::within(TAKEN_OVER, "the other server does the job", async || {
        site.live_feed().await.filter(|job| job.outcome() == Some(Outcome::Succeeded))
    })
    .await;
    assert!(done.last_started_at.unwrap().as_microsecond() >= lease_until, "not before the lease ran out");
    assert_eq!((done.last_rows, done.failures()), (Some(1), 0));
    assert_eq!(site.number("select min(no) from live_feed").await, 2);
    let log = other.log();
    assert!(log.contains("a run lost its lease; the job runs again") && log.contains(&holder), "{log}");
    other.stop().await;
    site.dir.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_whose_clocks_jump_ten_years_ahead_removed_what_was_young() {
    clocks_jump(10 * YEAR).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_whose_clocks_jump_ten_years_back_go_on_with_their_jobs() {
    clocks_jump(-10 * YEAR).await;
}

/// Two servers do each job once; then their clocks jump by `seconds`, a period passes, and they do each job once more.
async fn clocks_jump(seconds: i64) {
    let site = Site::new().await;
    site.execute(RECORD).await;
    let (library, jump) = shifted_clock(site.dir.path(), seconds);
    let servers = ["first", "second"].map(|name| site.server(name, &[("LD_PRELOAD", &library)]));
    let [first, second] = &servers;
    wait::until("both servers serve", async || {
        (first.log().contains("\"serving\"") && second.log().contains("\"serving\"")).then_some(())
    })
    .await;
    site.until_done(1).await;
    std::fs::write(jump, "").unwrap();
    let old = "insert into live_feed (site_id, no, at, kind, body)
        select id, 3, now() - interval '8 days', 'hello', '{}'::jsonb from sites";
    site.execute(old).await;
    site.execute("update jobs set due_at = clock_timestamp()").await;
    site.until_done(2).await;
    let lines = format!("{}{}", first.log(), second.log());
    let done: Vec<&str> = lines.lines().filter(|line| line.contains("job done")).collect();
    let off =
        if seconds > 0 { this_year() + 9..=this_year() + 11 } else { this_year() - 11..=this_year() - 9 };
    assert_eq!(done.iter().filter(|line| off.contains(&year(line))).count(), 1, "the clock jumped: {done:?}");
    // Each server looks every five seconds.
    wait::never(Duration::from_secs(7), "a job is done again", async || {
        (site.rare_successes().await > 2 * rare()).then_some(())
    })
    .await;
    assert_eq!(site.number("select min(no) from live_feed").await, 2, "six days are not too old");
    assert_eq!(site.number("select count(*) from live_feed").await, 1);
    for job in site.jobs().await {
        let wait = job.due_at.duration_since(job.last_finished_at.unwrap()).as_millis();
        assert!((wait - i128::from(job.period_ms)).abs() < 1000, "{}: {wait} ms", job.name);
    }
    for server in servers {
        server.stop().await;
    }
    site.dir.assert_no_panic();
}

fn this_year() -> i32 {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).year().into()
}

/// Of a line of the log.
fn year(line: &str) -> i32 {
    let from = line.find("\"timestamp\":\"").unwrap() + "\"timestamp\":\"".len();
    line[from..from + 4].parse().unwrap()
}

/// A library that shifts the wall clock of whoever loads it by `seconds`, and no other clock, as soon as the file beside
/// it is there.
fn shifted_clock(dir: &Path, seconds: i64) -> (PathBuf, PathBuf) {
    let (source, library, jump) = (dir.join("clock.c"), dir.join("clock.so"), dir.join("jump"));
    let text = format!(
        "#define _GNU_SOURCE\n#include <time.h>\n#include <unistd.h>\n#include <sys/syscall.h>\n\
         int clock_gettime(clockid_t id, struct timespec *at) {{\n\
         int failed = syscall(SYS_clock_gettime, id, at);\n\
         if (!failed && id == CLOCK_REALTIME && !access(\"{}\", F_OK)) at->tv_sec += {seconds};\n\
         return failed;\n}}\n",
        jump.display()
    );
    std::fs::write(&source, text).unwrap();
    let mut compiler = Command::new("cc");
    let status = compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status();
    assert!(status.expect("cc is there, or nothing could be linked").success());
    (library, jump)
}
