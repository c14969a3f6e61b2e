//! Tariffs: drafted, checked, simulated, compared with what was charged, published at once or for a time to come.

use boomgate_api::RouteInfo;
use boomgate_store::batch::Writes;
use boomgate_store::stays::StayRow;
use jiff::{SignedDuration, Timestamp};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::access::from_browser;
use crate::test_app::{TestApp, TestUser, good, problem};

/// 1.50 for each half hour begun, VAT of 20 %.
pub fn tariff() -> Value {
    json!({
        "name": "Half hours", "grace_minutes": 5, "daily_cap": 1800, "vat_basis_points": 2000,
        "rules": [
            { "name": "Night", "window": { "from": "22:00", "until": "06:00" }, "bands": [{ "price": 300 }] },
            { "name": "Day", "bands": [{ "step_minutes": 30, "price": 150 }] },
        ],
    })
}

const CALENDAR: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:Christmas Day\r\n\
    DTSTART;VALUE=DATE:20261225\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

/// Routes that create something.
pub fn creates(method: &str, path: &str) -> bool {
    let all = [
        "/api/v1/tariffs/drafts",
        "/api/v1/tariffs/drafts/{id}/publish",
        "/api/v1/validations",
        "/api/v1/stays/{id}/validations",
    ];
    method == "POST" && all.contains(&path)
}

/// A request that would succeed if its sender may; none for routes of another file.
pub async fn case(app: &TestApp, route: &RouteInfo) -> Option<RequestBuilder> {
    let keyed =
        |path: &str| app.request(&route.method, path).header("idempotency-key", Uuid::now_v7().to_string());
    let (plain, site) = (keyed(&route.path), app.site.to_string());
    Some(match (&*route.method, &*route.path) {
        ("GET", "/api/v1/tariffs" | "/api/v1/tariffs/drafts" | "/api/v1/validations") => {
            app.request("GET", &format!("{}?site={site}", route.path))
        }
        ("GET", "/api/v1/tariffs/{id}") => {
            app.request("GET", &format!("/api/v1/tariffs/{}", in_force(app).await))
        }
        ("POST", "/api/v1/tariffs/check") => plain.json(&json!({ "site": site, "tariff": tariff() })),
        ("POST", "/api/v1/tariffs/simulate") => plain.json(&json!({
            "site": site, "tariff": tariff(), "from": "2026-11-20T10:00:00Z", "until": "2026-11-20T12:10:00Z",
            "validations": [{ "code": "SHOP", "benefit": { "kind": "free_time", "minutes": 60 } }],
        })),
        ("POST", "/api/v1/tariffs/what-if") => {
            past(app, "BA100AA", 90).await;
            let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
            let first = today.yesterday().unwrap().yesterday().unwrap();
            let last = today.tomorrow().unwrap();
            plain.json(&json!({ "site": site, "tariff": tariff(), "first_day": first, "last_day": last }))
        }
        ("POST", "/api/v1/tariffs/holidays") => plain.header("content-type", "text/calendar").body(CALENDAR),
        ("POST", "/api/v1/tariffs/drafts") => plain.json(&json!({ "site": site, "tariff": tariff() })),
        ("GET" | "DELETE", "/api/v1/tariffs/drafts/{id}") => {
            app.request(&route.method, &format!("/api/v1/tariffs/drafts/{}", stored_draft(app).await))
        }
        ("PATCH", "/api/v1/tariffs/drafts/{id}") => {
            let path = format!("/api/v1/tariffs/drafts/{}", stored_draft(app).await);
            app.request("PATCH", &path).json(&json!({ "grace_minutes": 10, "daily_cap": null }))
        }
        ("POST", "/api/v1/tariffs/drafts/{id}/publish") => {
            keyed(&format!("/api/v1/tariffs/drafts/{}/publish", stored_draft(app).await)).json(&json!({}))
        }
        (method, path) => crate::validations::case(app, method, path, plain).await?,
    })
}

async fn in_force(app: &TestApp) -> Uuid {
    let client = app.db.pool.get().await.unwrap();
    let sql = "select id from tariffs where site_id = $1 order by version limit 1";
    client.query_one(sql, &[&app.site.as_uuid()]).await.unwrap().get(0)
}

/// A draft, laid into the database.
async fn stored_draft(app: &TestApp) -> Uuid {
    let (id, client) = (Uuid::now_v7(), app.db.pool.get().await.unwrap());
    let mut body = tariff();
    body["id"] = json!(Uuid::nil());
    body["version"] = json!(0);
    body["currency"] = json!("EUR");
    let sql = "insert into tariff_drafts (site_id, id, body, created_at, changed_name, changed_at)
               values ($1, $2, $3, now(), 'ann', now())";
    client.execute(sql, &[&app.site.as_uuid(), &id, &body]).await.unwrap();
    id
}

/// A stay of `minutes` that ended just now, by the tariff in force.
async fn past(app: &TestApp, plate: &str, minutes: i64) -> StayRow {
    let mut row = app.stay(plate, minutes).await;
    row.tariff_id = Some(in_force(app).await);
    row.state = StayRow::CLOSED.into();
    row.exited_at = Some(Timestamp::now());
    app.write(Writes { stays: vec![row.clone()], ..Writes::default() }).await;
    row
}

async fn begun(app: &TestApp, by: &TestUser, body: Value) -> Value {
    good(app.post("/api/v1/tariffs/drafts", by, &body).send().await.unwrap(), 201).await
}

#[tokio::test]
async fn a_draft_is_changed_checked_and_published_and_stays_pin_what_was_in_force_when_they_began() {
    let app = TestApp::open().await;
    let (oli, eva) = (app.person("operator").await, app.stepped_up("admin").await);
    let before = app.stay("BA111AA", 70).await;

    let draft = begun(&app, &oli, json!({})).await;
    assert_eq!(draft["tariff"]["name"], "by the hour", "it begins from what is in force");
    let path = format!("/api/v1/tariffs/drafts/{}", draft["id"].as_str().unwrap());
    let read = app.get(&path, &oli).send().await.unwrap();
    let version = read.headers()["etag"].clone();

    let change = json!({ "name": "Dearer", "rules": [{ "name": "Day", "bands": [{ "step_minutes": 0, "price": -1 }] }] });
    let changed =
        app.request("PATCH", &path).bearer_auth(&oli.token).header("if-match", &version).json(&change);
    let changed = changed.send().await.unwrap();
    let second = changed.headers()["etag"].clone();
    let changed = good(changed, 200).await;
    let fields: Vec<_> = changed["problems"].as_array().unwrap().iter().map(|one| &one["field"]).collect();
    assert_eq!(fields, ["rules[0].bands[0].price", "rules[0].bands[0].step_minutes"], "all at once");
    let lost = app.request("PATCH", &path).bearer_auth(&oli.token).header("if-match", &version).json(&change);
    assert_eq!(problem(lost.send().await.unwrap(), 412).await["present"]["name"], "Dearer");

    let publish = |etag: &http::HeaderValue, body: Value| {
        from_browser(&app, "POST", &format!("{path}/publish"), &eva).header("if-match", etag).json(&body)
    };
    let refused = problem(publish(&second, json!({})).send().await.unwrap(), 422).await;
    assert_eq!(refused["code"], "TARIFF-FAULTS");
    assert_eq!(refused["errors"][0]["field"], "rules[0].bands[0].price");

    let good_rules = json!({ "rules": [{ "name": "Day", "bands": [{ "step_minutes": 60, "price": 250 }] }] });
    let fixed = app.request("PATCH", &path).bearer_auth(&oli.token).json(&good_rules).send().await.unwrap();
    let third = fixed.headers()["etag"].clone();
    assert_eq!(problem(publish(&second, json!({})).send().await.unwrap(), 412).await["code"], "STALE");
    let published = good(publish(&third, json!({})).send().await.unwrap(), 201).await;
    assert_eq!((&published["version"], &published["state"]), (&json!(2), &json!("in_force")));
    let texts: Vec<_> = published["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["text"].as_str().unwrap())
        .collect();
    assert_eq!(
        texts,
        [
            "The name was \"by the hour\" and is \"Dearer\".",
            "Rule \"always\" is gone: all vehicles, every day, all day; 1.00 EUR for each 60 min begun.",
            "New rule \"Day\": all vehicles, every day, all day; 2.50 EUR for each 60 min begun.",
        ]
    );
    assert_eq!(app.audited("tariff.set").await["detail"]["version"], 2);
    assert_eq!(app.get(&path, &oli).send().await.unwrap().status(), 404, "the draft is gone");

    // A stay that began under the first version keeps it, whenever it is looked at.
    let mut pinned = before.clone();
    pinned.tariff_id = Some(in_force(&app).await);
    app.write(Writes { stays: vec![pinned], ..Writes::default() }).await;
    let stay = good(app.get(&format!("/api/v1/stays/{}", before.id), &oli).send().await.unwrap(), 200).await;
    assert_eq!(stay["charge"]["total"]["minor"], 200);
    assert_eq!(stay["charge"]["tariff"]["version"], 1);
}

#[tokio::test]
async fn a_tariff_for_a_time_to_come_applies_from_then_on() {
    let app = TestApp::open().await;
    let (oli, eva) = (app.person("operator").await, app.stepped_up("admin").await);
    let draft = begun(&app, &oli, json!({ "tariff": tariff() })).await;
    let path = format!("/api/v1/tariffs/drafts/{}/publish", draft["id"].as_str().unwrap());
    for (ahead, code) in [
        (-SignedDuration::from_hours(1), "TIME-IS-OVER"),
        (SignedDuration::from_hours(50_000), "TIME-TOO-FAR"),
    ] {
        let at = json!({ "valid_from": Timestamp::now() + ahead });
        let refused = from_browser(&app, "POST", &path, &eva).json(&at).send().await.unwrap();
        assert_eq!(problem(refused, 422).await["code"], code);
    }
    let at = Timestamp::now() + SignedDuration::from_hours(8);
    let published =
        from_browser(&app, "POST", &path, &eva).json(&json!({ "valid_from": at })).send().await.unwrap();
    assert_eq!(good(published, 201).await["state"], "scheduled");
    let list = good(app.get("/api/v1/tariffs", &oli).send().await.unwrap(), 200).await;
    let states: Vec<_> = list["items"].as_array().unwrap().iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["scheduled", "in_force"]);
    // What the stay pins is what the server finds for the moment of its passage.
    let client = app.db.pool.get().await.unwrap();
    let need = boomgate_store::batch::Need {
        sites: vec![app.site.as_uuid()],
        now: Timestamp::now(),
        ..Default::default()
    };
    let mut session =
        boomgate_store::batch::Session::open(&app.db.pool, std::time::Duration::from_secs(5)).await.unwrap();
    let facts = session.begin(&need).await.unwrap();
    let first = in_force(&app).await;
    let minute = SignedDuration::from_mins(1);
    let site = &facts.sites[0];
    assert_eq!(site.tariff_at(at - minute), Some(first));
    assert_ne!(site.tariff_at(at), Some(first));
    assert_ne!(site.tariff_at(at + minute), Some(first));
    assert_eq!(site.tariff_at(Timestamp::UNIX_EPOCH), None);
    drop(client);
}

#[tokio::test]
async fn a_correction_in_between_does_not_take_a_planned_tariff_away() {
    let app = TestApp::open().await;
    let (oli, eva) = (app.person("operator").await, app.stepped_up("admin").await);
    let at = Timestamp::now() + SignedDuration::from_hours(8);
    for (name, from) in [("planned", Some(at)), ("correction", None)] {
        let mut body = tariff();
        body["name"] = json!(name);
        let draft = begun(&app, &oli, json!({ "tariff": body })).await;
        let path = format!("/api/v1/tariffs/drafts/{}/publish", draft["id"].as_str().unwrap());
        good(
            from_browser(&app, "POST", &path, &eva)
                .json(&json!({ "valid_from": from }))
                .send()
                .await
                .unwrap(),
            201,
        )
        .await;
    }
    let client = app.db.pool.get().await.unwrap();
    let name = |at: Timestamp| {
        let client = &client;
        async move {
            boomgate_store::tariffs::current(client, app_site(client).await, at).await.unwrap().unwrap().name
        }
    };
    assert_eq!(name(Timestamp::now()).await, "correction");
    assert_eq!(name(at).await, "planned");
}

async fn app_site(client: &boomgate_store::pool::Object) -> boomgate_domain::ids::SiteId {
    let id: Uuid = client.query_one("select id from sites where code = 'north'", &[]).await.unwrap().get(0);
    boomgate_domain::ids::SiteId::from_uuid(id)
}

#[tokio::test]
async fn a_check_names_every_fault_in_the_readers_language_or_shows_what_it_costs() {
    let app = TestApp::open().await;
    let oli = app.person("operator").await;
    let ask = |body: Value, lang: &'static str| {
        app.post("/api/v1/tariffs/check", &oli, &body).header("accept-language", lang).send()
    };
    let found = good(ask(json!({ "tariff": tariff() }), "en").await.unwrap(), 200).await;
    assert_eq!(found["problems"], json!([]));
    assert_eq!(found["examples"].as_array().unwrap().len(), 5);
    assert_eq!(found["examples"][0]["price"]["lines"][0]["text"], "Day: 1 x 30 min at 1.50 EUR");
    assert_eq!(found["examples"][1]["price"]["vat"]["amount"]["minor"], 150);
    assert_eq!(found["week"].as_array().unwrap().len(), 7);
    assert_eq!(found["week"][0]["spans"][0]["rule"], "Night");
    assert_eq!(found["week"][0]["spans"].as_array().unwrap().last().unwrap()["until"], "24:00");
    assert_eq!(found["words"]["rules"][0]["prices"], json!(["3.00 EUR once"]));
    assert!(found["differences"].as_array().unwrap().len() > 3);

    let mut faulty = tariff();
    faulty["cap_24h"] = json!(0);
    faulty["rules"][1]["days"] = json!(["holiday"]);
    let found = good(ask(json!({ "tariff": faulty }), "vi").await.unwrap(), 200).await;
    let problems = found["problems"].as_array().unwrap();
    let codes: Vec<_> = problems.iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert!(
        ["ZERO-CAP", "TWO-CAPS", "UNCOVERED", "NO-HOLIDAYS"].iter().all(|code| codes.contains(code)),
        "{codes:?}"
    );
    assert_eq!(problems[0]["message"], "là 0; hãy bỏ trống nếu không có mức trần");
    assert_eq!((&found["examples"], &found["week"]), (&json!([]), &json!([])));

    let mut unreadable = tariff();
    unreadable["rules"][0]["window"]["from"] = json!("25:00");
    let refused = problem(ask(json!({ "tariff": unreadable }), "en").await.unwrap(), 400).await;
    assert_eq!(refused["errors"][0]["field"], "tariff.rules[0].window.from");
}

#[tokio::test]
async fn a_simulated_stay_has_the_lines_that_the_charge_has() {
    let app = TestApp::open().await;
    let oli = app.person("operator").await;
    // The tariff is in force since an hour.
    let stay = app.stay("BA123AB", 50).await;
    let shown = good(app.get(&format!("/api/v1/stays/{}", stay.id), &oli).send().await.unwrap(), 200).await;
    let ask = json!({ "from": stay.entered_at, "until": Timestamp::now() });
    let simulated = good(app.post("/api/v1/tariffs/simulate", &oli, &ask).send().await.unwrap(), 200).await;
    assert_eq!((&simulated["version"], &simulated["tariff"]), (&json!(1), &json!("by the hour")));
    assert_eq!(simulated["price"]["lines"][0]["text"], shown["charge"]["lines"][0]["text"]);
    assert_eq!(simulated["price"]["total"], shown["charge"]["total"]);

    let ask = json!({
        "tariff": tariff(), "from": "2026-11-20T10:00:00Z", "until": "2026-11-20T12:10:00Z", "vehicle": "van",
        "validations": [{ "code": "HALF", "benefit": { "kind": "percent", "percent": 50 }, "most_off": 200 }],
    });
    let simulated = good(app.post("/api/v1/tariffs/simulate", &oli, &ask).send().await.unwrap(), 200).await;
    let lines: Vec<_> =
        simulated["price"]["lines"].as_array().unwrap().iter().map(|line| &line["text"]).collect();
    assert_eq!(lines, ["Day: 5 x 30 min at 1.50 EUR", "HALF (50 %): discount"]);
    assert_eq!(simulated["price"]["total"]["minor"], 550);
    let backwards =
        json!({ "tariff": tariff(), "from": "2026-11-20T10:00:00Z", "until": "2026-11-20T09:10:00Z" });
    assert_eq!(
        problem(app.post("/api/v1/tariffs/simulate", &oli, &backwards).send().await.unwrap(), 400).await["errors"]
            [0]["field"],
        "until"
    );
}

#[tokio::test]
async fn what_if_compares_past_stays_and_names_those_that_differ_most() {
    let app = TestApp::open().await;
    let oli = app.person("operator").await;
    // By the hour at 1.00 before: 2.00, 1.00, 1.00. By the half hour at 1.50: 4.50, 3.00, 1.50... and one with a right.
    past(&app, "BA100AA", 75).await;
    past(&app, "BA100BB", 50).await;
    past(&app, "BA100CC", 20).await;
    let mut subscriber = past(&app, "BA100DD", 300).await;
    subscriber.entry_code = Some("OPEN-SUBSCRIPTION".into());
    app.write(Writes { stays: vec![subscriber], ..Writes::default() }).await;
    let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let flat = json!({ "name": "flat", "rules": [{ "name": "Day", "bands": [{ "step_minutes": 30, "price": 150 }] }] });
    let ask = |first: jiff::civil::Date, last: jiff::civil::Date| json!({ "tariff": flat, "first_day": first, "last_day": last });
    let period = ask(today.yesterday().unwrap().yesterday().unwrap(), today.tomorrow().unwrap());
    let found = good(app.post("/api/v1/tariffs/what-if", &oli, &period).send().await.unwrap(), 200).await;
    assert_eq!((&found["stays"], &found["limited"]), (&json!(3), &json!(false)));
    assert_eq!((&found["before"]["minor"], &found["after"]["minor"]), (&json!(400), &json!(450 + 300 + 150)));
    assert_eq!((&found["more"], &found["less"], &found["same"]), (&json!(3), &json!(0), &json!(0)));
    assert_eq!(found["largest"][0]["plate"], "BA100AA");
    let wrong = ask(today, today.yesterday().unwrap());
    let refused = problem(app.post("/api/v1/tariffs/what-if", &oli, &wrong).send().await.unwrap(), 400).await;
    assert_eq!(refused["errors"][0]["field"], "last_day");
}

#[tokio::test]
async fn a_calendar_file_is_read_or_refused_by_the_name_of_its_events() {
    let app = TestApp::open().await;
    let oli = app.person("operator").await;
    let send = |file: String| {
        let request = app.request("POST", "/api/v1/tariffs/holidays").bearer_auth(&oli.token);
        request.header("content-type", "text/calendar").body(file).send()
    };
    let found = good(send(CALENDAR.to_owned()).await.unwrap(), 200).await;
    assert_eq!(
        found["items"],
        json!([{ "name": "Christmas Day", "from": "2026-12-25", "until": "2026-12-25", "yearly": true }])
    );
    let refused = problem(send(CALENDAR.replace("YEARLY", "WEEKLY")).await.unwrap(), 422).await;
    assert!(refused["message"].as_str().unwrap().contains("Christmas Day"), "{refused}");
    problem(send("x".repeat(300 * 1024)).await.unwrap(), 413).await;
}

#[tokio::test]
async fn the_cap_of_the_month_counts_what_the_plate_was_charged_before() {
    let app = TestApp::open().await;
    let (oli, eva) = (app.person("operator").await, app.stepped_up("admin").await);
    let mut body = tariff();
    body["monthly_cap"] = json!(1000);
    let draft = begun(&app, &oli, json!({ "tariff": body })).await;
    let path = format!("/api/v1/tariffs/drafts/{}/publish", draft["id"].as_str().unwrap());
    let published =
        good(from_browser(&app, "POST", &path, &eva).json(&json!({})).send().await.unwrap(), 201).await;
    let version: Uuid = published["id"].as_str().unwrap().parse().unwrap();
    let mut earlier = past(&app, "BA100AA", 4).await;
    earlier.charged_minor = 900;
    // In the same month as the entry below, whatever day today is.
    let mut stay = app.stay("BA100AA", 2).await;
    stay.entered_at = earlier.entered_at.map(|at| at + SignedDuration::from_secs(30));
    stay.tariff_id = Some(version);
    app.write(Writes { stays: vec![earlier, stay.clone()], ..Writes::default() }).await;
    let until = stay.entered_at.unwrap() + SignedDuration::from_mins(90);
    app.run(&format!("update stays set exited_at = '{until}', state = 'closed' where id = '{}'", stay.id))
        .await;
    let shown = good(app.get(&format!("/api/v1/stays/{}", stay.id), &oli).send().await.unwrap(), 200).await;
    let lines = shown["charge"]["lines"].as_array().unwrap();
    assert_eq!(lines.last().unwrap()["kind"], "monthly-cap", "{lines:?}");
    assert_eq!(shown["charge"]["total"]["minor"], 100);
}

#[tokio::test]
async fn a_vehicle_that_is_known_as_a_truck_is_charged_as_one() {
    let app = TestApp::open().await;
    let (oli, eva) = (app.person("operator").await, app.stepped_up("admin").await);
    let mut body = tariff();
    body["rules"][0] =
        json!({ "name": "Trucks", "vehicles": ["truck"], "bands": [{ "step_minutes": 60, "price": 900 }] });
    let draft = begun(&app, &oli, json!({ "tariff": body })).await;
    let path = format!("/api/v1/tariffs/drafts/{}/publish", draft["id"].as_str().unwrap());
    good(from_browser(&app, "POST", &path, &eva).json(&json!({})).send().await.unwrap(), 201).await;
    let sql = format!(
        "insert into vehicles (site_id, id, plate, vehicle_type) values ('{}', gen_random_uuid(), 'BA100AA', 'truck')",
        app.site
    );
    app.run(&sql).await;
    for (plate, line) in
        [("BA100AA", "Trucks: 1 x 60 min at 9.00 EUR"), ("BA200BB", "Day: 1 x 30 min at 1.50 EUR")]
    {
        let stay = app.stay(plate, 20).await;
        let shown =
            good(app.get(&format!("/api/v1/stays/{}", stay.id), &oli).send().await.unwrap(), 200).await;
        assert_eq!(shown["charge"]["lines"][0]["text"], line);
    }
}
