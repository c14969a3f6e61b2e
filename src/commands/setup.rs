//! `boomgate setup`: the first run without a browser, and the link for one with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use boomgate_domain::decide::Direction;
use boomgate_domain::ids::{LaneCode, SiteCode, TariffId};
use boomgate_domain::money::Currency;
use boomgate_domain::reason::Lang;
use boomgate_domain::tariff::Tariff;
use boomgate_domain::tariff::templates::Template;
use boomgate_operations::links::Made;
use boomgate_operations::second_factor::{self, Enrolment, FirstFactor};
use boomgate_operations::setup::{self, FirstAdmin, Setup, SetupDone, SetupLane};
use boomgate_operations::sites::AddSite;
use boomgate_operations::time_zone::ZoneName;
use boomgate_operations::{passwords, unit};
use clap::{Args, Subcommand};
use serde::Deserialize;
use uuid::Uuid;

use super::{WithConfig, explain, label};
use crate::config::{BadConfig, Config};
use crate::database::Database;
use crate::log::init as log;
use crate::{output, tariff};

/// The first run: company, site, first admin, lanes and tariff.
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  \
    boomgate setup link                                  the address of the set-up page, good for 15 minutes\n  \
    boomgate setup --from provisioning/setup.example.toml   the same without a browser\n\n\
    Both work as long as nobody may do everything: no admin of the whole company can log in. Afterwards `boomgate user add`, \
    `boomgate site set` and `boomgate tariff set` change what was set up."
)]
pub struct SetupCommand {
    #[command(subcommand)]
    command: Option<Sub>,
    #[arg(long, value_name = "FILE.toml", help = "What to set up", required = true)]
    from: Option<PathBuf>,
    #[command(flatten)]
    config: WithConfig,
}

#[derive(Subcommand)]
enum Sub {
    /// Print a new address of the set-up page; the one before is good no more
    Link(WithConfig),
}

/// Does what was asked for.
pub async fn run(command: SetupCommand) -> Result<ExitCode> {
    match (command.command, command.from) {
        (Some(Sub::Link(with)), _) => print_link(&with.load()?).await,
        (None, Some(file)) => from_file(&command.config.load()?, &file).await,
        (None, None) => bail!("say what: `boomgate setup link`, or --from FILE"),
    }
}

async fn print_link(config: &Config) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let database = Database::reach(config).await?;
    let made = link(&database).await;
    database.close().await?;
    output::result(invitation(config, &made?));
    Ok(ExitCode::SUCCESS)
}

async fn link(database: &Database) -> Result<Made> {
    let mut client = database.pool.get().await?;
    unit::run(&mut client, async |unit| setup::link(unit).await).await.map_err(explain)
}

/// What to tell whoever starts a server that is not set up; none where an admin can log in.
///
/// # Errors
/// The database's.
pub async fn first_run(config: &Config, database: &Database) -> Result<Option<String>> {
    if !setup::is_needed(&database.pool.get().await?).await? {
        return Ok(None);
    }
    Ok(Some(invitation(config, &link(database).await?)))
}

/// How the set-up page is reached.
fn invitation(config: &Config, made: &Made) -> String {
    let listen = config.api.listen;
    let scheme = if config.api.tls.is_some() { "https" } else { "http" };
    let path = format!("/setup#{}", made.token);
    let base = config.api.public_url.clone().unwrap_or_else(|| format!("{scheme}://{listen}"));
    let mut lines = vec![
        "This installation is not set up: nobody can log in yet.".to_owned(),
        format!("  Open {}{path}", base.trim_end_matches('/')),
    ];
    if listen.ip().is_loopback() && config.api.public_url.is_none() {
        let port = listen.port();
        lines.push("  From another machine, first a tunnel:".to_owned());
        lines.push(format!("    ssh -L {port}:{listen} USER@THIS-MACHINE"));
        lines.push(format!("    and there open {scheme}://localhost:{port}{path}"));
    }
    let until = made.expires_at.strftime("%H:%M UTC");
    lines.push(format!("  It works once, until {until}; `boomgate setup link` makes a new one."));
    lines.push(
        "  Without a browser: `boomgate setup --from FILE` (see provisioning/setup.example.toml).".to_owned(),
    );
    lines.join("\n")
}

/// As written in TOML.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSetup {
    company: String,
    site: RawSite,
    admin: RawAdmin,
    #[serde(default)]
    lanes: Vec<RawLane>,
    tariff: RawTariff,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSite {
    code: String,
    name: String,
    time_zone: String,
    currency: Currency,
    #[serde(default = "english")]
    languages: Vec<Lang>,
    capacity: Option<u32>,
}

fn english() -> Vec<Lang> {
    vec![Lang::En]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAdmin {
    name: String,
    email: Option<String>,
    password_file: Option<PathBuf>,
    #[serde(default)]
    totp: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLane {
    code: String,
    name: String,
    direction: Direction,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTariff {
    template: Option<Template>,
    price: Option<i64>,
    file: Option<PathBuf>,
}

/// A file that was read, with what is shown of it once.
struct Prepared {
    setup: Setup,
    /// The admin's, where it was made here.
    password: Option<String>,
    factor: Option<Enrolment>,
}

async fn from_file(config: &Config, file: &Path) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let Prepared { setup, password, factor } = read(file)?;
    let (name, site) = (setup.admin.name.clone(), setup.site.code.clone());
    let database = Database::reach(config).await?;
    let mut client = database.pool.get().await?;
    let done = unit::run(&mut client, async |unit| setup::make(unit, setup).await).await;
    drop(client);
    database.close().await?;
    print_done(&name, site.as_str(), &done.map_err(explain)?, password.as_deref(), factor.as_ref());
    Ok(ExitCode::SUCCESS)
}

fn print_done(name: &str, site: &str, done: &SetupDone, password: Option<&str>, factor: Option<&Enrolment>) {
    match password {
        Some(password) => output::result(format!("{name} may log in as admin with the password {password}")),
        None => output::result(format!("{name} may log in as admin with the password of the file")),
    }
    if let Some(factor) = factor {
        output::result(format!("Type this secret into an authenticator app: {}", factor.secret));
        output::result(format!("or let it read this address as a QR code:   {}", factor.uri));
        output::result("Recovery codes, each lets in once without the app; keep them on paper:");
        for code in &done.recovery_codes {
            output::result(format!("  {code}"));
        }
    }
    output::result(format!(
        "Next: boomgate serve, and for each lane `boomgate device add --site {site} --lane CODE ...` (--help explains it)"
    ));
}

/// Everything that is wrong with the file, or what it sets up.
fn read(file: &Path) -> Result<Prepared> {
    let name = file.display().to_string();
    let bad = |faults: Vec<String>| BadConfig { file: name.clone(), faults };
    let text = fs::read_to_string(file).map_err(|error| bad(vec![format!("cannot be read: {error}")]))?;
    let raw: RawSetup =
        toml::from_str(&text).map_err(|error| bad(vec![error.to_string().trim().replace('\n', "\n  ")]))?;
    let mut faults = Faults(Vec::new());
    let prepared = prepare(raw, file.parent().unwrap_or(Path::new(".")), &mut faults)?;
    match prepared {
        Some(prepared) if faults.0.is_empty() => Ok(prepared),
        _ => Err(bad(faults.0).into()),
    }
}

struct Faults(Vec<String>);

impl Faults {
    fn of<T, E: std::fmt::Display>(&mut self, field: &str, read: Result<T, E>) -> Option<T> {
        read.map_err(|error| self.0.push(format!("{field}: {error}"))).ok()
    }
}

fn prepare(raw: RawSetup, base: &Path, faults: &mut Faults) -> Result<Option<Prepared>> {
    let company = faults.of("company", label(&raw.company));
    let currency = raw.site.currency;
    let site = site(raw.site, faults);
    let lanes = lanes(raw.lanes, faults);
    let tariff = priced(raw.tariff, currency, base, faults);
    let admin_name = faults.of("admin.name", label(&raw.admin.name));
    let given = raw.admin.password_file.map(|file| secret(&base.join(file)));
    let given = match given {
        Some(read) => match faults.of("admin.password_file", read) {
            Some(password) => Some(password),
            None => return Ok(None),
        },
        None => None,
    };
    if let Some(weak) = given
        .as_deref()
        .and_then(|text| passwords::weakness("password", text, &[&raw.admin.name, &raw.company]))
    {
        faults.0.push(format!("admin.password_file: {}", weak.message));
    }
    let made = given.is_none().then(passwords::new);
    let (Some(company), Some(site), Some(lanes), Some(tariff), Some(name)) =
        (company, site, lanes, tariff, admin_name)
    else {
        return Ok(None);
    };
    let password = given.or_else(|| made.clone()).unwrap_or_default();
    let factor = if raw.admin.totp { Some(second_factor::propose(&name).map_err(explain)?) } else { None };
    let totp = factor.as_ref().map(|one| FirstFactor { secret: one.secret.clone(), code: None });
    let password_hash = passwords::hash(&password).map_err(explain)?;
    let admin = FirstAdmin { name, email: raw.admin.email, password_hash, totp };
    Ok(Some(Prepared { setup: Setup { company, site, admin, lanes, tariff }, password: made, factor }))
}

fn secret(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(text.trim().to_owned())
}

fn site(raw: RawSite, faults: &mut Faults) -> Option<AddSite> {
    let code = faults.of("site.code", SiteCode::parse(&raw.code));
    let name = faults.of("site.name", label(&raw.name));
    let zone = faults.of("site.time_zone", raw.time_zone.parse::<ZoneName>());
    if raw.languages.is_empty() {
        faults.0.push("site.languages: needs at least one of en, vi".into());
    }
    Some(AddSite {
        code: code?,
        name: name?,
        time_zone: zone?,
        currency: raw.currency,
        languages: raw.languages,
        capacity: raw.capacity,
    })
}

fn lanes(raw: Vec<RawLane>, faults: &mut Faults) -> Option<Vec<SetupLane>> {
    let mut lanes: Vec<SetupLane> = Vec::new();
    for (index, lane) in raw.into_iter().enumerate() {
        let code = faults.of(&format!("lanes[{index}].code"), LaneCode::parse(&lane.code))?;
        let name = faults.of(&format!("lanes[{index}].name"), label(&lane.name))?;
        if lanes.iter().any(|other| other.code == code) {
            faults.0.push(format!("lanes[{index}].code: {code} is the code of another lane, too"));
        }
        lanes.push(SetupLane { code, name, direction: lane.direction });
    }
    Some(lanes)
}

fn priced(raw: RawTariff, currency: Currency, base: &Path, faults: &mut Faults) -> Option<Tariff> {
    match (raw.template, raw.price, raw.file) {
        (None, None, Some(file)) => faults.of("tariff.file", tariff::read(&base.join(file))),
        (Some(template), Some(price), None) if price > 0 => {
            Some(template.tariff(TariffId::from_uuid(Uuid::now_v7()), currency, price))
        }
        _ => {
            faults.0.push("tariff: needs template and price (1 or more), or file".into());
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn the_example_can_be_set_up() {
        let prepared = read(Path::new("provisioning/setup.example.toml")).unwrap();
        assert_eq!(prepared.setup.lanes.len(), 2);
        assert!(prepared.setup.tariff.faults().is_empty());
        assert!(prepared.password.is_some() && prepared.factor.is_some());
    }

    #[test]
    fn every_fault_of_a_file_is_named() {
        let text = "company = ''\n[site]\ncode = 'North!'\nname = 'N'\ntime_zone = 'Europe/Viena'\ncurrency = 'EUR'\n\
            [admin]\nname = 'eva'\n[[lanes]]\ncode = 'in-1'\nname = 'In'\ndirection = 'entry'\n\
            [[lanes]]\ncode = 'in-1'\nname = 'In'\ndirection = 'entry'\n[tariff]\ntemplate = 'hourly'\n";
        let Err(error) = read(file(text).path()) else { panic!("a file full of faults was read") };
        let error = error.to_string();
        for part in
            ["company:", "site.code:", "did you mean Europe/Vienna", "lanes[1].code:", "tariff: needs"]
        {
            assert!(error.contains(part), "{part} is missing in {error}");
        }
    }
}
