//! An ordinary car park as rows: what the tests of all crates begin with. What a test is about, it changes.

use boomgate_domain::decide::{Passback, SiteMode};
use boomgate_domain::direction::Direction;
use boomgate_domain::ids::{DeviceId, LaneId, SiteId, TariffId, TenantId};
use boomgate_domain::money::Currency;
use boomgate_domain::reason::Lang;
use boomgate_domain::tariff::{Band, Rule, Tariff};
use uuid::Uuid;

use crate::devices::NewDevice;
use crate::lanes::NewLane;
use crate::sites::NewSite;

/// Open to visitors, in Vienna, in euros, without a limit of spaces; named by its code.
///
/// # Panics
/// `code` is none.
#[must_use]
pub fn site(tenant: TenantId, id: SiteId, code: &str) -> NewSite {
    NewSite {
        id,
        tenant,
        code: code.parse().expect("a code of a site"),
        name: code.to_owned(),
        time_zone: "Europe/Vienna".into(),
        currency: Currency::EUR,
        languages: vec![Lang::En],
        mode: SiteMode::Open,
        capacity: None,
        visitors: true,
        passback: Passback::Deny,
        plate_only_limit_minor: None,
        list_key: [7; 32],
    }
}

/// A lane named by its code.
///
/// # Panics
/// `code` is none.
#[must_use]
pub fn lane(site: SiteId, id: LaneId, code: &str, direction: Direction) -> NewLane {
    NewLane { site, id, code: code.parse().expect("a code of a lane"), name: code.to_owned(), direction }
}

/// A device of this lane, without a certificate.
///
/// # Panics
/// `code` is none.
#[must_use]
pub fn device(site: SiteId, id: DeviceId, lane: LaneId, code: &str, signing_key: [u8; 32]) -> NewDevice {
    NewDevice {
        site,
        id,
        lane,
        code: code.parse().expect("a code of a device"),
        signing_key,
        certificate_sha256: None,
        certificate_until: None,
    }
}

/// So many cents for each hour begun; a quarter of an hour to leave.
#[must_use]
pub fn tariff(price: i64) -> Tariff {
    Tariff {
        id: TariffId::from_uuid(Uuid::now_v7()),
        version: 1,
        name: "by the hour".into(),
        currency: Currency::EUR,
        grace_minutes: 0,
        exit_time_minutes: 15,
        free_minutes: 0,
        daily_cap: None,
        cap_24h: None,
        monthly_cap: None,
        vat_basis_points: None,
        holidays: Vec::new(),
        lost_ticket: None,
        rules: vec![Rule {
            name: "always".into(),
            vehicles: Vec::new(),
            days: Vec::new(),
            window: None,
            bands: vec![Band { until_minute: None, step_minutes: Some(60), price }],
        }],
    }
}
