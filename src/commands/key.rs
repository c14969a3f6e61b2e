//! `boomgate key`: keys by which programs use the api.

use std::process::ExitCode;

use anyhow::Result;
use boomgate_domain::ids::SiteCode;
use boomgate_operations::access::{KeysManage, Permission};
use boomgate_operations::keys::{self, AddKey};
use boomgate_operations::unit;
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};

use super::{WithConfig, command_line, explain, label, reader};
use crate::config::Config;
use crate::database::Database;
use crate::log::init as log;
use crate::output;

/// Keys by which programs use the api.
#[derive(Subcommand)]
pub enum Key {
    /// Make a key; it is printed once
    Add(KeyAdd),
    /// End a key, at once
    Revoke {
        #[arg(help = "Name of a live key")]
        name: String,
        #[command(flatten)]
        config: WithConfig,
    },
    /// All keys: name, state, whose, what for, where, last use
    List(WithConfig),
}

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    boomgate key add panel --user ann --permission lanes:read --permission stays:read\n  \
    boomgate key add bms --user eva --permission lanes:operate --site north --days 30\n\n\
    A program sends it as `Authorization: Bearer KEY`. It acts for the user given: it never holds more than this user has \
    at the time, and ends with them. What needs a step-up no key can do.")]
pub struct KeyAdd {
    #[arg(value_parser = label, help = "Name of the key, used once among those that are live")]
    name: String,
    #[arg(long, help = "The user it acts for")]
    user: String,
    #[arg(long = "permission", value_name = "WORD", value_delimiter = ',', required = true, value_parser = permission,
        help = "What it is for, such as lanes:read; may be repeated")]
    permissions: Vec<Permission>,
    #[arg(
        long = "site",
        value_name = "CODE",
        value_delimiter = ',',
        help = "A site it is for; may be repeated [default: every site the user sees]"
    )]
    sites: Vec<SiteCode>,
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=366), help = "How many days it is good")]
    days: u16,
    #[command(flatten)]
    config: WithConfig,
}

fn permission(word: &str) -> Result<Permission, String> {
    Permission::parse(word).ok_or_else(|| {
        let all: Vec<&str> = Permission::ALL.iter().map(|permission| permission.as_str()).collect();
        format!("is none of {}", all.join(", "))
    })
}

/// Does one of the key commands.
pub async fn run(command: Key) -> Result<ExitCode> {
    match command {
        Key::Add(add) => add_key(&add.config.load()?, &add).await,
        Key::Revoke { name, config } => revoke(&config.load()?, &name).await,
        Key::List(with) => list(&with.load()?).await,
    }
}

async fn add_key(config: &Config, add: &KeyAdd) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let request = AddKey {
        name: add.name.clone(),
        user: add.user.clone(),
        permissions: add.permissions.clone(),
        sites: add.sites.clone(),
        lifetime: SignedDuration::from_hours(24 * i64::from(add.days)),
    };
    let database = Database::reach(config).await?;
    let mut client = database.pool.get().await?;
    let by = command_line::<KeysManage>(&client).await?;
    let added = unit::run(&mut client, async |unit| keys::add(unit, &by, &request).await).await;
    drop(client);
    database.close().await?;
    let added = added.map_err(explain)?;
    output::result(format!(
        "{} is good until {}; it is shown this once:",
        add.name,
        added.expires_at.strftime("%F")
    ));
    output::result(added.key);
    Ok(ExitCode::SUCCESS)
}

async fn revoke(config: &Config, name: &str) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let database = Database::reach(config).await?;
    let mut client = database.pool.get().await?;
    let by = command_line::<KeysManage>(&client).await?;
    let revoked = unit::run(&mut client, async |unit| keys::revoke(unit, &by, name).await).await;
    drop(client);
    database.close().await?;
    revoked.map_err(explain)?;
    output::result(format!("{name} is good no more, from the next request on"));
    Ok(ExitCode::SUCCESS)
}

async fn list(config: &Config) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let database = Database::reach(config).await?;
    let client = database.pool.get().await?;
    let all = match reader::<KeysManage>(&client).await? {
        Some(by) => keys::all(&client, &by).await,
        None => Ok(Vec::new()),
    };
    drop(client);
    database.close().await?;
    let (all, now) = (all?, Timestamp::now());
    if all.is_empty() {
        output::note("no key yet; make one with `boomgate key add`");
    }
    for key in all {
        let until = key.expires_at.strftime("%F");
        let state = match key.revoked_at {
            Some(at) => format!("revoked {}", at.strftime("%F")),
            None if key.expires_at <= now => format!("ended {until}"),
            None => format!("until {until}"),
        };
        let sites = if key.every_site { "every site".into() } else { key.sites.join(",") };
        let used = key
            .last_used
            .map_or_else(|| "never used".into(), |at| format!("used {}", at.strftime("%F %H:%M")));
        let permissions = key.permissions.join(",");
        output::result(format!("{}\t{state}\t{}\t{permissions}\t{sites}\t{used}", key.name, key.maker));
    }
    Ok(ExitCode::SUCCESS)
}
