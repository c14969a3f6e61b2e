//! `boomgate device` and `boomgate pki`: devices and how long their certificates are valid.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use boomgate_domain::decide::Direction;
use boomgate_domain::ids::{DeviceCode, LaneCode, SiteCode};
use boomgate_domain::money::Currency;
use boomgate_operations::access::DevicesManage;
use boomgate_operations::devices::{self, AddDevice, DeviceAdded};
use boomgate_operations::sites::TIME_ZONE;
use boomgate_operations::time_zone::ZoneName;
use boomgate_operations::unit;
use boomgate_store::lanes::direction_name;
use clap::{Args, Subcommand, ValueEnum};

use super::{WithConfig, command_line, explain};
use crate::config::Config;
use crate::database::Database;
use crate::issuer::{AgentSettings, FolderIssuer, Made};
use crate::log::init as log;
use crate::pki::{self, expiry, host};
use crate::{output, tariff};

/// Defaults for wires and camera in a new lane's configuration, to be edited at the lane.
const HARDWARE: &str = "[gpio]
kind = \"pi\"

[gpio.pins]               # BCM numbers; active is the level that means occupied, open, fire, pressed, energised
arming = { pin = 5, active = \"low\" }
safety = { pin = 13, active = \"low\" }
boom_open = { pin = 16, active = \"low\" }
boom_closed = { pin = 12, active = \"low\" }
fire = { pin = 26, active = \"high\" }     # a cut wire counts as fire
reset = { pin = 21, active = \"low\" }
open_relay = { pin = 23, active = \"high\" }
close_relay = { pin = 24, active = \"high\" }

[camera]
kind = \"opencv\"
source = \"rtsp://user:password@192.168.10.20/stream1\"
";

/// Lanes and the devices that stand there.
#[derive(Subcommand)]
pub enum Device {
    /// Make keys and a configuration for the device of a lane; site and lane are made if they are new
    Add(DeviceAdd),
    /// End a device's right to speak, at once
    Revoke {
        code: DeviceCode,
        #[command(flatten)]
        config: WithConfig,
    },
    /// Issue a new certificate for a device that is known
    Renew(DeviceRenew),
    /// Devices that may speak, and how long their certificates are good
    List(WithConfig),
}

/// Keys and certificates of the server.
#[derive(Subcommand)]
pub enum Pki {
    /// Issue a new certificate for the server, for the key and the names it has; a server that runs shows it soon
    Renew(WithConfig),
}

#[derive(Args)]
#[command(after_help = "Example:\n  boomgate device renew pi-0042 --out ./pi-0042\n\n\
    With the folder of `device add` the device keeps its key and only device.pem has to be carried to it; else device.key \
    is new, too. Restart the agent afterwards.")]
pub struct DeviceRenew {
    code: DeviceCode,
    #[arg(long, value_name = "DIR", help = "Folder to write; a device.key in it is kept")]
    out: PathBuf,
    #[arg(
        long,
        value_name = "HOURS",
        default_value_t = 168,
        value_parser = clap::value_parser!(u32).range(0..=2160),
        help = "How long the certificate before stays good, unless the new one is used earlier"
    )]
    overlap_hours: u32,
    #[command(flatten)]
    config: WithConfig,
}

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    boomgate device add --site north --lane in-1 --direction entry --device pi-0042 --server gate.example.org --out ./pi-0042\n  \
    boomgate device add --site north --lane out-1 --direction exit --device pi-0043 --server 10.0.0.7 --out ./pi-0043\n\n\
    A site or lane that is not known is made. What is given must be what is stored of one that is known; everything is checked \
    first, and when something differs nothing is changed. `boomgate site set` and `boomgate lane set` correct what is stored. A \
    device that stands at the lane already may not speak any more afterwards. A name given with --server goes into the server's \
    certificate.")]
pub struct DeviceAdd {
    #[arg(long, help = "Code of the site, a-z 0-9 and -")]
    site: SiteCode,
    #[arg(long, help = "Code of the lane")]
    lane: LaneCode,
    #[arg(long, help = "Which way the lane leads")]
    direction: Way,
    #[arg(long, help = "Code of the device, used once")]
    device: DeviceCode,
    #[arg(long, value_name = "HOST", value_parser = host::canonical, help = "Name or address by which the device reaches this server")]
    server: String,
    #[arg(long, value_name = "DIR", help = "Folder to write; copy it to the device")]
    out: PathBuf,
    #[arg(long, value_name = "ZONE", help = format!("Time zone of a new site [default: {TIME_ZONE}]"))]
    time_zone: Option<ZoneName>,
    #[arg(long, value_name = "CODE", help = "Currency of a new site [default: EUR]")]
    currency: Option<Currency>,
    #[command(flatten)]
    config: WithConfig,
}

/// Which way a lane leads.
#[derive(Clone, Copy, ValueEnum)]
pub enum Way {
    Entry,
    Exit,
}

impl From<Way> for Direction {
    fn from(way: Way) -> Self {
        match way {
            Way::Entry => Self::Entry,
            Way::Exit => Self::Exit,
        }
    }
}

/// Does one of the device commands.
pub async fn run(command: Device) -> Result<ExitCode> {
    match command {
        Device::Add(add) => add_device(&add.config.load()?, &add).await,
        Device::Revoke { code, config } => revoke_device(&config.load()?, &code).await,
        Device::Renew(renew) => renew_device(&renew.config.load()?, &renew).await,
        Device::List(with) => list_devices(&with.load()?).await,
    }
}

/// Does one of the commands about the server's own keys.
pub fn run_pki(command: Pki) -> Result<ExitCode> {
    match command {
        Pki::Renew(with) => renew_server(&with.load()?),
    }
}

async fn add_device(config: &Config, add: &DeviceAdd) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let request = AddDevice {
        site: add.site.clone(),
        lane: add.lane.clone(),
        lane_name: None,
        device: add.device.clone(),
        direction: add.direction.into(),
        time_zone: add.time_zone.clone(),
        currency: add.currency,
    };
    let agent = AgentSettings {
        server: add.server.clone(),
        hosts: &config.hosts,
        mqtt_port: config.broker.listen.port(),
        https_port: config.device_https.port(),
        hardware: HARDWARE,
    };
    let mut issuer = FolderIssuer::new(&config.pki, add.out.clone(), Some(agent));
    let database = Database::reach(config).await?;
    let mut client = database.pool.get().await?;
    let by = command_line::<DevicesManage>(&client).await?;
    let added = devices::add(&mut client, &by, &request, &mut issuer).await;
    drop(client);
    database.close().await?;
    print_added(add, &added.map_err(explain)?, &issuer.made);
    Ok(ExitCode::SUCCESS)
}

fn print_added(add: &DeviceAdd, added: &DeviceAdded, made: &Made) {
    let DeviceAdd { site, lane, device, server, .. } = add;
    if let Some((time_zone, currency)) = &added.made_site {
        output::result(format!("made site {site} ({time_zone}, {currency})"));
    }
    if added.made_lane {
        output::result(format!("made lane {lane} ({})", direction_name(add.direction.into())));
    }
    if let Some(before) = &added.replaced {
        output::result(format!("{before} may not speak any more: {device} stands at {site}/{lane} now"));
    }
    if made.new_host {
        output::result(format!(
            "the server's certificate is for {server}, too, now; a server that runs shows it within seconds"
        ));
    }
    let file = made.file.as_deref().unwrap_or(&add.out).display();
    output::result(format!(
        "wrote {file}; copy the folder to the device and run: edge-agent run --config agent.toml"
    ));
    if added.is_free {
        output::note(tariff::no_tariff(site.as_str()));
    }
}

async fn revoke_device(config: &Config, code: &DeviceCode) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let database = Database::reach(config).await?;
    let mut client = database.pool.get().await?;
    let by = command_line::<DevicesManage>(&client).await?;
    let revoked = unit::run(&mut client, async |unit| devices::revoke(unit, &by, code).await).await;
    drop(client);
    database.close().await?;
    revoked.map_err(explain)?;
    output::result(format!("{code} may not speak any more; a live connection ends within 10 s"));
    Ok(ExitCode::SUCCESS)
}

async fn renew_device(config: &Config, renew: &DeviceRenew) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let database = Database::reach(config).await?;
    let code = &renew.code;
    let overlap = jiff::SignedDuration::from_hours(i64::from(renew.overlap_hours));
    let mut issuer = FolderIssuer::new(&config.pki, renew.out.clone(), None);
    let mut client = database.pool.get().await?;
    let by = command_line::<DevicesManage>(&client).await?;
    let renewed = devices::renew(&mut client, &by, code, overlap, &mut issuer).await;
    drop(client);
    database.close().await?;
    let until = renewed.map_err(explain)?;
    let carried = if issuer.made.new_key { "device.pem and device.key" } else { "device.pem" };
    output::result(format!(
        "{code} has a certificate until {}; copy {carried} from {} to the device and restart its agent. The one before is good for {} h more",
        until,
        renew.out.display(),
        renew.overlap_hours
    ));
    Ok(ExitCode::SUCCESS)
}

fn renew_server(config: &Config) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let pki = pki::Pki::open(&config.pki)?;
    pki.renew_server(&config.hosts)?;
    let until = expiry::end(&pki.server_pem()?)?;
    output::result(format!(
        "the server has a certificate until {until}; a server that runs shows it within seconds"
    ));
    Ok(ExitCode::SUCCESS)
}

async fn list_devices(config: &Config) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let database = Database::reach(config).await?;
    let all = boomgate_store::devices::all_live(&database.pool.get().await?).await?;
    database.close().await?;
    if all.is_empty() {
        output::note("no device yet; make one with `boomgate device add`");
    }
    for device in all {
        let until =
            device.certificate_until.map_or_else(|| "-".into(), |until| until.strftime("%F").to_string());
        output::result(format!(
            "{}\t{}/{}\t{}\t{until}",
            device.code, device.site_code, device.lane_code, device.direction
        ));
    }
    Ok(ExitCode::SUCCESS)
}
