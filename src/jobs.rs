//! What every server does again and again: partitions ahead of time, the audit sealed, old rows and pictures removed.
//!
//! [`JOBS`] is the list. A new job is one entry there and one function in a file of `jobs/`; the runner gives it a
//! transaction, a limit, retries and metrics, and ensures that only one of several servers runs it. When each is due and
//! its last result are in the table `jobs`.

mod alarms;
mod audit;
mod event_partitions;
mod evidence;
mod job;
mod lanes;
mod retention;
mod runner;
mod subscriptions;

use std::time::Duration;

use boomgate_store::Pool;
use tokio::sync::watch;

pub use job::{Job, JobContext};
pub use runner::{Runner, RunnerTiming};

const QUARTER_HOUR: Duration = Duration::from_mins(15);
const LIMIT: Duration = Duration::from_mins(5);

/// Every job of a server.
pub const JOBS: &[Job] = &[
    job("event_partitions", QUARTER_HOUR, |_, tx| Box::pin(event_partitions::make(tx))),
    job("audit", QUARTER_HOUR, |_, tx| Box::pin(audit::seal(tx))),
    job("live_feed", QUARTER_HOUR, |context, tx| Box::pin(retention::live_feed(context, tx))),
    job("sessions", QUARTER_HOUR, |context, tx| Box::pin(retention::sessions(context, tx))),
    job("known_browsers", QUARTER_HOUR, |_, tx| Box::pin(retention::known_browsers(tx))),
    job("idempotency_keys", QUARTER_HOUR, |context, tx| Box::pin(retention::idempotency_keys(context, tx))),
    job("lane_modes", Duration::from_secs(10), |_, tx| Box::pin(lanes::end_modes(tx))),
    job("hold_all", QUARTER_HOUR, |_, tx| Box::pin(lanes::prune_hold_all(tx))),
    job("vehicle_imports", QUARTER_HOUR, |_, tx| Box::pin(retention::vehicle_imports(tx))),
    job("alarms", QUARTER_HOUR, |_, tx| Box::pin(alarms::prune(tx))),
    job("subscription_notices", QUARTER_HOUR, |context, tx| {
        Box::pin(subscriptions::notice_ending(context, tx))
    }),
    job("passback_resets", QUARTER_HOUR, |_, tx| Box::pin(subscriptions::prune_passback(tx))),
    job("lane_watch", Duration::from_secs(10), |_, tx| Box::pin(alarms::watch(tx))),
    job("previews", Duration::from_mins(1), |_, tx| Box::pin(lanes::prune_previews(tx))),
    // Pictures grow faster than anything else.
    job("evidence", Duration::from_mins(1), |context, tx| Box::pin(evidence::remove_surplus(context, tx))),
];

const fn job(name: &'static str, period: Duration, run: job::Run) -> Job {
    Job { name, period, limit: LIMIT, run }
}

/// Runs the jobs until `shutdown`; what is being done then is rolled back and done at the next start.
pub async fn run(pool: Pool, context: JobContext, shutdown: watch::Receiver<bool>) {
    Runner::new(pool, context, JOBS, RunnerTiming::default()).run(shutdown).await;
}

#[cfg(test)]
mod tests;
