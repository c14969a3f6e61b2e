//! `boomgate bi`: who reads the views for other programs' reports.

use std::process::ExitCode;

use anyhow::{Result, bail};
use boomgate_operations::access::SettingsWrite;
use boomgate_store::bi;
use clap::Subcommand;

use super::{WithConfig, command_line, reader};
use crate::config::Config;
use crate::database::Database;
use crate::log::init as log;
use crate::output;

/// Readers of other programs' reports.
#[derive(Subcommand)]
pub enum Bi {
    /// Let a role of the database read the views `bi.*`
    #[command(after_help = "Example, with an external database:\n  \
        create role metabase login password '…';      (in psql, by whoever may make roles)\n  \
        boomgate bi add metabase\n\n\
        The role sees sites, lanes, stays, payments, decisions and alarms of your company, without plates, names and \
        notes, and nothing else. docs/bi.md names every column.")]
    Add {
        #[arg(help = "Name of the role", value_parser = role)]
        role: String,
        #[command(flatten)]
        config: WithConfig,
    },
    /// Let a role read nothing any more
    Remove {
        #[arg(help = "Name of the role", value_parser = role)]
        role: String,
        #[command(flatten)]
        config: WithConfig,
    },
    /// Roles that read the views, and since when
    List(WithConfig),
}

fn role(text: &str) -> Result<String, String> {
    if bi::is_role_name(text) {
        return Ok(text.to_owned());
    }
    Err("must be 1 to 60 small letters, digits and _, a letter first".into())
}

/// Does one of the commands.
pub async fn run(command: Bi) -> Result<ExitCode> {
    match command {
        Bi::Add { role, config } => add(&config.load()?, &role).await,
        Bi::Remove { role, config } => remove(&config.load()?, &role).await,
        Bi::List(with) => list(&with.load()?).await,
    }
}

async fn add(config: &Config, role: &str) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let database = Database::reach(config).await?;
    let mut client = database.pool.get().await?;
    let tenant = command_line::<SettingsWrite>(&client).await?.actor().tenant;
    if !bi::is_role(&client, role).await? {
        bail!("the database has no role {role}; make it first: create role {role} login password '…'");
    }
    let tx = client.transaction().await?;
    let added = bi::add_reader(&tx, role, tenant).await;
    if added.as_ref().is_err_and(|error| error.is_duplicate()) {
        bail!("{role} reads the views already");
    }
    added?;
    tx.commit().await?;
    drop(client);
    database.close().await?;
    output::result(format!("{role} reads the views bi.*, from the next statement on"));
    Ok(ExitCode::SUCCESS)
}

async fn remove(config: &Config, role: &str) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let database = Database::reach(config).await?;
    let client = database.pool.get().await?;
    let tenant = command_line::<SettingsWrite>(&client).await?.actor().tenant;
    let removed = bi::remove_reader(&client, role, tenant).await?;
    drop(client);
    database.close().await?;
    if !removed {
        bail!("{role} does not read the views");
    }
    output::result(format!("{role} sees no row any more; it is still a role of the database"));
    Ok(ExitCode::SUCCESS)
}

async fn list(config: &Config) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let database = Database::reach(config).await?;
    let client = database.pool.get().await?;
    let all = match reader::<SettingsWrite>(&client).await? {
        Some(by) => bi::list(&client, by.actor().tenant).await?,
        None => Vec::new(),
    };
    drop(client);
    database.close().await?;
    for one in all {
        output::result(format!("{}  since {}", one.role_name, one.made_at.strftime("%F")));
    }
    Ok(ExitCode::SUCCESS)
}
