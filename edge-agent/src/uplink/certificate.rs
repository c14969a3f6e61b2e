//! How long the lane's certificates are good for, in words for people.

use std::fmt;
use std::path::Path;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::keys::KeyError;
use crate::config::Server;

/// From here on warnings are shown.
const SOON_DAYS: i64 = 30;
const DAY_S: i64 = 24 * 3600;

/// The end of the certificate that ends first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    pub whose: &'static str,
    /// Unix seconds.
    pub ends_s: i64,
}

/// An expiry seen from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemainingValidity {
    pub expiry: Expiry,
    /// Whole days left; negative once it is over.
    pub days_left: i64,
}

impl Expiry {
    /// Of the device's certificate and the site's CA, whichever ends first.
    pub fn of(server: &Server) -> Result<Expiry, KeyError> {
        let device = Expiry { whose: "the device's certificate", ends_s: earliest_end(&server.cert)? };
        let ca = Expiry { whose: "the site's CA certificate", ends_s: earliest_end(&server.ca)? };
        Ok(if ca.ends_s < device.ends_s { ca } else { device })
    }

    pub fn remaining_at(self, now_s: i64) -> RemainingValidity {
        RemainingValidity { expiry: self, days_left: (self.ends_s - now_s).div_euclid(DAY_S) }
    }
}

impl RemainingValidity {
    /// Whether it should be renewed now.
    pub const fn is_urgent(self) -> bool {
        self.days_left < SOON_DAYS
    }
}

impl fmt::Display for RemainingValidity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expiry: Expiry { whose, ends_s }, days_left } = *self;
        let ends = Timestamp::from_second(ends_s)
            .map_or_else(|_| "?".to_owned(), |at| at.strftime("%F").to_string());
        match days_left {
            ..0 => {
                write!(f, "{whose} expired on {ends}; the line to the server stays down until it is renewed")
            }
            0 => write!(f, "{whose} ends today ({ends})"),
            1 => write!(f, "{whose} ends in 1 day, on {ends}"),
            _ => write!(f, "{whose} ends in {days_left} days, on {ends}"),
        }
    }
}

fn earliest_end(path: &Path) -> Result<i64, KeyError> {
    let failed = |why: String| KeyError::Pem { path: path.to_owned(), why };
    let read = CertificateDer::pem_file_iter(path).map_err(|error| failed(error.to_string()))?;
    let mut earliest = None;
    for certificate in read {
        let der = certificate.map_err(|error| failed(error.to_string()))?;
        let (_, parsed) = X509Certificate::from_der(&der).map_err(|error| failed(error.to_string()))?;
        let ends = parsed.validity().not_after.timestamp();
        earliest = Some(earliest.map_or(ends, |known: i64| known.min(ends)));
    }
    earliest.ok_or_else(|| failed("it holds no certificate".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_from_thirty_days_before_and_plainly_once_it_is_over() {
        let expiry = Expiry { whose: "the device's certificate", ends_s: 1_800_000_000 };
        let remaining_at = |days: i64| expiry.remaining_at(1_800_000_000 - days * DAY_S);
        assert!(
            !remaining_at(31).is_urgent() && !remaining_at(30).is_urgent() && remaining_at(29).is_urgent()
        );
        assert_eq!(remaining_at(29).to_string(), "the device's certificate ends in 29 days, on 2027-01-15");
        assert_eq!(
            expiry.remaining_at(1_800_000_000 - 10).to_string(),
            "the device's certificate ends today (2027-01-15)"
        );
        let over = expiry.remaining_at(1_800_000_001);
        assert!(
            over.is_urgent()
                && over.to_string().starts_with("the device's certificate expired on 2027-01-15")
        );
    }
}
