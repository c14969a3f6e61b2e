//! Every route, asked by everybody.

use std::collections::BTreeSet;

use boomgate_api::{Access, RouteInfo, all_routes, people_routes};
use boomgate_operations::access::{Held, Role};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::tariffs;
use crate::test_app::{PASSWORD, TestApp, TestUser};
use crate::{corrections, garage, getting_in, lists, vehicles};

/// Where somebody has a role: at this site, at another of the tenant, or in another company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Here,
    Annex,
    Elsewhere,
}

/// Somebody who asks; without a role it is nobody. `stepped_up`: in a browser, and has just given the password again.
#[derive(Clone, Copy, Debug)]
struct Who {
    role: Option<&'static str>,
    place: Place,
    stepped_up: bool,
}

fn everybody() -> Vec<Who> {
    let nobody = Who { role: None, place: Place::Elsewhere, stepped_up: false };
    let places = [Place::Here, Place::Annex, Place::Elsewhere];
    let people = places.into_iter().flat_map(|place| {
        let plain = ["guard", "operator", "admin", "resident"].map(|role| (role, false));
        plain.into_iter().chain([("admin", true)]).map(move |(role, stepped_up)| Who {
            role: Some(role),
            place,
            stepped_up,
        })
    });
    [nobody].into_iter().chain(people).collect()
}

#[tokio::test]
async fn every_route_answers_everybody_as_the_table_of_rights_says() {
    let app = TestApp::open().await;
    let mut wrong = Vec::new();
    for route in &people_routes() {
        for who in everybody() {
            let person = person(&app, who).await;
            let response = case(&app, route, person.as_ref()).await.send().await.unwrap();
            let (given, wanted) = (response.status().as_u16(), expected(route, who));
            if given != wanted {
                wrong.push(format!("{} {} by {who:?}: {given}, not {wanted}", route.method, route.path));
            }
            if route.access != Access::Public && who.place != Place::Here && given < 300 && given != 101 {
                let body = response.text().await.unwrap();
                let named = [
                    app.site.to_string(),
                    app.entry.to_string(),
                    app.exit.to_string(),
                    "\"north\"".to_owned(),
                ];
                if let Some(leak) = named.iter().find(|word| body.contains(&***word)) {
                    wrong.push(format!("{} {} tells {who:?} of {leak}", route.method, route.path));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn person(app: &TestApp, who: Who) -> Option<TestUser> {
    let role = who.role?;
    let person = match who.place {
        // What is the company's needs somebody of the company.
        Place::Here if who.stepped_up => app.person_of(app.tenant, None, role).await,
        Place::Here => app.person(role).await,
        Place::Annex => app.person_of(app.tenant, Some(app.annex().await), role).await,
        Place::Elsewhere => app.stranger_as(role).await,
    };
    Some(if who.stepped_up { app.step_up(person).await } else { person })
}

/// A request that would succeed if its sender may. A route without a case here fails the test.
pub async fn case(app: &TestApp, route: &RouteInfo, by: Option<&TestUser>) -> RequestBuilder {
    let post = |path: &str, body: Value| app.request("POST", path).header("idempotency-key", "k").json(&body);
    if let Some(request) = getting_in::case(app, route, by).await {
        return signed(app, request, by);
    }
    if let Some(request) = vehicles::case(app, route).await {
        return signed(app, request, by);
    }
    if let Some(request) = garage::case(app, route).await {
        return signed(app, request, by);
    }
    if let Some(request) = corrections::case(app, route).await {
        return signed(app, request, by);
    }
    if let Some(request) = lists::case(app, route).await {
        return signed(app, request, by);
    }
    if let Some(request) = tariffs::case(app, route).await {
        return signed(app, request, by);
    }
    let plate = format!("R{:03}", by.map_or(0, |by| by.id.as_uuid().as_u128() % 1000));
    let request = match (&*route.method, &*route.path) {
        ("GET", "/api/v1/evidence/{sha256}") => {
            picture_known(app).await;
            app.request("GET", &format!("/api/v1/evidence/{}", "07".repeat(32)))
        }
        ("GET", "/api/v1/live") => websocket(app.request("GET", &format!("/api/v1/live?site={}", app.site))),
        ("GET", "/api/v1/stays") => app.request("GET", &format!("/api/v1/stays?site={}", app.site)),
        ("GET", "/api/v1/stays/{id}") => app
            .request("GET", &format!("/api/v1/stays/{}", app.stay(&unused(app, &plate).await, 10).await.id)),
        ("POST", "/api/v1/stays/{id}/payments") => {
            let stay = app.stay(&unused(app, &plate).await, 10).await;
            let body = json!({ "method": "cash", "amount": { "minor": 100, "currency": "EUR" } });
            post(&format!("/api/v1/stays/{}/payments", stay.id), body)
        }
        ("GET", "/api/v1/tickets") => app.request("GET", &format!("/api/v1/tickets?site={}", app.site)),
        ("POST", "/api/v1/tickets") => post(
            "/api/v1/tickets",
            json!({ "site": "north", "plate": unused(app, &plate).await, "vehicle_type": "car" }),
        ),
        ("GET", "/api/v1/tickets/{number}") => {
            app.request("GET", &format!("/api/v1/tickets/{}", app.ticket(&unused(app, &plate).await).await))
        }
        ("GET", "/api/v1/tickets/{number}/pdf") => {
            let number = app.ticket(&unused(app, &plate).await).await;
            app.request("GET", &format!("/api/v1/tickets/{number}/pdf"))
        }
        ("POST", "/api/v1/tickets/{number}/exit") => {
            let number = app.ticket(&unused(app, &plate).await).await;
            let car = app.refused_at_exit(None, None).await;
            post(&format!("/api/v1/tickets/{number}/exit"), json!({ "arrival": car }))
        }
        ("POST", "/api/v1/tickets/lost") => {
            app.price_of_lost_tickets().await;
            post("/api/v1/tickets/lost", json!({ "arrival": app.refused_at_exit(None, None).await }))
        }
        ("POST", "/api/v1/lanes/{id}/preview") => {
            let path = format!("/api/v1/lanes/{}/preview", app.exit);
            app.request("POST", &path).header("idempotency-key", "k")
        }
        ("GET", "/api/v1/lanes/{id}/preview") => {
            app.preview_frame(app.exit).await;
            app.request("GET", &format!("/api/v1/lanes/{}/preview", app.exit))
        }
        ("GET", "/api/v1/arrivals/{id}/candidates") => {
            app.stay(&unused(app, &plate).await, 10).await;
            let car = app.refused_at_exit(Some(&plate), None).await;
            app.request("GET", &format!("/api/v1/arrivals/{car}/candidates"))
        }
        ("POST", "/api/v1/arrivals/{id}/pair") => {
            let stay = app.stay(&unused(app, &plate).await, 10).await;
            let car = app.refused_at_exit(None, None).await;
            post(&format!("/api/v1/arrivals/{car}/pair"), json!({ "stay": stay.id }))
        }
        ("GET", "/api/v1/lanes/{id}/reading-counts") => {
            app.request("GET", &format!("/api/v1/lanes/{}/reading-counts", app.exit))
        }
        ("POST", "/api/v1/lanes/{id}/commands") => post(
            &format!("/api/v1/lanes/{}/commands", app.entry),
            json!({ "action": "open", "reason": "test" }),
        ),
        ("POST", "/api/v1/login") => {
            let somebody = app.person("guard").await;
            post("/api/v1/login", json!({ "name": somebody.name, "password": PASSWORD }))
        }
        ("POST", "/api/v1/logout") => post("/api/v1/logout", json!({})),
        ("POST", "/api/v1/me/step-up") => post("/api/v1/me/step-up", json!({ "password": PASSWORD })),
        ("DELETE", "/api/v1/me/sessions/{id}") => {
            let session = match by {
                Some(by) => app.further_session(by).await,
                None => uuid::Uuid::now_v7(),
            };
            app.request("DELETE", &format!("/api/v1/me/sessions/{session}"))
        }
        ("POST", "/api/v1/users") => {
            let name = format!("new {}", uuid::Uuid::now_v7());
            post("/api/v1/users", json!({ "name": name, "role": "guard", "sites": ["north"] }))
        }
        ("PATCH", "/api/v1/users/{id}") => {
            let somebody = app.person("guard").await;
            let path = format!("/api/v1/users/{}", somebody.id);
            app.request("PATCH", &path).json(&json!({ "role": "operator" }))
        }
        ("POST", "/api/v1/keys") => {
            let name = format!("key {}", uuid::Uuid::now_v7());
            post("/api/v1/keys", json!({ "name": name, "permissions": ["lanes:read"], "days": 7 }))
        }
        ("DELETE", "/api/v1/keys/{id}") => {
            let key = app.key(&["lanes:read"]).await;
            app.request("DELETE", &format!("/api/v1/keys/{}", key.id))
        }
        ("POST", "/api/v1/sites") => {
            let code = format!("new-{}", uuid::Uuid::now_v7());
            post(
                "/api/v1/sites",
                json!({ "code": code, "name": "New", "time_zone": "UTC", "currency": "EUR" }),
            )
        }
        ("POST", "/api/v1/lanes") => {
            let code = format!("new-{}", uuid::Uuid::now_v7());
            post("/api/v1/lanes", json!({ "site": "north", "code": code, "direction": "entry" }))
        }
        ("GET", "/api/v1/lanes/{id}") => app.request("GET", &format!("/api/v1/lanes/{}", app.entry)),
        ("PATCH", "/api/v1/lanes/{id}") => {
            let path = format!("/api/v1/lanes/{}", app.entry);
            app.request("PATCH", &path).json(&json!({ "name": "Entry" }))
        }
        ("GET", "/api/v1/sites/{id}") => app.request("GET", &format!("/api/v1/sites/{}", app.site)),
        ("PATCH", "/api/v1/sites/{id}") => {
            app.request("PATCH", "/api/v1/sites/north").json(&json!({ "name": "North" }))
        }
        ("PUT", "/api/v1/lanes/{id}/mode") => {
            let path = format!("/api/v1/lanes/{}/mode", app.entry);
            app.request("PUT", &path).json(&json!({ "mode": "full", "reason": "test" }))
        }
        ("PUT", "/api/v1/sites/{id}/mode") => {
            let path = format!("/api/v1/sites/{}/mode", app.site);
            app.request("PUT", &path).json(&json!({ "mode": "closed", "reason": "test" }))
        }
        ("GET", "/api/v1/sites/{id}/hold-all") => {
            app.request("GET", &format!("/api/v1/sites/{}/hold-all", app.site))
        }
        ("POST", "/api/v1/sites/{id}/hold-all") => post(
            &format!("/api/v1/sites/{}/hold-all", app.site),
            json!({ "direction": "entry", "action": "hold", "reason": "test" }),
        ),
        ("POST", "/api/v1/sites/{id}/hold-all/{request}/confirm") => {
            let path = format!("/api/v1/sites/{}/hold-all/{}/confirm", app.site, app.hold_all().await);
            app.request("POST", &path).header("idempotency-key", "k")
        }
        ("POST", "/api/v1/sites/{id}/release-all") => post(
            &format!("/api/v1/sites/{}/release-all", app.site),
            json!({ "direction": "entry", "reason": "test" }),
        ),
        ("GET", "/api/v1/alarms/{id}") => {
            app.request("GET", &format!("/api/v1/alarms/{}", app.alarm("lane_lost").await))
        }
        ("POST", "/api/v1/alarms/{id}/acknowledge") => {
            let path = format!("/api/v1/alarms/{}/acknowledge", app.alarm("lane_lost").await);
            app.request("POST", &path).header("idempotency-key", "k")
        }
        ("POST", "/api/v1/alarms/{id}/close") => {
            let path = format!("/api/v1/alarms/{}/close", app.alarm("lane_lost").await);
            post(&path, json!({ "note": "it rained" }))
        }
        ("GET", "/api/v1/audit/chain") => {
            app.request("GET", &format!("/api/v1/audit/chain?site={}", app.site))
        }
        ("GET", "/api/v1/audit") => app.request("GET", &format!("/api/v1/audit?site={}", app.site)),
        (
            "GET",
            "/healthz"
            | "/readyz"
            | "/api/v1/openapi.json"
            | "/api/v1/me"
            | "/api/v1/me/sessions"
            | "/api/v1/lanes"
            | "/api/v1/jobs"
            | "/api/v1/alarms"
            | "/api/v1/users"
            | "/api/v1/keys"
            | "/api/v1/sites",
        ) => app.request("GET", &route.path),
        (method, path) => panic!("{method} {path} has no authorisation case"),
    };
    signed(app, request, by)
}

fn signed(app: &TestApp, request: RequestBuilder, by: Option<&TestUser>) -> RequestBuilder {
    match by {
        Some(person) if person.browser => request
            .header("cookie", format!("boomgate={}", person.token))
            .header("origin", app.url("").trim_end_matches('/')),
        Some(person) => request.bearer_auth(&person.token),
        None => request,
    }
}

async fn unused(app: &TestApp, plate: &str) -> String {
    format!("{plate}{}", app.count("select count(*) from stays").await)
}

pub fn websocket(request: RequestBuilder) -> RequestBuilder {
    request
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
}

/// A picture by its row only would be 404: the bytes are put as the store keeps them.
async fn picture_known(app: &TestApp) {
    let sql = format!(
        "insert into evidence (site_id, sha256, size_bytes, stored_at, received_at)
         values ('{}', decode(repeat('07', 32), 'hex'), 3, now(), now()) on conflict do nothing",
        app.site
    );
    app.run(&sql).await;
    app.put_picture(&[7; 32], b"\xff\xd8\xff");
}

/// Managed by somebody of the whole company only.
const OF_THE_COMPANY: [&str; 6] = [
    "/api/v1/users",
    "/api/v1/users/{id}",
    "/api/v1/users/{id}/password-link",
    "/api/v1/users/{id}/unlock",
    "/api/v1/keys",
    "/api/v1/keys/{id}",
];

fn expected(route: &RouteInfo, who: Who) -> u16 {
    let role = who.role.and_then(Role::parse);
    let may = match route.access {
        Access::Public => true,
        Access::Session => role.is_some(),
        Access::Permission(permission) => role.is_some_and(|role| match permission.held_by(role) {
            Held::Yes | Held::Own => true,
            Held::AfterStepUp => who.stepped_up,
            Held::No | Held::IfSiteAllows => false,
        }),
        Access::Device | Access::Metrics => false,
    };
    // What is another site's or another tenant's does not exist for a stranger; lists are empty.
    let foreign = who.place != Place::Here && matches!(route.access, Access::Permission(_));
    let of_company =
        OF_THE_COMPANY.contains(&&*route.path) || (&*route.method, &*route.path) == ("POST", "/api/v1/sites");
    match (may, &*route.path) {
        (false, _) if who.role.is_none() => 401,
        (false, _) => 403,
        (true, _) if of_company && who.place == Place::Annex => 403,
        (true, "/api/v1/users" | "/api/v1/keys") if route.method == "GET" => 200,
        (true, "/api/v1/keys" | "/api/v1/sites") if route.method == "POST" => 201,
        (true, "/api/tickets") if !foreign => 201,
        // It names a site that this company does not have.
        (true, "/api/v1/users") if foreign => 422,
        // No bearer token satisfies a step-up.
        (true, path) if getting_in::NEEDS_A_BROWSER.contains(&path) && !who.stepped_up => 403,
        // It is set up.
        (true, "/api/v1/setup") if route.method == "POST" => 409,
        (true, "/api/v1/users/{id}/password-link") if !foreign => 201,
        (true, "/api/v1/users/{id}/unlock") if !foreign => 204,
        (true, path) if lists::ACROSS_SITES.contains(&path) && route.method == "GET" => 200,
        (true, path) if lists::ACROSS_SITES.contains(&path) && !foreign => 201,
        (true, "/api/v1/sites/{id}") if who.place != Place::Here => 404,
        (true, path)
            if !foreign && getting_in::WITHOUT_CONTENT.contains(&&*format!("{} {path}", route.method)) =>
        {
            204
        }
        // A calendar file is nobody's.
        (true, "/api/v1/tariffs/holidays") => 200,
        // The jobs are the server's, not a tenant's.
        (true, "/api/v1/lanes" | "/api/v1/jobs" | "/api/v1/alarms") if route.method == "GET" => 200,
        (true, _) if foreign => 404,
        (true, "/api/v1/logout" | "/api/v1/me/sessions/{id}" | "/api/v1/keys/{id}") => 204,
        (true, "/api/v1/users" | "/api/v1/keys" | "/api/v1/sites" | "/api/v1/lanes")
            if route.method == "POST" =>
        {
            201
        }
        (true, "/api/v1/live" | "/api/v1/vehicles/search/live" | "/api/v1/ws/vehicles/search") => 101,
        (true, "/api/v1/vehicles" | "/api/v1/vehicles/import") if route.method == "POST" => 201,
        (true, "/api/v1/lanes/{id}/preview") if route.method == "GET" => 200,
        (
            true,
            "/api/v1/lanes/{id}/commands"
            | "/api/v1/lanes/{id}/preview"
            | "/api/v1/sites/{id}/hold-all/{request}/confirm"
            | "/api/v1/sites/{id}/release-all",
        ) => 202,
        (true, "/api/v1/sites/{id}/hold-all") if route.method == "POST" => 201,
        (true, "/api/v1/stays/{id}/payments" | "/api/v1/tickets/lost") => 201,
        (true, "/api/v1/tickets") if route.method == "POST" => 201,
        (true, path) if tariffs::creates(&route.method, path) => 201,
        (true, "/api/v1/tariffs/drafts/{id}") if route.method == "DELETE" => 204,
        (true, _) => 200,
    }
}

#[tokio::test]
async fn a_stranger_sees_no_lane_and_a_colleague_of_another_site_nothing_of_this_one() {
    let app = TestApp::open().await;
    let stay = app.stay("BA123AB", 10).await;
    let stranger = app.stranger().await;
    let lanes: Value = app.get("/api/v1/lanes", &stranger).send().await.unwrap().json().await.unwrap();
    assert_eq!(lanes["items"], json!([]));
    let colleague = app.person_of(app.tenant, Some(app.annex().await), "operator").await;
    let lanes: Value = app.get("/api/v1/lanes", &colleague).send().await.unwrap().json().await.unwrap();
    assert_eq!(lanes["items"], json!([]));
    for path in [format!("/api/v1/stays/{}", stay.id), format!("/api/v1/stays?site={}", app.site)] {
        assert_eq!(app.get(&path, &colleague).send().await.unwrap().status(), 404, "{path}");
    }
    let before = app.count("select count(*) from commands").await;
    let path = format!("/api/v1/lanes/{}/commands", app.exit);
    let order = json!({ "action": "open", "reason": "let me out" });
    assert_eq!(app.post(&path, &colleague, &order).send().await.unwrap().status(), 404);
    assert_eq!(app.count("select count(*) from commands").await, before);
}

#[test]
fn every_route_is_in_the_openapi_document_and_the_other_way_round() {
    let document: Value = serde_json::from_str(&boomgate_api::openapi_document()).unwrap();
    let documented = document["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    let declared: BTreeSet<String> =
        all_routes().iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(documented.collect::<BTreeSet<_>>(), declared);
}

#[test]
fn the_document_says_what_each_route_demands() {
    let document: Value = serde_json::from_str(&boomgate_api::openapi_document()).unwrap();
    for route in &all_routes() {
        let operation = &document["paths"][&route.path][route.method.to_lowercase()];
        let open = operation["security"].as_array().is_none_or(Vec::is_empty);
        assert_eq!(open, route.access == Access::Public, "{} {}", route.method, route.path);
        if let Access::Permission(permission) = route.access {
            let description = operation["description"].as_str().unwrap();
            assert!(
                description.contains(permission.as_str()),
                "{} {}: {description}",
                route.method,
                route.path
            );
        }
        let creates = route.method == "POST" && !getting_in::WITHOUT_A_KEY.contains(&&*route.path);
        let keyed = operation["parameters"].to_string().contains("Idempotency-Key");
        assert_eq!(keyed, creates, "{} {}", route.method, route.path);
    }
}

#[tokio::test]
async fn a_role_held_at_one_site_gave_its_rights_at_every_site() {
    let app = TestApp::open().await;
    let annex = app.annex().await;
    let ann = app.person_of(app.tenant, Some(app.site), "guard").await;
    app.give(ann.id, Some(annex), "operator").await;
    // An operator somewhere, but only a guard here: lanes yes, money no.
    let stay = app.stay("BA123AB", 10).await;
    let path = format!("/api/v1/stays/{}/payments", stay.id);
    let body = json!({ "method": "cash", "amount": { "minor": 100, "currency": "EUR" } });
    assert_eq!(app.post(&path, &ann, &body).send().await.unwrap().status(), 403);
    let order = json!({ "action": "open", "reason": "let me out" });
    let path = format!("/api/v1/lanes/{}/commands", app.exit);
    assert_eq!(app.post(&path, &ann, &order).send().await.unwrap().status(), 202);
    let me: Value = app.get("/api/v1/me", &ann).send().await.unwrap().json().await.unwrap();
    let may = |site: usize| me["sites"][site]["permissions"].to_string().contains("payments:take");
    assert_eq!((me["role"].as_str(), may(0), may(1)), (Some("operator"), true, false), "{me}");
}

#[tokio::test]
async fn a_program_with_a_key_does_what_the_key_is_for_and_is_named_in_the_audit() {
    let app = TestApp::open().await;
    let key = app.key(&["lanes:read", "lanes:operate"]).await;
    let with = |request: RequestBuilder| request.bearer_auth(&key.token);
    let lanes = with(app.request("GET", "/api/v1/lanes")).send().await.unwrap();
    assert_eq!(lanes.status(), 200);
    assert_eq!(with(app.request("GET", "/api/v1/stays")).send().await.unwrap().status(), 403);
    let order = json!({ "action": "open", "reason": "fire drill" });
    let request = app
        .request("POST", &format!("/api/v1/lanes/{}/commands", app.entry))
        .header("idempotency-key", "drill")
        .header("x-request-id", "drill-1");
    assert_eq!(with(request.json(&order)).send().await.unwrap().status(), 202);
    let line = app.audited("command.ordered").await;
    assert_eq!((&line["kind"], &line["id"]), (&json!("key"), &json!(key.id)));
    assert_eq!(line["detail"]["request_id"], "drill-1");
    // A key is no session: nobody is logged out by it, and where its user is logged in it does not say.
    assert_eq!(with(app.request("GET", "/api/v1/me/sessions")).send().await.unwrap().status(), 403);
    assert_eq!(with(app.request("POST", "/api/v1/logout")).send().await.unwrap().status(), 403);
}
