//! The examples in the OpenAPI document: every operation is executed, and what was sent and answered is what the document shows.

use std::collections::BTreeMap;

use boomgate_api::{RouteInfo, people_routes};
use futures_util::{StreamExt, stream};
use reqwest::Request;
use serde_json::{Map, Value, json};

use crate::rights::case;
use crate::test_app::TestApp;

const COMMITTED: &str = include_str!("../../examples.json");

/// Operations that speak no JSON: a socket, pictures, the document itself.
const WITHOUT: [&str; 6] = [
    "/api/v1/live",
    "/api/v1/tickets/{number}/pdf",
    "/api/v1/vehicles/search/live",
    "/api/v1/ws/vehicles/search",
    "/api/v1/evidence/{sha256}",
    "/api/v1/openapi.json",
];

/// Written anew with `UPDATE_EXAMPLES=1`; then the document with `UPDATE_OPENAPI=1`.
#[tokio::test]
async fn every_operation_has_an_example_that_was_executed() {
    let executed = execute_all().await;
    if std::env::var_os("UPDATE_EXAMPLES").is_some() {
        let text = serde_json::to_string_pretty(&executed).unwrap() + "\n";
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/examples.json"), text).unwrap();
        return;
    }
    let committed: BTreeMap<String, Value> = serde_json::from_str(COMMITTED).unwrap();
    let names = |of: &BTreeMap<String, Value>| of.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&committed), names(&executed), "run the test with UPDATE_EXAMPLES=1");
    for (name, example) in &executed {
        let (committed, now) = (shape(&committed[name]), shape(example));
        assert_eq!(committed, now, "{name} answers in another form than its example");
    }
}

fn is_without(route: &RouteInfo) -> bool {
    let is_picture = (&*route.method, &*route.path) == ("GET", "/api/v1/lanes/{id}/preview");
    is_picture || WITHOUT.contains(&&*route.path)
}

async fn execute_all() -> BTreeMap<String, Value> {
    let executing = people_routes().into_iter().filter(|route| !is_without(route)).map(|route| async move {
        let app = TestApp::open().await;
        (format!("{} {}", route.method, route.path), execute(&app, &route).await)
    });
    // Each waits for a database of its own most of the time.
    stream::iter(executing).buffer_unordered(4).collect().await
}

async fn execute(app: &TestApp, route: &RouteInfo) -> Value {
    // Nobody may set up what has an admin.
    let eva = if route.path.contains("/setup") { None } else { Some(app.stepped_up("admin").await) };
    let request = case(app, route, eva.as_ref()).await.build().unwrap();
    let sent = sent(&request);
    let answer = app.http.execute(request).await.unwrap();
    let status = answer.status().as_u16();
    assert!((200..300).contains(&status), "{} {}: {status}", route.method, route.path);
    let text = answer.text().await.unwrap();
    let mut example = Map::from_iter([("status".to_owned(), json!(status))]);
    let mut names = Names::default();
    if let Some(sent) = sent {
        example.insert("request".to_owned(), names.plain(sent));
    }
    // Every run has another port.
    let text = text.replace(&app.url(""), "https://gate.example.org");
    if !text.is_empty() {
        // Health answers in plain words.
        let answer = serde_json::from_str(&text).unwrap_or(Value::String(text));
        example.insert("response".to_owned(), names.plain(answer));
    }
    Value::Object(example)
}

fn sent(request: &Request) -> Option<Value> {
    let body = request.body()?.as_bytes()?;
    if request.headers().get("content-type").is_some_and(|kind| kind == "text/calendar") {
        return Some(Value::String(String::from_utf8_lossy(body).into_owned()));
    }
    if let Ok(json) = serde_json::from_slice(body) {
        return Some(json);
    }
    if request.headers().get("content-type").is_some_and(|kind| kind == "text/csv") {
        return Some(Value::String(String::from_utf8_lossy(body).into_owned()));
    }
    let fields = form_urlencoded::parse(body)
        .map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())));
    Some(Value::Object(fields.collect()))
}

/// Ids, times and secrets of one run, each replaced by one that stays the same with every run.
#[derive(Default)]
struct Names {
    ids: Vec<String>,
}

impl Names {
    fn plain(&mut self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => {
                // One of a kind shows what there is.
                items.into_iter().take(3).map(|item| self.plain(item)).collect()
            }
            Value::Object(fields) => {
                fields.into_iter().map(|(name, value)| (name, self.plain(value))).collect()
            }
            other => other,
        }
    }

    fn text(&mut self, text: &str) -> String {
        if text.parse::<jiff::Timestamp>().is_ok() {
            return "2026-11-30T08:15:00Z".to_owned();
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.char_indices().map(|(at, _)| at).find(|at| id_at(rest, *at).is_some()) {
            let length = id_at(rest, at).unwrap_or_default();
            out.push_str(&rest[..at]);
            out.push_str(&self.name(&rest[at..at + length]));
            rest = &rest[at + length..];
        }
        out + rest
    }

    fn name(&mut self, found: &str) -> String {
        let number = self.ids.iter().position(|known| known == found).unwrap_or_else(|| {
            self.ids.push(found.to_owned());
            self.ids.len() - 1
        });
        match found.len() {
            36 => format!("0193a5c0-7a00-7000-8000-{number:012x}"),
            length => format!("{number:0>length$x}"),
        }
    }
}

/// The length of an id or a secret that begins at this byte: a UUID, or 32 and more letters and digits.
fn id_at(text: &str, at: usize) -> Option<usize> {
    let before = text[..at].chars().next_back();
    if before.is_some_and(|letter| letter.is_ascii_alphanumeric() || letter == '-') {
        return None;
    }
    let uuid = text.get(at..at + 36).filter(|part| part.parse::<uuid::Uuid>().is_ok());
    if uuid.is_some() {
        return Some(36);
    }
    let length = text[at..].bytes().take_while(u8::is_ascii_alphanumeric).count();
    (length >= 32).then_some(length)
}

/// What stays the same with every run: names, kinds of values, and the kinds of an array's items.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        Value::Array(items) => items.first().map_or(json!([]), |first| json!([shape(first)])),
        Value::String(_) => json!("text"),
        Value::Number(_) => json!("number"),
        Value::Bool(_) => json!("flag"),
        Value::Null => Value::Null,
    }
}
