//! `edge-agent`: the program of one lane.
//!
//! Arguments, configuration, logs, and the exit status; what happens is in the library beside it.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use boomgate_domain::plate::grammar::Grammar;
use boomgate_domain::reading::{Kind, Thresholds};
use boomgate_edge_agent::config::{BadConfig, Config, Fault};
use boomgate_edge_agent::spool::lock::LockError;
use boomgate_edge_agent::spool::store::StoreError;
use boomgate_edge_agent::{agent, doctor, output};
use boomgate_plate_reader::evaluate::sheet::Sheet;
use boomgate_plate_reader::evaluate::{self, Case};
use boomgate_plate_reader::read_files::{Order, Output, verdict};
use boomgate_plate_reader::reading_settings::ReadingSettings;
use boomgate_plate_reader::recogniser::{DetectorKind, ModelPaths, Recogniser};
use clap::{Args, Parser, Subcommand};
use serde::Serialize;
use tracing_subscriber::EnvFilter;

/// Configuration that cannot be used (EX_CONFIG of sysexits.h).
const BAD_CONFIG: u8 = 78;
/// Another program uses this lane's spool (EX_TEMPFAIL).
const IN_USE: u8 = 75;

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
    /// Read the plates on pictures and videos, with the models shipped in this program
    #[command(
        after_help = "A video is read frame by frame and cut into vehicles; each vehicle is told once, read from up to\n\
        eight of its frames as a lane would. With --json every frame is told as well, and a vehicle is the\n\
        object with the key \"vehicle\": its boxes and times are those of the frame that shows its plate best,\n\
        the one that --draw draws. Videos are motion JPEG (.avi, .mjpeg); with the feature opencv also MP4,\n\
        MKV and whatever else OpenCV opens.\n\
        Examples:\n  \
        edge-agent read car.jpg pictures/ --country SK,CZ --draw seen\n  \
        edge-agent read lane.mp4 --country SK --json | jq 'select(.vehicle) | .plate'\n\
        Pictures are turned upright as their EXIF says. Of a picture cut short what is left is read, and it is named.\n\
        The exit status is 1 if no plate was found or something could not be read to its end."
    )]
    Read(Read),
    /// Measure how well a folder of pictures with known plates is read
    #[command(
        after_help = "Beside NAME.jpg stands NAME.txt, one line per plate, fields separated by tabs:\n  \
        NAME.jpg  x  y  width  height  TEXT\n\
        A picture without such a file has no plate; whatever is seen on it is wrong. Boxes are those of the picture\n\
        turned upright. Strict figures compare texts as they would be stored and come first; folded ones take O and Q\n\
        for 0 and I for 1.\n\
        Example: edge-agent evaluate pictures/ --country DE,AT --sheet worst.png --json"
    )]
    Evaluate(Evaluate),
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
    /// JPEG or PNG pictures, videos, or folders of both
    #[arg(required = true, value_name = "IMAGE|VIDEO|DIR")]
    files: Vec<PathBuf>,
    /// Countries whose plate forms are expected, such as DE,SK; none reads freely
    #[arg(long, alias = "countries", value_delimiter = ',', value_name = "CODES")]
    country: Vec<String>,
    /// One JSON object per picture, per frame and per vehicle of a video
    #[arg(long)]
    json: bool,
    /// Write each picture, and the best frame of each vehicle, with what was seen drawn over it into this folder
    #[arg(long, value_name = "OUT_DIR")]
    draw: Option<PathBuf>,
}

#[derive(Args)]
struct Evaluate {
    /// Folder of pictures
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Countries whose plate forms are expected, such as DE,SK; none reads freely
    #[arg(long, value_delimiter = ',', value_name = "CODES")]
    country: Vec<String>,
    /// One JSON object per picture, and as the last line one of all figures
    #[arg(long)]
    json: bool,
    /// Draw the worst cases on one PNG
    #[arg(long, value_name = "OUT.png")]
    sheet: Option<PathBuf>,
    /// A detector to measure instead of the shipped one
    #[arg(long, value_name = "ONNX")]
    detector: Option<PathBuf>,
    /// What that detector answers with
    #[arg(long, value_name = "KIND", default_value = "corners", requires = "detector")]
    detector_kind: DetectorKind,
    /// A refiner to measure instead of the shipped one
    #[arg(long, value_name = "ONNX")]
    refiner: Option<PathBuf>,
    /// A reader to measure instead of the shipped ones; given again, one more to ask where the first does not see clearly
    #[arg(long, value_name = "ONNX")]
    reader: Vec<PathBuf>,
    /// The YAML file that says what that reader's fixed places are (fast-plate-ocr)
    #[arg(long, value_name = "YAML", requires = "reader")]
    reader_config: Option<PathBuf>,
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
        Command::Read(read) => finish(read_plates(&read)),
        Command::Evaluate(evaluation) => finish(measure(&evaluation)),
        Command::Doctor(doctor) => finish(examine(&doctor)),
    }
}

/// The chain of causes is printed here and nowhere else.
fn finish(outcome: Result<ExitCode>) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        output::error(format!("edge-agent: {error:#}"));
        if error.is::<BadConfig>() {
            ExitCode::from(BAD_CONFIG)
        } else if matches!(error.downcast_ref(), Some(StoreError::Lock(LockError::Held(_)))) {
            ExitCode::from(IN_USE)
        } else {
            ExitCode::FAILURE
        }
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
    // What cannot be written is lost: complaining about it would go the same way.
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(output::Log::default)
        .log_internal_errors(false);
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
    for Fault { path, what } in config.warnings() {
        output::line(format!("note: {path}: {what}"));
    }
    output::line(format!(
        "{} is right: lane {} of site {}",
        check.config.display(),
        config.lane,
        config.site
    ));
    Ok(ExitCode::SUCCESS)
}

fn read_plates(read: &Read) -> Result<ExitCode> {
    let (recogniser, reading_settings) = load_reader(&ModelPaths::default(), &read.country)?;
    let (recogniser, reading_settings) = (&recogniser, &reading_settings);
    let output = Output {
        line: output::line,
        progress: output::error,
        failure: |error| output::error(format!("edge-agent: {error:#}")),
    };
    let order = Order { recogniser, reading_settings, json: read.json, draw: read.draw.as_deref(), output };
    let outcome = order.read(&read.files)?;
    let well = outcome.plates > 0 && outcome.failed == 0;
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn load_reader(models: &ModelPaths, countries: &[String]) -> Result<(Recogniser, ReadingSettings)> {
    let grammar = Grammar::for_countries(countries).context("--country")?;
    let recogniser = Recogniser::load(models, &grammar)?;
    Ok((recogniser, ReadingSettings { grammar, thresholds: Thresholds::default() }))
}

fn measure(evaluation: &Evaluate) -> Result<ExitCode> {
    let models = ModelPaths {
        detector: evaluation.detector.clone(),
        detector_kind: evaluation.detector_kind,
        refiner: evaluation.refiner.clone(),
        readers: evaluation.reader.clone(),
        reader_config: evaluation.reader_config.clone(),
    };
    let (recogniser, reading_settings) = load_reader(&models, &evaluation.country)?;
    let mut sheet = Sheet::new();
    let report = evaluate::evaluate(&evaluation.folder, &recogniser, &reading_settings, |case, pixels| {
        if case.is_cut_short {
            let path = case.path.display();
            output::error(format!("picture {path} is cut short: what is left of it is measured"));
        }
        if evaluation.json {
            print_case(case)?
        } else {
            print_errors(case)
        }
        sheet.add(case, pixels);
        Ok(())
    })?;
    if let Some(path) = &evaluation.sheet {
        sheet.drawn().save(path).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    if evaluation.json {
        output::line(serde_json::to_string(&report)?);
    } else {
        output::line(&report);
    }
    Ok(ExitCode::SUCCESS)
}

/// What `evaluate --json` tells of one picture.
#[derive(Serialize)]
struct CaseOutput<'a> {
    image: String,
    truth: Vec<&'a str>,
    read: String,
    /// As it would be stored.
    exact: bool,
    /// With O = 0 = Q and I = 1.
    right: bool,
    verdict: String,
    /// Probability that the text is right, 0 to 1, if there is a plate.
    certainty: f32,
    confidence: &'a [f32],
    margin: f32,
    series: Option<&'a str>,
    /// Which limits it must meet to be accepted.
    kind: Option<Kind>,
    /// Belief that there is a plate at all, 0 to 1.
    plate: f32,
}

fn print_case(case: &Case) -> Result<()> {
    let reading = &case.look.reading;
    output::line(serde_json::to_string(&CaseOutput {
        image: case.path.display().to_string(),
        truth: case.plates.iter().map(|plate| plate.text.as_str()).collect(),
        read: case.text(),
        exact: case.is_exact(),
        right: case.is_right(),
        verdict: verdict(reading.verdict),
        certainty: reading.certainty(),
        confidence: &reading.confidence,
        margin: reading.margin_nats,
        series: reading.series.as_deref(),
        kind: reading.kind,
        plate: case.look.sightings.first().map_or(0.0, |best| best.plate),
    })?);
    Ok(())
}

fn print_errors(case: &Case) {
    let read = case.text();
    let expected: Vec<&str> = case.plates.iter().map(|plate| plate.text.as_str()).collect();
    let nothing_to_say = expected.is_empty() && read.is_empty();
    if !case.is_exact() && !nothing_to_say {
        let or_none = |text: String| if text.is_empty() { "-".to_owned() } else { text };
        output::line(format!(
            "{:>12} read as {:12} {:?}, certainty {:.3}, margin {:.1}, box told {:12} {}",
            or_none(expected.join(" ")),
            or_none(read),
            case.look.reading.verdict,
            case.look.reading.certainty(),
            case.look.reading.margin_nats,
            or_none(case.truth_box_texts.join(" ")),
            case.path.display()
        ));
    }
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
        output::line(format!("{mark}  {}: {text}", check.name));
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
