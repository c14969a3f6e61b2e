//! The blocklist: read, added to, corrected, lifted; what it means for strangers; and cars that stay for long.
#![expect(unused_qualifications, reason = "utoipa's attribute writes them")]

use boomgate_domain::ids::{BlockId, StayId};
use boomgate_operations::access::{Authorized, BlocklistRead, BlocklistWrite, SiteRef, StaysRead};
use boomgate_operations::{blocklist, unit};
use boomgate_store::access_settings;
use boomgate_store::blocklist::{self as stored, BlockDetail, BlockFilter};
use boomgate_store::stays::{self, LongStay};
use boomgate_store::words::BlockState;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::etag;
use crate::model::blocklist::{Block, BlockChange, LiftBlock, ListRisk, NewBlock, Overstay};
use crate::model::page::Page;
use crate::query::{self, Limit};
use crate::request::{JSON_BYTES, Request, json, ok};
use crate::routes::idempotency;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BlocklistQuery {
    /// Id or code; all sites the caller sees where it is left out.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
    state: Option<BlockState>,
    /// Part of a plate as people write it (0 and O, 1 and I alike), or of a reason.
    q: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// `next_cursor` of the page before.
    cursor: Option<Uuid>,
}

/// Blocks, the newest first; those that are over and those that were lifted, too.
#[utoipa::path(get, path = "/api/v1/blocklist", tag = "blocklist", params(BlocklistQuery),
    responses((status = 200, body = Page<Block>), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn list(
    app: App,
    by: Authorized<BlocklistRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted: BlocklistQuery = query::read(&request.query)?;
    let filter = BlockFilter {
        state: wanted.state,
        part: wanted.q.filter(|part| !part.trim().is_empty()),
        before: wanted.cursor.map(BlockId::from_uuid),
    };
    let client = app.client().await?;
    let sites = match &wanted.site {
        Some(_) => vec![by.site(&client, wanted.site.as_ref()).await?],
        None => by.sites(&client).await?,
    };
    let sites: Vec<Uuid> = sites.iter().map(|site| site.id.as_uuid()).collect();
    let (Limit(limit), now) = (wanted.limit, Timestamp::now());
    let rows = stored::page(&client, &sites, &filter, now, i64::from(limit) + 1).await?;
    let show = |row| Ok::<_, ApiError>(Block::of(row, now));
    ok(&Page::of(rows, limit, |row: &BlockDetail| row.id.to_string(), show)?)
}

/// One block.
#[utoipa::path(get, path = "/api/v1/blocklist/{id}", tag = "blocklist",
    params(("id" = Uuid, Path), ("If-None-Match" = Option<String>, Header)),
    responses((status = 200, body = Block, headers(("ETag" = String))), (status = 304, description = "the version the client has"),
        (status = 404, body = crate::Problem)))]
pub(crate) async fn one(
    app: App,
    by: Authorized<BlocklistRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let (id, now) = (id(&request)?, Timestamp::now());
    let client = app.client().await?;
    let site = by.site_of_block(&client, id).await?;
    etag::reply(&request.context, &Block::of(stored::get(&client, site.id, id, now).await?, now))
}

/// Blocks a plate and its twins (0 for O, 1 for I). Where the car is inside already, an alarm says so.
#[utoipa::path(post, path = "/api/v1/blocklist", tag = "blocklist", request_body = NewBlock,
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 201, body = Block), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn add(
    app: App,
    by: Authorized<BlocklistWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let wanted: NewBlock = json(&body)?;
    let new = wanted.block()?;
    let key = idempotency::key(&request.context, &by, &body)?;
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let site = by.site(unit.tx(), wanted.site.as_ref()).await?.id;
        let row = blocklist::add(unit, &by, site, new).await?;
        idempotency::answer(StatusCode::CREATED, &Block::of(row, Timestamp::now()))
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

/// Corrects the reason or the end of a block.
#[utoipa::path(patch, path = "/api/v1/blocklist/{id}", tag = "blocklist", request_body = BlockChange,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = Block, headers(("ETag" = String))), (status = 400, body = crate::Problem),
        (status = 404, body = crate::Problem), (status = 409, body = crate::Problem), (status = 412, body = crate::Problem),
        (status = 422, body = crate::Problem)))]
pub(crate) async fn change(
    app: App,
    by: Authorized<BlocklistWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let set = json::<BlockChange>(&request.body(JSON_BYTES).await?)?.set();
    let (id, now) = (id(&request)?, Timestamp::now());
    let mut client = app.client().await?;
    let changed = unit::run(&mut client, async |unit| {
        let site = by.site_of_block(unit.tx(), id).await?.id;
        let before = Block::of(stored::get(unit.tx(), site, id, now).await?, now);
        etag::must_match(&request.context.headers, &before)?;
        Ok::<_, ApiError>(blocklist::set(unit, &by, site, id, &set).await?)
    })
    .await?;
    etag::reply(&request.context, &Block::of(changed, now))
}

/// Lifts a block: it matches no more, and stays in the history.
#[utoipa::path(post, path = "/api/v1/blocklist/{id}/lift", tag = "blocklist", request_body = LiftBlock,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 200, body = Block), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn lift(
    app: App,
    by: Authorized<BlocklistWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let (wanted, id): (LiftBlock, _) = (json(&body)?, id(&request)?);
    let key = idempotency::key(&request.context, &by, &body)?;
    let mut client = app.client().await?;
    let site = by.site_of_block(&client, id).await?.id;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let row = blocklist::lift(unit, &by, site, id, &wanted.reason).await?;
        idempotency::answer(StatusCode::OK, &Block::of(row, Timestamp::now()))
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RiskQuery {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
    /// Whose plates strangers have, with commas: `SK,CZ`, `EU`. Left out: as the site says.
    countries: Option<String>,
}

/// What the lists mean for strangers as they stand: "1 in N would pass", "1 in N would be stopped", by every way to compare
/// plates; and listed plates that fall together.
#[utoipa::path(get, path = "/api/v1/blocklist/risk", tag = "blocklist", params(RiskQuery),
    responses((status = 200, body = ListRisk), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 422, body = crate::Problem)))]
pub(crate) async fn risk(
    app: App,
    by: Authorized<BlocklistRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted: RiskQuery = query::read(&request.query)?;
    let countries = wanted.countries.map(|text| {
        let named = text.split(',').map(|one| one.trim().to_uppercase());
        named.filter(|one| !one.is_empty()).collect::<Vec<_>>()
    });
    let client = app.client().await?;
    let site = by.site(&client, wanted.site.as_ref()).await?;
    ok(&ListRisk::from(blocklist::risk(&client, site.id, countries, Timestamp::now()).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OverstayQuery {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
    /// Inside for longer than this; left out: as the site says.
    #[param(minimum = 1, maximum = 8784)]
    hours: Option<u16>,
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Cars that are inside for longer than cars should, the longest stay first.
#[utoipa::path(get, path = "/api/v1/overstays", tag = "stays", params(OverstayQuery),
    responses((status = 200, body = Page<Overstay>), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn overstaying(
    app: App,
    by: Authorized<StaysRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted: OverstayQuery = query::read(&request.query)?;
    if wanted.hours.is_some_and(|hours| !(1..=8784).contains(&hours)) {
        return Err(ApiError::invalid("hours", "must be 1 to 8784"));
    }
    let after = wanted.cursor.as_deref().map(last_shown).transpose()?;
    let client = app.client().await?;
    let site = by.site(&client, wanted.site.as_ref()).await?;
    let hours = match wanted.hours {
        Some(hours) => i64::from(hours),
        None => i64::from(access_settings::get(&client, site.id).await?.overstay_hours),
    };
    let (Limit(limit), now) = (wanted.limit, Timestamp::now());
    let before = now - SignedDuration::from_hours(hours);
    let rows = stays::overstaying(&client, site.id, before, after, i64::from(limit) + 1).await?;
    let cursor = |row: &LongStay| format!("{}_{}", row.entered_at.as_microsecond(), row.id);
    ok(&Page::of(rows, limit, cursor, |row| Ok::<_, ApiError>(Overstay::of(row, now)))?)
}

fn last_shown(cursor: &str) -> Result<(Timestamp, StayId), ApiError> {
    let read = || {
        let (at, id) = cursor.split_once('_')?;
        Some((Timestamp::from_microsecond(at.parse().ok()?).ok()?, id.parse().ok()?))
    };
    read().ok_or_else(|| ApiError::invalid("cursor", "is not one of these pages"))
}

fn id(request: &Request) -> Result<BlockId, ApiError> {
    request.part("id").parse().map_err(|_| ApiError::NotFound("block"))
}
