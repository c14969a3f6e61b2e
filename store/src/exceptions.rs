//! Exceptions for operators: each is a line in the audit and a row in the live feed.

use boomgate_domain::ids::{LaneId, SiteId};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::audit::{self, Actor, NewAudit};
use crate::error::StoreError;
use crate::{live_feed, sites};

/// An exception to be raised. `detail` holds ids, codes and numbers only, never a plate.
#[derive(Clone, Debug, PartialEq)]
pub struct NewException {
    pub site: SiteId,
    pub lane: Option<LaneId>,
    /// Of the audit line.
    pub id: Uuid,
    pub at: Timestamp,
    /// What the audit calls it, such as `events.missing`.
    pub action: &'static str,
    /// Its code on the live feed, such as `events_missing`.
    pub what: &'static str,
    /// Kind of the live feed's row: `exception`, or `notice` for what can wait.
    pub kind: &'static str,
    pub detail: Value,
}

/// Writes it; takes the site's lock. Call [`live_feed::wake`] after the commit.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Database`].
pub async fn raise(tx: &crate::Transaction<'_>, new: &NewException) -> Result<(), StoreError> {
    sites::lock(tx, new.site).await?;
    let line = NewAudit {
        site_id: new.site.as_uuid(),
        id: new.id,
        at: new.at,
        actor: Actor::Server,
        action: new.action,
        lane_id: new.lane.map(|lane| lane.as_uuid()),
        arrival_id: None,
        stay_id: None,
        command_id: None,
        detail: new.detail.clone(),
        personal: None,
    };
    audit::insert_many(tx, &[line]).await?;
    let body = json!({ "what": new.what, "detail": new.detail });
    live_feed::append(tx, new.site, new.at, new.kind, new.lane, body).await.map(drop)
}
