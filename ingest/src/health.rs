//! Health of ingest, for the readiness probe.

use jiff::Timestamp;
use tokio::sync::watch;

/// The state of ingest as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Health {
    #[default]
    Starting,
    Working,
    /// Nothing is acknowledged; lanes decide by themselves and keep everything.
    Degraded {
        since: Timestamp,
        reason: String,
    },
}

/// Reports the health of ingest; shared by all tasks.
#[derive(Clone, Debug)]
pub(crate) struct HealthReporter(watch::Sender<Health>);

impl HealthReporter {
    pub(crate) fn new(sender: watch::Sender<Health>) -> Self {
        Self(sender)
    }

    pub(crate) fn working(&self) {
        let changed = self.0.send_if_modified(|health| {
            let changed = *health != Health::Working;
            *health = Health::Working;
            changed
        });
        if changed {
            tracing::info!("database answers; events are taken and acknowledged");
            metrics::gauge!("boomgate_ingest_degraded").set(0.0);
        }
    }

    pub(crate) fn degraded(&self, error: &dyn std::error::Error, now: Timestamp) {
        let reason = chain(error);
        let changed = self.0.send_if_modified(|health| {
            let changed = !matches!(health, Health::Degraded { .. });
            if changed {
                *health = Health::Degraded { since: now, reason: reason.clone() };
            }
            changed
        });
        if changed {
            tracing::error!(reason, "database is away; nothing is acknowledged until it is back");
            metrics::gauge!("boomgate_ingest_degraded").set(1.0);
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
