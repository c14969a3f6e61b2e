//! Proof of who somebody is: name and password, and a one-time code where they have a second factor.

use boomgate_operations::access::{Authorized, SignedIn};
use boomgate_operations::{second_factor, sessions, unit, users};
use boomgate_store::users::UserRow;
use uuid::Uuid;

use crate::app::App;
use crate::auth;
use crate::error::ApiError;
use crate::login_limiter::{Attempt, RightPassword};
use crate::request::RequestContext;

/// What somebody says of themselves.
pub(crate) struct Credentials<'a> {
    pub(crate) name: &'a str,
    pub(crate) password: String,
    /// A one-time or recovery code.
    pub(crate) otp: Option<&'a str>,
    /// Where several tenants know the name.
    pub(crate) tenant: Option<Uuid>,
}

/// The user these credentials are of. Where several tenants have the name, the password decides; where it is right in more
/// than one, the client must name the tenant, and only then.
pub(crate) async fn identify(
    app: &App,
    context: &RequestContext,
    given: Credentials<'_>,
) -> Result<UserRow, ApiError> {
    let slot = match auth::browser_token(context) {
        None => Some(app.limiter.admit_stranger(given.name, context.address())?),
        Some(_) => None,
    };
    let (mut candidates, browser) = {
        let client = app.client().await?;
        let candidates = sessions::candidates(&client, given.name).await?;
        let browser = sessions::known_browser(&client, auth::browser_token(context), &candidates).await?;
        (candidates, browser)
    };
    if let Some(tenant) = given.tenant {
        candidates.retain(|user| user.tenant_id.as_uuid() == tenant);
    }
    let attempt = Attempt {
        name: given.name,
        address: context.address(),
        browser,
        stored: candidates.iter().map(|user| user.password_hash.clone()).collect(),
        given: given.password,
    };
    let right = app.limiter.check_admitted(attempt, slot).await?;
    let user = the_one(&right.of, &candidates)?;
    prove(app, &right, &user, given.otp).await?;
    Ok(user)
}

fn the_one(right: &[usize], candidates: &[UserRow]) -> Result<UserRow, ApiError> {
    let right: Vec<&UserRow> = right.iter().filter_map(|index| candidates.get(*index)).collect();
    match right.as_slice() {
        [] => Err(ApiError::WrongLogin),
        [user] => Ok((*user).clone()),
        several => {
            let named = |user: &&UserRow| (user.tenant_id.as_uuid(), user.tenant_name.clone());
            Err(ApiError::TenantNeeded(several.iter().map(named).collect()))
        }
    }
}

async fn prove(app: &App, right: &RightPassword, user: &UserRow, otp: Option<&str>) -> Result<(), ApiError> {
    let id = user.id.as_uuid();
    if user.totp_confirmed_at.is_some() {
        let otp = otp.ok_or(ApiError::OtpNeeded)?;
        app.limiter.admit_code(right, id)?;
        accept(app, right, user, otp).await?;
    }
    app.limiter.passed(right, id);
    Ok(())
}

async fn accept(app: &App, right: &RightPassword, user: &UserRow, otp: &str) -> Result<(), ApiError> {
    let mut client = app.client().await?;
    if unit::run(&mut client, async |unit| second_factor::accept(unit, user.id, otp).await).await? {
        return Ok(());
    }
    app.limiter.wrong_code(right, user.id.as_uuid());
    Err(ApiError::WrongOtp)
}

/// The caller, after they gave their present password.
pub(crate) async fn with_password(
    app: &App,
    context: &RequestContext,
    by: &Authorized<SignedIn>,
    password: String,
) -> Result<UserRow, ApiError> {
    let user = caller(app, by).await?;
    let right = app.limiter.check(attempt(context, &user, password)).await?;
    app.limiter.passed(&right, user.id.as_uuid());
    Ok(user)
}

/// Checks a code of the caller.
pub(crate) async fn with_code(
    app: &App,
    context: &RequestContext,
    by: &Authorized<SignedIn>,
    otp: &str,
) -> Result<(), ApiError> {
    let user = caller(app, by).await?;
    let right = RightPassword::assumed(&attempt(context, &user, String::new()));
    app.limiter.admit_code(&right, user.id.as_uuid())?;
    accept(app, &right, &user, otp).await?;
    app.limiter.passed(&right, user.id.as_uuid());
    Ok(())
}

async fn caller(app: &App, by: &Authorized<SignedIn>) -> Result<UserRow, ApiError> {
    let user = by.actor().user().ok_or(ApiError::NotLoggedIn)?;
    Ok(users::of_tenant(&app.client().await?, by.actor().tenant, user).await?)
}

fn attempt<'a>(context: &RequestContext, user: &'a UserRow, given: String) -> Attempt<'a> {
    let stored = vec![user.password_hash.clone()];
    Attempt { name: &user.name, address: context.address(), browser: None, stored, given }
}
