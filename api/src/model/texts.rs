//! Texts of codes, in the language of the request.

use std::collections::BTreeMap;

use boomgate_domain::reason::{Lang, Reason};
use serde_json::Value;

/// A reason in words; the bare code where the parameters do not fit its text.
pub(crate) fn reason(code: &str, params: &BTreeMap<String, String>, lang: Lang) -> String {
    if let Ok(reason) = Reason::from_parts(code, params) {
        return reason.text(lang);
    }
    let plain = Reason::template(code, lang).filter(|text| !text.contains('{'));
    plain.unwrap_or(code).to_owned()
}

/// The same of parameters as they are stored.
pub(crate) fn stored_reason(code: &str, params: &Value, lang: Lang) -> String {
    reason(code, &serde_json::from_value(params.clone()).unwrap_or_default(), lang)
}
