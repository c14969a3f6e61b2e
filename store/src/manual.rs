//! An order of a person: outbox, audit and live feed in one transaction.

use boomgate_domain::ids::{CommandId, LaneId, SiteId, UserId};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::arrivals;
use crate::audit::{self, Actor, NewAudit};
use crate::commands::{self, CommandState, Wish};
use crate::error::StoreError;
use crate::live_feed;

/// What a guard or operator orders; `reason` is their words and must not be empty.
#[derive(Clone, Debug, PartialEq)]
pub struct ManualOrder {
    pub site: SiteId,
    pub lane: LaneId,
    pub command: CommandId,
    /// The car it is about, when one waits.
    pub arrival: Option<Uuid>,
    /// `open`, `close`, `hold`, `release` or `refuse`.
    pub action: &'static str,
    /// `OPEN-MANUAL`, `DENY-MANUAL`, …
    pub code: String,
    pub by: (UserId, String),
    pub reason: String,
    pub at: Timestamp,
}

/// Writes the order; after the commit call [`commands::wake`] and [`live_feed::wake`].
///
/// # Errors
/// [`StoreError::Conflict`] without a reason, [`StoreError::Database`].
pub async fn order(tx: &impl GenericClient, order: &ManualOrder) -> Result<(), StoreError> {
    if order.reason.trim().is_empty() {
        return Err(StoreError::Conflict("an order of a person needs a reason".to_owned()));
    }
    crate::sites::lock(tx, order.site).await?;
    if let (Some(arrival), "open") = (order.arrival, order.action) {
        arrivals::let_pass(tx, order.site, arrival, &order.code).await?;
    }
    commands::wish(tx, &wish(order)).await?;
    audit::insert_many(tx, &[line(order)]).await?;
    let body = json!({
        "command": order.command, "action": order.action, "code": order.code, "arrival": order.arrival,
        "by": order.by.1, "reason": order.reason, "state": CommandState::Pending.as_str(),
    });
    live_feed::append(tx, order.site, order.at, "command", Some(order.lane), body).await.map(drop)
}

fn wish(order: &ManualOrder) -> Wish {
    Wish {
        site: order.site,
        id: order.command,
        lane: order.lane,
        arrival: order.arrival,
        action: order.action,
        code: order.code.clone(),
        params: json!({ "operator": order.by.0 }),
        amount: None,
        by: Some(order.by.clone()),
        reason: Some(order.reason.clone()),
        at: order.at,
    }
}

fn line(order: &ManualOrder) -> NewAudit {
    NewAudit {
        site_id: order.site.as_uuid(),
        id: Uuid::now_v7(),
        at: order.at,
        actor: Actor::User(order.by.0.as_uuid()),
        action: "command.ordered",
        lane_id: Some(order.lane.as_uuid()),
        arrival_id: order.arrival,
        stay_id: None,
        command_id: Some(order.command.as_uuid()),
        detail: json!({ "action": order.action, "code": order.code }),
        personal: None,
    }
}
