//! A tariff's file: its keys, and all its faults at once.

use std::fs;
use std::path::Path;

use boomgate_domain::ids::TariffId;
use boomgate_domain::money::Currency;
use boomgate_domain::tariff::{Holiday, Rule, Tariff, notation};
use serde::Deserialize;
use uuid::Uuid;

use crate::config::BadConfig;

/// As written in TOML: everything of a tariff but its id and version, which the site gives.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTariff {
    name: String,
    currency: Currency,
    #[serde(default)]
    grace_minutes: u32,
    #[serde(default)]
    exit_time_minutes: u32,
    #[serde(default)]
    free_minutes: u32,
    #[serde(default, deserialize_with = "notation::optional_price")]
    daily_cap: Option<i64>,
    #[serde(default, deserialize_with = "notation::optional_price")]
    cap_24h: Option<i64>,
    #[serde(default, deserialize_with = "notation::optional_price")]
    monthly_cap: Option<i64>,
    #[serde(default, deserialize_with = "notation::optional_price")]
    lost_ticket: Option<i64>,
    vat_basis_points: Option<u32>,
    #[serde(default)]
    holidays: Vec<Holiday>,
    rules: Vec<Rule>,
}

/// A tariff without faults, as version 1.
///
/// # Errors
/// The file cannot be read, or everything that is wrong with it, by field.
pub fn read(path: &Path) -> Result<Tariff, BadConfig> {
    let file = path.display().to_string();
    match fs::read_to_string(path) {
        Ok(text) => parse(&text, &file),
        Err(error) => Err(BadConfig { file, faults: vec![format!("cannot be read: {error}")] }),
    }
}

/// The same of a text; `file` stands in messages.
///
/// # Errors
/// Everything that is wrong with it, by field.
pub fn parse(text: &str, file: &str) -> Result<Tariff, BadConfig> {
    let bad = |faults: Vec<String>| BadConfig { file: file.to_owned(), faults };
    let raw: RawTariff =
        toml::from_str(text).map_err(|error| bad(vec![error.to_string().trim().replace('\n', "\n  ")]))?;
    let tariff = raw.tariff();
    let faults: Vec<String> = tariff.faults().iter().map(ToString::to_string).collect();
    if faults.is_empty() { Ok(tariff) } else { Err(bad(faults)) }
}

impl RawTariff {
    fn tariff(self) -> Tariff {
        Tariff {
            id: TariffId::from_uuid(Uuid::now_v7()),
            version: 1,
            name: self.name,
            currency: self.currency,
            grace_minutes: self.grace_minutes,
            exit_time_minutes: self.exit_time_minutes,
            free_minutes: self.free_minutes,
            daily_cap: self.daily_cap,
            cap_24h: self.cap_24h,
            monthly_cap: self.monthly_cap,
            lost_ticket: self.lost_ticket,
            vat_basis_points: self.vat_basis_points,
            holidays: self.holidays,
            rules: self.rules,
        }
    }
}
