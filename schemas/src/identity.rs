//! A device's identity: the three names in its certificate.

use std::fmt;
use std::str::FromStr;

use boomgate_domain::ids::{DeviceCode, LaneCode, SiteCode};

/// Scheme of the SAN URI in a device certificate: `boomgate://<site>/<lane>/<device>`.
const SCHEME: &str = "boomgate://";

/// A device of one lane of one site, as its certificate names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceIdentity {
    /// Code of the site.
    pub site: SiteCode,
    /// Code of the lane.
    pub lane: LaneCode,
    /// Code of the device, unique in an installation.
    pub device: DeviceCode,
}

/// A text that names no device.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is not a device name of the form boomgate://<site>/<lane>/<device>")]
pub struct BadIdentity(pub String);

impl FromStr for DeviceIdentity {
    type Err = BadIdentity;

    fn from_str(uri: &str) -> Result<Self, BadIdentity> {
        parse(uri).ok_or_else(|| BadIdentity(uri.chars().take(120).collect()))
    }
}

fn parse(uri: &str) -> Option<DeviceIdentity> {
    let mut parts = uri.strip_prefix(SCHEME)?.split('/');
    let identity = DeviceIdentity {
        site: parts.next()?.parse().ok()?,
        lane: parts.next()?.parse().ok()?,
        device: parts.next()?.parse().ok()?,
    };
    parts.next().is_none().then_some(identity)
}

impl fmt::Display for DeviceIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}/{}", self.site, self.lane, self.device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        let uri = "boomgate://north/in-1/pi-0042";
        assert_eq!(uri.parse::<DeviceIdentity>().unwrap().to_string(), uri);
    }

    #[test]
    fn anything_else_is_refused() {
        for uri in [
            "",
            "boomgate://",
            "boomgate://a/b",
            "boomgate://a/b/c/d",
            "http://a/b/c",
            "boomgate://a//c",
            "boomgate://A/b/c",
            "boomgate://a/+/c",
        ] {
            assert!(uri.parse::<DeviceIdentity>().is_err(), "{uri}");
        }
    }
}
