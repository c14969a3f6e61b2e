//! Holding all lanes of a direction open.

use boomgate_operations::hold_all::AskHoldAll;
use boomgate_store::hold_all::HoldAllRow;
use boomgate_store::words::{HoldAllAction, HoldAllState, LaneDirection};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::{ApiError, unknown};
use crate::request::SafeText;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HoldAll {
    id: Uuid,
    direction: LaneDirection,
    action: HoldAllAction,
    state: HoldAllState,
    /// In the person's words.
    reason: String,
    requested: HoldAllStep,
    confirmed: Option<HoldAllStep>,
    /// Until when another person can confirm it.
    expires_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HoldAllStep {
    at: Timestamp,
    user: Uuid,
    name: String,
}

impl HoldAll {
    pub(crate) fn of(row: HoldAllRow, now: Timestamp) -> Result<Self, ApiError> {
        let direction = LaneDirection::parse(&row.direction);
        let action = HoldAllAction::parse(&row.action);
        let state = match row.confirmed_at {
            Some(_) => HoldAllState::Confirmed,
            None if row.expires_at <= now => HoldAllState::Expired,
            None => HoldAllState::Requested,
        };
        let step = |at, user: Uuid, name: Option<String>| {
            let name = name.unwrap_or_default();
            HoldAllStep { at, user, name }
        };
        Ok(Self {
            id: row.id,
            direction: direction.ok_or_else(|| unknown("hold_all_requests.direction", &row.direction))?,
            action: action.ok_or_else(|| unknown("hold_all_requests.action", &row.action))?,
            state,
            reason: row.reason,
            requested: step(row.requested_at, row.requested_by.as_uuid(), row.requested_name),
            confirmed: row
                .confirmed_at
                .zip(row.confirmed_by)
                .map(|(at, by)| step(at, by.as_uuid(), row.confirmed_name)),
            expires_at: row.expires_at,
        })
    }
}

/// What a person asks for; nothing moves before another one confirms it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewHoldAll {
    direction: LaneDirection,
    action: HoldAllAction,
    /// Why, in the person's words.
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    reason: SafeText,
}

impl NewHoldAll {
    pub(crate) fn ask(self) -> AskHoldAll {
        AskHoldAll { direction: self.direction, action: self.action, reason: self.reason.to_string() }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReleaseAll {
    pub(crate) direction: LaneDirection,
    /// Why, in the person's words.
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    pub(crate) reason: SafeText,
}

/// What was released.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReleasedAll {
    pub(crate) direction: LaneDirection,
    pub(crate) state: HoldAllState,
}
