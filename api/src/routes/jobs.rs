//! The server's own jobs: when each runs, who runs it now, and how it went last.

use boomgate_operations::access::{Authorized, JobsRead};
use boomgate_store::jobs::{self, JobRow, Outcome};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use warp::reply::Response;

use crate::App;
use crate::error::ApiError;
use crate::request::{Request, ok};

#[derive(Serialize, ToSchema)]
pub(crate) struct Jobs {
    items: Vec<Job>,
}

/// Times are of the database's clock.
#[derive(Serialize, ToSchema)]
pub(crate) struct Job {
    name: String,
    /// From the end of one run to the beginning of the next.
    period_ms: i64,
    /// A run that takes longer is ended.
    limit_ms: i64,
    #[schema(value_type = String, format = DateTime)]
    due_at: Timestamp,
    /// Null while nobody runs it.
    running: Option<Running>,
    /// Starts since the last success.
    attempts: i32,
    /// Null before its first end.
    last_outcome: Option<JobOutcome>,
    /// Why it did not succeed; null once it did.
    last_error: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_finished_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_succeeded_at: Option<Timestamp>,
    last_duration_ms: Option<i64>,
    /// Rows that the last successful run removed, sealed or made.
    last_rows: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Running {
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Host and process id.
    by: String,
}

/// `lost`: the process that ran it was killed or hung.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobOutcome {
    Succeeded,
    Failed,
    TimedOut,
    Lost,
}

/// All jobs, by name.
#[utoipa::path(get, path = "/api/v1/jobs", tag = "jobs", responses((status = 200, body = Jobs)))]
pub(crate) async fn list(app: App, _: Authorized<JobsRead>, _: Request) -> Result<Response, ApiError> {
    let rows = jobs::list(&app.client().await?).await?;
    ok(&Jobs { items: rows.into_iter().map(job).collect() })
}

fn job(row: JobRow) -> Job {
    Job {
        last_outcome: row.outcome().map(outcome),
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

fn outcome(outcome: Outcome) -> JobOutcome {
    match outcome {
        Outcome::Succeeded => JobOutcome::Succeeded,
        Outcome::Failed => JobOutcome::Failed,
        Outcome::TimedOut => JobOutcome::TimedOut,
        Outcome::Lost => JobOutcome::Lost,
    }
}
