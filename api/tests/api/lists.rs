//! Requests that would succeed on the routes of blocklist, plans, subscriptions and passback, for the tests of rights and examples.

use boomgate_api::RouteInfo;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::test_app::TestApp;

/// Lists over all sites of the caller; what is posted there is created.
pub const ACROSS_SITES: [&str; 3] = ["/api/v1/blocklist", "/api/v1/plans", "/api/v1/subscriptions"];

/// A request that would succeed if its sender may; none for routes of other resources.
pub async fn case(app: &TestApp, route: &RouteInfo) -> Option<RequestBuilder> {
    let of_site = |path: &str| app.request("GET", &format!("{path}?site={}", app.site));
    let post = |path: &str, body: Value| app.request("POST", path).header("idempotency-key", "k").json(&body);
    let request = match (&*route.method, &*route.path) {
        ("GET", path @ ("/api/v1/blocklist" | "/api/v1/plans" | "/api/v1/subscriptions")) => {
            app.request("GET", path)
        }
        ("GET", path @ ("/api/v1/blocklist/risk" | "/api/v1/overstays" | "/api/v1/passback")) => {
            of_site(path)
        }
        ("GET", "/api/v1/sites/{id}/access") => {
            app.request("GET", &format!("/api/v1/sites/{}/access", app.site))
        }
        ("PATCH", "/api/v1/sites/{id}/access") => app
            .request("PATCH", &format!("/api/v1/sites/{}/access", app.site))
            .json(&json!({ "outside_terms": "refuse" })),
        ("POST", "/api/v1/blocklist") => post(
            "/api/v1/blocklist",
            json!({ "site": "north", "plate": plate(), "reason": "left without paying" }),
        ),
        ("POST", "/api/v1/blocklist/{id}/lift") => post(
            &format!("/api/v1/blocklist/{}/lift", block(app).await),
            json!({ "reason": "paid meanwhile" }),
        ),
        ("GET", "/api/v1/blocklist/{id}") => {
            app.request("GET", &format!("/api/v1/blocklist/{}", block(app).await))
        }
        ("PATCH", "/api/v1/blocklist/{id}") => app
            .request("PATCH", &format!("/api/v1/blocklist/{}", block(app).await))
            .json(&json!({ "reason": "left without paying, twice" })),
        ("POST", "/api/v1/plans") => post("/api/v1/plans", new_plan(&format!("Office {}", Uuid::now_v7()))),
        ("GET", "/api/v1/plans/{id}") => app.request("GET", &format!("/api/v1/plans/{}", plan(app).await)),
        ("PATCH", "/api/v1/plans/{id}") => app
            .request("PATCH", &format!("/api/v1/plans/{}", plan(app).await))
            .json(&json!({ "price": { "minor": 9900, "currency": "EUR" } })),
        ("POST", "/api/v1/subscriptions") => {
            let vehicles = [plate(), plate()];
            let body = json!({ "site": "north", "holder": "Ada & Co", "vehicles": vehicles, "terms": { "places": 1 } });
            post("/api/v1/subscriptions", body)
        }
        ("GET", "/api/v1/subscriptions/{id}") => {
            app.request("GET", &format!("/api/v1/subscriptions/{}", subscription(app).await))
        }
        ("PATCH", "/api/v1/subscriptions/{id}") => app
            .request("PATCH", &format!("/api/v1/subscriptions/{}", subscription(app).await))
            .json(&json!({ "note": "calls before noon" })),
        ("POST", path) if path.starts_with("/api/v1/subscriptions/{id}/") => {
            let act = path.rsplit('/').next().unwrap_or_default();
            let body = match act {
                "vehicles" => json!({ "add": [plate()], "reason": "a second car" }),
                "pause" => json!({ "until": "2099-01-01T00:00:00Z", "reason": "holidays" }),
                "renew" => json!({ "periods": 1 }),
                "end" => json!({ "reason": "moved away" }),
                _ => json!({}),
            };
            post(&format!("/api/v1/subscriptions/{}/{act}", subscription(app).await), body)
        }
        ("POST", "/api/v1/passback/reset") => post(
            "/api/v1/passback/reset",
            json!({ "site": "north", "all": true, "reason": "after an outage" }),
        ),
        _ => return None,
    };
    Some(request)
}

fn plate() -> String {
    let number = Uuid::now_v7().as_u128() % 100_000_000;
    format!("L{number:08}")
}

fn new_plan(name: &str) -> Value {
    let windows = json!([{ "days": ["mon", "tue", "wed", "thu", "fri"], "from": "07:00", "to": "19:00" }]);
    let terms =
        json!({ "places": 4, "uses_per_month": null, "outside": "visitor", "windows": windows, "lanes": [] });
    json!({ "site": "north", "name": name, "price": { "minor": 8900, "currency": "EUR" }, "period": "month", "terms": terms })
}

async fn block(app: &TestApp) -> Uuid {
    let id = Uuid::now_v7();
    let (site, plate) = (app.site, plate());
    app.run(&format!(
        "insert into blocklist (site_id, id, plate, reason) values ('{site}', '{id}', '{plate}', 'unpaid')"
    ))
    .await;
    id
}

async fn plan(app: &TestApp) -> Uuid {
    let id = Uuid::now_v7();
    let site = app.site;
    app.run(&format!(
        "insert into plans (site_id, id, name, price_minor, currency, period) values ('{site}', '{id}', 'Plan {id}', 100, 'EUR', 'month')"
    ))
    .await;
    id
}

async fn subscription(app: &TestApp) -> Uuid {
    let (id, plan) = (Uuid::now_v7(), plan(app).await);
    let (site, plate) = (app.site, plate());
    app.run(&format!(
        "insert into subscriptions (site_id, id, plate, holder, plan_id, valid_until) values ('{site}', '{id}', '{plate}', 'Ada', '{plan}', now() + interval '1 month')"
    ))
    .await;
    id
}
