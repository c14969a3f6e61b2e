//! An order of a person: outbox, audit and live feed in one transaction.

use boomgate_domain::ids::{CommandId, LaneId, SiteId};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::arrivals;
use crate::audit::{self, NewAudit, RequestedBy};
use crate::audit_action::AuditAction;
use crate::commands::{self, NewCommand};
use crate::error::StoreError;
use crate::live_event::{CommandEvent, LiveEvent};
use crate::live_feed;
use crate::words::{CommandAction, CommandState};

/// What a guard or operator orders; `reason` is their words and must not be empty.
#[derive(Clone, Debug, PartialEq)]
pub struct ManualOrder {
    pub site: SiteId,
    pub lane: LaneId,
    pub command: CommandId,
    /// The car it is about, when one waits.
    pub arrival: Option<Uuid>,
    pub action: CommandAction,
    /// `OPEN-MANUAL`, `DENY-MANUAL`, …
    pub code: String,
    pub by: RequestedBy,
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
    if let (Some(arrival), CommandAction::Open) = (order.arrival, order.action) {
        arrivals::let_pass(tx, order.site, arrival, &order.code).await?;
    }
    commands::insert_pending(tx, &new_command(order)).await?;
    audit::insert_many(tx, &[line(order)]).await?;
    let event = LiveEvent::Command(CommandEvent {
        command: order.command.as_uuid(),
        action: Some(order.action),
        arrival: order.arrival,
        state: Some(CommandState::Pending),
        code: Some(order.code.clone()),
        by: Some(order.by.name.clone()),
        reason: Some(order.reason.clone()),
        ..CommandEvent::default()
    });
    live_feed::append(tx, order.site, order.at, Some(order.lane), event).await.map(drop)
}

fn new_command(order: &ManualOrder) -> NewCommand {
    NewCommand {
        site: order.site,
        id: order.command,
        lane: order.lane,
        arrival: order.arrival,
        action: order.action.as_str(),
        code: order.code.clone(),
        params: json!({ "operator": order.by.user }),
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
        actor: order.by.actor(),
        action: AuditAction::CommandOrdered { action: order.action, code: order.code.clone() },
        lane_id: Some(order.lane.as_uuid()),
        arrival_id: order.arrival,
        stay_id: None,
        command_id: Some(order.command.as_uuid()),
        request_id: order.by.request_id.clone(),
        personal: None,
    }
}
