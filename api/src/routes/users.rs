//! People who may log in: all of them, a new one, what one may do.

use boomgate_domain::ids::UserId;
use boomgate_operations::access::{Authorized, UsersManage};
use boomgate_operations::users::{self, AddUser, SetUser};
use boomgate_operations::{passwords, unit};
use http::StatusCode;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::model::page::Page;
use crate::model::sites::label;
use crate::model::users::{NewUser, User, UserAdded, UserChange, codes};
use crate::request::{JSON_BYTES, Request, json, ok};
use crate::routes::idempotency;

/// Everybody of the company, by name.
#[utoipa::path(get, path = "/api/v1/users", tag = "users", responses((status = 200, body = Page<User>)))]
pub(crate) async fn list(app: App, by: Authorized<UsersManage>, _: Request) -> Result<Response, ApiError> {
    let all = users::all(&app.client().await?, &by).await?;
    ok(&Page::whole(all.into_iter().map(User::from).collect()))
}

/// Lets a person in, with a password that is shown this once.
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
    let password = passwords::new();
    let request = AddUser {
        name: label(&new.name)?,
        role: Some(new.role),
        sites: codes("sites", &new.sites)?,
        password: password.clone(),
    };
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let id = users::add_new(unit, &by, &request).await?;
        let person = users::person_of(unit.tx(), id).await?;
        let user = User::of(id.as_uuid(), person, None);
        idempotency::secret_answer(StatusCode::CREATED, &UserAdded { user, password })
    })
    .await?;
    idempotency::reply_idempotent(&done)
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
    let id: UserId = request.part("id").parse().map_err(|_| ApiError::NotFound("user"))?;
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
        let now = users::of_tenant(unit.tx(), by.actor().tenant, id).await?;
        Ok::<_, ApiError>(User::of(id.as_uuid(), users::person_of(unit.tx(), id).await?, now.disabled_at))
    })
    .await?;
    ok(&user)
}
