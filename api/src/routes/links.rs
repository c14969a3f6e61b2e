//! Links that work once: whom one is for, and choosing a password by it.

use boomgate_operations::{links, passwords, unit};
use warp::reply::Response;

use crate::app::App;
use crate::auth;
use crate::caller::Public;
use crate::error::ApiError;
use crate::model::getting_in::{LinkFound, LinkToken, RedeemLink};
use crate::request::{JSON_BYTES, Request, json, ok};
use crate::routes::me::{no_content, refuse_weak};

/// For whom a link is. One that was used, has expired or never was answers alike.
#[utoipa::path(post, path = "/api/v1/links/look-up", tag = "sessions", request_body = LinkToken,
    responses((status = 200, body = LinkFound), (status = 400, body = crate::Problem), (status = 403, body = crate::Problem),
        (status = 404, body = crate::Problem)))]
pub(crate) async fn look_up(app: App, _: Public, mut request: Request) -> Result<Response, ApiError> {
    auth::not_foreign(&request.context)?;
    let given: LinkToken = json(&request.body(JSON_BYTES).await?)?;
    let found = links::look_up(&app.client().await?, &given.token).await?;
    ok(&LinkFound {
        kind: found.kind,
        name: found.user.name,
        company: found.user.tenant_name,
        expires_at: found.expires_at,
    })
}

/// Chooses a password by a link, which is good no more. Whoever has it logs in with it then.
#[utoipa::path(post, path = "/api/v1/links/redeem", tag = "sessions", request_body = RedeemLink,
    responses((status = 204), (status = 400, body = crate::Problem), (status = 403, body = crate::Problem),
        (status = 404, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn redeem(app: App, _: Public, mut request: Request) -> Result<Response, ApiError> {
    auth::not_foreign(&request.context)?;
    let given: RedeemLink = json(&request.body(JSON_BYTES).await?)?;
    let found = links::look_up(&app.client().await?, &given.token).await?;
    refuse_weak("password", &given.password, &found.user)?;
    let hash = passwords::hash_aside(given.password).await?;
    let mut client = app.client().await?;
    unit::run(&mut client, async |unit| links::redeem(unit, &given.token, &hash).await).await?;
    app.limiter.forget(&found.user.name, found.user.id.as_uuid());
    Ok(no_content())
}
