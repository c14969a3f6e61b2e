//! What is done to a subscription, written into its history and the audit.

use boomgate_domain::ids::{SiteId, SubscriptionId};
use boomgate_store::audit::{self, NewAudit};
use boomgate_store::audit_action::AuditAction;
use boomgate_store::subscription_contracts::{self as stored, NewHistory};
use boomgate_store::words::SubscriptionChange;
use jiff::Timestamp;
use serde_json::Value;

use crate::access::{Authorized, SubscriptionsWrite};
use crate::error::OperationError;
use crate::unit::Unit;

/// Longest reason, in characters.
pub const LONGEST_REASON: usize = 300;

/// Something that is done to a subscription.
pub(super) struct Act {
    pub what: SubscriptionChange,
    pub reason: Option<String>,
    /// Numbers, words and times; in the audit, too.
    pub detail: Value,
}

/// Its history and the audit; the reason stands in the history only, where it can be erased.
pub(super) async fn note(
    unit: &Unit<'_>,
    by: &Authorized<SubscriptionsWrite>,
    (site, id): (SiteId, SubscriptionId),
    holder: &str,
    act: Act,
) -> Result<(), OperationError> {
    let new = NewHistory {
        site,
        subscription: id,
        at: Timestamp::now(),
        what: act.what,
        by: by.actor().user(),
        reason: act.reason,
        detail: act.detail,
    };
    stored::record(unit.tx(), &new).await?;
    let action = AuditAction::SubscriptionChanged { subscription: id.as_uuid(), what: act.what };
    let line =
        NewAudit { personal: Some((rand::random(), holder.to_owned())), ..by.audit_line(site, action) };
    Ok(audit::insert_many(unit.tx(), &[line]).await?)
}

pub(super) fn reason_of(reason: &str) -> Result<Option<String>, OperationError> {
    let reason = reason.trim();
    if reason.chars().count() > LONGEST_REASON {
        return Err(OperationError::invalid("reason", format!("at most {LONGEST_REASON} characters")));
    }
    Ok(filled(Some(reason)))
}

pub(super) fn filled(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}
