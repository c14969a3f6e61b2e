//! The `boomgate` command: arguments, logs, and the exit status.
#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use boomgate::config::{BadConfig, Config};
use boomgate::log::init as log;
use boomgate::pki::{Pki, expiry};
use boomgate::serve::{Database, Server};
use boomgate::setup::{self, AgentFolder, SiteWish};
use boomgate::{demo, doctor, memory, private, say, tariff};
use boomgate_domain::decide::Direction;
use boomgate_domain::ids::{LaneCode, SiteCode};
use boomgate_domain::money::Currency;
use boomgate_domain::tariff::VehicleType;
use boomgate_schemas::identity::DeviceIdentity;
use boomgate_store::{devices, sites, tariffs};
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::DateTime;

/// Configuration that cannot be used (EX_CONFIG of sysexits.h).
const BAD_CONFIG: u8 = 78;

/// What a new lane's file says of its wires and camera until somebody who stands there knows better.
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

/// Barriers of car parks, from the loop in the ground to the receipt.
#[derive(Parser)]
#[command(
    version,
    after_help = "New here? `boomgate demo` runs a whole car park on this machine and prints where to look.\n\
    A server of your own: write boomgate.toml (may be empty), `boomgate device add` for each lane, `boomgate tariff set`, `boomgate user add`, `boomgate serve`."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a car park with simulated lanes on this machine; nothing to configure
    Demo(Demo),
    /// Run the server: broker, ingest and api, with a private PostgreSQL unless a database is configured
    Serve(WithConfig),
    /// Bring the database to the shape this version needs, and end
    Migrate(WithConfig),
    /// People who may log in
    #[command(subcommand)]
    User(User),
    /// Lanes and the devices that stand there
    #[command(subcommand)]
    Device(Device),
    /// Keys and certificates of the server
    #[command(subcommand)]
    Pki(PkiCommand),
    /// What parking costs: versions of a site's tariff, and trying one before it is set
    #[command(subcommand)]
    Tariff(Tariff),
    /// Check a configuration file and name everything that is wrong with it
    CheckConfig(WithConfig),
    /// Look at everything a server needs and say what is missing
    Doctor(WithConfig),
}

#[derive(Args)]
struct WithConfig {
    /// Configuration file (TOML); relative paths in it are relative to it
    #[arg(long, value_name = "FILE", default_value = "boomgate.toml", env = "BOOMGATE_CONFIG")]
    config: PathBuf,
}

#[derive(Args)]
#[command(after_help = "Examples:\n  boomgate demo\n  boomgate demo --listen 0.0.0.0:8480\n  \
    boomgate demo --cars 200 --lanes 4 --speed 10 --json      unattended; exit status 1 if an invariant is broken\n  \
    boomgate demo --cars 40 --photos pictures/eu --json       the cameras show photographs (each NAME.txt: file x y w h TEXT)")]
struct Demo {
    /// Run this many cars unattended, check the invariants, print one JSON object as the last line, and end
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    cars: Option<u32>,
    /// Lanes; half lead in, half out
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(2..=32))]
    lanes: u32,
    /// The same seed makes the same cars
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Simulated seconds per second for cars and booms; latencies stay real
    #[arg(long, value_name = "K", default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// Print the verdict of an unattended run on one line
    #[arg(long)]
    json: bool,
    /// Let the cameras show these photographs instead of drawn plates
    #[arg(long, value_name = "DIR")]
    photos: Option<PathBuf>,
    /// Address of the page [default: 127.0.0.1:8480]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Folder for the demo's database, keys and pictures [default: ./data; unattended: a temporary one]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| format!("{text:?} is not a number"))?;
    if (0.1..=50.0).contains(&speed) { Ok(speed) } else { Err("must be from 0.1 to 50".into()) }
}

#[derive(Subcommand)]
enum User {
    /// Let a person in, or give a new password to one who is known; the password is printed once
    Add {
        name: String,
        #[arg(long, default_value = "operator")]
        role: Role,
        #[command(flatten)]
        config: WithConfig,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Role {
    Admin,
    Operator,
    Guard,
}

impl Role {
    fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Guard => "guard",
        }
    }
}

#[derive(Subcommand)]
enum Device {
    /// Make keys and a configuration for the device of a lane; site and lane are made if they are new
    Add(DeviceAdd),
    /// End a device's right to speak, at once
    Revoke {
        code: String,
        #[command(flatten)]
        config: WithConfig,
    },
    /// Issue a new certificate for a device that is known
    Renew(DeviceRenew),
    /// Devices that may speak, and how long their certificates are good
    List(WithConfig),
}

#[derive(Subcommand)]
enum PkiCommand {
    /// Issue a new certificate for the server, for the key and the names it has; it is shown after the next start
    Renew(WithConfig),
}

#[derive(Args)]
#[command(after_help = "Example:\n  boomgate device renew pi-0042 --out ./pi-0042\n\n\
    With the folder of `device add` the device keeps its key and only device.pem has to be carried to it; else device.key \
    is new, too. Restart the agent afterwards.")]
struct DeviceRenew {
    code: String,
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
#[command(
    after_help = "Example:\n  boomgate device add --site north --lane in-1 --direction entry --device pi-0042 --server gate.example.org --out ./pi-0042"
)]
struct DeviceAdd {
    #[arg(long, help = "Code of the site, a-z 0-9 and -")]
    site: String,
    #[arg(long, help = "Code of the lane")]
    lane: String,
    #[arg(long, help = "Which way the lane leads")]
    direction: Way,
    #[arg(long, help = "Code of the device")]
    device: String,
    #[arg(long, value_name = "HOST", help = "Name or address by which the device reaches this server")]
    server: String,
    #[arg(long, value_name = "DIR", help = "Folder to write; copy it to the device")]
    out: PathBuf,
    #[arg(long, default_value = "Europe/Bratislava", help = "Time zone of a new site")]
    time_zone: String,
    #[arg(long, default_value = "EUR", help = "Currency of a new site")]
    currency: String,
    #[command(flatten)]
    config: WithConfig,
}

#[derive(Clone, Copy, ValueEnum)]
enum Way {
    Entry,
    Exit,
}

#[derive(Subcommand)]
enum Tariff {
    /// Check a file and keep it as the site's next version, in force from now on for cars that come in
    Set(TariffSet),
    /// Show a version in words
    Show(TariffShow),
    /// All sites with all their versions
    List(WithConfig),
    /// Say what a stay would cost by a file, line by line; needs no database
    Try(TariffTry),
}

#[derive(Args)]
#[command(after_help = "Example:\n  \
    boomgate tariff try prices.toml --from 2026-11-21T08:00 --until 2026-11-21T11:10\n  \
    boomgate tariff set --site north prices.toml\n\n\
    provisioning/tariff.example.toml explains every field of the file. Earlier versions stay, and cars \
    that are inside keep the one they came in under.")]
struct TariffSet {
    #[arg(long, help = "Code of the site")]
    site: String,
    #[arg(value_name = "FILE.toml", help = "The tariff")]
    file: PathBuf,
    #[command(flatten)]
    config: WithConfig,
}

#[derive(Args)]
#[command(after_help = "Example:\n  boomgate tariff show --site north --version 2")]
struct TariffShow {
    #[arg(long, help = "Code of the site [default: the only one]")]
    site: Option<String>,
    #[arg(long, value_name = "N", help = "Number of the version [default: the one in force]")]
    version: Option<i32>,
    #[arg(long, help = "Print it as JSON")]
    json: bool,
    #[command(flatten)]
    config: WithConfig,
}

#[derive(Args)]
#[command(after_help = "Example:\n  \
    boomgate tariff try provisioning/tariff.example.toml --from 2026-11-21T08:00 --until 2026-11-22T11:10 --vehicle van")]
struct TariffTry {
    #[arg(value_name = "FILE.toml", help = "The tariff")]
    file: PathBuf,
    #[arg(long, value_name = "TIME", help = "When the car comes in, local time: 2026-11-21T08:00")]
    from: DateTime,
    #[arg(long, value_name = "TIME", help = "When it leaves")]
    until: DateTime,
    #[arg(long, default_value = "car", value_parser = vehicle, help = "car, motorcycle, van, truck or bus")]
    vehicle: VehicleType,
    #[arg(long, default_value = "Europe/Bratislava", help = "Time zone of the site")]
    zone: String,
}

fn vehicle(word: &str) -> Result<VehicleType, String> {
    sites::read_word("vehicle", word).map_err(|_| "must be car, motorcycle, van, truck or bus".into())
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    memory::give_back_large_pieces();
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        say::note("boomgate: TLS was set up twice");
        return ExitCode::FAILURE;
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            say::note(format!("boomgate: no threads to run on: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(run(arguments.command));
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    if outcome.is_ok() && say::result_was_lost() {
        return ExitCode::FAILURE;
    }
    finish(outcome)
}

/// The chain of causes is printed here and nowhere else.
fn finish(outcome: Result<ExitCode>) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        say::note(format!("boomgate: {error:#}"));
        if error.is::<BadConfig>() { ExitCode::from(BAD_CONFIG) } else { ExitCode::FAILURE }
    })
}

async fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Demo(demo) => run_demo(demo).await,
        Command::Serve(with) => serve(&load(&with)?).await,
        Command::Migrate(with) => migrate(&load(&with)?).await,
        Command::User(User::Add { name, role, config }) => add_user(&load(&config)?, &name, role).await,
        Command::Device(Device::Add(add)) => add_device(&load(&add.config)?, &add).await,
        Command::Device(Device::Revoke { code, config }) => revoke_device(&load(&config)?, &code).await,
        Command::Device(Device::Renew(renew)) => renew_device(&load(&renew.config)?, &renew).await,
        Command::Pki(PkiCommand::Renew(with)) => renew_server(&load(&with)?),
        Command::Device(Device::List(with)) => list_devices(&load(&with)?).await,
        Command::Tariff(Tariff::Set(set)) => set_tariff(&load(&set.config)?, &set).await,
        Command::Tariff(Tariff::Show(show)) => show_tariff(&load(&show.config)?, &show).await,
        Command::Tariff(Tariff::List(with)) => list_tariffs(&load(&with)?).await,
        Command::Tariff(Tariff::Try(stay)) => try_tariff(&stay),
        Command::CheckConfig(with) => check_config(&with),
        Command::Doctor(with) => doctor(&with).await,
    }
}

async fn doctor(with: &WithConfig) -> Result<ExitCode> {
    let config = load(with)?;
    log(config.log_json, "error");
    let well = doctor::examine(&config, &with.config).await?;
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn load(with: &WithConfig) -> Result<Config> {
    Ok(Config::load(&with.config)?)
}

async fn run_demo(demo: Demo) -> Result<ExitCode> {
    log(false, "warn");
    let options = demo::Options {
        cars: demo.cars.map(|cars| cars as usize),
        lanes: demo.lanes as usize,
        seed: demo.seed,
        speed: demo.speed,
        json: demo.json,
        photos: demo.photos,
        listen: demo.listen,
        data: demo.data,
    };
    let holds = demo::run(options).await?;
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn serve(config: &Config) -> Result<ExitCode> {
    log(config.log_json, "info");
    private::keep_to_ourselves();
    private::data_folder(&config.data)?;
    let mut server = Server::start(config).await?;
    tracing::info!(api = %server.addresses.api, device_https = %server.addresses.device_https, metrics = ?server.addresses.metrics, mqtt = ?server.addresses.mqtt, "serving");
    let ended = tokio::select! {
        error = server.failed() => Err(error.context("a part of the server ended; the whole ends with it")),
        () = demo::interrupted() => Ok(ExitCode::SUCCESS),
    };
    tracing::info!("stopping");
    server.stop().await?;
    ended
}

async fn migrate(config: &Config) -> Result<ExitCode> {
    log(config.log_json, "info");
    Database::reach(config).await?.close().await?;
    say::result("database is in shape");
    Ok(ExitCode::SUCCESS)
}

async fn add_user(config: &Config, name: &str, role: Role) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let database = Database::reach(config).await?;
    let password = setup::new_password();
    let client = database.pool.get().await?;
    let tenant = setup::tenant(&client, "Boomgate").await?;
    setup::user(&client, tenant, name, role.as_str(), &password).await?;
    drop(client);
    database.close().await?;
    say::result(format!("{name} may log in as {} with the password {password}", role.as_str()));
    Ok(ExitCode::SUCCESS)
}

async fn add_device(config: &Config, add: &DeviceAdd) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let identity =
        DeviceIdentity { site: add.site.parse()?, lane: add.lane.parse()?, device: add.device.parse()? };
    let mut hosts = config.hosts.clone();
    hosts.push(add.server.clone());
    let database = Database::reach(config).await?;
    let made =
        make_device(config, &Pki::open_or_create(&config.pki, &hosts)?, &database, add, &identity).await;
    let free = tariffs::sites_without(&database.pool.get().await?, jiff::Timestamp::now()).await;
    database.close().await?;
    let path = made?;
    say::result(format!(
        "wrote {}; copy the folder to the device and run: edge-agent run --config agent.toml",
        path.display()
    ));
    if free?.contains(&add.site) {
        say::note(tariff::no_tariff(&add.site));
    }
    Ok(ExitCode::SUCCESS)
}

async fn make_device(
    config: &Config,
    pki: &Pki,
    database: &Database,
    add: &DeviceAdd,
    identity: &DeviceIdentity,
) -> Result<PathBuf> {
    if add.out.join("device.key").exists() {
        bail!("{} holds the keys of a device already; choose another folder", add.out.display());
    }
    let direction = match add.direction {
        Way::Entry => Direction::Entry,
        Way::Exit => Direction::Exit,
    };
    let tenant = setup::tenant(&database.pool.get().await?, "Boomgate").await?;
    let wish = SiteWish {
        code: SiteCode::parse(&add.site)?,
        name: add.site.clone(),
        time_zone: add.time_zone.clone(),
        currency: Currency::parse(&add.currency)?,
        capacity: None,
    };
    let site = setup::site(&database.pool, tenant, wish).await?;
    let code = LaneCode::parse(&add.lane)?;
    let lane = setup::lane(&database.pool.get().await?, site, &code, &add.lane, direction).await?;
    let keys = setup::enrol(&database.pool, pki, site, lane, identity).await?;
    setup::write_keys(&add.out, &keys, &pki.ca_pem()?)?;
    setup::write_agent(&AgentFolder {
        dir: &add.out,
        identity,
        direction,
        mqtt: format!("{}:{}", add.server, config.broker.listen.port()),
        https: format!("https://{}:{}", add.server, config.device_https.port()),
        server_key: pki.signing_key()?.verifying_key().to_bytes(),
        hardware: HARDWARE.into(),
        time_scale: 1.0,
        time_zone: &add.time_zone,
    })
}

async fn revoke_device(config: &Config, code: &str) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let database = Database::reach(config).await?;
    let client = database.pool.get().await?;
    let code = code.parse()?;
    let device =
        devices::by_code(&client, &code).await?.with_context(|| format!("no device {code} is known"))?;
    devices::revoke(&client, device.site_id, device.id, jiff::Timestamp::now()).await?;
    devices::changed(&client, &code).await?;
    drop(client);
    database.close().await?;
    say::result(format!("{code} may not speak any more; a live connection ends within 10 s"));
    Ok(ExitCode::SUCCESS)
}

async fn renew_device(config: &Config, renew: &DeviceRenew) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let database = Database::reach(config).await?;
    let (pki, code) = (Pki::open(&config.pki)?, renew.code.parse()?);
    let overlap = jiff::SignedDuration::from_hours(i64::from(renew.overlap_hours));
    let renewed = setup::renew_device(&database.pool, &pki, &code, &renew.out, overlap).await;
    database.close().await?;
    let renewed = renewed?;
    let carried = if renewed.new_key { "device.pem and device.key" } else { "device.pem" };
    say::result(format!(
        "{code} has a certificate until {}; copy {carried} from {} to the device and restart its agent. The one before is good for {} h more",
        renewed.until,
        renew.out.display(),
        renew.overlap_hours
    ));
    Ok(ExitCode::SUCCESS)
}

fn renew_server(config: &Config) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let pki = Pki::open(&config.pki)?;
    pki.renew_server(&config.hosts)?;
    let until = expiry::end(&pki.server_pem()?)?;
    say::result(format!("the server has a certificate until {until}; it shows it after its next start"));
    Ok(ExitCode::SUCCESS)
}

async fn list_devices(config: &Config) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let database = Database::reach(config).await?;
    let all = devices::all_live(&database.pool.get().await?).await?;
    database.close().await?;
    if all.is_empty() {
        say::note("no device yet; make one with `boomgate device add`");
    }
    for device in all {
        let until =
            device.certificate_until.map_or_else(|| "-".into(), |until| until.strftime("%F").to_string());
        say::result(format!(
            "{}\t{}/{}\t{}\t{until}",
            device.code, device.site_code, device.lane_code, device.direction
        ));
    }
    Ok(ExitCode::SUCCESS)
}

async fn set_tariff(config: &Config, set: &TariffSet) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let site = SiteCode::parse(&set.site)?;
    let tariff = tariff::read(&set.file)?;
    let database = Database::reach(config).await?;
    let version = tariff::set(&database.pool, &site, &set.file, tariff).await;
    database.close().await?;
    say::result(format!(
        "{site}: version {} is in force for cars that come in from now on; cars inside keep theirs",
        version?
    ));
    Ok(ExitCode::SUCCESS)
}

async fn show_tariff(config: &Config, show: &TariffShow) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let site = show.site.as_deref().map(SiteCode::parse).transpose()?;
    let database = Database::reach(config).await?;
    let found = tariff::find(&database.pool.get().await?, site.as_ref(), show.version).await;
    database.close().await?;
    let found = found?;
    if show.json {
        say::result(found.json()?)
    } else {
        say::result(found.text()?)
    }
    Ok(ExitCode::SUCCESS)
}

async fn list_tariffs(config: &Config) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let database = Database::reach(config).await?;
    let list = tariff::list(&database.pool.get().await?).await;
    database.close().await?;
    let list = list?;
    if list.is_empty() {
        say::note("no site yet; make one with `boomgate device add`");
    } else {
        say::result(list.trim_end());
    }
    Ok(ExitCode::SUCCESS)
}

fn try_tariff(stay: &TariffTry) -> Result<ExitCode> {
    let tariff = tariff::read(&stay.file)?;
    let zone = tariff::zone(&stay.zone)?;
    say::result(tariff::try_on(&tariff, (stay.from, stay.until), stay.vehicle, &zone)?);
    Ok(ExitCode::SUCCESS)
}

fn check_config(with: &WithConfig) -> Result<ExitCode> {
    load(with)?;
    say::result(format!("{} is good", with.config.display()));
    Ok(ExitCode::SUCCESS)
}
