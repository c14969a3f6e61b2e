//! Every route on one page.

use std::convert::Infallible;
use std::future::Future;

use warp::filters::BoxedFilter;
use warp::reply::Response;
use warp::{Filter, Rejection};

use crate::error::ApiError;
use crate::request::{JSON_BYTES, asked, body};
use crate::{App, device, live, openapi, page, routes};

/// What a route asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Nothing.
    Public,
    /// A session.
    LoggedIn,
    /// See lanes, stays and pictures of own sites.
    Watch,
    /// Order booms.
    Drive,
    /// Take money.
    Money,
    /// A device certificate.
    Device,
}

/// One line of the table of routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub right: Right,
}

const fn route(method: &'static str, path: &'static str, right: Right) -> Route {
    Route { method, path, right }
}

/// All routes of the people's listener with the right each demands; tests walk it.
pub const ROUTES: &[Route] = &[
    route("GET", "/healthz", Right::Public),
    route("GET", "/readyz", Right::Public),
    route("GET", "/metrics", Right::Public),
    route("GET", "/api/v1/openapi.json", Right::Public),
    route("POST", "/api/v1/login", Right::Public),
    route("POST", "/api/v1/logout", Right::LoggedIn),
    route("GET", "/api/v1/me", Right::LoggedIn),
    route("GET", "/api/v1/lanes", Right::Watch),
    route("POST", "/api/v1/lanes/{id}/commands", Right::Drive),
    route("GET", "/api/v1/stays", Right::Watch),
    route("GET", "/api/v1/stays/{id}", Right::Watch),
    route("POST", "/api/v1/stays/{id}/payments", Right::Money),
    route("GET", "/api/v1/evidence/{sha256}", Right::Watch),
    route("GET", "/api/v1/live", Right::Watch),
];

/// The people's listener.
pub(crate) fn people(app: &App) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static {
    let api = warp::path!("api" / "v1" / ..);
    let get = |app: &App| warp::get().and(with(app)).and(asked());
    let post = |app: &App| warp::post().and(with(app)).and(asked()).and(body(JSON_BYTES));

    let health = warp::path!("healthz").and(warp::get()).then(|| answer(routes::health::alive()));
    let ready = warp::path!("readyz").and(get(app)).then(|app, _| answer(routes::health::ready(app)));
    let metrics = warp::path!("metrics").and(get(app)).then(|app, _| answer(routes::health::metrics(app)));
    let document = api.and(warp::path!("openapi.json")).and(warp::get()).then(|| answer(openapi::serve()));
    let login = api.and(warp::path!("login")).and(post(app)).then(|app, asked, body| answer(routes::login::log_in(app, asked, body)));
    let logout = api.and(warp::path!("logout")).and(post(app)).then(|app, asked, _| answer(routes::login::log_out(app, asked)));
    let me = api.and(warp::path!("me")).and(get(app)).then(|app, asked| answer(routes::login::me(app, asked)));
    let lanes = api.and(warp::path!("lanes")).and(get(app)).then(|app, asked| answer(routes::lanes::list(app, asked)));
    let command = api.and(warp::path!("lanes" / String / "commands")).and(post(app))
        .then(|id, app, asked, body| answer(routes::lanes::command(id, app, asked, body)));
    let stays = api.and(warp::path!("stays")).and(warp::query::raw().or(warp::any().map(String::new)).unify()).and(get(app))
        .then(|query, app, asked| answer(routes::stays::list(query, app, asked)));
    let stay = api.and(warp::path!("stays" / String)).and(get(app)).then(|id, app, asked| answer(routes::stays::one(id, app, asked)));
    let pay = api.and(warp::path!("stays" / String / "payments")).and(post(app))
        .then(|id, app, asked, body| answer(routes::payments::take(id, app, asked, body)));
    let picture = api.and(warp::path!("evidence" / String)).and(get(app))
        .then(|sha256, app, asked| answer(routes::evidence::show(sha256, app, asked)));
    let live = api.and(warp::path!("live")).and(warp::query::raw().or(warp::any().map(String::new)).unify())
        .and(warp::ws()).and(get(app)).then(|query, ws, app, asked| answer(live::follow(query, ws, app, asked)));
    let page = warp::get().and(warp::path::full()).then(|path: warp::path::FullPath| answer(page::serve(path.as_str().to_owned())));

    let first = health.boxed().or(ready.boxed()).unify().or(metrics.boxed()).unify().or(document.boxed()).unify().boxed();
    let second = login.boxed().or(logout.boxed()).unify().or(me.boxed()).unify().or(lanes.boxed()).unify().or(command.boxed()).unify().boxed();
    let third = stays.boxed().or(stay.boxed()).unify().or(pay.boxed()).unify().or(picture.boxed()).unify().or(live.boxed()).unify().boxed();
    finished(first.or(second).unify().or(third).unify().or(page.boxed()).unify().boxed())
}

/// The devices' listener.
pub(crate) fn devices(app: &App) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static {
    let base = warp::path!("device" / "v1" / ..);
    let health = base.and(warp::path!("health")).and(warp::get()).and(with(app)).and(asked()).then(|app, asked| answer(device::health(app, asked)));
    let evidence = base.and(warp::path!("evidence" / String)).and(warp::put()).and(with(app)).and(asked()).and(body(device::PICTURE_BYTES))
        .then(|sha256, app, asked, body| answer(device::put_evidence(sha256, app, asked, body)));
    finished(health.boxed().or(evidence.boxed()).unify().boxed())
}

fn with(app: &App) -> impl Filter<Extract = (App,), Error = Infallible> + Clone + use<> {
    let app = app.clone();
    warp::any().map(move || app.clone())
}

/// An error is an answer too: a rejection would mean "try another route".
async fn answer(result: impl Future<Output = Result<Response, ApiError>>) -> Response {
    result.await.unwrap_or_else(ApiError::into_response)
}

/// What no route took, and the headers every reply carries.
fn finished(routes: BoxedFilter<(Response,)>) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static {
    routes.recover(no_route).unify().map(page::secured)
}

async fn no_route(rejection: Rejection) -> Result<Response, Infallible> {
    let error = if rejection.is_not_found() {
        ApiError::NoRoute
    } else if rejection.find::<warp::reject::MethodNotAllowed>().is_some() {
        ApiError::Method
    } else {
        ApiError::invalid("request", format!("{rejection:?}"))
    };
    std::future::ready(Ok(error.into_response())).await
}
