//! The job table: what is due, who runs it, and what became of it.
//!
//! ```text
//!   register ─► due ── claim ─► leased ── finish ─► due a period later
//!                ▲                │ ├──── fail ────► due after a backoff
//!                │                │ └─── release ──► due now
//!                └── lease ran out┘      (the process was killed, or hung)
//! ```
//!
//! Every time in it is of the database's clock: callers give lengths of time, never instants. A result is written only
//! under the token of the lease, so a process that lost its lease changes nothing. Knows nothing of what the jobs do.

use std::time::Duration;

use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{columns, execute, query, query_opt, row};

/// A job as a server knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registered {
    pub name: &'static str,
    /// From the end of one run to the beginning of the next.
    pub period: Duration,
    /// When a run that takes longer is ended.
    pub limit: Duration,
}

/// How leases and repeats are timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How long a lease lasts unless it is extended.
    pub lease: Duration,
    /// How soon after the first failure; doubled for every further one.
    pub first_retry: Duration,
    /// How soon after many.
    pub longest_retry: Duration,
}

/// The right to run a job once and to write its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub job: String,
    token: Uuid,
    /// Starts since the last success, this one included.
    pub attempts: i32,
    /// Who had the lease before and did not end in time.
    pub lost_by: Option<String>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Succeeded,
    Failed,
    /// It took longer than its limit.
    TimedOut,
    /// Its process was killed or hung, and the lease ran out.
    Lost,
}

impl Outcome {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Lost => "lost",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Succeeded, Self::Failed, Self::TimedOut, Self::Lost]
            .into_iter()
            .find(|one| one.as_str() == text)
    }
}

row! {
    /// A job and how it went last.
    pub struct JobRow {
        pub name: String,
        pub period_ms: i64,
        pub limit_ms: i64,
        pub due_at: Timestamp,
        /// Starts since the last success.
        pub attempts: i32,
        pub last_started_at: Option<Timestamp>,
        pub last_finished_at: Option<Timestamp>,
        pub last_succeeded_at: Option<Timestamp>,
        pub last_duration_ms: Option<i64>,
        pub last_outcome: Option<String>,
        pub last_error: Option<String>,
        /// Of the last success.
        pub last_rows: Option<i64>,
        /// The process that runs it now, since `last_started_at`.
        pub running_by: Option<String>,
    }
}

impl JobRow {
    /// How it ended last; none before its first end.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.last_outcome.as_deref().and_then(Outcome::parse)
    }

    /// How often in a row it did not succeed.
    #[must_use]
    pub fn failures(&self) -> i32 {
        if self.running_by.is_some() { (self.attempts - 1).max(0) } else { self.attempts }
    }
}

/// Enters the jobs of a server that starts. Each is due at once, unless it was started within `fresh`: another server
/// that starts at the same time is at it.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn register(
    client: &impl GenericClient,
    jobs: &[Registered],
    fresh: Duration,
) -> Result<(), StoreError> {
    struct Line {
        name: &'static str,
        period_ms: i64,
        limit_ms: i64,
    }
    let line = |job: &Registered| Line {
        name: job.name,
        period_ms: millis(job.period),
        limit_ms: millis(job.limit),
    };
    let lines: Vec<Line> = jobs.iter().map(line).collect();
    let [names, periods, limits] = columns!(lines; name, period_ms, limit_ms);
    let sql = include_str!("../queries/jobs/register.sql");
    execute(client, sql, &[*names, *periods, *limits, &millis(fresh)]).await.map(drop)
}

/// Takes the job of these that is due longest and that nobody runs; none when there is none.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn claim(
    client: &impl GenericClient,
    names: &[&str],
    holder: &str,
    timing: &Timing,
) -> Result<Option<Lease>, StoreError> {
    row! {
        pub struct ClaimRow {
            pub name: String,
            pub attempts: i32,
            pub lost_by: Option<String>,
        }
    }
    let token = Uuid::now_v7();
    let (lease, longest) = (millis(timing.lease), millis(timing.longest_retry));
    let sql = include_str!("../queries/jobs/claim.sql");
    let claimed: Option<ClaimRow> =
        query_opt(client, sql, &[&names, &token, &holder, &lease, &longest]).await?;
    Ok(claimed.map(|claimed| Lease {
        job: claimed.name,
        token,
        attempts: claimed.attempts,
        lost_by: claimed.lost_by,
    }))
}

/// Begins the work of a job in its transaction: statements may take as long as the job, but none waits long for a table
/// that others use. False while an earlier run, whose lease was lost, has not ended yet.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn begin(tx: &impl GenericClient, job: &str, limit: Duration) -> Result<bool, StoreError> {
    row! {
        pub struct RunRow {
            pub alone: bool,
        }
    }
    // The server ends the work at its limit; PostgreSQL does so only where the server could not.
    let limit = millis(limit + Duration::from_secs(5)).to_string();
    let begun: Option<RunRow> =
        query_opt(tx, include_str!("../queries/jobs/begin.sql"), &[&job, &limit]).await?;
    Ok(begun.is_some_and(|begun| begun.alone))
}

/// Extends a lease. False when it is lost.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn extend(client: &impl GenericClient, lease: &Lease, timing: &Timing) -> Result<bool, StoreError> {
    let sql = include_str!("../queries/jobs/extend.sql");
    execute(client, sql, &[&lease.job, &lease.token, &millis(timing.lease)]).await.map(|rows| rows > 0)
}

/// Writes that the job succeeded, in the transaction of its work, and makes it due a period later. False when the lease
/// is lost; then the transaction must be rolled back.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn finish(tx: &impl GenericClient, lease: &Lease, rows: u64) -> Result<bool, StoreError> {
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    let sql = include_str!("../queries/jobs/finish.sql");
    execute(tx, sql, &[&lease.job, &lease.token, &rows]).await.map(|rows| rows > 0)
}

/// Writes that the job did not succeed and makes it due after a backoff. False when the lease is lost.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn fail(
    client: &impl GenericClient,
    lease: &Lease,
    outcome: Outcome,
    error: &str,
    timing: &Timing,
) -> Result<bool, StoreError> {
    let (first, longest) = (millis(timing.first_retry), millis(timing.longest_retry));
    let sql = include_str!("../queries/jobs/fail.sql");
    execute(client, sql, &[&lease.job, &lease.token, &outcome.as_str(), &error, &first, &longest])
        .await
        .map(|rows| rows > 0)
}

/// Gives a lease back as if the job had not begun. False when it is lost.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn release(client: &impl GenericClient, lease: &Lease) -> Result<bool, StoreError> {
    let sql = include_str!("../queries/jobs/release.sql");
    execute(client, sql, &[&lease.job, &lease.token]).await.map(|rows| rows > 0)
}

/// Every job, by name.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn list(client: &impl GenericClient) -> Result<Vec<JobRow>, StoreError> {
    query(client, include_str!("../queries/jobs/list.sql"), &[]).await
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A time for which something is kept, as the statements that remove older rows take it.
pub(crate) fn kept_millis(keep: SignedDuration) -> i64 {
    i64::try_from(keep.as_millis()).unwrap_or(i64::MAX)
}
