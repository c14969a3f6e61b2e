//! Vehicles: kept once per plate, found by any part, imported and taken back.

use std::time::Duration;

use boomgate_api::RouteInfo;
use boomgate_domain::ids::VehicleId;
use boomgate_domain::plate::TypedPlate;
use boomgate_store::vehicle_imports::{self, NewImport};
use boomgate_store::vehicles::{self, VehicleFacts};
use futures_util::{SinkExt, StreamExt};
use jiff::Timestamp;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use uuid::Uuid;

use crate::rights::websocket;
use crate::test_app::{TestApp, TestUser, good, problem};

/// A request that would succeed if its sender may; none for routes of another file.
pub async fn case(app: &TestApp, route: &RouteInfo) -> Option<RequestBuilder> {
    let plate = format!("V{:05}", Uuid::now_v7().as_u128() % 100_000);
    let site = format!("?site={}", app.site);
    let request = |path: String| app.request(&route.method, &path).header("idempotency-key", plate.clone());
    let file = format!("plate;contact_name\n{plate};Ann\n");
    Some(match (&*route.method, &*route.path) {
        ("POST", "/api/v1/vehicles") => request(route.path.clone()).json(
            &json!({ "site": "north", "plate": plate, "contact_name": "Ann", "phone": "+421 900 123 456" }),
        ),
        ("GET", "/api/v1/vehicles" | "/api/v1/vehicles/imports" | "/api/v1/vehicles/export") => {
            known(app, &plate).await;
            request(format!("{}{site}", route.path))
        }
        ("GET", "/api/v1/vehicles/search") => {
            known(app, &plate).await;
            request(format!("{}{site}&q=ann", route.path))
        }
        ("GET", "/api/v1/vehicles/search/live" | "/api/v1/ws/vehicles/search") => {
            websocket(request(format!("{}{site}", route.path)))
        }
        ("POST", "/api/v1/vehicles/import/trial" | "/api/v1/vehicles/import") => {
            request(format!("{}{site}&file_name=cars.csv", route.path))
                .header("content-type", "text/csv")
                .body(file)
        }
        ("POST", "/api/v1/vehicles/imports/{id}/undo") => {
            request(format!("/api/v1/vehicles/imports/{}/undo{site}", imported(app).await))
        }
        (_, "/api/v1/vehicles/{plate}/stays") => {
            known(app, &plate).await;
            request(format!("/api/v1/vehicles/{plate}/stays?reason=complaint"))
        }
        ("PATCH", "/api/v1/vehicles/{plate}") => {
            known(app, &plate).await;
            request(format!("/api/v1/vehicles/{plate}")).json(&json!({ "phone": "+421 900 654 321" }))
        }
        (_, "/api/v1/vehicles/{plate}") => {
            known(app, &plate).await;
            request(format!("/api/v1/vehicles/{plate}"))
        }
        _ => return None,
    })
}

fn facts(plate: &str) -> VehicleFacts {
    VehicleFacts {
        plate: TypedPlate::parse(plate).unwrap(),
        country: Some("SK".into()),
        kind: None,
        contact_name: "Ann Novák".into(),
        phone: "+421 900 123 456".into(),
        owner: "Cold Store Ltd".into(),
        notes: String::new(),
    }
}

async fn known(app: &TestApp, plate: &str) -> VehicleId {
    let id = VehicleId::from_uuid(Uuid::now_v7());
    let client = app.db.pool.get().await.unwrap();
    vehicles::insert(&client, (app.site, id), &facts(plate), None).await.unwrap();
    id
}

async fn imported(app: &TestApp) -> Uuid {
    let id = Uuid::now_v7();
    let mut client = app.db.pool.get().await.unwrap();
    let tx = client.transaction().await.unwrap();
    vehicle_imports::stage(&tx, &[]).await.unwrap();
    let new = NewImport {
        site: app.site,
        id,
        file_name: "cars.csv".into(),
        at: Timestamp::now(),
        by: None,
        by_name: "ann".into(),
        lines: 0,
        faulty: 0,
    };
    vehicle_imports::merge(&tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn import(app: &TestApp, by: &TestUser, path: &str, file: &str) -> Value {
    let path = format!("/api/v1/vehicles/{path}?file_name=cars.csv");
    let request = app.request("POST", &path).bearer_auth(&by.token).body(file.to_owned());
    let response = request.header("idempotency-key", Uuid::now_v7().to_string()).send().await.unwrap();
    assert!(response.status().is_success(), "{}", response.status());
    response.json().await.unwrap()
}

#[tokio::test]
async fn a_vehicle_is_kept_once_whatever_way_its_plate_is_written() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let new =
        json!({ "plate": "bö-ab 123", "contact_name": " Ann ", "vehicle_type": "van", "country": "DE" });
    let made = good(app.post("/api/v1/vehicles", &ann, &new).send().await.unwrap(), 201).await;
    assert_eq!((&made["plate"], &made["plate_typed"]), (&json!("BOAB123"), &json!("bö-ab 123")));
    assert_eq!((&made["contact_name"], &made["vehicle_type"]), (&json!("Ann"), &json!("van")));
    let again = json!({ "plate": "BO AB-123" });
    let refused = problem(app.post("/api/v1/vehicles", &ann, &again).send().await.unwrap(), 409).await;
    assert_eq!(refused["code"], "PLATE-KNOWN");
    for path in ["/api/v1/vehicles/BOAB123", "/api/v1/vehicles/b%C3%B6-ab%20123"] {
        let found = good(app.get(path, &ann).send().await.unwrap(), 200).await;
        assert_eq!(found["id"], made["id"], "{path}");
    }
    let wrong = json!({ "plate": "??", "country": "SK" });
    let refused = problem(app.post("/api/v1/vehicles", &ann, &wrong).send().await.unwrap(), 400).await;
    assert_eq!(refused["errors"][0]["field"], "plate", "{refused}");
}

#[tokio::test]
async fn of_two_who_correct_a_vehicle_the_second_is_told_what_the_first_wrote() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    known(&app, "BA111AA").await;
    let seen = app.get("/api/v1/vehicles/BA111AA", &ann).send().await.unwrap();
    let etag = seen.headers()["etag"].clone();
    let change = |body: Value| {
        let request = app.request("PATCH", "/api/v1/vehicles/BA111AA").bearer_auth(&ann.token);
        request.header("if-match", etag.clone()).json(&body).send()
    };
    let changed = good(change(json!({ "phone": "112", "country": null })).await.unwrap(), 200).await;
    assert_eq!((&changed["phone"], &changed["country"]), (&json!("112"), &Value::Null));
    let stale = problem(change(json!({ "phone": "113" })).await.unwrap(), 412).await;
    assert_eq!(stale["present"]["phone"], "112");
    let line = app.audited("vehicle.set").await;
    assert_eq!(line["detail"]["fields"], json!(["country", "phone"]), "values are personal: {line}");
}

#[tokio::test]
async fn a_removed_vehicle_is_gone_and_nobody_elses_is_found() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let id = known(&app, "BA222AA").await;
    let stranger = app.stranger().await;
    problem(app.get(&format!("/api/v1/vehicles/{id}"), &stranger).send().await.unwrap(), 404).await;
    let remove = || app.request("DELETE", "/api/v1/vehicles/ba-222-aa").bearer_auth(&ann.token).send();
    assert_eq!(remove().await.unwrap().status(), 204);
    problem(remove().await.unwrap(), 404).await;
}

#[tokio::test]
async fn a_file_with_wrong_lines_is_tried_taken_over_corrected_and_taken_back() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    known(&app, "AA001").await;
    let mut file = "\u{feff}plate;type;contact_name;phone\r\n".to_owned();
    for number in 1..=500 {
        let kind = if number % 71 == 0 { "plane" } else { "car" };
        file += &format!("aa {number:03};{kind};Ann {number};+421 900 {number:06}\r\n");
    }
    let trial = import(&app, &ann, "import/trial", &file).await;
    assert_eq!((&trial["id"], &trial["lines"], &trial["faulty"]), (&Value::Null, &json!(500), &json!(7)));
    assert_eq!((&trial["created"], &trial["changed"]), (&json!(492), &json!(1)));
    assert_eq!(trial["faults"][0]["line"], 72, "{}", trial["faults"][0]);
    assert_eq!(trial["outcomes"][0], json!({ "line": 2, "plate": "aa 001", "outcome": "changed" }));
    assert_eq!(app.count("select count(*) from vehicles").await, 1, "a trial changes nothing");
    let done = import(&app, &ann, "import", &file).await;
    assert_eq!((&done["created"], &done["changed"], &done["unchanged"]), (&json!(492), &json!(1), &json!(0)));
    assert_eq!(app.count("select count(*) from vehicles").await, 493);
    let rest = import(&app, &ann, "import", &file.replace("plane", "van")).await;
    assert_eq!((&rest["created"], &rest["unchanged"]), (&json!(7), &json!(493)));
    // Somebody corrects one by hand: what they wrote stays.
    let path = "/api/v1/vehicles/AA002";
    let request = app.request("PATCH", path).bearer_auth(&ann.token).json(&json!({ "notes": "by hand" }));
    assert_eq!(request.send().await.unwrap().status(), 200);
    let path = format!("/api/v1/vehicles/imports/{}/undo", done["id"].as_str().unwrap());
    let undone = good(app.post(&path, &ann, &json!({})).send().await.unwrap(), 200).await;
    assert_eq!(
        (&undone["removed"], &undone["restored"], &undone["kept"]),
        (&json!(491), &json!(1), &json!(1))
    );
    assert_eq!(app.count("select count(*) from vehicles").await, 9, "AA001, AA002 and the seven");
    assert_eq!(app.count("select count(*) from vehicles where contact_name = 'Ann Novák'").await, 1);
    let twice = problem(app.post(&path, &ann, &json!({})).send().await.unwrap(), 409).await;
    assert_eq!(twice["code"], "IMPORT-UNDONE");
    let listed = good(app.get("/api/v1/vehicles/imports", &ann).send().await.unwrap(), 200).await;
    assert_eq!(
        (&listed["items"][1]["undone_by"], &listed["items"][0]["undone_by"]),
        (&json!(ann.name), &Value::Null)
    );
}

#[tokio::test]
async fn what_was_exported_is_imported_again_without_a_change() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    for plate in ["Ž 1", "BA 2", "BÖ-AB 123"] {
        known(&app, plate).await;
    }
    app.run("update vehicles set notes = '=1+1;\"x\"', phone = '+421 1' where plate = 'BA2'").await;
    for separator in ["comma", "semicolon"] {
        let path = format!("/api/v1/vehicles/export?separator={separator}");
        let answer = app.get(&path, &ann).send().await.unwrap();
        assert!(answer.headers()["content-disposition"].to_str().unwrap().contains("vehicles-north.csv"));
        let file = String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap();
        assert!(file.starts_with('\u{feff}'), "Excel takes it for UTF-8");
        assert!(file.contains("'=1+1"), "no spreadsheet executes it: {file}");
        let trial = import(&app, &ann, "import/trial", &file).await;
        assert_eq!((&trial["unchanged"], &trial["faulty"]), (&json!(3), &json!(0)), "{separator}: {trial}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_at_all_is_refused_with_what_to_do() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let send = |body: Vec<u8>| {
        let request = app.request("POST", "/api/v1/vehicles/import/trial").bearer_auth(&ann.token);
        request.body(body).send()
    };
    let refused = problem(send(b"plate\nM\xdcN 1\n".to_vec()).await.unwrap(), 422).await;
    assert!(refused["detail"].as_str().unwrap().contains("CSV UTF-8"), "{refused}");
    let refused = problem(send(b"plate,colour\n".to_vec()).await.unwrap(), 422).await;
    assert!(refused["detail"].as_str().unwrap().contains("\"colour\""), "{refused}");
}

async fn found(app: &TestApp, by: &TestUser, q: &str) -> Vec<String> {
    let q: String = form_urlencoded::byte_serialize(q.as_bytes()).collect();
    let path = format!("/api/v1/vehicles/search?q={q}");
    let found = good(app.get(&path, by).send().await.unwrap(), 200).await;
    found["items"].as_array().unwrap().iter().map(|one| one["plate"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_vehicle_is_found_by_parts_look_alikes_names_and_numbers() {
    let app = TestApp::open().await;
    let ann = app.person("guard").await;
    for plate in ["BO0123", "XBO012", "KE777DD"] {
        known(&app, plate).await;
    }
    let sql =
        "update vehicles set people_key = E'duc nguyen\\n50%_off\\n84901234567' where plate = 'KE777DD'";
    app.run(sql).await;
    assert_eq!(found(&app, &ann, "bo0123").await, ["BO0123"]);
    assert_eq!(found(&app, &ann, "8o0").await, ["BO0123", "XBO012"], "a beginning comes before a part");
    assert_eq!(found(&app, &ann, "777").await, ["KE777DD"]);
    assert_eq!(found(&app, &ann, "Nguyễn").await, ["KE777DD"]);
    assert_eq!(found(&app, &ann, "123 45 67").await, ["KE777DD"], "part of a phone number");
    assert_eq!(found(&app, &ann, "0%_o").await, ["KE777DD"], "signs of a pattern are signs");
    assert_eq!(found(&app, &ann, "k").await, ["KE777DD"], "a beginning");
    assert_eq!(found(&app, &ann, "7").await, [""; 0], "one sign in the middle is in too many");
    assert_eq!(found(&app, &ann, "cold st").await.len(), 2);
}

#[tokio::test]
async fn while_somebody_types_the_newest_wish_is_answered() {
    let app = TestApp::open().await;
    let ann = app.person("guard").await;
    known(&app, "KE777DD").await;
    for path in ["vehicles/search/live", "ws/vehicles/search"] {
        let mut request = format!("ws://{}/api/v1/{path}", app.people).into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {}", ann.token).parse().unwrap());
        let (mut socket, _) = connect_async(request).await.unwrap();
        for (id, q) in ["k", "ke", "ke7"].into_iter().enumerate() {
            socket.send(Message::text(json!({ "id": id, "q": q }).to_string())).await.unwrap();
        }
        loop {
            let frame = timeout(Duration::from_secs(10), socket.next()).await.unwrap().unwrap().unwrap();
            let Message::Text(text) = frame else { continue };
            let answer: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(answer["items"][0]["plate"], "KE777DD");
            if answer["id"] == 2 {
                break;
            }
        }
        socket.send(Message::text("ke")).await.unwrap();
        let closed = timeout(Duration::from_secs(10), async {
            while let Some(Ok(frame)) = socket.next().await {
                if let Message::Close(Some(why)) = frame {
                    return why.reason.to_string();
                }
            }
            String::new()
        });
        assert!(closed.await.unwrap().contains("a wish is"));
    }
}

#[tokio::test]
async fn every_look_at_a_vehicles_history_is_noted_with_its_reason() {
    let app = TestApp::open().await;
    let ann = app.person("guard").await;
    let id = known(&app, "BA123AB").await;
    let stay = app.stay("BA123AB", 10).await;
    app.stay("BA123AC", 10).await;
    let path = "/api/v1/vehicles/BA123AB/stays";
    problem(app.get(path, &ann).send().await.unwrap(), 400).await;
    problem(app.get(&format!("{path}?reason=%20"), &ann).send().await.unwrap(), 400).await;
    assert_eq!(app.count("select count(*) from audit").await, 0);
    let seen =
        good(app.get(&format!("{path}?reason=scratch+at+the+door"), &ann).send().await.unwrap(), 200).await;
    assert_eq!((seen["items"].as_array().unwrap().len(), &seen["items"][0]["id"]), (1, &json!(stay.id)));
    assert_eq!(app.audited("vehicle.history_seen").await["detail"]["vehicle"], json!(id));
    let kept = "select count(*) from audit_secrets where value = 'scratch at the door'";
    assert_eq!(app.count(kept).await, 1, "the reason can be erased");
}
