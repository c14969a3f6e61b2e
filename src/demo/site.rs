//! The demo's car park: made in a data folder once, found there again on the next run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use boomgate_domain::decide::Direction;
use boomgate_domain::ids::{
    BlockId, DeviceCode, LaneCode, SiteCode, SiteId, SubscriptionId, TenantId, UserId,
};
use boomgate_domain::money::Currency;
use boomgate_domain::plate::TypedPlate;
use boomgate_domain::reason::Lang;
use boomgate_operations as operations;
use boomgate_operations::access::Role;
use boomgate_operations::devices::{self, AddDevice};
use boomgate_operations::passwords;
use boomgate_operations::sites::{self, AddSite};
use boomgate_operations::unit;
use boomgate_operations::users::{self, AddUser};
use boomgate_schemas::identity::DeviceIdentity;
use boomgate_store::blocklist::{self, NewBlock};
use boomgate_store::pool::Object;
use boomgate_store::subscriptions::{self, Kind as SubscriptionKind, NewSubscription};
use boomgate_store::{Pool, tariffs};
use jiff::SignedDuration;
use uuid::Uuid;

use super::traffic::{Fleet, Kind};
use crate::commands::command_line;
use crate::issuer::{AgentFile, FolderIssuer};
use crate::pki::{Pki, expiry};
use crate::tariff;

pub const SITE: &str = "demo";
pub const ADMIN: &str = "admin";
pub const TIME_ZONE: &str = "Europe/Bratislava";

/// Even a short stay is charged; docker compose's demo takes the same file.
const TARIFF: &str = include_str!("../../provisioning/tariff.demo.toml");

/// Countries the demo's lanes expect plates of; photographs add their folder's.
pub const COUNTRIES: &str = "\"SK\", \"CZ\", \"PL\", \"IT\"";

/// Photographs may show any plate of the region.
pub const PHOTO_COUNTRIES: &str =
    "\"DE\", \"SK\", \"CZ\", \"PL\", \"GB\", \"FR\", \"IT\", \"ES\", \"NO\", \"AT\"";

/// The made car park.
pub struct DemoSite {
    pub id: SiteId,
    pub tenant: TenantId,
    pub lanes: Vec<DemoLane>,
}

pub struct DemoLane {
    pub code: LaneCode,
    pub direction: Direction,
    pub identity: DeviceIdentity,
    pub folder: PathBuf,
}

/// Half of the lanes lead in, half out; names as on the signs.
fn plan(lanes: usize) -> Vec<(String, String, Direction)> {
    let entries = lanes.div_ceil(2);
    let name = |number: usize| {
        if number < entries {
            (format!("in-{}", number + 1), format!("Entry {}", number + 1), Direction::Entry)
        } else {
            let number = number - entries + 1;
            (format!("out-{number}"), format!("Exit {number}"), Direction::Exit)
        }
    };
    (0..lanes).map(name).collect()
}

/// Makes tenant, site, tariff and lanes with their devices, as far as they are not there.
pub async fn prepare(pool: &Pool, keys: &Path, data: &Path, lanes: usize) -> Result<DemoSite> {
    let mut client = pool.get().await?;
    let tenant = sites::tenant(&client, "Demo car parks").await?;
    let code = SiteCode::parse(SITE)?;
    let new = AddSite {
        code: code.clone(),
        name: "Demo car park".into(),
        time_zone: TIME_ZONE.parse()?,
        currency: Currency::EUR,
        capacity: None,
        languages: vec![Lang::En],
    };
    let id = sites::ensure(&client, &command_line(&client).await?, new).await?;
    if tariffs::current(&client, id, jiff::Timestamp::now()).await?.is_none() {
        let tariff = tariff::parse(TARIFF, "tariff.demo.toml")?;
        let by = command_line(&client).await?;
        unit::run(&mut client, async |unit| operations::tariffs::set(unit, &by, &code, tariff).await).await?;
    }
    let mut made = Vec::new();
    for (lane, name, direction) in plan(lanes) {
        made.push(
            demo_lane(&mut client, keys, data, &code, (&lane, &name, direction))
                .await
                .with_context(|| format!("lane {lane}"))?,
        );
    }
    Ok(DemoSite { id, tenant, lanes: made })
}

async fn demo_lane(
    client: &mut Object,
    keys: &Path,
    data: &Path,
    site: &SiteCode,
    (code, name, direction): (&str, &str, Direction),
) -> Result<DemoLane> {
    let code = LaneCode::parse(code)?;
    let device: DeviceCode = format!("{SITE}-{code}").parse()?;
    let folder = data.join("lanes").join(code.as_str());
    let mut issuer = FolderIssuer::new(keys, folder.clone(), None);
    let by = command_line(client).await?;
    if !folder.join("device.key").exists() {
        let new = AddDevice {
            site: site.clone(),
            lane: code.clone(),
            lane_name: Some(name.to_owned()),
            device: device.clone(),
            direction,
            time_zone: None,
            currency: None,
        };
        devices::add(client, &by, &new, &mut issuer).await?;
    } else if ends_soon(&folder)? {
        devices::renew(client, &by, &device, SignedDuration::ZERO, &mut issuer).await?;
    }
    let identity = DeviceIdentity { site: site.clone(), lane: code.clone(), device };
    Ok(DemoLane { code, direction, identity, folder })
}

/// The person who may do everything, with a new password.
pub async fn admin(client: &mut Object, password: &str) -> Result<UserId> {
    let by = command_line(client).await?;
    let new = AddUser { name: ADMIN.into(), role: Some(Role::Admin), sites: Vec::new(), email: None };
    let hash = passwords::hash(password)?;
    unit::run(client, async |unit| users::add(unit, &by, &new, hash).await).await?;
    let stored = boomgate_store::users::in_tenant(client, by.actor().tenant, ADMIN).await?;
    Ok(stored.context("the demo's admin is gone")?.id)
}

/// A demo's folder may be older than its certificates are good.
fn ends_soon(folder: &Path) -> Result<bool> {
    let pem = std::fs::read_to_string(folder.join("device.pem"))?;
    Ok(expiry::days_left(expiry::end(&pem)?, jiff::Timestamp::now()) <= expiry::WARN_DAYS)
}

/// Writes each lane's `agent.toml` for the addresses of this run; where its control socket will be.
pub fn configure(
    site: &DemoSite,
    pki: &Pki,
    run: &Path,
    mqtt: u16,
    https: u16,
    speed: f64,
    countries: &str,
) -> Result<Vec<(Arc<str>, PathBuf, PathBuf)>> {
    let server_key = pki.signing_key()?.verifying_key().to_bytes();
    let mut made = Vec::new();
    for lane in &site.lanes {
        let control = run.join(format!("{}.sock", lane.code));
        let hardware = format!(
            "[gpio]\nkind = \"sim\"\n\n[camera]\nkind = \"sim\"\n\n[reader]\ncountries = [{countries}]\n\n[sim]\ncontrol = {:?}\n",
            control.display().to_string()
        );
        let config = AgentFile {
            dir: &lane.folder,
            identity: &lane.identity,
            direction: lane.direction,
            mqtt: format!("localhost:{mqtt}"),
            https: format!("https://localhost:{https}"),
            server_key,
            hardware: &hardware,
            time_scale: speed,
            time_zone: TIME_ZONE,
            language: "en",
        }
        .write()?;
        made.push((Arc::from(lane.code.as_str()), config, control));
    }
    Ok(made)
}

/// Gives the fleet's subscribers their subscriptions and blocks who is to be blocked.
pub async fn admit(pool: &Pool, site: SiteId, fleet: &Fleet, by: UserId) -> Result<()> {
    let client = pool.get().await?;
    for car in fleet.of_kind(Kind::Subscriber) {
        let Ok(plate) = TypedPlate::parse(&car.plate) else { continue };
        let new = NewSubscription {
            site,
            id: SubscriptionId::from_uuid(Uuid::now_v7()),
            plate,
            kind: SubscriptionKind::Subscription,
            holder: format!("holder of {}", car.id),
            valid_from: None,
            valid_until: None,
        };
        subscriptions::insert(&client, &new).await?;
    }
    for car in fleet.of_kind(Kind::Blocked) {
        let Ok(plate) = TypedPlate::parse(&car.plate) else { continue };
        let new = NewBlock {
            site,
            id: BlockId::from_uuid(Uuid::now_v7()),
            plate,
            reason: "demo: left without paying".into(),
            valid_from: None,
            valid_until: None,
            by: Some(by),
        };
        blocklist::insert(&client, &new).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_are_shared_between_in_and_out() {
        let codes = |lanes| plan(lanes).into_iter().map(|(code, _, _)| code).collect::<Vec<_>>();
        assert_eq!(codes(4), ["in-1", "in-2", "out-1", "out-2"]);
        assert_eq!(codes(3), ["in-1", "in-2", "out-1"]);
    }

    #[test]
    fn the_tariff_is_sound_and_charges_from_the_first_minute() {
        let tariff = tariff::parse(TARIFF, "tariff.demo.toml").unwrap();
        assert!(tariff.faults().is_empty(), "{:?}", tariff.faults());
        let entry = jiff::Timestamp::UNIX_EPOCH;
        let zone = jiff::tz::TimeZone::get(TIME_ZONE).unwrap();
        let charge =
            tariff.charge(entry, entry + SignedDuration::from_secs(5), Default::default(), &zone).unwrap();
        assert_eq!(charge.total.minor, 150);
    }
}
