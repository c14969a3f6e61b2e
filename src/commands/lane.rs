//! `boomgate lane`: which lanes there are, and correcting one.

use std::process::ExitCode;

use anyhow::Result;
use boomgate_domain::ids::{LaneCode, SiteCode};
use boomgate_operations::access::SettingsWrite;
use boomgate_operations::lanes::{self, LaneSet, SetLane};
use boomgate_operations::unit;
use boomgate_store::GenericClient;
use boomgate_store::lanes::LaneStatus;
use clap::{Args, Subcommand};

use super::device::Way;
use super::{WithConfig, all_sites, command_line, explain, label, print_changes};
use crate::config::Config;
use crate::database::Database;
use crate::log::init as log;
use crate::output;

/// Lanes of car parks.
#[derive(Subcommand)]
pub enum Lane {
    /// Correct a lane: its name or direction
    Set(LaneSetting),
    /// All lanes: site/lane, direction, device that may speak, name
    List(WithConfig),
}

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    boomgate lane set --site north --lane in-1 --direction exit\n  \
    boomgate lane set --site north --lane in-1 --name \"Entry by the river\"\n\n\
    It holds for the next event, also beside a running server. The direction stands in the device's agent.toml, too: what \
    a device reports in another direction than its lane's is raised for people to see and moves nothing.")]
#[group(required = true, multiple = true, args = ["name", "direction"])]
pub struct LaneSetting {
    #[arg(long, help = "Code of the site")]
    site: SiteCode,
    #[arg(long, help = "Code of the lane")]
    lane: LaneCode,
    #[arg(long, value_parser = label, help = "Name as people read it")]
    name: Option<String>,
    #[arg(long, help = "Which way the lane leads")]
    direction: Option<Way>,
    #[command(flatten)]
    config: WithConfig,
}

/// Does one of the lane commands.
pub async fn run(command: Lane) -> Result<ExitCode> {
    match command {
        Lane::Set(setting) => set(&setting.config.load()?, &setting).await,
        Lane::List(with) => list(&with.load()?).await,
    }
}

async fn set(config: &Config, setting: &LaneSetting) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let request = SetLane {
        site: setting.site.clone(),
        lane: setting.lane.clone(),
        name: setting.name.clone(),
        direction: setting.direction.map(Into::into),
    };
    let database = Database::reach(config).await?;
    let mut client = database.pool.get().await?;
    let by = command_line::<SettingsWrite>(&client).await?;
    let set = unit::run(&mut client, async |unit| lanes::set(unit, &by, &request).await).await;
    drop(client);
    database.close().await?;
    print_set(setting, &set.map_err(explain)?);
    Ok(ExitCode::SUCCESS)
}

fn print_set(setting: &LaneSetting, set: &LaneSet) {
    print_changes(&format!("lane {} of site {}", setting.lane, setting.site), &set.changes);
    let direction = set.changes.iter().find(|change| change.field == "direction");
    if let Some((direction, device)) = direction.zip(set.device.as_ref()) {
        output::note(format!(
            "set direction = \"{}\" in the agent.toml of {}, too, and restart its agent: until then what it reports contradicts the lane and moves nothing",
            direction.after, device.code
        ));
    }
}

async fn list(config: &Config) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let database = Database::reach(config).await?;
    let all = all(&database.pool.get().await?).await;
    database.close().await?;
    let all = all?;
    if all.is_empty() {
        output::note("no lane yet; make one with `boomgate device add`");
    }
    for (site, lane) in all {
        let device = lane.device_code.as_deref().unwrap_or("-");
        output::result(format!("{site}/{}\t{}\t{device}\t{}", lane.code, lane.direction, lane.name));
    }
    Ok(ExitCode::SUCCESS)
}

async fn all(client: &impl GenericClient) -> Result<Vec<(String, LaneStatus)>> {
    let mut all = Vec::new();
    for site in all_sites(client).await? {
        let lanes = boomgate_store::lanes::list(client, site.id).await?;
        all.extend(lanes.into_iter().map(|lane| (site.code.clone(), lane)));
    }
    Ok(all)
}
