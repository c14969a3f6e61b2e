//! Maps errors to status and problem+json (RFC 9457). The only place that does.

use std::borrow::Cow;

use boomgate_domain::reason::Lang;
use boomgate_domain::tariff::TariffFault;
use boomgate_operations::access::AccessError;
use boomgate_operations::error::OperationError;
use boomgate_operations::fault::Fault;
use boomgate_store::StoreError;
use http::header::{ALLOW, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::request_id::RequestId;

/// Why a request is not done. Texts are for people; `code` is stable.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("{field}: {why}")]
    Invalid { field: Cow<'static, str>, why: String },
    #[error("you are not logged in, or your session has ended")]
    NotLoggedIn,
    #[error("name or password is wrong")]
    WrongLogin,
    /// The password is right, and the user is asked for a one-time code.
    #[error("give the code of your authenticator app, or a recovery code")]
    OtpNeeded,
    #[error("the code is wrong or was used before; wait for the next one")]
    WrongOtp,
    #[error("set up is possible over HTTPS or from the machine itself only")]
    SetUpElsewhere,
    /// The password is right in several tenants: with id and name of each.
    #[error("several companies know this name; say which one")]
    TenantNeeded(Vec<(uuid::Uuid, String)>),
    #[error("too many failed logins; try again in {0} s")]
    SlowDown(u64),
    /// With the seconds after which it is worth trying again.
    #[error("too many requests; try again in {0} s")]
    TooManyRequests(u64),
    /// With the seconds after which it is worth trying again.
    #[error("too many people log in at this moment; try again in {0} s")]
    Busy(u64),
    #[error("your role may not do this")]
    Forbidden,
    #[error("give your password again: this needs it within the last ten minutes")]
    StepUpNeeded,
    #[error("the request came from another site")]
    CrossSite,
    #[error("{0} is not known here")]
    NotFound(&'static str),
    #[error("there is nothing at this address")]
    NoRoute,
    /// With the methods it does take.
    #[error("this address takes {0} only")]
    Method(String),
    #[error("this address speaks WebSocket only")]
    Upgrade,
    /// The state of things forbids it; the code names the rule.
    #[error("{why}")]
    Conflict { code: &'static str, why: String },
    /// Understood, and not what may be asked for; the code names the rule.
    #[error("{why}")]
    Unprocessable { code: &'static str, why: String },
    /// All faults of a change that was refused.
    #[error("nothing was changed: {}", .0.iter().map(|fault| fault.message.as_str()).collect::<Vec<_>>().join("; "))]
    Refused(Vec<Fault>),
    /// All faults of a tariff that was to be published or compared.
    #[error("the tariff has faults: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    FaultyTariff(Vec<TariffFault>),
    /// What is to be changed is another by now; with the present version.
    #[error("somebody changed this since you read it")]
    Stale(serde_json::Value),
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the body did not come in time")]
    SlowBody,
    #[error("the database does not answer; nothing was changed that was not confirmed")]
    Unavailable(#[source] StoreError),
    #[error("too many screens follow this server already")]
    TooManyConnections,
    #[error("you follow this server on {0} screens already; close one")]
    TooManyLiveSockets(usize),
    #[error("something went wrong on our side")]
    Internal(#[source] anyhow::Error),
}

/// A problem in the form of RFC 9457.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// URI of the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// What happened, in words.
    pub detail: String,
    /// The same, for programs that look for `message`.
    pub message: String,
    /// Stable name of the rule that was broken.
    pub code: String,
    /// Of this request, as in the header `X-Request-Id` and the server's log.
    pub request_id: String,
    /// What is wrong with the input, field by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Of which one has to be named: companies, where the code is `TENANT-NEEDED`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// What is to be changed, as it is now, where the code is `STALE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub present: Option<serde_json::Value>,
}

/// One of several.
#[derive(Debug, Serialize, ToSchema)]
pub struct Choice {
    pub id: uuid::Uuid,
    pub name: String,
}

/// What is wrong with one field.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldError {
    /// As it stands in the request: `amount.currency`.
    pub field: String,
    /// Stable name of the rule that was broken.
    pub code: String,
    /// What is wrong, in words.
    pub message: String,
}

impl From<&Fault> for FieldError {
    fn from(fault: &Fault) -> Self {
        Self { field: fault.field.into(), code: fault.code.into(), message: fault.message.clone() }
    }
}

impl From<&TariffFault> for FieldError {
    fn from(fault: &TariffFault) -> Self {
        let message = fault.kind.text(Lang::En);
        Self { field: fault.path.clone(), code: fault.kind.code().into(), message }
    }
}

impl ApiError {
    pub fn invalid(field: impl Into<Cow<'static, str>>, why: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), why: why.into() }
    }

    pub fn internal(error: impl Into<anyhow::Error>) -> Self {
        Self::Internal(error.into())
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.kind().0
    }

    /// Stable name of the rule that was broken.
    pub(crate) fn code(&self) -> &'static str {
        self.kind().1
    }

    fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Invalid { .. } => (StatusCode::BAD_REQUEST, "INVALID"),
            Self::NotLoggedIn => (StatusCode::UNAUTHORIZED, "NOT-LOGGED-IN"),
            Self::WrongLogin => (StatusCode::UNAUTHORIZED, "WRONG-LOGIN"),
            Self::OtpNeeded => (StatusCode::UNAUTHORIZED, "OTP-NEEDED"),
            Self::WrongOtp => (StatusCode::UNAUTHORIZED, "WRONG-OTP"),
            Self::SetUpElsewhere => (StatusCode::FORBIDDEN, "SET-UP-ELSEWHERE"),
            Self::TenantNeeded(_) => (StatusCode::CONFLICT, "TENANT-NEEDED"),
            Self::SlowDown(_) => (StatusCode::TOO_MANY_REQUESTS, "SLOW-DOWN"),
            Self::TooManyRequests(_) => (StatusCode::TOO_MANY_REQUESTS, "TOO-MANY-REQUESTS"),
            Self::Busy(_) => (StatusCode::SERVICE_UNAVAILABLE, "BUSY"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "FORBIDDEN"),
            Self::StepUpNeeded => (StatusCode::FORBIDDEN, "STEP-UP-NEEDED"),
            Self::CrossSite => (StatusCode::FORBIDDEN, "CROSS-SITE"),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "NOT-FOUND"),
            Self::NoRoute => (StatusCode::NOT_FOUND, "NO-ROUTE"),
            Self::Method(_) => (StatusCode::METHOD_NOT_ALLOWED, "METHOD"),
            Self::Upgrade => (StatusCode::UPGRADE_REQUIRED, "WEBSOCKET-ONLY"),
            Self::Conflict { code, .. } => (StatusCode::CONFLICT, code),
            Self::Unprocessable { code, .. } => (StatusCode::UNPROCESSABLE_ENTITY, code),
            Self::Refused(_) => (StatusCode::UNPROCESSABLE_ENTITY, "REFUSED"),
            Self::FaultyTariff(_) => (StatusCode::UNPROCESSABLE_ENTITY, "TARIFF-FAULTS"),
            Self::Stale(_) => (StatusCode::PRECONDITION_FAILED, "STALE"),
            Self::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "TOO-LARGE"),
            Self::SlowBody => (StatusCode::REQUEST_TIMEOUT, "SLOW-BODY"),
            Self::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
            Self::TooManyConnections => (StatusCode::SERVICE_UNAVAILABLE, "CROWDED"),
            Self::TooManyLiveSockets(_) => (StatusCode::TOO_MANY_REQUESTS, "TOO-MANY-SCREENS"),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"),
        }
    }

    /// The reply; what is our own fault is logged here, once.
    pub(crate) fn into_response(self, id: &RequestId) -> warp::reply::Response {
        self.log();
        let body = serde_json::to_vec(&self.problem(id)).unwrap_or_default();
        let mut response = Response::new(body.into());
        *response.status_mut() = self.kind().0;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        self.hints(headers);
        response
    }

    fn log(&self) {
        if let Self::Internal(error) = self {
            tracing::error!(error = format!("{error:#}"), "request failed");
        }
        if let Self::Unavailable(error) = self {
            let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
            let cause = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
            tracing::warn!(%error, cause, "request failed: no database");
        }
    }

    fn problem(&self, id: &RequestId) -> Problem {
        let (status, code) = self.kind();
        Problem {
            kind: format!("urn:boomgate:problem:{}", code.to_lowercase()),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: self.to_string(),
            message: self.to_string(),
            code: code.to_owned(),
            request_id: id.to_string(),
            errors: self.field_errors(),
            choices: self.choices(),
            present: if let Self::Stale(present) = self { Some(present.clone()) } else { None },
        }
    }

    fn choices(&self) -> Vec<Choice> {
        let Self::TenantNeeded(tenants) = self else { return Vec::new() };
        tenants.iter().map(|(id, name)| Choice { id: *id, name: name.clone() }).collect()
    }

    fn field_errors(&self) -> Vec<FieldError> {
        if let Self::Invalid { field, why } = self {
            vec![FieldError { field: field.to_string(), code: self.kind().1.into(), message: why.clone() }]
        } else if let Self::Refused(faults) = self {
            faults.iter().map(FieldError::from).collect()
        } else if let Self::FaultyTariff(faults) = self {
            faults.iter().map(FieldError::from).collect()
        } else {
            Vec::new()
        }
    }

    /// What the caller may do about it, as headers.
    fn hints(&self, headers: &mut HeaderMap) {
        if let Self::SlowDown(seconds) | Self::Busy(seconds) | Self::TooManyRequests(seconds) = self {
            headers.insert(RETRY_AFTER, (*seconds).into());
        }
        if let Self::Unavailable(_) | Self::TooManyConnections | Self::TooManyLiveSockets(_) = self {
            headers.insert(RETRY_AFTER, 5.into());
        }
        if let Self::Upgrade = self {
            headers.insert(http::header::UPGRADE, HeaderValue::from_static("websocket"));
        }
        if let Self::Method(allowed) = self
            && let Ok(allowed) = HeaderValue::from_str(allowed)
        {
            headers.insert(ALLOW, allowed);
        }
    }
}

/// A column holds a word of a later version.
pub(crate) fn unknown(column: &'static str, word: &str) -> ApiError {
    ApiError::Internal(anyhow::anyhow!("column {column} holds {word:?}, which this version does not know"))
}

impl From<OperationError> for ApiError {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::Invalid { field, why } => Self::invalid(field, why),
            OperationError::NotFound(what) => Self::NotFound(what),
            OperationError::Refused(faults) => Self::Refused(faults),
            OperationError::FaultyTariff(faults) => Self::FaultyTariff(faults),
            OperationError::Unknown(why) => Self::Unprocessable { code: "UNKNOWN", why },
            OperationError::Access(error) => error.into(),
            OperationError::Issuer(error) => Self::Internal(anyhow::Error::from_boxed(error)),
            OperationError::Conflict { code, why } => Self::Conflict { code, why },
            OperationError::Unacceptable { code, why } => Self::Unprocessable { code, why },
            OperationError::Store(error) => error.into(),
            OperationError::Broken(why) => Self::Internal(anyhow::anyhow!(why)),
        }
    }
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Forbidden => Self::Forbidden,
            AccessError::StepUpNeeded => Self::StepUpNeeded,
            AccessError::NotFound(what) => Self::NotFound(what),
            AccessError::SiteNeeded => Self::invalid("site", "is needed: you see several sites"),
            AccessError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        if error.is_outage() || error.is_retryable() {
            return Self::Unavailable(error);
        }
        match error {
            StoreError::NotFound { what, .. } => Self::NotFound(what),
            StoreError::Conflict(why) => Self::Conflict { code: "CONFLICT", why },
            StoreError::Pool(_)
            | StoreError::Database(_)
            | StoreError::Unconfirmed(_)
            | StoreError::Timeout(_)
            | StoreError::Stored { .. }
            | StoreError::Connect(_) => Self::internal(error),
        }
    }
}
