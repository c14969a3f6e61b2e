//! Every route on one page.

use std::convert::Infallible;
use std::future::Future;

use http::Method;
use warp::filters::BoxedFilter;
use warp::path::FullPath;
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
    /// See the jobs of the server.
    Jobs,
    /// A device certificate.
    Device,
    /// To be on the listener of the metrics, with its token where it has one.
    Metrics,
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

/// All routes of the people's listener with the right each demands; the OpenAPI document, the answer to a wrong
/// method and the tests come from it. What stands here and what `people` builds is compared by a test.
pub const ROUTES: &[Route] = &[
    route("GET", "/healthz", Right::Public),
    route("GET", "/readyz", Right::Public),
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
    route("GET", "/api/v1/jobs", Right::Jobs),
];

/// All routes of the devices' listener.
pub const DEVICE_ROUTES: &[Route] = &[
    route("GET", "/device/v1/health", Right::Device),
    route("PUT", "/device/v1/evidence/{sha256}", Right::Device),
];

/// All routes of the metrics' listener.
pub const METRICS_ROUTES: &[Route] = &[route("GET", "/metrics", Right::Metrics)];

/// The people's listener.
#[rustfmt::skip]
pub(crate) fn people(app: &App) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static {
    let api = warp::path!("api" / "v1" / ..);
    let get = || warp::get().and(with(app)).and(asked());
    let post = || warp::post().and(with(app)).and(asked()).and(body(JSON_BYTES));

    let health = warp::path!("healthz").and(warp::get()).then(|| answer(routes::health::alive()));
    let ready = warp::path!("readyz").and(get()).then(|app, _| answer(routes::health::ready(app)));
    let document = api.and(warp::path!("openapi.json")).and(warp::get()).then(|| answer(openapi::serve()));
    let login = api.and(warp::path!("login")).and(post()).then(|app, asked, body| answer(routes::login::log_in(app, asked, body)));
    let logout = api.and(warp::path!("logout")).and(post()).then(|app, asked, _| answer(routes::login::log_out(app, asked)));
    let me = api.and(warp::path!("me")).and(get()).then(|app, asked| answer(routes::login::me(app, asked)));
    let lanes = api.and(warp::path!("lanes")).and(get()).then(|app, asked| answer(routes::lanes::list(app, asked)));
    let command = api.and(warp::path!("lanes" / String / "commands")).and(post())
        .then(|id, app, asked, body| answer(routes::lanes::command(id, app, asked, body)));
    let stays = api.and(warp::path!("stays")).and(query()).and(get())
        .then(|query, app, asked| answer(routes::stays::list(query, app, asked)));
    let stay = api.and(warp::path!("stays" / String)).and(get()).then(|id, app, asked| answer(routes::stays::one(id, app, asked)));
    let pay = api.and(warp::path!("stays" / String / "payments")).and(post())
        .then(|id, app, asked, body| answer(routes::payments::take(id, app, asked, body)));
    let picture = api.and(warp::path!("evidence" / String)).and(get())
        .then(|sha256, app, asked| answer(routes::evidence::show(sha256, app, asked)));
    let live = api.and(warp::path!("live")).and(query()).and(warp::ws()).and(get())
        .then(|query, ws, app, asked| answer(live::follow(query, ws, app, asked)));

    let jobs = api.and(warp::path!("jobs")).and(get()).then(|app, asked| answer(routes::jobs::list(app, asked)));

    let first = health.boxed().or(ready.boxed()).unify().or(document.boxed()).unify().boxed();
    let second = login.boxed().or(logout.boxed()).unify().or(me.boxed()).unify().or(lanes.boxed()).unify().or(command.boxed()).unify().boxed();
    let third = stays.boxed().or(stay.boxed()).unify().or(pay.boxed()).unify().or(picture.boxed()).unify().or(live.boxed()).unify().or(jobs.boxed()).unify().boxed();
    finished(first.or(second).unify().or(third).unify().or(rest(ROUTES, page::file)).unify().boxed())
}

/// The devices' listener.
#[rustfmt::skip]
pub(crate) fn devices(app: &App) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static {
    let base = warp::path!("device" / "v1" / ..);
    let health = base.and(warp::path!("health")).and(warp::get()).and(with(app)).and(asked())
        .then(|app, asked| answer(device::health(app, asked)));
    let evidence = base.and(warp::path!("evidence" / String)).and(warp::put()).and(with(app)).and(asked()).and(body(device::PICTURE_BYTES))
        .then(|sha256, app, asked, body| answer(device::put_evidence(sha256, app, asked, body)));
    finished(health.boxed().or(evidence.boxed()).unify().or(rest(DEVICE_ROUTES, |_| None)).unify().boxed())
}

/// The metrics' listener; without a `token` it belongs on loopback.
#[rustfmt::skip]
pub(crate) fn metrics(app: &App, token: Option<String>) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static {
    let metrics = warp::path!("metrics").and(warp::get()).and(with(app)).and(asked())
        .then(move |app, asked| answer(routes::health::metrics(app, asked, token.clone())));
    finished(metrics.boxed().or(rest(METRICS_ROUTES, |_| None)).unify().boxed())
}

fn with(app: &App) -> impl Filter<Extract = (App,), Error = Infallible> + Clone + use<> {
    let app = app.clone();
    warp::any().map(move || app.clone())
}

fn query() -> impl Filter<Extract = (String,), Error = Infallible> + Clone {
    warp::query::raw().or(warp::any().map(String::new)).unify()
}

/// An error is an answer too: a rejection would mean "try another route".
async fn answer(result: impl Future<Output = Result<Response, ApiError>>) -> Response {
    result.await.unwrap_or_else(ApiError::into_response)
}

/// What no route took: a file, or why there is nothing.
fn rest(
    routes: &'static [Route],
    file: fn(&str) -> Option<Response>,
) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone {
    warp::path::full().and(warp::method()).map(move |path: FullPath, method: Method| {
        let found = if method == Method::GET { file(path.as_str()) } else { None };
        found.unwrap_or_else(|| why_not(routes, path.as_str(), &method, file).into_response())
    })
}

fn why_not(routes: &[Route], path: &str, method: &Method, file: fn(&str) -> Option<Response>) -> ApiError {
    let here = routes.iter().filter(|route| fits(route.path, path)).map(|route| route.method);
    let here: Vec<&str> = here.chain(file(path).map(|_| "GET")).collect();
    match here.as_slice() {
        [] => ApiError::NoRoute,
        known if known.contains(&method.as_str()) => ApiError::Upgrade,
        known => ApiError::Method(known.join(", ")),
    }
}

/// Whether a path is one of a pattern whose `{parts}` stand for anything.
fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    let part = |(wanted, given): (&&str, &&str)| wanted == given || wanted.starts_with('{');
    pattern.len() == path.len() && pattern.iter().zip(&path).all(part)
}

/// The headers every reply carries.
fn finished(
    routes: BoxedFilter<(Response,)>,
) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static {
    routes.recover(refused).unify().map(page::secured)
}

/// `rest` takes everything; what still comes here is a request warp itself could not read.
async fn refused(rejection: Rejection) -> Result<Response, Infallible> {
    tracing::debug!(?rejection, "request not understood");
    std::future::ready(Ok(ApiError::invalid("request", "could not be read").into_response())).await
}
