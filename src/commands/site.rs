//! `boomgate site`: which car parks there are, and correcting one.

use std::process::ExitCode;

use anyhow::Result;
use boomgate_domain::ids::SiteCode;
use boomgate_domain::money::Currency;
use boomgate_domain::reason::Lang;
use boomgate_operations::access::SettingsWrite;
use boomgate_operations::sites::{self, SetSite, SiteSet};
use boomgate_operations::time_zone::ZoneName;
use boomgate_operations::unit;
use boomgate_store::tariffs;
use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::{WithConfig, all_sites, command_line, explain, label, print_changes};
use crate::config::Config;
use crate::database::Database;
use crate::log::init as log;
use crate::{output, tariff};

/// Car parks.
#[derive(Subcommand)]
pub enum Site {
    /// Correct a site: its name, time zone, currency, languages or spaces
    Set(SiteSetting),
    /// All sites: code, time zone, currency, name
    List(WithConfig),
}

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    boomgate site set --site north --time-zone Europe/Vienna\n  \
    boomgate site set --site north --currency HUF      only while nothing was counted in another one\n  \
    boomgate site set --site north --name \"North car park\"\n\n\
    It holds for the next event, also beside a running server. Cars inside are charged by the new time zone, too.")]
#[group(required = true, multiple = true, args = ["name", "time_zone", "currency", "languages", "capacity"])]
pub struct SiteSetting {
    #[arg(long, help = "Code of the site")]
    site: SiteCode,
    #[arg(long, value_parser = label, help = "Name as people read it")]
    name: Option<String>,
    #[arg(long, value_name = "ZONE", help = "IANA name of the time zone, such as Europe/Vienna")]
    time_zone: Option<ZoneName>,
    #[arg(long, value_name = "CODE", help = "ISO 4217 code of the currency, such as EUR")]
    currency: Option<Currency>,
    #[arg(
        long = "language",
        value_name = "CODE",
        value_delimiter = ',',
        value_parser = language,
        help = "Language of signs and pages, the preferred one first: en, vi; may be repeated"
    )]
    languages: Vec<Lang>,
    #[arg(long, value_name = "N", help = "Spaces for visitors", value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    capacity: Option<u32>,
    #[command(flatten)]
    config: WithConfig,
}

fn language(word: &str) -> Result<Lang, String> {
    Lang::ALL.into_iter().find(|language| language.as_str() == word).ok_or_else(|| "must be en or vi".into())
}

/// Does one of the site commands.
pub async fn run(command: Site) -> Result<ExitCode> {
    match command {
        Site::Set(setting) => set(&setting.config.load()?, &setting).await,
        Site::List(with) => list(&with.load()?).await,
    }
}

async fn set(config: &Config, setting: &SiteSetting) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let request = SetSite {
        site: setting.site.clone(),
        name: setting.name.clone(),
        time_zone: setting.time_zone.clone(),
        currency: setting.currency,
        languages: (!setting.languages.is_empty()).then(|| setting.languages.clone()),
        capacity: setting.capacity.map(Some),
    };
    let database = Database::reach(config).await?;
    let mut client = database.pool.get().await?;
    let by = command_line::<SettingsWrite>(&client).await?;
    let set = unit::run(&mut client, async |unit| sites::set(unit, &by, &request).await).await;
    let free = tariffs::sites_without(&client, Timestamp::now()).await;
    drop(client);
    database.close().await?;
    print_set(&setting.site, &set.map_err(explain)?);
    if free?.iter().any(|code| *code == *setting.site.as_str()) {
        output::note(tariff::no_tariff(setting.site.as_str()));
    }
    Ok(ExitCode::SUCCESS)
}

fn print_set(site: &SiteCode, set: &SiteSet) {
    print_changes(&format!("site {site}"), &set.changes);
    let Some(zone) = set.changes.iter().find(|change| change.field == "time_zone") else { return };
    for device in &set.devices {
        output::note(format!(
            "set time_zone = \"{}\" in the agent.toml of {} at {}, too, and restart its agent: it decides by it when the server is away",
            zone.after, device.code, device.lane_code
        ));
    }
}

async fn list(config: &Config) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let database = Database::reach(config).await?;
    let all = all_sites(&database.pool.get().await?).await;
    database.close().await?;
    let all = all?;
    if all.is_empty() {
        output::note("there is no site yet; `boomgate device add` makes one");
    }
    for site in all {
        output::result(format!("{}\t{}\t{}\t{}", site.code, site.time_zone, site.currency, site.name));
    }
    Ok(ExitCode::SUCCESS)
}
