//! The agent's configuration file: its keys, and all its faults at once.
//!
//! Raw sections are what serde reads, unknown keys refused; [`Config`] is what the program uses. Reading is pure;
//! [`Config::surroundings`] looks at the machine (files, built-in features).

mod address;
mod camera_source;
mod fault;
mod limits;
mod raw;
mod sections;
mod settings;
mod surroundings;
#[cfg(test)]
mod tests;
mod timings;

use std::path::Path;

pub use camera_source::CameraSource;
pub use fault::{BadConfig, Fault};
use raw::Raw;
pub use settings::{CameraKind, Config, GpioKind, Reader, Server};
use toml::Table;

impl Config {
    /// Reads a file; its relative paths are relative to it.
    pub fn read(file: &Path) -> Result<Config, BadConfig> {
        let alone = |what: String| BadConfig {
            file: file.to_owned(),
            faults: vec![Fault { path: "file".into(), what }],
        };
        let text = std::fs::read_to_string(file).map_err(|error| alone(error.to_string()))?;
        let folder = file.parent().unwrap_or(Path::new("."));
        match Config::parse(&text, folder) {
            Ok(config) => Ok(Config { file: file.to_owned(), ..config }),
            Err(faults) => Err(BadConfig { file: file.to_owned(), faults }),
        }
    }

    pub fn parse(text: &str, folder: &Path) -> Result<Config, Vec<Fault>> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            vec![Fault { path: "file".into(), what: error.to_string().trim_end().to_owned() }]
        })?;
        let mut raw = Raw { table, folder: folder.to_owned(), faults: Vec::new() };
        let config = raw.config();
        match config {
            Some(config) if raw.faults.is_empty() => Ok(config),
            _ => Err(raw.faults),
        }
    }

    /// What is right only if somebody has seen to it.
    pub fn warnings(&self) -> Vec<Fault> {
        let GpioKind::Pi(wiring) = &self.gpio else { return Vec::new() };
        let named = |(key, what)| Fault { path: format!("gpio.pins.{key}"), what };
        wiring.warnings().into_iter().map(named).collect()
    }
}
