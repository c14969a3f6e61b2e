//! What is done to the records of a server: one use case, one function, one transaction.
//!
//! Arguments, printing and the connection are the callers'. Everything is checked before anything changes; what stands
//! against it is said at once, with what is given and what is stored.

pub mod devices;
pub mod folder;
pub mod lanes;
pub mod sites;
pub mod users;
pub mod zone;

#[cfg(test)]
mod tests;

use boomgate_domain::ids::{LaneId, SiteId};
use boomgate_store::audit::{Actor, NewAudit};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

/// Why nothing was changed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing was changed:{}", .reasons.iter().map(|reason| format!("\n  {reason}")).collect::<String>())]
pub struct Refused {
    pub reasons: Vec<String>,
}

impl Refused {
    /// Nothing, or the refusal.
    fn unless_empty(reasons: Vec<String>) -> Result<(), Self> {
        if reasons.is_empty() { Ok(()) } else { Err(Self { reasons }) }
    }
}

impl From<String> for Refused {
    fn from(reason: String) -> Self {
        Self { reasons: vec![reason] }
    }
}

/// A stored value that is another one from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub what: &'static str,
    pub before: String,
    pub after: String,
}

/// Those of `all` that differ.
fn changes<const N: usize>(all: [(&'static str, &str, &str); N]) -> Vec<Change> {
    let changed = all.into_iter().filter(|(_, before, after)| before != after);
    changed.map(|(what, before, after)| Change { what, before: before.into(), after: after.into() }).collect()
}

/// The audit's line of something that was done at the command line. `detail` holds ids, codes and settings only.
fn audit_line(site: SiteId, lane: Option<LaneId>, action: &'static str, mut detail: Value) -> NewAudit {
    detail["by"] = "command line".into();
    NewAudit {
        site_id: site.as_uuid(),
        id: Uuid::now_v7(),
        at: Timestamp::now(),
        actor: Actor::Server,
        action,
        lane_id: lane.map(|lane| lane.as_uuid()),
        arrival_id: None,
        stay_id: None,
        command_id: None,
        detail,
        personal: None,
    }
}

/// `{"time_zone": ["Europe/Vienna", "Europe/Bratislava"]}`.
fn changes_detail(changes: &[Change]) -> Value {
    let pairs = changes.iter().map(|change| {
        (change.what.replace(' ', "_"), Value::from(vec![change.before.clone(), change.after.clone()]))
    });
    Value::Object(pairs.collect())
}
