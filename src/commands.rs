//! Commands beside the server, and what they have in common.

pub mod bi;
pub mod device;
pub mod key;
pub mod lane;
pub mod setup;
pub mod site;
pub mod user;

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use boomgate_operations::access::{AccessError, Actor, Authorized, Grant};
use boomgate_operations::error::OperationError;
use boomgate_operations::fault::{Change, Correction, Fault};
use boomgate_operations::sites;
use boomgate_store::GenericClient;
use boomgate_store::sites::{SiteRow, first_tenant, of_tenant};
use clap::Args;

use crate::config::{BadConfig, Config};
use crate::output;

/// A display name, without control characters.
fn label(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 100 || text.chars().any(char::is_control) {
        return Err("must be 1 to 100 characters without control characters".into());
    }
    Ok(text.to_owned())
}

/// What was changed, line by line.
fn print_changes(of: &str, changes: &[Change]) {
    if changes.is_empty() {
        output::result(format!("{of}: nothing to change, it is so already"));
    }
    for Change { field, before, after } in changes {
        let what = field.replace('_', " ");
        output::result(format!("{of}: {what} is {after}, was {before}"));
    }
}

/// Whoever runs a command on the server: may do everything in the tenant, which is made on first use.
///
/// # Errors
/// The database's.
pub async fn command_line<G: Grant>(client: &impl GenericClient) -> Result<Authorized<G>, OperationError> {
    Ok(Authorized::check(Actor::command_line(sites::tenant(client, "Boomgate").await?))?)
}

/// As [`command_line`], for what changes nothing: none before there is a tenant.
///
/// # Errors
/// The database's.
pub async fn reader<G: Grant>(client: &impl GenericClient) -> Result<Option<Authorized<G>>, OperationError> {
    let tenant = first_tenant(client).await?;
    Ok(tenant.map(|tenant| Authorized::check(Actor::command_line(tenant))).transpose()?)
}

/// Every site of this installation.
///
/// # Errors
/// The database's.
pub async fn all_sites(client: &impl GenericClient) -> Result<Vec<SiteRow>, OperationError> {
    match first_tenant(client).await? {
        Some(tenant) => Ok(of_tenant(client, tenant).await?),
        None => Ok(Vec::new()),
    }
}

/// The error of a command, with the commands and options that would correct it.
#[must_use]
pub fn explain(error: OperationError) -> anyhow::Error {
    let hint = match &error {
        OperationError::Refused(faults) => {
            let lines: Vec<String> = faults.iter().map(line).collect();
            return anyhow!("nothing was changed:\n  {}", lines.join("\n  "));
        }
        OperationError::Access(AccessError::SiteNeeded) => "; say which with --site",
        OperationError::Unknown(text) if text.starts_with("there is no site") => {
            "; `boomgate device add` makes one"
        }
        OperationError::Unknown(text) if text.starts_with("say which site") => " (--site)",
        OperationError::Unknown(text) if text.starts_with("nobody named") => {
            "; `boomgate user list` shows who is"
        }
        OperationError::Store(boomgate_store::StoreError::Unconfirmed(_)) => {
            "; `boomgate lane list` and `boomgate user list` show what is stored"
        }
        OperationError::Invalid { .. }
        | OperationError::FaultyTariff(_)
        | OperationError::NotFound(_)
        | OperationError::Unknown(_)
        | OperationError::Conflict { .. }
        | OperationError::Unacceptable { .. }
        | OperationError::Access(_)
        | OperationError::Issuer(_)
        | OperationError::Store(_)
        | OperationError::Broken(_) => "",
    };
    if hint.is_empty() { error.into() } else { anyhow!("{error}{hint}") }
}

/// A fault as one line: the option it is about, what is wrong, and how to correct it.
#[must_use]
pub fn line(fault: &Fault) -> String {
    let option = match fault.field {
        "keys" | "name" => String::new(),
        field => format!("--{}: ", field.replace('_', "-")),
    };
    let correction = fault.correction.as_ref().map(correction).unwrap_or_default();
    format!("{option}{}{correction}", fault.message)
}

fn correction(correction: &Correction) -> String {
    match correction {
        Correction::RenewDevice { device } => format!(
            " (a new certificate for a device that may speak: boomgate device renew {device} --out DIR)"
        ),
        Correction::SetSite { site, setting, value } => {
            let option = setting.replace('_', "-");
            format!(
                "; leave it out, or correct the site first: boomgate site set --site {site} --{option} {value}"
            )
        }
        Correction::SetLane { site, lane, direction } => format!(
            "; give what is stored, or correct the lane first: boomgate lane set --site {site} --lane {lane} --direction {direction}"
        ),
        Correction::SetRole { name, role } => {
            format!(", or change the role: boomgate user set {} --role {role}", typed(name))
        }
        Correction::GiveSite { name, role, site } => {
            let role = role.map(|role| format!(" --role {role}")).unwrap_or_default();
            let site = site.as_ref().map_or("SITE", |site| site.as_str());
            format!(": boomgate user set {}{role} --give {site}", typed(name))
        }
        Correction::BeAdmin => "; an admin needs none: --role admin".into(),
    }
}

/// A name as it is typed at a shell.
#[must_use]
pub fn typed(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@'));
    if plain { name.to_owned() } else { format!("'{}'", name.replace('\'', "'\\''")) }
}

const CONFIG: &str = "boomgate.toml";

/// Where the configuration is.
#[derive(Args)]
pub struct WithConfig {
    /// Configuration file (TOML); relative paths in it are relative to it
    #[arg(long, value_name = "FILE", default_value = CONFIG, env = "BOOMGATE_CONFIG")]
    pub config: PathBuf,
}

impl WithConfig {
    pub fn load(&self) -> Result<Config, BadConfig> {
        // An empty variable counts as not set.
        let nothing = self.config.as_os_str().is_empty();
        Config::load(if nothing { Path::new(CONFIG) } else { &self.config })
    }
}
