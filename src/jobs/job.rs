//! What a job is, and what it works on.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use boomgate_operations::mail::Mailer;
use boomgate_store::Transaction;
use futures_util::future::BoxFuture;
use object_store::ObjectStore;

use crate::config::{Evidence, Keep};

/// What the jobs work on beside the database, and the limits of retention.
pub struct JobContext {
    pub keep: Keep,
    pub evidence: Evidence,
    pub pictures: Arc<dyn ObjectStore>,
    /// None where no mail server is configured.
    pub mailer: Option<Arc<dyn Mailer>>,
}

/// Does a job once, in the transaction that also writes its result; answers how many rows it removed, sealed or made.
/// Its effects outside the database must be repeatable. Ages must be computed with the database's clock, not the server's.
pub type Run = for<'a> fn(&'a JobContext, &'a Transaction<'_>) -> BoxFuture<'a, Result<u64>>;

/// One line of the list of jobs.
#[derive(Clone, Copy)]
pub struct Job {
    /// As the table, metrics and logs name it.
    pub name: &'static str,
    /// From the end of one run to the beginning of the next.
    pub period: Duration,
    /// A run that takes longer is ended and counts as failed.
    pub limit: Duration,
    pub run: Run,
}
