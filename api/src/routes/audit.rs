//! The audit of a site: who did what, when, and by which request.
#![expect(unused_qualifications, reason = "utoipa's attribute writes them")]

use boomgate_operations::access::{AuditRead, Authorized, SiteRef};
use boomgate_store::audit::{self, AuditFilter, AuditRow};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::model::audit::{AuditChain, AuditLine};
use crate::model::page::Page;
use crate::query::{self, Limit};
use crate::request::{Request, ok};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
    /// As the line names it: `stay.paid`.
    action: Option<String>,
    /// Id of a user, key or device.
    actor: Option<Uuid>,
    stay: Option<Uuid>,
    /// At this time or later.
    from: Option<Timestamp>,
    /// Before this time.
    until: Option<Timestamp>,
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lines of one site's audit, the newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(AuditQuery),
    responses((status = 200, body = Page<AuditLine>), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn list(
    app: App,
    by: Authorized<AuditRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted: AuditQuery = query::read(&request.query)?;
    let filter = AuditFilter {
        action: wanted.action,
        actor: wanted.actor,
        stay: wanted.stay,
        from: wanted.from,
        until: wanted.until,
        before: wanted.cursor.as_deref().map(position).transpose()?,
    };
    let client = app.client().await?;
    let site = by.site(&client, wanted.site.as_ref()).await?;
    let Limit(limit) = wanted.limit;
    let rows = audit::page(&client, site.id, &filter, i64::from(limit) + 1).await?;
    let cursor = |row: &AuditRow| format!("{}_{}", row.at.as_microsecond(), row.id);
    ok(&Page::of(rows, limit, cursor, |row| Ok::<_, ApiError>(AuditLine::from(row)))?)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChainQuery {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
}

/// Whether one site's audit is still what was sealed: every line is looked through. Where there are too many for a request,
/// `boomgate doctor` does it.
#[utoipa::path(get, path = "/api/v1/audit/chain", tag = "audit", params(ChainQuery),
    responses((status = 200, body = AuditChain), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn chain(
    app: App,
    by: Authorized<AuditRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let ChainQuery { site } = query::read(&request.query)?;
    let client = app.client().await?;
    let site = by.site(&client, site.as_ref()).await?;
    ok(&AuditChain::from(audit::chain(&client, site.id).await?))
}

/// Time and id of a line, as a cursor names them.
fn position(cursor: &str) -> Result<(Timestamp, Uuid), ApiError> {
    let parse = || {
        let (at, id) = cursor.split_once('_')?;
        Some((Timestamp::from_microsecond(at.parse().ok()?).ok()?, id.parse().ok()?))
    };
    parse().ok_or_else(|| ApiError::invalid("cursor", "is not one of ours"))
}
