//! The server's own jobs: when each runs, who runs it now, and how it went last.

use boomgate_operations::access::{Authorized, JobsRead};
use boomgate_store::jobs;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::model::jobs::Job;
use crate::model::page::Page;
use crate::request::{Request, ok};

/// All jobs, by name.
#[utoipa::path(get, path = "/api/v1/jobs", tag = "jobs", responses((status = 200, body = Page<Job>)))]
pub(crate) async fn list(app: App, _: Authorized<JobsRead>, _: Request) -> Result<Response, ApiError> {
    let rows = jobs::list(&app.client().await?).await?;
    ok(&Page::whole(rows.into_iter().map(Job::from).collect()))
}
