//! Sessions and their users.

use boomgate_operations::access::{Held, Permission, Role};
use boomgate_store::memberships::VisibleSite;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::request::SafeText;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    #[schema(value_type = String)]
    pub(crate) name: SafeText,
    pub(crate) password: String,
    /// Six digits of the authenticator app or a recovery code; needed where the user has a second factor: the problem
    /// `OTP-NEEDED` says so, once the password was right.
    #[serde(default)]
    pub(crate) otp: Option<String>,
    /// Needed only where several tenants know the name and the password is right in more than one: the problem
    /// `TENANT-NEEDED` says which.
    #[serde(default)]
    pub(crate) tenant: Option<Uuid>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LoggedIn {
    /// For `Authorization: Bearer`; browsers get it as a cookie too.
    #[schema(min_length = 64, max_length = 64)]
    pub(crate) token: String,
    pub(crate) expires_at: Timestamp,
    pub(crate) user: Me,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) tenant: Uuid,
    /// Whether one-time codes are asked for.
    pub(crate) totp: bool,
    /// Recovery codes not used yet.
    pub(crate) recovery_codes_left: i64,
    /// The role with most permissions they have anywhere; null without any.
    pub(crate) role: Option<Role>,
    /// Sites they see, by code.
    pub(crate) sites: Vec<MySite>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MySite {
    id: Uuid,
    code: String,
    name: String,
    currency: String,
    /// IANA name.
    time_zone: String,
    /// What they are there.
    roles: Vec<Role>,
    /// What they may do there at once, and what only after a step-up: words like `lanes:read`.
    permissions: Vec<&'static str>,
    after_step_up: Vec<&'static str>,
}

impl From<VisibleSite> for MySite {
    fn from(visible: VisibleSite) -> Self {
        let VisibleSite { site, roles } = visible;
        let holding = |wanted: &[Held]| {
            let holds = |permission: &&Permission| {
                roles.iter().any(|role| wanted.contains(&permission.held_by(*role)))
            };
            Permission::ALL.iter().filter(holds).map(|permission| permission.as_str()).collect()
        };
        Self {
            id: site.id.as_uuid(),
            code: site.code,
            name: site.name,
            currency: site.currency,
            time_zone: site.time_zone,
            permissions: holding(&[Held::Yes, Held::Own]),
            after_step_up: holding(&[Held::AfterStepUp]),
            roles,
        }
    }
}

/// The first in the order of [`Role::ALL`].
pub(crate) fn highest(roles: &[Role]) -> Option<Role> {
    Role::ALL.iter().copied().find(|role| roles.contains(role))
}
