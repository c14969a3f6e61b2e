//! A tariff and its charges in words, for people at a terminal.

use anyhow::{Context, Result, bail};
use boomgate_domain::reason::Lang;
use boomgate_domain::tariff::{Charge, ChargeLine, Tariff, VehicleType};
use boomgate_store::sites::word;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A time zone by its name.
///
/// # Errors
/// There is none of this name.
pub fn zone(name: &str) -> Result<TimeZone> {
    TimeZone::get(name).with_context(|| format!("{name:?} is not a time zone like Europe/Bratislava"))
}

/// The settings and rules in words.
#[must_use]
pub fn describe(tariff: &Tariff) -> String {
    let settings = tariff.settings(Lang::En);
    let width = settings.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut lines = vec![format!("{} ({})", tariff.name, tariff.currency)];
    lines.extend(settings.iter().map(|(name, value)| format!("  {name:width$}  {value}")));
    lines.push("rules, the first that fits applies:".to_owned());
    for rule in &tariff.rules {
        lines.push(format!("  {}: {}", rule.name, rule.when(Lang::En)));
        lines.extend(rule.prices(tariff, Lang::En).iter().map(|price| format!("    {price}")));
    }
    lines.join("\n")
}

/// What a stay would cost, line by line; local times of `zone`.
///
/// # Errors
/// The stay ends before it begins, or has no price.
pub fn try_on(
    tariff: &Tariff,
    (from, until): (DateTime, DateTime),
    vehicle: VehicleType,
    zone: &TimeZone,
) -> Result<String> {
    let instant = |at: DateTime| at.to_zoned(zone.clone()).map(|at| at.timestamp());
    let (from, until) = (instant(from)?, instant(until)?);
    if until < from {
        bail!("--until is before --from");
    }
    let charge = tariff.charge(from, until, vehicle, zone)?;
    Ok(format!("{} for a {}, {} min\n{}", tariff.name, word(&vehicle), charge.minutes, bill(&charge, zone)))
}

fn bill(charge: &Charge, zone: &TimeZone) -> String {
    let mut lines: Vec<(String, String)> =
        charge.lines.iter().map(|line| (line_words(line, zone), line.amount.to_string())).collect();
    lines.push(("total".into(), charge.total.to_string()));
    lines.extend(charge.vat.map(|vat| (format!("of it VAT, {}", vat.rate()), vat.amount.to_string())));
    let width = lines.iter().map(|(words, _)| words.chars().count()).max().unwrap_or_default();
    let lines = lines.iter().map(|(words, amount)| format!("  {words:width$}  {amount:>14}"));
    lines.collect::<Vec<_>>().join("\n")
}

fn line_words(line: &ChargeLine, zone: &TimeZone) -> String {
    let clock = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%a %d %H:%M").to_string();
    format!("{} to {}  {}", clock(line.from), clock(line.until), line.text(Lang::En))
}
