//! The document against real answers: every status a route gives is in it, in the form it says.

use serde_json::{Value, json};

use crate::test_app::{PASSWORD, TestApp};

fn document() -> Value {
    serde_json::from_str(&boomgate_api::openapi_document()).unwrap()
}

#[test]
fn every_problem_is_problem_json() {
    let document = document();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let is_garage = path.starts_with("/api/") && !path.starts_with("/api/v1/");
                let own_form = path == "/readyz"
                    || (path == "/api/v1/oauth/token" && status == "400")
                    || (is_garage && (status == "400" || status == "404"));
                if status.as_str() >= "400" && !own_form {
                    let problem = &response["content"]["application/problem+json"]["schema"]["$ref"];
                    assert_eq!(
                        problem, "#/components/schemas/Problem",
                        "{method} {path} {status}: {response}"
                    );
                    assert_ne!(response["description"], "", "{method} {path} {status}");
                }
            }
        }
    }
}

/// Method, path as in the document, token, what stands for its part in braces or follows it, body; and the status.
type Case<'a> = (&'a str, &'a str, &'a str, String, Option<&'a Value>, u16);

#[tokio::test]
async fn statuses_were_given_that_the_document_did_not_name() {
    let app = TestApp::open().await;
    let (operator, guard) = (app.person("operator").await, app.person("guard").await);
    let nobody = "00000000-0000-7000-8000-000000000000";
    let (lane, stay) = (app.entry.to_string(), app.stay("BA123AB", 10).await.id.to_string());
    let (command, pay) = ("/api/v1/lanes/{id}/commands", "/api/v1/stays/{id}/payments");
    let order = json!({ "action": "open", "reason": "x" });
    let cash = json!({ "method": "cash", "amount": { "minor": 1, "currency": "EUR" } });
    let gone = json!({ "action": "open", "reason": "x", "arrival": nobody });
    let login = json!({ "name": "nobody", "password": PASSWORD });
    let large = json!({ "action": "x".repeat(70_000) });
    let cases: Vec<Case<'_>> = vec![
        ("GET", "/api/v1/lanes", "", String::new(), None, 401),
        ("GET", "/api/v1/me", "", String::new(), None, 401),
        ("GET", "/api/v1/stays", &operator.token, "?limit=0".into(), None, 400),
        ("GET", "/api/v1/stays", &operator.token, format!("?site={nobody}"), None, 404),
        ("GET", "/api/v1/stays/{id}", &operator.token, nobody.into(), None, 404),
        ("GET", "/api/v1/evidence/{sha256}", &operator.token, "07".repeat(32), None, 404),
        ("GET", "/api/v1/live", &operator.token, String::new(), None, 426),
        ("POST", "/api/v1/login", "", String::new(), Some(&login), 401),
        ("POST", "/api/v1/login", "", String::new(), Some(&order), 400),
        ("POST", "/api/v1/login", "", String::new(), Some(&large), 413),
        ("POST", "/api/v1/logout", "", String::new(), Some(&order), 401),
        ("POST", command, "", lane.clone(), Some(&order), 401),
        ("POST", command, &operator.token, nobody.into(), Some(&order), 404),
        ("POST", command, &operator.token, lane.clone(), Some(&gone), 409),
        ("POST", command, &operator.token, lane.clone(), Some(&cash), 400),
        ("POST", command, &operator.token, lane, Some(&large), 413),
        ("POST", pay, &guard.token, stay.clone(), Some(&cash), 403),
        ("POST", pay, &operator.token, nobody.into(), Some(&cash), 404),
        ("POST", pay, &operator.token, stay, Some(&cash), 422),
    ];
    let document = document();
    let mut missing = Vec::new();
    for (number, (method, pattern, token, part, body, expected)) in cases.into_iter().enumerate() {
        let path = if pattern.contains('{') {
            let (before, after) = pattern.split_once('{').unwrap();
            format!("{before}{part}{}", after.split_once('}').unwrap().1)
        } else {
            format!("{pattern}{part}")
        };
        let mut request = app.request(method, &path).header("idempotency-key", format!("k{number}"));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let (status, kind) = (response.status().as_u16(), response.headers()["content-type"].clone());
        assert_eq!(kind, "application/problem+json", "{method} {path}: {status}");
        assert_eq!(status, expected, "{method} {path}: {}", response.text().await.unwrap());
        if document["paths"][pattern][method.to_lowercase()]["responses"][status.to_string()].is_null() {
            missing.push(format!("{method} {pattern}: {status}"));
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

/// The committed document is the contract; a change of it is seen in the same commit as its cause. Written anew by
/// `UPDATE_OPENAPI=1 cargo nextest run -p boomgate-api the_committed_document`.
#[test]
fn the_committed_document_is_what_the_server_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let now = boomgate_api::openapi_document() + "\n";
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == now, "api/openapi.json is out of date; run with UPDATE_OPENAPI=1 and commit it");
}

#[test]
fn two_operations_had_one_id_and_no_client_could_be_generated() {
    let document = document();
    let operations = document["paths"].as_object().unwrap().values();
    let ids: Vec<&str> = operations
        .flat_map(|methods| methods.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    let mut unique = ids.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), ids.len(), "{ids:?}");
    assert!(ids.contains(&"lanes_list") && ids.contains(&"stays_list"), "{ids:?}");
}

/// What the document says of lengths is written where the fields are; the rules stand in `operations`.
#[test]
fn the_longest_texts_are_those_of_the_rules() {
    let document: Value = serde_json::from_str(&boomgate_api::openapi_document()).unwrap();
    let longest = |schema: &str, field: &str| {
        document["components"]["schemas"][schema]["properties"][field]["maxLength"].as_u64().unwrap()
    };
    let rules = [boomgate_operations::booms::LONGEST_REASON, boomgate_operations::payments::LONGEST_NOTE];
    assert_eq!(
        [longest("NewCommand", "reason"), longest("NewPayment", "note")],
        rules.map(|most| most as u64)
    );
}
