//! Commands beside the server, and what they have in common.

pub mod device;
pub mod lane;
pub mod site;
pub mod user;

use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::{BadConfig, Config};
use crate::operations::Change;
use crate::say;

/// A name for people, without what no screen can show.
fn label(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 100 || text.chars().any(char::is_control) {
        return Err("must be 1 to 100 characters without control characters".into());
    }
    Ok(text.to_owned())
}

/// What was changed, line by line.
fn say_changes(of: &str, changes: &[Change]) {
    if changes.is_empty() {
        say::result(format!("{of}: nothing to change, it is so already"));
    }
    for Change { what, before, after } in changes {
        say::result(format!("{of}: {what} is {after}, was {before}"));
    }
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
        // An environment that says nothing is as if not set.
        let nothing = self.config.as_os_str().is_empty();
        Config::load(if nothing { Path::new(CONFIG) } else { &self.config })
    }
}
