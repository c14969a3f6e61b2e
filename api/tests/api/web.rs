//! What the web app is given of the domain, as committed files: texts of reasons and the digits of currencies. And how its
//! built files are served.

use std::collections::BTreeMap;
use std::path::Path;

use boomgate_domain::money::Currency;
use boomgate_domain::reason::{Lang, Reason};
use serde::Serialize;

/// `UPDATE_WEB=1 cargo nextest run -p boomgate-api the_web_apps` writes the files anew.
fn assert_committed(name: &str, value: &impl Serialize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/src").join(name);
    let now = serde_json::to_string_pretty(value).unwrap() + "\n";
    if std::env::var_os("UPDATE_WEB").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == now, "{} is out of date; run with UPDATE_WEB=1 and commit it", path.display());
}

fn texts(lang: Lang) -> BTreeMap<&'static str, &'static str> {
    Reason::CODES.iter().filter_map(|code| Some((*code, Reason::template(code, lang)?))).collect()
}

#[test]
fn the_web_apps_reasons_are_the_domains() {
    assert_committed("i18n/reasons.en.json", &texts(Lang::En));
    assert_committed("i18n/reasons.vi.json", &texts(Lang::Vi));
}

#[test]
fn the_web_apps_currencies_have_the_domains_digits() {
    let digits: BTreeMap<String, u32> =
        Currency::all().map(|currency| (currency.to_string(), currency.minor_digits())).collect();
    assert_committed("money/currencies.json", &digits);
}
