//! What the document says of single values: the words of a closed set, lengths, forms. Kept in one table, because the
//! answers carry such values as plain text.

use serde_json::Value;
use utoipa::openapi::schema::{Object, SchemaFormat};
use utoipa::openapi::{KnownFormat, OpenApi, RefOr, Schema};

/// Property of a schema, and its words.
const WORDS: &[(&str, &str, &[&str])] = &[
    ("Lane", "direction", DIRECTION),
    ("Lane", "boom", &["closed", "opening", "open", "closing", "held", "broken", "unknown"]),
    ("Waiting", "outcome", OUTCOME),
    ("Decided", "outcome", OUTCOME),
    ("NewCommand", "action", ACTION),
    ("OrderedCommand", "action", ACTION),
    ("OrderedCommand", "state", &["pending"]),
    ("Me", "role", &["admin", "operator", "guard", "resident"]),
    ("Stay", "status", &["open", "closed", "exit_only", "voided"]),
    ("Payment", "method", METHOD),
    ("TakenPayment", "method", &["cash", "manual"]),
    ("NewPayment", "method", &["cash", "manual"]),
    ("Health", "status", &["alive"]),
];

const DIRECTION: &[&str] = &["entry", "exit"];
const OUTCOME: &[&str] = &["open", "deny", "charge"];
const ACTION: &[&str] = &["open", "close", "hold", "release", "refuse"];
const METHOD: &[&str] = &["cash", "card", "stripe", "paypal", "vietqr", "manual"];

/// Property of a schema, its least and greatest length in characters.
const LENGTHS: &[(&str, &str, usize, usize)] = &[
    ("NewCommand", "reason", 1, boomgate_operations::booms::LONGEST_REASON),
    ("NewPayment", "note", 0, boomgate_operations::payments::LONGEST_NOTE),
    ("Amount", "currency", 3, 3),
    ("LoggedIn", "token", 64, 64),
    ("Stored", "sha256", 64, 64),
];

/// Properties that are times (RFC 3339).
const TIMES: &[(&str, &str)] = &[
    ("Waiting", "at"),
    ("LaneDevice", "last_seen"),
    ("LoggedIn", "expires_at"),
    ("Stay", "entered_at"),
    ("Stay", "exited_at"),
    ("Line", "from"),
    ("Line", "until"),
    ("Payment", "taken_at"),
    ("Decided", "at"),
];

/// Writes the tables into the document.
pub(super) fn write(document: &mut OpenApi) {
    for (schema, property, words) in WORDS {
        if let Some(object) = object(document, schema, property) {
            let mut words: Vec<Value> = words.iter().map(|word| Value::from(*word)).collect();
            // A value that may be missing is null then, and a closed set must say so.
            if serde_json::to_string(&object.schema_type).is_ok_and(|kind| kind.contains("null")) {
                words.push(Value::Null);
            }
            object.enum_values = Some(words);
        }
    }
    for (schema, property, least, greatest) in LENGTHS {
        if let Some(object) = object(document, schema, property) {
            (object.min_length, object.max_length) = (Some(*least), Some(*greatest));
        }
    }
    for (schema, property) in TIMES {
        if let Some(object) = object(document, schema, property) {
            object.format = Some(SchemaFormat::KnownFormat(KnownFormat::DateTime));
        }
    }
    parameters(document);
}

fn object<'a>(document: &'a mut OpenApi, schema: &str, property: &str) -> Option<&'a mut Object> {
    let schemas = &mut document.components.as_mut()?.schemas;
    let RefOr::T(Schema::Object(outer)) = schemas.get_mut(schema)? else { return None };
    if let RefOr::T(Schema::Object(inner)) = outer.properties.get_mut(property)? { Some(inner) } else { None }
}

fn parameters(document: &mut OpenApi) {
    let operations = document.paths.paths.values_mut().flat_map(|item| {
        [&mut item.get, &mut item.post, &mut item.put].into_iter().filter_map(Option::as_mut)
    });
    for operation in operations {
        for parameter in operation.parameters.iter_mut().flatten() {
            let RefOr::T(parameter) = parameter else { continue };
            let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema else { continue };
            match parameter.name.as_str() {
                "Idempotency-Key" => (object.min_length, object.max_length) = (Some(1), Some(255)),
                "sha256" => object.pattern = Some("^[0-9a-fA-F]{64}$".into()),
                "state" => {
                    let words = ["open", "closed", "voided", "exit_only", "all"].map(Value::from);
                    object.enum_values = Some(words.into_iter().chain([Value::Null]).collect());
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    /// A row of a table that names what is no longer there would be passed over in silence.
    #[test]
    fn every_row_of_the_tables_is_in_the_document() {
        let document: serde_json::Value = serde_json::from_str(&crate::openapi_document()).unwrap();
        let property = |schema: &str, name: &str| {
            let property = &document["components"]["schemas"][schema]["properties"][name];
            assert!(property.is_object(), "{schema}.{name} is not there");
            property.clone()
        };
        for (schema, name, words) in super::WORDS {
            let listed = &property(schema, name)["enum"];
            assert!(
                words.iter().all(|word| listed.as_array().unwrap().iter().any(|one| one == word)),
                "{schema}.{name}"
            );
        }
        for (schema, name, _, greatest) in super::LENGTHS {
            assert_eq!(property(schema, name)["maxLength"], *greatest, "{schema}.{name}");
        }
        for (schema, name) in super::TIMES {
            assert_eq!(property(schema, name)["format"], "date-time", "{schema}.{name}");
        }
    }
}
