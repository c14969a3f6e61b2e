//! `edge-agent`: the program of one lane.
//!
//! Arguments, configuration, logs, and the exit status; what happens is in the library beside it.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use boomgate_domain::plate::grammar::Grammar;
use boomgate_domain::reading::{Thresholds, fuse};
use boomgate_edge_agent::camera::read_picture;
use boomgate_edge_agent::config::{BadConfig, Config};
use boomgate_edge_agent::recognise::grey::Grey;
use boomgate_edge_agent::recognise::{DETECTOR, READER, Recogniser, Sighting};
use boomgate_edge_agent::{agent, doctor, say, vision};
use clap::{Args, Parser, Subcommand};
use serde::Serialize;
use tracing_subscriber::EnvFilter;

/// Configuration that cannot be used (EX_CONFIG of sysexits.h).
const BAD_CONFIG: u8 = 78;

/// The lane: loops, camera, plate reader, barrier, spool and the line to the server.
#[derive(Parser)]
#[command(
    version,
    after_help = "A lane keeps deciding without its server and tells it everything later.\n\
    Start with `edge-agent check-config --config agent.toml`, then `edge-agent doctor --config agent.toml`."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the lane until it is told to end (SIGTERM, SIGINT)
    Run(Run),
    /// Check a configuration file and name everything that is wrong with it
    CheckConfig(CheckConfig),
    /// Read the plates on pictures, with the models shipped in this program
    #[command(after_help = "Example: edge-agent read car.jpg --countries SK,CZ --json\n\
        The exit status is 1 if no picture shows a readable plate.")]
    Read(Read),
    /// Look at everything a lane needs and say what is missing; the boom is not moved
    Doctor(Doctor),
}

#[derive(Args)]
struct Run {
    /// Configuration file (TOML); relative paths in it are relative to it
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Write logs as JSON lines instead of text; RUST_LOG chooses what is logged
    #[arg(long)]
    log_json: bool,
    /// End when the process that started this one ends
    #[arg(long)]
    exit_with_parent: bool,
}

#[derive(Args)]
struct CheckConfig {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Check the file alone, not whether its keys and cameras are on this machine
    #[arg(long)]
    file_only: bool,
}

#[derive(Args)]
struct Read {
    /// JPEG or PNG pictures
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// Countries whose plate forms are expected, such as DE,SK; none reads freely
    #[arg(long, value_delimiter = ',', value_name = "CODES")]
    countries: Vec<String>,
    /// One JSON object per picture
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Doctor {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Run(run) => finish(run_lane(&run)),
        Command::CheckConfig(check) => finish(check_config(&check)),
        Command::Read(read) => finish(read_pictures(&read)),
        Command::Doctor(doctor) => finish(examine(&doctor)),
    }
}

/// The chain of causes is printed here and nowhere else.
fn finish(outcome: Result<ExitCode>) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        say::trouble(format!("edge-agent: {error:#}"));
        if error.is::<BadConfig>() { ExitCode::from(BAD_CONFIG) } else { ExitCode::FAILURE }
    })
}

fn run_lane(run: &Run) -> Result<ExitCode> {
    log(run.log_json);
    let config = usable(&run.config)?;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(agent::run(config, run.exit_with_parent))?;
    runtime.shutdown_timeout(std::time::Duration::from_millis(500));
    Ok(ExitCode::SUCCESS)
}

fn log(json: bool) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,tract_core=warn,tract_onnx=warn,rumqttc=warn"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if json {
        logs.json().init();
    } else {
        logs.init();
    }
}

/// The file's content, if it and this machine are fit for it.
fn usable(file: &Path) -> Result<Config> {
    let config = Config::read(file)?;
    let faults = config.surroundings();
    if faults.is_empty() { Ok(config) } else { Err(BadConfig { file: file.to_owned(), faults }.into()) }
}

fn check_config(check: &CheckConfig) -> Result<ExitCode> {
    let config = if check.file_only { Config::read(&check.config)? } else { usable(&check.config)? };
    say::line(format!("{} is right: lane {} of site {}", check.config.display(), config.lane, config.site));
    Ok(ExitCode::SUCCESS)
}

/// What `read` tells of one picture.
#[derive(Serialize)]
struct PictureRead {
    image: String,
    plate: Option<String>,
    verdict: String,
    /// Belief per character, 0 to 1.
    confidence: Vec<f32>,
    series: Option<String>,
    /// Corners of the plate: top left, top right, bottom right, bottom left.
    corners: Option<[[f32; 2]; 4]>,
    others: Vec<String>,
}

fn read_pictures(read: &Read) -> Result<ExitCode> {
    let grammar = Grammar::for_countries(&read.countries).context("--countries")?;
    let recogniser = Recogniser::load(DETECTOR, READER, grammar.forms().to_vec())?;
    let (mut plates, mut failed) = (0, false);
    for image in &read.images {
        match read_picture_at(image, &recogniser, &grammar) {
            Ok(found) => {
                plates += usize::from(found.plate.is_some());
                tell(&found, read.json)?;
            }
            Err(error) => {
                failed = true;
                say::trouble(format!("edge-agent: {error:#}"));
            }
        }
    }
    Ok(if plates > 0 && !failed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read_picture_at(image: &Path, recogniser: &Recogniser, grammar: &Grammar) -> Result<PictureRead> {
    let picture = read_picture(image)?;
    let grey = Grey::of(&picture).context("the picture is empty")?;
    let sightings = recogniser.look(&grey)?;
    let best = sightings.first();
    let frames: Vec<_> = best.and_then(|sighting| vision::frame_reading(0, sighting)).into_iter().collect();
    let reading = fuse(&frames, grammar, &Thresholds::default());
    let others = sightings.iter().skip(1).map(|sighting| sighting.text.as_string()).collect();
    Ok(PictureRead {
        image: image.display().to_string(),
        plate: reading.plate.as_ref().map(ToString::to_string),
        verdict: format!("{:?}", reading.verdict).to_lowercase(),
        confidence: reading.confidence,
        series: reading.series,
        corners: best.map(corners),
        others,
    })
}

fn corners(sighting: &Sighting) -> [[f32; 2]; 4] {
    sighting.quad.0.map(|point| [point.x, point.y])
}

fn tell(found: &PictureRead, json: bool) -> Result<()> {
    if json {
        say::line(serde_json::to_string(found)?);
        return Ok(());
    }
    let plate = found.plate.as_deref().unwrap_or("no plate");
    let weakest = found.confidence.iter().copied().reduce(f32::min).unwrap_or(0.0);
    say::line(format!(
        "{}: {plate} ({}, weakest character {:.0} %)",
        found.image,
        found.verdict,
        weakest * 100.0
    ));
    Ok(())
}

fn examine(doctor: &Doctor) -> Result<ExitCode> {
    let config = Config::read(&doctor.config)?;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let checks = runtime.block_on(doctor::examine(&config));
    let mut well = true;
    for check in checks {
        let (mark, text) = match &check.outcome {
            Ok(found) => ("ok  ", found),
            Err(wrong) => ("FAIL", wrong),
        };
        well &= check.outcome.is_ok();
        say::line(format!("{mark}  {}: {text}", check.name));
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
