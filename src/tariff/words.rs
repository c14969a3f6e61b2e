//! A tariff and its charges in words, for people at a terminal.

use anyhow::{Context, Result, bail};
use boomgate_domain::money::Money;
use boomgate_domain::tariff::{Band, Charge, ChargeLine, Rule, Tariff, VehicleType};
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
    let money = |minor: i64| Money::new(minor, tariff.currency).to_string();
    let price = |minor: Option<i64>| minor.map_or("none".to_owned(), money);
    let minutes = |count: u32| if count == 0 { "none".to_owned() } else { format!("{count} min") };
    let mut lines = vec![
        format!("{} ({})", tariff.name, tariff.currency),
        format!("  grace         {}", minutes(tariff.grace_minutes)),
        format!("  free minutes  {}", minutes(tariff.free_minutes)),
        format!("  exit time     {}", minutes(tariff.exit_time_minutes)),
        format!("  daily cap     {}", price(tariff.daily_cap)),
        format!("  24-hour cap   {}", price(tariff.cap_24h)),
        format!("  lost ticket   {}", price(tariff.lost_ticket)),
        "rules, the first that fits applies:".to_owned(),
    ];
    for rule in &tariff.rules {
        lines.push(format!("  {}: {}", rule.name, when(rule)));
        lines.extend(
            rule.bands
                .iter()
                .enumerate()
                .map(|(index, band)| format!("    {}", band_words(*band, index > 0, &money(band.price)))),
        );
    }
    lines.join("\n")
}

fn when(rule: &Rule) -> String {
    let words = |list: Vec<String>, all: &str| if list.is_empty() { all.to_owned() } else { list.join(" ") };
    let vehicles = words(rule.vehicles.iter().map(word).collect(), "all vehicles");
    let days = words(rule.days.iter().map(word).collect(), "every day");
    let times = rule.window.map_or("all day".to_owned(), |window| {
        format!("{} to {}", window.from.strftime("%H:%M"), window.until.strftime("%H:%M"))
    });
    format!("{vehicles}, {days}, {times}")
}

fn band_words(band: Band, follows: bool, price: &str) -> String {
    let part = match (band.until_minute, follows) {
        (Some(until), _) => format!("up to minute {until}: "),
        (None, true) => "then: ".to_owned(),
        (None, false) => String::new(),
    };
    match band.step_minutes {
        Some(step) => format!("{part}{price} for each {step} min begun"),
        None => format!("{part}{price} once"),
    }
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
    let width = lines.iter().map(|(words, _)| words.chars().count()).max().unwrap_or_default();
    let lines = lines.iter().map(|(words, amount)| format!("  {words:width$}  {amount:>14}"));
    lines.collect::<Vec<_>>().join("\n")
}

fn line_words(line: &ChargeLine, zone: &TimeZone) -> String {
    let clock = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%a %d %H:%M").to_string();
    let steps = match line.step_minutes {
        Some(step) => format!(", {} x {step} min at {}", line.steps, line.unit),
        None => String::new(),
    };
    format!("{} to {}  {}{steps}", clock(line.from), clock(line.until), line.label)
}
