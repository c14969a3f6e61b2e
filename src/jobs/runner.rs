//! Runs what is due, one lease at a time per worker, beside any number of other servers.
//!
//! ```text
//!   claim ─► begin ─► the job's own work ─► finish ─► commit          one transaction from begin to commit
//!              │             │  lease extended meanwhile
//!              └─────────────┴─► failed, timed out: backoff; lease lost: nothing; shutdown: given back
//! ```
//!
//! The work and its result are one transaction, and the result is written under the lease's token: a process killed in
//! the middle leaves nothing but a lease that runs out, and one that was only slow cannot write over its successor.
//! Knows nothing of what the jobs do, and no clock but the monotonic one.

use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use anyhow::{Result, anyhow};
use boomgate_store::jobs::{self, JobRow, Lease, Outcome, Registered, Timing};
use boomgate_store::pool::Object;
use boomgate_store::{Pool, StoreError};
use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::job::{Job, JobContext};

/// Characters of an error that are stored.
const LONGEST_ERROR: usize = 1000;

/// Intervals of the runner.
#[derive(Clone, Copy, Debug)]
pub struct RunnerTiming {
    pub table: Timing,
    /// How often a lease is extended; several times while it lasts.
    pub extend: Duration,
    /// Interval of polling when nothing is due.
    pub poll: Duration,
    /// How often the metrics are read from the table.
    pub observe: Duration,
    /// A job that was started so recently is not started again because a server starts.
    pub fresh: Duration,
}

impl Default for RunnerTiming {
    fn default() -> Self {
        Self {
            table: Timing {
                lease: Duration::from_secs(20),
                first_retry: Duration::from_mins(1),
                longest_retry: Duration::from_mins(15),
            },
            extend: Duration::from_secs(5),
            poll: Duration::from_secs(5),
            observe: Duration::from_secs(15),
            fresh: Duration::from_mins(1),
        }
    }
}

/// Why a run did not succeed.
#[derive(Debug)]
enum Failure {
    Failed(anyhow::Error),
    TimedOut(Duration),
    /// Somebody else has the job now.
    LeaseLost,
    Shutdown,
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Runs the jobs of one process.
pub struct Runner {
    pool: Pool,
    context: JobContext,
    jobs: &'static [Job],
    names: Vec<&'static str>,
    holder: String,
    timings: RunnerTiming,
}

impl Runner {
    pub fn new(pool: Pool, context: JobContext, jobs: &'static [Job], timings: RunnerTiming) -> Self {
        let names = jobs.iter().map(|job| job.name).collect();
        Self { pool, context, jobs, names, holder: holder(), timings }
    }

    /// Until `shutdown`. Two workers, so that one job that hangs does not stop all others.
    pub async fn run(&self, shutdown: watch::Receiver<bool>) {
        let mut stopping = shutdown.clone();
        tokio::select! {
            () = self.registered() => {}
            () = until_shutdown(&mut stopping) => return,
        }
        let observing = async {
            tokio::select! {
                () = self.observe() => {}
                () = until_shutdown(&mut stopping) => {}
            }
        };
        tokio::join!(self.worker(shutdown.clone()), self.worker(shutdown), observing);
    }

    /// Enters the jobs and runs what is due, until nothing is.
    #[cfg(test)]
    pub(super) async fn run_due(&self) {
        let (_stop, mut stopped) = watch::channel(false);
        self.register().await.unwrap();
        while let Some(lease) = self.claim().await.unwrap() {
            self.perform(&lease, &mut stopped).await;
        }
    }

    /// Enters the jobs in the table, as soon as the database lets us.
    async fn registered(&self) {
        let mut outage = Outage::default();
        while !outage.is_over(self.register().await) {
            sleep(self.timings.poll).await;
        }
    }

    async fn register(&self) -> Result<(), StoreError> {
        let registered = |job: &Job| Registered { name: job.name, period: job.period, limit: job.limit };
        let jobs: Vec<Registered> = self.jobs.iter().map(registered).collect();
        jobs::register(&self.pool.get().await?, &jobs, self.timings.fresh).await
    }

    async fn worker(&self, mut shutdown: watch::Receiver<bool>) {
        let mut outage = Outage::default();
        while !*shutdown.borrow() {
            let claimed = self.claim().await;
            if let Ok(Some(lease)) = &claimed {
                self.perform(lease, &mut shutdown).await;
            } else {
                outage.is_over(claimed.map(drop));
                tokio::select! {
                    () = sleep(self.timings.poll) => {}
                    () = until_shutdown(&mut shutdown) => {}
                }
            }
        }
    }

    async fn claim(&self) -> Result<Option<Lease>, StoreError> {
        jobs::claim(&self.pool.get().await?, &self.names, &self.holder, &self.timings.table).await
    }

    /// Runs the job of a lease and writes what became of it.
    async fn perform(&self, lease: &Lease, shutdown: &mut watch::Receiver<bool>) {
        if let Some(lost_by) = &lease.lost_by {
            tracing::warn!(job = lease.job, lost_by, "a run lost its lease; the job runs again");
            count(&lease.job, Outcome::Lost.as_str());
        }
        let Some(job) = self.jobs.iter().find(|job| job.name == lease.job) else { return };
        match self.run_job(job, lease, shutdown).await {
            Ok(rows) => succeeded(lease, rows),
            Err(Failure::Failed(error)) => self.failed(lease, Outcome::Failed, format!("{error:#}")).await,
            Err(Failure::TimedOut(limit)) => {
                let error = format!("took longer than {} s and was ended", limit.as_secs_f64());
                self.failed(lease, Outcome::TimedOut, error).await;
            }
            Err(Failure::LeaseLost) => {
                tracing::warn!(job = lease.job, "the lease was lost; its transaction is rolled back");
                count(&lease.job, "rolled_back");
            }
            Err(Failure::Shutdown) => self.give_back(lease).await,
        }
    }

    /// How many rows the job handled. Whatever it is still at after a failure ends with its connection.
    async fn run_job(
        &self,
        job: &Job,
        lease: &Lease,
        shutdown: &mut watch::Receiver<bool>,
    ) -> Result<u64, Failure> {
        let mut client = self.pool.get().await?;
        let work = AssertUnwindSafe(self.transact(job, lease, &mut client)).catch_unwind();
        let ended = tokio::select! {
            ended = timeout(job.limit, work) => ended,
            () = until_shutdown(shutdown) => Ok(Ok(Err(Failure::Shutdown))),
        };
        let ended = match ended {
            Ok(Ok(ended)) => ended,
            Ok(Err(_)) => Err(Failure::Failed(anyhow!("panicked; the log says where"))),
            Err(_) => Err(Failure::TimedOut(job.limit)),
        };
        if ended.is_err() {
            drop(Object::take(client));
        }
        ended
    }

    async fn transact(&self, job: &Job, lease: &Lease, client: &mut Object) -> Result<u64, Failure> {
        let tx = client.transaction().await?;
        if !jobs::begin(&tx, job.name, job.limit).await? {
            return Err(Failure::Failed(anyhow!("an earlier run has not ended yet")));
        }
        let rows = tokio::select! {
            rows = (job.run)(&self.context, &tx) => rows?,
            () = self.extend_until_lost(lease) => return Err(Failure::LeaseLost),
        };
        if !jobs::finish(&tx, lease, rows).await? {
            return Err(Failure::LeaseLost);
        }
        tx.commit().await?;
        Ok(rows)
    }

    /// Extends the lease again and again; ends when it is lost. While the database does not answer nothing is known.
    async fn extend_until_lost(&self, lease: &Lease) {
        loop {
            sleep(self.timings.extend).await;
            match self.extend(lease).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::debug!(job = lease.job, error = message(error), "cannot extend a lease");
                }
            }
        }
    }

    async fn extend(&self, lease: &Lease) -> Result<bool, StoreError> {
        jobs::extend(&self.pool.get().await?, lease, &self.timings.table).await
    }

    async fn failed(&self, lease: &Lease, outcome: Outcome, error: String) {
        let (job, attempts, outcome_name) = (&lease.job, lease.attempts, outcome.as_str());
        count(job, outcome_name);
        tracing::warn!(job, attempts, outcome = outcome_name, error, "a job failed; it will be retried");
        let error: String = error.chars().filter(|char| *char != '\0').take(LONGEST_ERROR).collect();
        let written =
            async { jobs::fail(&self.pool.get().await?, lease, outcome, &error, &self.timings.table).await };
        not_written(lease, written.await);
    }

    async fn give_back(&self, lease: &Lease) {
        count(&lease.job, "interrupted");
        not_written(lease, async { jobs::release(&self.pool.get().await?, lease).await }.await);
    }

    /// Copies the job table into this server's metrics, whichever server ran the jobs.
    async fn observe(&self) {
        loop {
            let listed = async { jobs::list(&self.pool.get().await?).await };
            match listed.await {
                Ok(rows) => rows.iter().filter(|row| self.names.contains(&row.name.as_str())).for_each(show),
                Err::<_, StoreError>(error) => {
                    tracing::debug!(error = message(error), "the job table cannot be read");
                }
            }
            sleep(self.timings.observe).await;
        }
    }
}

/// Logs the beginning and the end of a time without the database, not every failure in it.
#[derive(Default)]
struct Outage(bool);

impl Outage {
    fn is_over(&mut self, result: Result<(), StoreError>) -> bool {
        match result {
            Ok(()) if self.0 => tracing::info!("the job table can be read again"),
            Ok(()) => {}
            Err(error) if !self.0 => {
                tracing::warn!(error = message(error), "cannot read the job table; jobs wait");
                self.0 = true;
                return false;
            }
            Err(_) => return false,
        }
        self.0 = false;
        true
    }
}

async fn until_shutdown(shutdown: &mut watch::Receiver<bool>) {
    drop(shutdown.wait_for(|ended| *ended).await);
}

fn succeeded(lease: &Lease, rows: u64) {
    count(&lease.job, Outcome::Succeeded.as_str());
    if rows > 0 || lease.attempts > 1 {
        tracing::info!(job = lease.job, rows, attempts = lease.attempts, "job done");
    }
}

/// A result that is not written is none: the lease runs out, and the job is run again.
fn not_written(lease: &Lease, written: Result<bool, StoreError>) {
    match written {
        Ok(true) => {}
        Ok(false) => tracing::debug!(job = lease.job, "the lease was lost before its end was written"),
        Err(error) => {
            tracing::debug!(job = lease.job, error = message(error), "cannot write the end of a run");
        }
    }
}

fn message(error: impl Into<anyhow::Error>) -> impl Display + tracing::Value {
    format!("{:#}", error.into())
}

fn count(job: &str, outcome: &'static str) {
    metrics::counter!("boomgate_job_runs_total", "job" => job.to_owned(), "outcome" => outcome).increment(1);
}

#[expect(clippy::cast_precision_loss, reason = "seconds fit a double for millions of years")]
fn show(row: &JobRow) {
    let job = row.name.clone();
    if let Some(at) = row.last_succeeded_at {
        metrics::gauge!("boomgate_job_last_success_seconds", "job" => job.clone()).set(at.as_second() as f64);
    }
    if let Some(took) = row.last_duration_ms {
        metrics::gauge!("boomgate_job_last_duration_seconds", "job" => job.clone()).set(took as f64 / 1000.0);
    }
    metrics::gauge!("boomgate_job_failures", "job" => job).set(f64::from(row.failures()));
}

/// This process, as people find it: `host/pid`.
fn holder() -> String {
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    format!("{}/{}", host.as_deref().unwrap_or("unknown"), std::process::id())
}
