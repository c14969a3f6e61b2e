//! The `boomgate` command: arguments, logs, and the exit status.
#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use boomgate::commands::{self, WithConfig};
use boomgate::config::{BadConfig, Config};
use boomgate::log::init as log;
use boomgate::serve::{Database, Server};
use boomgate::{demo, doctor, memory, output, private, tariff};
use boomgate_domain::ids::SiteCode;
use boomgate_domain::tariff::VehicleType;
use boomgate_store::sites;
use clap::{Args, Parser, Subcommand};
use jiff::civil::DateTime;

/// Configuration that cannot be used (EX_CONFIG of sysexits.h).
const BAD_CONFIG: u8 = 78;

/// Barriers of car parks, from the loop in the ground to the receipt.
#[derive(Parser)]
#[command(
    version,
    after_help = "New here? `boomgate demo` runs a whole car park on this machine and prints where to look.\n\
    A server of your own: write boomgate.toml (may be empty), `boomgate serve`, open the page whose address it prints, then `boomgate device add` for each lane. \
    What was mistyped: `boomgate site set`, `boomgate lane set`, `boomgate user set`."
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
    /// The first run: print the address of the set-up page, or set up from a file
    Setup(commands::setup::SetupCommand),
    /// Bring the database to the shape this version needs, and end
    Migrate(WithConfig),
    /// People who may log in: add, change role and sites, list
    #[command(subcommand)]
    User(commands::user::User),
    /// Keys by which programs use the api: make, revoke, list
    #[command(subcommand)]
    Key(commands::key::Key),
    /// Other programs' reports: who reads the views bi.* of the database
    #[command(subcommand)]
    Bi(commands::bi::Bi),
    /// Devices that stand at lanes: add, renew, revoke, list
    #[command(subcommand)]
    Device(commands::device::Device),
    /// Car parks: list them, correct name, time zone and currency
    #[command(subcommand)]
    Site(commands::site::Site),
    /// Lanes: list them, correct name and direction
    #[command(subcommand)]
    Lane(commands::lane::Lane),
    /// Keys and certificates of the server
    #[command(subcommand)]
    Pki(commands::device::Pki),
    /// What parking costs: versions of a site's tariff, and trying one before it is set
    #[command(subcommand)]
    Tariff(Tariff),
    /// Check a configuration file and name everything that is wrong with it
    CheckConfig(WithConfig),
    /// Look at everything a server needs and say what is missing
    Doctor(WithConfig),
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
        output::note("boomgate: TLS was set up twice");
        return ExitCode::FAILURE;
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::note(format!("boomgate: no threads to run on: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(run(arguments.command));
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    if outcome.is_ok() && output::result_lost() {
        return ExitCode::FAILURE;
    }
    finish(outcome)
}

/// The chain of causes is printed here and nowhere else.
fn finish(outcome: Result<ExitCode>) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        output::note(format!("boomgate: {error:#}"));
        if error.is::<BadConfig>() { ExitCode::from(BAD_CONFIG) } else { ExitCode::FAILURE }
    })
}

async fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Demo(demo) => run_demo(demo).await,
        Command::Serve(with) => serve(&with.load()?).await,
        Command::Setup(setup) => commands::setup::run(setup).await,
        Command::Migrate(with) => migrate(&with.load()?).await,
        Command::User(user) => commands::user::run(user).await,
        Command::Key(key) => commands::key::run(key).await,
        Command::Bi(bi) => commands::bi::run(bi).await,
        Command::Device(device) => commands::device::run(device).await,
        Command::Site(site) => commands::site::run(site).await,
        Command::Lane(lane) => commands::lane::run(lane).await,
        Command::Pki(pki) => commands::device::run_pki(pki),
        Command::Tariff(Tariff::Set(set)) => set_tariff(&set.config.load()?, &set).await,
        Command::Tariff(Tariff::Show(show)) => show_tariff(&show.config.load()?, &show).await,
        Command::Tariff(Tariff::List(with)) => list_tariffs(&with.load()?).await,
        Command::Tariff(Tariff::Try(stay)) => try_tariff(&stay),
        Command::CheckConfig(with) => check_config(&with),
        Command::Doctor(with) => doctor(&with).await,
    }
}

async fn doctor(with: &WithConfig) -> Result<ExitCode> {
    let config = with.load()?;
    log(config.log_json, "error");
    let well = doctor::examine(&config, &with.config).await?;
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
    private::restrict_umask();
    private::data_folder(&config.data)?;
    let mut server = Server::start(config).await?;
    if let Some(text) = commands::setup::first_run(config, server.database()).await? {
        output::note(text);
    }
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
    output::result("database is in shape");
    Ok(ExitCode::SUCCESS)
}

async fn set_tariff(config: &Config, set: &TariffSet) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let site = SiteCode::parse(&set.site)?;
    let tariff = tariff::read(&set.file)?;
    let database = Database::reach(config).await?;
    let version = tariff::set(&database.pool, &site, &set.file, tariff).await;
    database.close().await?;
    output::result(format!(
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
        output::result(found.json()?)
    } else {
        output::result(found.text()?)
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
        output::note("no site yet; make one with `boomgate device add`");
    } else {
        output::result(list.trim_end());
    }
    Ok(ExitCode::SUCCESS)
}

fn try_tariff(stay: &TariffTry) -> Result<ExitCode> {
    let tariff = tariff::read(&stay.file)?;
    let zone = tariff::zone(&stay.zone)?;
    output::result(tariff::try_on(&tariff, (stay.from, stay.until), stay.vehicle, &zone)?);
    Ok(ExitCode::SUCCESS)
}

fn check_config(with: &WithConfig) -> Result<ExitCode> {
    with.load()?;
    output::result(format!("{} is good", with.config.display()));
    Ok(ExitCode::SUCCESS)
}
