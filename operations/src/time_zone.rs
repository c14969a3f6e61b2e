//! Names of time zones, known to be ones.

use std::fmt;
use std::str::FromStr;

use boomgate_store::sites::SiteRow;
use jiff::tz::TimeZone;

use crate::error::OperationError;

/// The IANA name of a time zone that this machine knows, as the database of zones writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneName(String);

/// Why a text is no time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoZone {
    #[error("{0:?} is not a time zone; names are like Europe/Bratislava or UTC")]
    /// There is none of this name, nor of a like one.
    Unknown(String),
    #[error("{0:?} is not a time zone; did you mean {1}?")]
    /// There is none of this name, but one that differs by a letter or two.
    Mistyped(String, String),
    #[error("this machine knows no time zones, {0:?} neither; install the package tzdata")]
    /// The machine has no list of them.
    NoDatabase(String),
}

/// Files beside the zones on many machines; browsers do not know them.
const NOT_ZONES: [&str; 5] = ["posix/", "right/", "localtime", "posixrules", "factory"];

impl NoZone {
    fn new(text: &str) -> Self {
        let shown = text.chars().take(64).collect();
        let all: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        if all.is_empty() {
            return Self::NoDatabase(shown);
        }
        match nearest(&all, &shown) {
            Some(name) => Self::Mistyped(shown, name),
            None => Self::Unknown(shown),
        }
    }
}

/// The time zone of a site.
///
/// # Errors
/// The site has one that this machine does not know.
pub(crate) fn of_site(site: &SiteRow) -> Result<TimeZone, OperationError> {
    TimeZone::get(&site.time_zone).map_err(|error| OperationError::Broken(error.to_string()))
}

/// The zone that differs least from what was typed, as a whole or by its city.
fn nearest(all: &[String], typed: &str) -> Option<String> {
    const MAX_EDITS: usize = 2;
    let typed = typed.trim().to_lowercase().replace(' ', "_");
    let distance = |name: &str| {
        let name = name.to_lowercase();
        let city = name.rsplit('/').next().unwrap_or_default();
        edits(&name, &typed).min(edits(city, &typed))
    };
    let zones = all.iter().filter(|name| name.contains('/') && !is_no_zone(name));
    let near = zones.map(|name| (distance(name), name)).filter(|(edits, _)| *edits <= MAX_EDITS).min();
    near.filter(|_| typed.chars().count() > 2 * MAX_EDITS).map(|(_, name)| name.clone())
}

/// How many letters have to be added, left out or changed (Levenshtein).
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, same) in other.iter().map(|with| *with == letter).enumerate() {
            let changed = diagonal + usize::from(!same);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

fn is_no_zone(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    NOT_ZONES.iter().any(|prefix| lower.starts_with(prefix))
}

impl ZoneName {
    /// Its IANA name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ZoneName {
    type Err = NoZone;

    /// In any case; `europe/vienna` is Europe/Vienna.
    fn from_str(text: &str) -> Result<Self, NoZone> {
        let refuse = || NoZone::new(text);
        let name = text.trim();
        if is_no_zone(name) {
            return Err(refuse());
        }
        let zone = TimeZone::get(name).map_err(|_| refuse())?;
        zone.iana_name().filter(|_| !zone.is_unknown()).map(|name| Self(name.to_owned())).ok_or_else(refuse)
    }
}

impl fmt::Display for ZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_zone_that_nobody_knows_was_stored() {
        for wrong in [
            "",
            " ",
            "Europe/Bratislavia",
            "Bratislava",
            "Europe",
            "CEST+2",
            "../../etc/passwd",
            "Etc/Unknown",
            "posix/Europe/Vienna",
            "localtime",
            "+02:00",
        ] {
            let error = wrong.parse::<ZoneName>().unwrap_err().to_string();
            assert!(error.contains(&format!("{wrong:?} is not a time zone")), "{error}");
        }
        for (wrong, meant) in [
            ("Europe/Bratislavia", "Europe/Bratislava"),
            ("Bratislava", "Europe/Bratislava"),
            ("europe/viena", "Europe/Vienna"),
            ("new york", "America/New_York"),
        ] {
            let error = wrong.parse::<ZoneName>().unwrap_err().to_string();
            assert!(error.ends_with(&format!("did you mean {meant}?")), "{error}");
        }
        for (given, stored) in
            [("Europe/Vienna", "Europe/Vienna"), ("europe/vienna", "Europe/Vienna"), ("UTC", "UTC")]
        {
            assert_eq!(given.parse::<ZoneName>().unwrap().as_str(), stored);
        }
    }
}
