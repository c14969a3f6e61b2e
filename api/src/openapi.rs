//! The OpenAPI document, derived from the table of routes and the handlers' own annotations.

use std::collections::BTreeMap;

use boomgate_store::audit_action::AuditAction;
use serde::Deserialize;
use serde_json::Value;
use utoipa::openapi::info::{Info, InfoBuilder, LicenseBuilder};
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, ContentBuilder, Paths, Ref, RefOr, Response};
use utoipa::{PartialSchema, ToSchema};

use crate::auth::HOST_COOKIE;
use crate::caller::Access;
use crate::error::Problem;
use crate::route::{Route, Schemas};

fn build(routes: &[Route]) -> utoipa::openapi::OpenApi {
    let mut document = utoipa::openapi::OpenApi::new(info(), Paths::new());
    let mut schemas: Schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    // What the audit can say; the lines themselves come with their route.
    schemas.push((AuditAction::name().into_owned(), AuditAction::schema()));
    AuditAction::schemas(&mut schemas);
    let examples: BTreeMap<String, Example> = serde_json::from_str(EXAMPLES).unwrap_or_default();
    for route in routes {
        let mut operation = (route.operation)();
        operation.operation_id = Some(route.name.clone());
        demand(&mut operation, route.access);
        refuse(&mut operation, route);
        show(&mut operation, examples.get(&format!("{} {}", route.method, route.path)));
        document.paths.add_path_operation(&route.path, vec![http_method(&route.method)], operation);
        (route.schemas)(&mut schemas);
    }
    let components = document.components.get_or_insert_default();
    components.security_schemes.extend(security_schemes().map(|(name, scheme)| (name, scheme.into())));
    components.schemas.extend(schemas);
    document
}

/// What was sent to every operation and what it answered; the test `examples` executes them and writes this file.
const EXAMPLES: &str = include_str!("../examples.json");

#[derive(Deserialize)]
struct Example {
    status: u16,
    request: Option<Value>,
    response: Option<Value>,
}

/// Puts an example beside the schemas.
fn show(operation: &mut Operation, example: Option<&Example>) {
    let Some(example) = example else { return };
    if let (Some(RefOr::T(body)), Some(request)) = (&mut operation.request_body, &example.request) {
        put(&mut body.content, request);
    }
    let answer = operation.responses.responses.get_mut(&example.status.to_string());
    if let (Some(RefOr::T(answer)), Some(response)) = (answer, &example.response) {
        put(&mut answer.content, response);
    }
}

fn put<'a>(contents: impl IntoIterator<Item = (&'a String, &'a mut RefOr<Content>)>, example: &Value) {
    for (_, content) in contents {
        if let RefOr::T(content) = content {
            content.example = Some(example.clone());
        }
    }
}

fn info() -> Info {
    let license = LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0"));
    let about = "Lanes, stays and payments of a car park.";
    let version = env!("CARGO_PKG_VERSION");
    let info = InfoBuilder::new().title("Boomgate").description(Some(about)).version(version);
    info.license(Some(license.build())).build()
}

fn security_schemes() -> [(String, SecurityScheme); 4] {
    let bearer = || SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    [
        ("session".to_owned(), bearer()),
        ("cookie".to_owned(), SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(HOST_COOKIE)))),
        ("metrics".to_owned(), bearer()),
        (
            "device".to_owned(),
            SecurityScheme::MutualTls { description: None, deprecated: None, extensions: None },
        ),
    ]
}

fn http_method(method: &http::Method) -> HttpMethod {
    match method.as_str() {
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

fn demand(operation: &mut Operation, access: Access) {
    let none: [&str; 0] = [];
    let need = |name: &str| SecurityRequirement::new(name, none);
    let needs = match access {
        Access::Public => return,
        Access::Session | Access::Permission(_) => vec![need("session"), need("cookie")],
        Access::Device => vec![need("device")],
        Access::Metrics => vec![need("metrics")],
    };
    operation.security = Some(needs);
    if let Access::Permission(permission) = access {
        let needed = format!("Permission: `{}`.", permission.as_str());
        let description = operation.description.take().map(|text| format!("{text}\n\n{needed}"));
        operation.description = Some(description.unwrap_or(needed));
    }
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
        // The garage contract's own errors are a message, and nothing else.
        let is_garage = !route.path.starts_with("/api/v1/") && route.path.starts_with("/api/");
        let own_form =
            matches!((&*route.path, &**status), ("/readyz", "503") | ("/api/v1/oauth/token", "400"))
                || (is_garage && matches!(&**status, "400" | "404"));
        if let RefOr::T(response) = response
            && status.as_str() >= "400"
        {
            if !own_form {
                let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
                response.content.clear();
                response.content.insert("application/problem+json".to_owned(), content.into());
            }
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
    if matches!(&*route.path, "/healthz" | "/readyz" | "/api/v1/openapi.json") {
        return found;
    }
    if route.access == Access::Metrics {
        return vec![("401", "no token")];
    }
    found.extend([
        ("400", "the request is not understood"),
        ("500", "our own fault"),
        ("503", "no database"),
    ]);
    if route.path.starts_with("/api/") {
        found.push(("429", "too many requests"));
    }
    match route.access {
        Access::Public | Access::Metrics => {}
        Access::Session => found.push(("401", "no session")),
        Access::Permission(_) => found.extend([("401", "no session"), ("403", "the role may not")]),
        Access::Device => found.extend([("401", "no certificate"), ("403", "not a device of this site")]),
    }
    if route.method != http::Method::GET {
        found.extend([("403", "from another site"), ("408", "the body did not come"), ("413", "too large")]);
    }
    if route.path.contains('{') && route.access != Access::Device {
        found.push(("404", "not known here"));
    }
    found
}

/// The document of these routes, as JSON.
pub(crate) fn document(routes: &[Route]) -> String {
    build(routes).to_pretty_json().unwrap_or_default()
}
