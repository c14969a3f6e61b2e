//! Commands beside the server, and what they have in common.

pub mod device;

use std::path::PathBuf;

use clap::Args;

use crate::config::{BadConfig, Config};

/// Where the configuration is.
#[derive(Args)]
pub struct WithConfig {
    /// Configuration file (TOML); relative paths in it are relative to it
    #[arg(long, value_name = "FILE", default_value = "boomgate.toml", env = "BOOMGATE_CONFIG")]
    pub config: PathBuf,
}

impl WithConfig {
    pub fn load(&self) -> Result<Config, BadConfig> {
        Config::load(&self.config)
    }
}
