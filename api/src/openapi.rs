//! The OpenAPI document, generated from the handlers' own annotations.

mod bounds;

use http::header::CONTENT_TYPE;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response};
use utoipa::{Modify, OpenApi};
use warp::reply::Response as Reply;

use crate::auth::HOST_COOKIE;
use crate::error::ApiError;
use crate::router::{DEVICE_ROUTES, METRICS_ROUTES, ROUTES, Right, Route};
use crate::routes;

#[derive(OpenApi)]
#[openapi(
    info(title = "Boomgate", description = "Lanes, stays and payments of a car park.", license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")),
    paths(
        serve,
        routes::health::alive,
        routes::health::ready,
        routes::health::metrics,
        routes::login::log_in,
        routes::login::log_out,
        routes::login::me,
        routes::lanes::list,
        routes::lanes::command,
        routes::stays::list,
        routes::stays::one,
        routes::payments::take,
        routes::evidence::show,
        routes::jobs::list,
        crate::live::follow,
        crate::device::health,
        crate::device::put_evidence,
    ),
    modifiers(&Rights)
)]
struct Document;

/// Says of every route what its line in the table of routes demands.
struct Rights;

impl Modify for Rights {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let schemes = [
            ("session", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer))),
            ("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(HOST_COOKIE)))),
            ("metrics", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer))),
            ("device", SecurityScheme::MutualTls { description: None, deprecated: None, extensions: None }),
        ];
        let components = document.components.get_or_insert_default();
        components.security_schemes.extend(schemes.map(|(name, scheme)| (name.to_owned(), scheme.into())));
        for route in ROUTES.iter().chain(DEVICE_ROUTES).chain(METRICS_ROUTES) {
            if let Some(operation) = operation(document, route) {
                demand(operation, route.right);
                refuse(operation, route);
            }
        }
        bounds::write(document);
    }
}

fn operation<'a>(document: &'a mut utoipa::openapi::OpenApi, route: &Route) -> Option<&'a mut Operation> {
    let item = document.paths.paths.get_mut(route.path)?;
    match route.method {
        "GET" => item.get.as_mut(),
        "POST" => item.post.as_mut(),
        "PUT" => item.put.as_mut(),
        _ => None,
    }
}

fn demand(operation: &mut Operation, right: Right) {
    let none: [&str; 0] = [];
    let need = |name: &str| SecurityRequirement::new(name, none);
    let needs = match right {
        Right::Public => return,
        Right::LoggedIn | Right::Watch | Right::Drive | Right::Money | Right::Jobs => {
            vec![need("session"), need("cookie")]
        }
        Right::Device => vec![need("device")],
        Right::Metrics => vec![need("metrics")],
    };
    operation.security = Some(needs);
}

/// What every route of its kind may answer beside what it says itself; problems all have one form.
fn refuse(operation: &mut Operation, route: &Route) {
    let responses = &mut operation.responses.responses;
    for (status, why) in refusals(route) {
        responses
            .entry(status.to_owned())
            .or_insert_with(|| Response::builder().description(why).build().into());
    }
    for (status, response) in responses {
        let own_form = route.path == "/readyz" && status == "503";
        if let RefOr::T(response) = response
            && status.as_str() >= "400"
            && !own_form
        {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            response.content.clear();
            response.content.insert("application/problem+json".to_owned(), content.into());
            if response.description.is_empty() {
                response.description = status.parse().map_or("", reason).to_owned();
            }
        }
    }
}

fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default()
}

fn refusals(route: &Route) -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    if matches!(route.path, "/healthz" | "/readyz" | "/api/v1/openapi.json") {
        return found;
    }
    if route.right == Right::Metrics {
        return vec![("401", "no token")];
    }
    found.extend([
        ("400", "the request is not understood"),
        ("500", "our own fault"),
        ("503", "no database"),
    ]);
    match route.right {
        Right::Public | Right::Metrics => {}
        Right::LoggedIn => found.push(("401", "no session")),
        Right::Watch | Right::Drive | Right::Money | Right::Jobs => {
            found.extend([("401", "no session"), ("403", "the role may not")]);
        }
        Right::Device => found.extend([("401", "no certificate"), ("403", "not a device of this site")]),
    }
    if route.method != "GET" {
        found.extend([("403", "from another site"), ("408", "the body did not come"), ("413", "too large")]);
    }
    if route.path.contains('{') && route.right != Right::Device {
        found.push(("404", "not known here"));
    }
    found
}

/// The document as JSON.
pub fn document() -> String {
    Document::openapi().to_pretty_json().unwrap_or_default()
}

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "health", responses((status = 200, body = Object)))]
pub(crate) async fn serve() -> Result<Reply, ApiError> {
    let mut response = Reply::new(document().into());
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    std::future::ready(Ok(response)).await
}
