//! How people write prices and times in a tariff, and what is said when they write them otherwise.

use std::fmt;

use jiff::civil::Time;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// A price in whole minor units.
///
/// # Errors
/// Says how `2.50` is written instead.
pub fn price<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    from.deserialize_any(PriceVisitor)
}

/// The same, where it may be left out.
///
/// # Errors
/// As [`price`].
pub fn optional_price<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    struct Price(#[serde(deserialize_with = "price")] i64);
    Ok(Option::<Price>::deserialize(from)?.map(|price| price.0))
}

/// A time of day: `08:00`, `8:00` or `08:00:30`.
///
/// # Errors
/// Says how a time is written.
pub fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Time, D::Error> {
    let text = String::deserialize(from)?;
    parse_time(&text).ok_or_else(|| D::Error::custom(no_time(&text)))
}

/// The end of a window: also `24:00`, the midnight after.
///
/// # Errors
/// Says how a time is written.
pub fn end_time<'de, D: Deserializer<'de>>(from: D) -> Result<Time, D::Error> {
    let text = String::deserialize(from)?;
    let end_of_day = matches!(text.trim(), "24:00" | "24:00:00");
    let time = if end_of_day { Some(Time::midnight()) } else { parse_time(&text) };
    time.ok_or_else(|| D::Error::custom(no_time(&text)))
}

fn no_time(text: &str) -> String {
    match text.trim() {
        "24:00" | "24:00:00" => {
            "a window cannot begin at 24:00; write 00:00 of the day it begins on".to_owned()
        }
        _ => format!("{text:?} is not a time of day like 08:00 or 22:30"),
    }
}

fn parse_time(text: &str) -> Option<Time> {
    let mut parts = text.trim().split(':').map(|part| {
        let digits = (1..=2).contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_digit());
        if digits { part.parse::<i8>().ok() } else { None }
    });
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    if parts.next().is_some() {
        return None;
    }
    Time::new(hour, minute, second, 0).ok()
}

struct PriceVisitor;

impl Visitor<'_> for PriceVisitor {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a price in whole minor units, such as 250 for 2.50")
    }

    fn visit_i64<E: Error>(self, price: i64) -> Result<i64, E> {
        Ok(price)
    }

    fn visit_u64<E: Error>(self, price: u64) -> Result<i64, E> {
        i64::try_from(price).map_err(|_| E::custom(format!("{price} is too large for a price")))
    }

    fn visit_f64<E: Error>(self, price: f64) -> Result<i64, E> {
        Err(E::custom(format!("{price} is not a price: prices are whole minor units, 2.50 is written 250")))
    }

    fn visit_str<E: Error>(self, price: &str) -> Result<i64, E> {
        Err(E::custom(format!(
            "{price:?} is not a price: prices are whole minor units without quotes, 2.50 is written 250"
        )))
    }
}
