//! People and keys of programs.

use boomgate_operations::access::{Permission, Role};
use boomgate_operations::users::Listed;
use boomgate_store::api_keys::ListedApiKey;
use boomgate_store::users::ListedSession;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::ApiError;
use crate::model::getting_in::PasswordLink;
use crate::request::SafeText;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct User {
    id: Uuid,
    name: String,
    /// Where links and notices go.
    email: Option<String>,
    /// They have chosen no password yet.
    invited: bool,
    /// They are asked for one-time codes.
    totp: bool,
    disabled_at: Option<Timestamp>,
    memberships: Vec<UserMembership>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserMembership {
    role: Role,
    /// Code of the site; null: every site of the company.
    site: Option<String>,
}

impl From<Listed> for User {
    fn from(listed: Listed) -> Self {
        let memberships = listed.person.memberships.into_iter();
        let memberships = memberships
            .map(|one| UserMembership { role: one.role, site: one.site.map(|(_, code)| code) })
            .collect();
        Self {
            id: listed.id.as_uuid(),
            name: listed.person.name,
            email: listed.email,
            invited: listed.invited,
            totp: listed.totp,
            disabled_at: listed.disabled_at,
            memberships,
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    /// To log in with, in any case; used once in the company.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    pub(crate) name: SafeText,
    pub(crate) role: Role,
    /// Codes of the sites they see; none for an admin, who sees every site.
    #[serde(default)]
    pub(crate) sites: Vec<String>,
    /// Where the invitation, links and notices go.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 254)]
    pub(crate) email: Option<SafeText>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserAdded {
    pub(crate) user: User,
    /// By which they choose their password.
    pub(crate) link: PasswordLink,
}

/// What a person is to be; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserChange {
    /// With `give` the role at those sites; else at every site they have.
    #[serde(default)]
    pub(crate) role: Option<Role>,
    /// Codes of sites they see from now on.
    #[serde(default)]
    pub(crate) give: Vec<String>,
    /// Codes of sites they see no more.
    #[serde(default)]
    pub(crate) take: Vec<String>,
    /// True: they are let in no more, and their sessions end. False: they are let in again.
    #[serde(default)]
    pub(crate) disabled: Option<bool>,
    /// Where links and notices go; empty: nowhere.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 254)]
    pub(crate) email: Option<SafeText>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiKey {
    id: Uuid,
    name: String,
    /// Words like `lanes:read`.
    permissions: Vec<String>,
    /// Codes of the sites it is for; null: every site its user sees.
    sites: Option<Vec<String>>,
    /// The user it acts for.
    user: String,
    created_at: Timestamp,
    expires_at: Timestamp,
    last_used: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

impl From<ListedApiKey> for ApiKey {
    fn from(row: ListedApiKey) -> Self {
        Self {
            id: row.id.as_uuid(),
            name: row.name,
            permissions: row.permissions,
            sites: (!row.every_site).then_some(row.sites),
            user: row.maker,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used: row.last_used,
            revoked_at: row.revoked_at,
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApiKey {
    /// Used once among the live keys.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    pub(crate) name: SafeText,
    /// Words like `lanes:read`, of those that need no step-up.
    permissions: Vec<String>,
    /// Codes of the sites it is for; none: every site the caller sees.
    #[serde(default)]
    pub(crate) sites: Vec<String>,
    /// How long it is good.
    #[schema(minimum = 1, maximum = 366)]
    pub(crate) days: u16,
}

impl NewApiKey {
    pub(crate) fn permissions(&self) -> Result<Vec<Permission>, ApiError> {
        let parse = |(index, word): (usize, &String)| {
            let why = || format!("{word:?} is no permission");
            Permission::parse(word).ok_or_else(|| ApiError::invalid(format!("permissions[{index}]"), why()))
        };
        self.permissions.iter().enumerate().map(parse).collect()
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiKeyAdded {
    /// For `Authorization: Bearer`; shown this once.
    pub(crate) key: String,
    pub(crate) expires_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    id: Uuid,
    kind: SessionKind,
    created_at: Timestamp,
    last_seen: Timestamp,
    expires_at: Timestamp,
    address: String,
    /// As the browser or program calls itself.
    agent: String,
    /// Whether this request came with it.
    current: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionKind {
    Browser,
    Bearer,
}

impl Session {
    pub(crate) fn of(row: ListedSession, current: Option<Uuid>) -> Self {
        Self {
            current: current == Some(row.id),
            id: row.id,
            kind: if row.kind == "browser" { SessionKind::Browser } else { SessionKind::Bearer },
            created_at: row.created_at,
            last_seen: row.last_seen,
            expires_at: row.expires_at,
            address: row.address,
            agent: row.agent,
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepUp {
    #[serde(default)]
    pub(crate) password: Option<String>,
    /// In place of the password: six digits of the authenticator app, or a recovery code.
    #[serde(default)]
    pub(crate) otp: Option<String>,
}

/// Codes of sites, as the request names them.
pub(crate) fn codes<T: std::str::FromStr>(field: &'static str, codes: &[String]) -> Result<Vec<T>, ApiError> {
    let parse = |(index, code): (usize, &String)| {
        code.parse().map_err(|_| ApiError::invalid(format!("{field}[{index}]"), "is no code of a site"))
    };
    codes.iter().enumerate().map(parse).collect()
}
