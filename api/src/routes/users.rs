//! People who may log in: all of them, a new one, what one may do.

use boomgate_domain::ids::UserId;
use boomgate_operations::access::{Authorized, UsersManage};
use boomgate_operations::links::{self, Made};
use boomgate_operations::mail::{self, Mail};
use boomgate_operations::unit::{self, Idempotency};
use boomgate_operations::users::{self, AddUser, SetUser};
use http::StatusCode;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::model::getting_in::{PasswordLink, email};
use crate::model::page::Page;
use crate::model::sites::label;
use crate::model::users::{NewUser, User, UserAdded, UserChange, codes};
use crate::request::{JSON_BYTES, Request, RequestContext, json, ok};
use crate::routes::idempotency;
use crate::routes::me::no_content;

/// Everybody of the company, by name.
#[utoipa::path(get, path = "/api/v1/users", tag = "users", responses((status = 200, body = Page<User>)))]
pub(crate) async fn list(app: App, by: Authorized<UsersManage>, _: Request) -> Result<Response, ApiError> {
    let all = users::all(&app.client().await?, &by).await?;
    ok(&Page::whole(all.into_iter().map(User::from).collect()))
}

/// Invites a person: answers with a link by which they choose their password, shown this once and mailed where they have an
/// address and the server sends mail.
#[utoipa::path(post, path = "/api/v1/users", tag = "users", request_body = NewUser,
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 201, body = UserAdded), (status = 400, body = crate::Problem), (status = 409, body = crate::Problem),
        (status = 422, body = crate::Problem)))]
pub(crate) async fn add(
    app: App,
    by: Authorized<UsersManage>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let new: NewUser = json(&body)?;
    let key = idempotency::key(&request.context, &by, &body)?;
    let adding = AddUser {
        name: label(&new.name)?,
        role: Some(new.role),
        sites: codes("sites", &new.sites)?,
        email: new.email.as_deref().map(|text| email("email", text)).transpose()?,
    };
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let id = users::add_new(unit, &by, &adding).await?;
        let link = password_link(&app, &request.context, links::make(unit, &by, id).await?);
        let user = User::from(users::one(unit.tx(), &by, id).await?);
        idempotency::secret_answer(StatusCode::CREATED, &UserAdded { user, link })
    })
    .await?;
    drop(client);
    mail_new(&app, &request.context, &by, done, "link").await
}

/// A link by which a person chooses their first or another password, shown this once and mailed where they have an address and
/// the server sends mail. Links they had before are good no more.
#[utoipa::path(post, path = "/api/v1/users/{id}/password-link", tag = "users",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 201, body = PasswordLink), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn make_link(
    app: App,
    by: Authorized<UsersManage>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let key = idempotency::key(&request.context, &by, &body)?;
    let id = user_id(&request)?;
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let link = password_link(&app, &request.context, links::make(unit, &by, id).await?);
        idempotency::secret_answer::<_>(StatusCode::CREATED, &link)
    })
    .await?;
    drop(client);
    mail_new(&app, &request.context, &by, done, "").await
}

/// Forgets the failed logins of a person, so that they need not wait.
#[utoipa::path(post, path = "/api/v1/users/{id}/unlock", tag = "users", params(("id" = uuid::Uuid, Path)),
    responses((status = 204), (status = 404, body = crate::Problem)))]
pub(crate) async fn unlock(
    app: App,
    by: Authorized<UsersManage>,
    request: Request,
) -> Result<Response, ApiError> {
    let id = user_id(&request)?;
    let mut client = app.client().await?;
    let name = unit::run(&mut client, async |unit| users::unlock(unit, &by, id).await).await?;
    app.limiter.forget(&name, id.as_uuid());
    Ok(no_content())
}

fn user_id(request: &Request) -> Result<UserId, ApiError> {
    request.part("id").parse().map_err(|_| ApiError::NotFound("user"))
}

/// The token stands behind `#`: a browser does not send it, so it stands in no log.
fn password_link(app: &App, context: &RequestContext, made: Made) -> PasswordLink {
    PasswordLink {
        url: app.url(context, &format!("/join#{}", made.token)),
        kind: made.kind,
        expires_at: made.expires_at,
        mailed_to: None,
        mail_problem: None,
    }
}

/// Mails a link that was just made, and says in the answer whether that went well. Not again for a repeated request.
async fn mail_new(
    app: &App,
    context: &RequestContext,
    by: &Authorized<UsersManage>,
    done: Idempotency,
    part: &str,
) -> Result<Response, ApiError> {
    let Idempotency::Done(mut answer) = done else { return idempotency::reply_idempotent(&done) };
    let link = if part.is_empty() { &mut answer.body } else { &mut answer.body[part] };
    let found = link["url"].as_str().and_then(|url| url.split_once('#')).map(|(_, token)| token.to_owned());
    let found = links::look_up(&app.client().await?, &found.unwrap_or_default()).await?;
    if let (Some(mailer), Some(to)) = (&app.mailer, &found.user.email) {
        let who = (&*found.user.name, &*found.user.tenant_name);
        let url = link["url"].as_str().unwrap_or_default();
        let (subject, text) = mail::link(context.language(), found.kind, who, url, found.expires_at);
        match mailer.send(Mail { to: to.clone(), subject, text }).await {
            Ok(()) => link["mailed_to"] = to.clone().into(),
            Err(error) => {
                tracing::warn!(%error, by = by.actor().name, "a link was not mailed");
                link["mail_problem"] = "the mail server did not take it; pass the link on yourself".into();
            }
        }
    }
    idempotency::reply_idempotent(&Idempotency::Done(answer))
}

/// Changes what a person may do, or whether they are let in, from their next request on.
#[utoipa::path(patch, path = "/api/v1/users/{id}", tag = "users", request_body = UserChange, params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = User), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn change(
    app: App,
    by: Authorized<UsersManage>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let change: UserChange = json(&request.body(JSON_BYTES).await?)?;
    let id = user_id(&request)?;
    let address = change.email.as_deref().filter(|text| !text.is_empty());
    let address = address.map(|text| email("email", text)).transpose()?;
    let (give, take) = (codes("give", &change.give)?, codes("take", &change.take)?);
    let mut client = app.client().await?;
    let user = unit::run(&mut client, async |unit| {
        let known = users::of_tenant(unit.tx(), by.actor().tenant, id).await?;
        if change.role.is_some() || !give.is_empty() || !take.is_empty() {
            let set = SetUser { name: known.name, role: change.role, give, take };
            users::set(unit, &by, &set).await?;
        }
        if let Some(disabled) = change.disabled {
            users::set_disabled(unit, &by, id, disabled).await?;
        }
        if change.email.is_some() {
            users::set_email(unit, &by, id, address.as_deref()).await?;
        }
        Ok::<_, ApiError>(User::from(users::one(unit.tx(), &by, id).await?))
    })
    .await?;
    ok(&user)
}
