//! Who may call a route: declared by the type of its handler's second argument, and checked before the handler runs.

use boomgate_operations::access::{Authorized, Grant, Permission};

use crate::app::App;
use crate::auth;
use crate::error::ApiError;
use crate::request::RequestContext;

/// Who may call a route, as documents and tests read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Whoever has a session.
    Session,
    /// Whoever has a session and this permission.
    Permission(Permission),
    /// A device with its certificate.
    Device,
    /// Whoever reaches the metrics' listener, with its token where it has one.
    Metrics,
}

/// A handler's second argument: the proof that the request was authorised.
pub(crate) trait Caller: Sized + Send + 'static {
    const ACCESS: Access;

    fn admit(app: &App, context: &RequestContext) -> impl Future<Output = Result<Self, ApiError>> + Send;
}

/// No proof is needed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Public;

impl Caller for Public {
    const ACCESS: Access = Access::Public;

    async fn admit(_: &App, _: &RequestContext) -> Result<Self, ApiError> {
        std::future::ready(Ok(Self)).await
    }
}

impl<G: Grant> Caller for Authorized<G> {
    const ACCESS: Access = match G::PERMISSION {
        Some(permission) => Access::Permission(permission),
        None => Access::Session,
    };

    async fn admit(app: &App, context: &RequestContext) -> Result<Self, ApiError> {
        Ok(Self::check(auth::actor(app, context).await?)?)
    }
}

/// Who reads the metrics.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scraper;

impl Caller for Scraper {
    const ACCESS: Access = Access::Metrics;

    async fn admit(app: &App, context: &RequestContext) -> Result<Self, ApiError> {
        let admitted = app.metrics_token.get().is_none_or(|token| auth::has_bearer_token(context, token));
        std::future::ready(if admitted { Ok(Self) } else { Err(ApiError::NotLoggedIn) }).await
    }
}
