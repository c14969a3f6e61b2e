//! Names of time zones, known to be ones.

use std::fmt;
use std::str::FromStr;

use jiff::tz::TimeZone;

/// The IANA name of a time zone that this machine knows, as the database of zones writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneName(String);

/// Why a text is no time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a time zone; names are like Europe/Bratislava or UTC")]
pub struct NoZone(String);

/// Kept beside the zones on many machines; a browser knows none of them.
const NOT_ZONES: [&str; 5] = ["posix/", "right/", "localtime", "posixrules", "factory"];

impl ZoneName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ZoneName {
    type Err = NoZone;

    /// In any case; `europe/vienna` is Europe/Vienna.
    fn from_str(text: &str) -> Result<Self, NoZone> {
        let refuse = || NoZone(text.chars().take(64).collect());
        let (name, lower) = (text.trim(), text.trim().to_ascii_lowercase());
        if NOT_ZONES.iter().any(|prefix| lower.starts_with(prefix)) {
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
        for (given, stored) in
            [("Europe/Vienna", "Europe/Vienna"), ("europe/vienna", "Europe/Vienna"), ("UTC", "UTC")]
        {
            assert_eq!(given.parse::<ZoneName>().unwrap().as_str(), stored);
        }
    }
}
