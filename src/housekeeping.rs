//! What must be done now and then while the server runs: partitions ahead of time, the audit sealed, old rows away.
//!
//! One task; each job is a transaction of its own under one lock, so that of several servers one does it. A job that
//! fails is logged and tried again soon; nobody waits for it, and it never ends the server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use boomgate_store::{Pool, StoreError, audit, housekeeping, idempotency, known_browsers, live_feed, users};
use jiff::{SignedDuration, Timestamp};
use object_store::ObjectStore;

use crate::config::{Evidence, Keep};
use crate::pictures;

/// Months of event partitions that are there ahead of now.
const MONTHS_AHEAD: i32 = 3;
/// Audit lines of a site that are sealed at a time.
const SEALED_AT_MOST: i32 = 20_000;
const EVERY: Duration = Duration::from_secs(15 * 60);
/// How soon after a failure, and how often the pictures are looked at: they grow faster than anything else.
const AGAIN: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    EventPartitions,
    Audit,
    LiveFeed,
    Sessions,
    KnownBrowsers,
    IdempotencyKeys,
    Evidence,
}

impl Job {
    const ALL: [Self; 7] = [
        Self::EventPartitions,
        Self::Audit,
        Self::LiveFeed,
        Self::Sessions,
        Self::KnownBrowsers,
        Self::IdempotencyKeys,
        Self::Evidence,
    ];

    /// As metrics and logs name it.
    const fn name(self) -> &'static str {
        match self {
            Self::EventPartitions => "event_partitions",
            Self::Audit => "audit",
            Self::LiveFeed => "live_feed",
            Self::Sessions => "sessions",
            Self::KnownBrowsers => "known_browsers",
            Self::IdempotencyKeys => "idempotency_keys",
            Self::Evidence => "evidence",
        }
    }
}

/// What the jobs work on, and how much is kept.
pub struct Work {
    pub pool: Pool,
    pub keep: Keep,
    pub evidence: Evidence,
    pub pictures: Arc<dyn ObjectStore>,
}

/// Does all jobs at once and then again and again. Ends only by being dropped; a job cut short is rolled back.
pub async fn run(work: Work) {
    let mut next_round = Instant::now();
    loop {
        if Instant::now() >= next_round {
            let well = round(&work, Timestamp::now()).await;
            next_round = Instant::now() + if well { EVERY } else { AGAIN };
        } else {
            attempt(&work, Job::Evidence, Timestamp::now()).await;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Every job once, whatever becomes of the others. Whether all went well.
async fn round(work: &Work, now: Timestamp) -> bool {
    let mut well = true;
    for job in Job::ALL {
        well &= attempt(work, job, now).await;
    }
    well
}

/// Whether nothing went wrong with one job.
async fn attempt(work: &Work, job: Job, now: Timestamp) -> bool {
    match once(work, job, now).await {
        Ok(Some(rows)) => succeeded(job, rows, now),
        Ok(None) => tracing::debug!(job = job.name(), "another server is at it"),
        Err(error) => {
            metrics::counter!("boomgate_housekeeping_failed_total", "job" => job.name()).increment(1);
            let error = format!("{error:#}");
            tracing::warn!(job = job.name(), error, "housekeeping failed; it is tried again");
            return false;
        }
    }
    true
}

fn succeeded(job: Job, rows: u64, now: Timestamp) {
    let gauge = metrics::gauge!("boomgate_housekeeping_last_success_seconds", "job" => job.name());
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit a double for millions of years")]
    gauge.set(now.as_second() as f64);
    if rows > 0 {
        tracing::info!(job = job.name(), rows, "housekeeping done");
    }
}

/// How many rows were removed or sealed, or partitions made; none when another server is at it.
async fn once(work: &Work, job: Job, now: Timestamp) -> anyhow::Result<Option<u64>> {
    let keep = &work.keep;
    let mut client = work.pool.get().await.map_err(StoreError::from)?;
    let tx = client.transaction().await?;
    if !housekeeping::begin(&tx).await? {
        return Ok(None);
    }
    let before = |age: SignedDuration| now.checked_sub(age).unwrap_or(Timestamp::MIN);
    let rows = match job {
        Job::EventPartitions => housekeeping::make_event_partitions(&tx, now, MONTHS_AHEAD).await?,
        Job::Audit => audit::seal(&tx, SEALED_AT_MOST).await?,
        Job::LiveFeed => live_feed::prune(&tx, before(keep.live_feed)).await?,
        Job::Sessions => users::prune_sessions(&tx, before(keep.expired_sessions)).await?,
        Job::Evidence => pictures::remove_surplus(&tx, &*work.pictures, &work.evidence, now).await?,
        Job::KnownBrowsers => known_browsers::prune(&tx, now).await?,
        Job::IdempotencyKeys => idempotency::prune(&tx, before(keep.idempotency_keys)).await?,
    };
    tx.commit().await?;
    Ok(Some(rows))
}

#[cfg(test)]
mod tests {
    use boomgate_store::testing::TestDatabase;

    use super::*;

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
        insert into users (tenant_id, id, name, password_hash, role) select id, gen_random_uuid(), 'eva', 'x', 'admin' from tenants;
        insert into live_feed (site_id, no, at, kind, body)
            select id, 1, now() - interval '169 hours', 'hello', '{}'::jsonb from sites
            union all select id, 2, now() - interval '167 hours', 'hello', '{}'::jsonb from sites;
        insert into sessions (token_hash, user_id, kind, created_at, expires_at, last_seen)
            select decode(repeat(v.byte, 32), 'hex'), u.id, 'bearer', now(), now() + v.until, now()
            from users u, (values ('01', interval '-25 hours'), ('02', interval '-23 hours'), ('03', interval '1 hour')) v (byte, until);
        insert into idempotency_keys (user_id, key, request_hash, status, response, created_at)
            select id, v.key, decode(repeat('01', 32), 'hex'), 201, '{}', now() - v.age
            from users, (values ('old', interval '49 hours'), ('young', interval '47 hours')) v (key, age);";

    fn work(database: &TestDatabase) -> Work {
        let evidence = Evidence { max_bytes: 1000, keep: SignedDuration::from_hours(24) };
        let pictures = Arc::new(object_store::memory::InMemory::new());
        Work { pool: database.pool.clone(), keep: KEEP, evidence, pictures }
    }

    async fn count(database: &TestDatabase, what: &str) -> i64 {
        let client = database.pool.get().await.unwrap();
        client.query_one(&format!("select count(*) from {what}"), &[]).await.unwrap().get(0)
    }

    async fn kept(database: &TestDatabase) -> [i64; 3] {
        [
            count(database, "live_feed").await,
            count(database, "sessions").await,
            count(database, "idempotency_keys").await,
        ]
    }

    #[tokio::test]
    async fn what_is_older_than_it_may_be_goes_and_nothing_else() {
        let database = TestDatabase::new().await;
        database.pool.get().await.unwrap().batch_execute(ROWS).await.unwrap();
        assert!(round(&work(&database), Timestamp::now()).await);
        assert_eq!(kept(&database).await, [1, 2, 1]);
        assert_eq!(count(&database, "live_feed where no = 2").await, 1);
        assert_eq!(count(&database, "idempotency_keys where key = 'young'").await, 1);
    }

    #[tokio::test]
    async fn partitions_are_made_ahead_and_those_with_events_stay() {
        let database = TestDatabase::new().await;
        let partitions = "pg_inherits where inhparent = 'events'::regclass";
        let at_first = count(&database, partitions).await;
        let event = "insert into events (site_id, id, lane_id, device_id, seq, boot, kind, occurred_at, clock, uptime_ms, received_at, body)
            select u, u, u, u, 1, 1, 'hello', now(), 'synced', 1, now(), '{}' from gen_random_uuid() u";
        database.pool.get().await.unwrap().batch_execute(event).await.unwrap();
        let in_a_year = Timestamp::now() + SignedDuration::from_hours(366 * 24);
        assert!(round(&work(&database), in_a_year).await);
        assert_eq!(count(&database, partitions).await, at_first + i64::from(MONTHS_AHEAD));
        assert!(round(&work(&database), in_a_year).await);
        assert_eq!(count(&database, partitions).await, at_first + i64::from(MONTHS_AHEAD), "made once");
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
            assert!(round(&work(&database), Timestamp::now()).await);
            assert_eq!(chain().await, (sealed, None));
        }
        let without_guard = async |change: &str| {
            let text = format!(
                "alter table audit disable trigger all; {change}; alter table audit enable trigger all"
            );
            client.batch_execute(&text).await.unwrap();
        };
        without_guard("update audit set detail = '{\"n\": 7}' where no = 5").await;
        assert_eq!(chain().await.1, Some(5));
        without_guard("delete from audit where no = 2").await;
        assert_eq!(chain().await.1, Some(2));
    }

    #[tokio::test]
    async fn of_two_servers_one_does_it() {
        let database = TestDatabase::new().await;
        database.pool.get().await.unwrap().batch_execute(ROWS).await.unwrap();
        let mut other = database.pool.get().await.unwrap();
        let at_work = other.transaction().await.unwrap();
        assert!(housekeeping::begin(&at_work).await.unwrap());
        let now = Timestamp::now();
        assert_eq!(once(&work(&database), Job::LiveFeed, now).await.unwrap(), None);
        assert_eq!(count(&database, "live_feed").await, 2);
        at_work.rollback().await.unwrap();
        assert_eq!(once(&work(&database), Job::LiveFeed, now).await.unwrap(), Some(1));
    }

    #[tokio::test]
    async fn a_job_that_fails_stops_neither_the_others_nor_the_next_round() {
        let database = TestDatabase::new().await;
        let client = database.pool.get().await.unwrap();
        client.batch_execute(ROWS).await.unwrap();
        client.batch_execute("alter table live_feed rename to gone").await.unwrap();
        assert!(!round(&work(&database), Timestamp::now()).await);
        assert_eq!(count(&database, "sessions").await, 2);
        client.batch_execute("alter table gone rename to live_feed").await.unwrap();
        assert!(round(&work(&database), Timestamp::now()).await);
        assert_eq!(kept(&database).await, [1, 2, 1]);
    }

    #[tokio::test]
    async fn pictures_grew_without_end() {
        use object_store::ObjectStoreExt;
        let database = TestDatabase::new().await;
        let client = database.pool.get().await.unwrap();
        client.batch_execute(ROWS).await.unwrap();
        let site: uuid::Uuid = client.query_one("select id from sites", &[]).await.unwrap().get(0);
        let site = boomgate_domain::ids::SiteId::from_uuid(site);
        let work = work(&database);
        // 300 bytes each, the first too old, the next four an hour apart: three of them fit.
        for (number, hours) in [(1u8, 25), (2, 4), (3, 3), (4, 2), (5, 1)] {
            let insert = "insert into evidence (site_id, sha256, size_bytes, stored_at, received_at)
                select id, $1, 300, now() - make_interval(hours => $2), now() from sites";
            client.execute(insert, &[&[number; 32].as_slice(), &hours]).await.unwrap();
            let path = boomgate_api::picture_path(site, &[number; 32]);
            work.pictures.put(&path, vec![number; 300].into()).await.unwrap();
        }
        // Announced only: nothing of it is stored, so nothing is too much.
        let announced = "insert into evidence (site_id, sha256, received_at) select id, $1, now() - interval '90 days' from sites";
        client.execute(announced, &[&[9u8; 32].as_slice()]).await.unwrap();
        assert_eq!(once(&work, Job::Evidence, Timestamp::now()).await.unwrap(), Some(2));
        assert_eq!(count(&database, "evidence where stored_at is not null").await, 3);
        assert_eq!(count(&database, "evidence").await, 4);
        for (number, there) in [(1u8, false), (2, false), (3, true), (4, true), (5, true)] {
            let found = work.pictures.get(&boomgate_api::picture_path(site, &[number; 32])).await;
            assert_eq!(found.is_ok(), there, "picture {number}");
        }
        assert_eq!(once(&work, Job::Evidence, Timestamp::now()).await.unwrap(), Some(0));
    }
}
