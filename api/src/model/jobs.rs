//! The server's own jobs.

use boomgate_store::jobs::{JobRow, Outcome};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Times are of the database's clock.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Job {
    name: String,
    /// From the end of one run to the beginning of the next.
    period_ms: i64,
    /// A run that takes longer is ended.
    limit_ms: i64,
    due_at: Timestamp,
    /// Null while nobody runs it.
    running: Option<Running>,
    /// Starts since the last success.
    attempts: i32,
    /// Null before its first end.
    last_outcome: Option<JobOutcome>,
    /// Why it did not succeed; null once it did.
    last_error: Option<String>,
    last_started_at: Option<Timestamp>,
    last_finished_at: Option<Timestamp>,
    last_succeeded_at: Option<Timestamp>,
    last_duration_ms: Option<i64>,
    /// Rows that the last successful run removed, sealed or made.
    last_rows: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Running {
    since: Option<Timestamp>,
    /// Host and process id.
    by: String,
}

/// `lost`: the process that ran it was killed or hung.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobOutcome {
    Succeeded,
    Failed,
    TimedOut,
    Lost,
}

impl From<JobRow> for Job {
    fn from(row: JobRow) -> Self {
        Self {
            last_outcome: row.outcome().map(Into::into),
            running: row.running_by.map(|by| Running { since: row.last_started_at, by }),
            name: row.name,
            period_ms: row.period_ms,
            limit_ms: row.limit_ms,
            due_at: row.due_at,
            attempts: row.attempts,
            last_error: row.last_error,
            last_started_at: row.last_started_at,
            last_finished_at: row.last_finished_at,
            last_succeeded_at: row.last_succeeded_at,
            last_duration_ms: row.last_duration_ms,
            last_rows: row.last_rows,
        }
    }
}

impl From<Outcome> for JobOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Succeeded,
            Outcome::Failed => Self::Failed,
            Outcome::TimedOut => Self::TimedOut,
            Outcome::Lost => Self::Lost,
        }
    }
}
