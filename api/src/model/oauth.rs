//! The token endpoint of OAuth 2 (RFC 6749): its form and its answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a program asks for; a form, not JSON. Other fields are ignored, as RFC 6749 demands.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TokenRequest {
    pub(crate) grant_type: GrantType,
    /// With `password`: the name to log in with.
    #[serde(default)]
    pub(crate) username: Option<String>,
    #[serde(default)]
    pub(crate) password: Option<String>,
    /// A one-time or recovery code, where the user has a second factor.
    #[serde(default)]
    pub(crate) otp: Option<String>,
    /// Where several companies know the name.
    #[serde(default)]
    pub(crate) tenant: Option<Uuid>,
    /// With `refresh_token`: the one of the last answer.
    #[serde(default)]
    pub(crate) refresh_token: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GrantType {
    Password,
    RefreshToken,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tokens {
    /// For `Authorization: Bearer`: a JWT signed with Ed25519.
    pub(crate) access_token: String,
    /// `Bearer`.
    pub(crate) token_type: &'static str,
    /// Seconds the access token is good.
    pub(crate) expires_in: i64,
    /// Works once, for the next tokens; a second use ends the session.
    pub(crate) refresh_token: String,
}

/// Why there are no tokens (RFC 6749, 5.2), with the problem's code and sentence.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenError {
    /// `invalid_request`, `invalid_grant`, `unsupported_grant_type`.
    pub(crate) error: &'static str,
    pub(crate) error_description: String,
    /// Stable name of the rule, such as `OTP-NEEDED`.
    pub(crate) code: String,
    pub(crate) request_id: String,
}
