//! The first run, by a link that whoever started the server was shown.

use boomgate_domain::money::Currency;
use boomgate_domain::reason::Lang;
use boomgate_domain::tariff::{Tariff, VehicleType};
use boomgate_operations::{passwords, second_factor, sessions, setup, unit};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use warp::reply::Response;

use crate::app::App;
use crate::auth;
use crate::caller::Public;
use crate::error::ApiError;
use crate::model::getting_in::{
    ExamplePrice, ExamplePrices, LinkToken, NewSetup, SetupAnswer, SetupOptions, SetupPrice, SetupState,
    SetupTotp, TariffTemplate, TotpSecret,
};
use crate::model::sites::{currency, label, zone};
use crate::request::{JSON_BYTES, Request, RequestContext, json, ok};
use crate::routes::login::{describe_session, logged_in, origin};

/// Whether this installation still has to be set up.
#[utoipa::path(get, path = "/api/v1/setup", tag = "setup", responses((status = 200, body = SetupState)))]
pub(crate) async fn state(app: App, _: Public, _: Request) -> Result<Response, ApiError> {
    ok(&SetupState { needed: setup::is_needed(&app.client().await?).await? })
}

/// What can be chosen, for whoever has the link.
#[utoipa::path(post, path = "/api/v1/setup/look-up", tag = "setup", request_body = LinkToken,
    responses((status = 200, body = SetupOptions), (status = 400, body = crate::Problem), (status = 403, body = crate::Problem),
        (status = 404, body = crate::Problem)))]
pub(crate) async fn look_up(app: App, _: Public, mut request: Request) -> Result<Response, ApiError> {
    guard(&request.context)?;
    let given: LinkToken = json(&request.body(JSON_BYTES).await?)?;
    let expires_at = setup::look_up(&app.client().await?, &given.token).await?;
    ok(&SetupOptions {
        expires_at,
        templates: TariffTemplate::ALL.to_vec(),
        currencies: Currency::all().map(|currency| currency.to_string()).collect(),
        languages: Lang::ALL.map(Lang::as_str).to_vec(),
    })
}

/// What some stays would cost by a template.
#[utoipa::path(post, path = "/api/v1/setup/price", tag = "setup", request_body = SetupPrice,
    responses((status = 200, body = ExamplePrices), (status = 400, body = crate::Problem), (status = 403, body = crate::Problem),
        (status = 404, body = crate::Problem)))]
pub(crate) async fn price(app: App, _: Public, mut request: Request) -> Result<Response, ApiError> {
    guard(&request.context)?;
    let given: SetupPrice = json(&request.body(JSON_BYTES).await?)?;
    setup::look_up(&app.client().await?, &given.token).await?;
    let tariff = given.tariff.tariff(currency("currency", &given.currency)?)?;
    let zone = zone("time_zone", &given.time_zone)?;
    let zone = TimeZone::get(zone.as_str()).map_err(ApiError::internal)?;
    ok(&ExamplePrices { examples: examples(&tariff, &zone)? })
}

/// Stays that people know: an errand, a morning, a working day, a night, a day and a night.
fn examples(tariff: &Tariff, zone: &TimeZone) -> Result<Vec<ExamplePrice>, ApiError> {
    let today = Timestamp::now().to_zoned(zone.clone()).date();
    let stays: [(i8, Span); 5] =
        [(9, 30.minutes()), (9, 3.hours()), (8, 9.hours()), (20, 10.hours()), (9, 24.hours())];
    let mut priced = Vec::new();
    for (hour, length) in stays {
        let from = today.at(hour, 0, 0, 0).to_zoned(zone.clone()).map_err(ApiError::internal)?.timestamp();
        let until = from.checked_add(length).map_err(ApiError::internal)?;
        let charge = tariff.charge(from, until, VehicleType::Car, zone).map_err(ApiError::internal)?;
        priced.push(ExamplePrice::new(from, until, charge.minutes, charge.total));
    }
    Ok(priced)
}

/// A second factor for the first admin; nothing is stored until the set-up is done.
#[utoipa::path(post, path = "/api/v1/setup/totp", tag = "setup", request_body = SetupTotp,
    responses((status = 200, body = TotpSecret), (status = 400, body = crate::Problem), (status = 403, body = crate::Problem),
        (status = 404, body = crate::Problem)))]
pub(crate) async fn propose_totp(app: App, _: Public, mut request: Request) -> Result<Response, ApiError> {
    guard(&request.context)?;
    let given: SetupTotp = json(&request.body(JSON_BYTES).await?)?;
    setup::look_up(&app.client().await?, &given.token).await?;
    ok(&TotpSecret::from(second_factor::propose(&label(&given.name)?)?))
}

/// Sets the installation up, and logs the first admin in. The link is good no more.
#[utoipa::path(post, path = "/api/v1/setup", tag = "setup", request_body = NewSetup,
    responses((status = 200, body = SetupAnswer), (status = 400, body = crate::Problem), (status = 403, body = crate::Problem),
        (status = 404, body = crate::Problem), (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn make(app: App, _: Public, mut request: Request) -> Result<Response, ApiError> {
    guard(&request.context)?;
    let given: NewSetup = json(&request.body(JSON_BYTES).await?)?;
    setup::look_up(&app.client().await?, &given.token).await?;
    given.refuse_weak_password()?;
    let made = given.setup(passwords::hash_aside(given.password()).await?)?;
    let context = request.context;
    let (done, opened) = {
        let mut client = app.client().await?;
        unit::run(&mut client, async |unit| {
            let done = setup::by_link(unit, &given.token, made).await?;
            let opened = sessions::open(unit, done.user, origin(&context)).await?;
            Ok::<_, ApiError>((done, opened))
        })
        .await?
    };
    tracing::info!(user.id = %done.user, "the installation is set up");
    let user = describe_session(&app, opened.id).await?;
    let body = SetupAnswer { recovery_codes: done.recovery_codes, user };
    logged_in(&context, opened, &body)
}

/// Whoever reads along has the link, and then the installation.
fn guard(context: &RequestContext) -> Result<(), ApiError> {
    auth::not_foreign(context)?;
    if context.secure() || context.address().is_loopback() { Ok(()) } else { Err(ApiError::SetUpElsewhere) }
}
