//! `make bench-reader`: what a frame costs one core, stage by stage, and what each net costs in tract and in
//! onnxruntime.
//!
//! ```text
//!   drawn frames (or --pictures) ──► Grey ──► Recogniser, on one thread, with a watch
//!   the ONNX files ──► tract here, onnxruntime in a Python process beside it, taking turns
//! ```
//!
//! Milliseconds are processor time of the one thread that works, so that a busy machine is unkind but not unfair.
#![allow(clippy::unwrap_used, reason = "a measuring tool that cannot go on should say so")]
#![allow(clippy::print_stdout, reason = "a measuring tool prints its figures")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for single kinds")]

mod clock;
mod frames;
mod nets;
mod spread;

use std::path::PathBuf;

use anyhow::Result;
use boomgate_domain::plate::grammar::Grammar;
use boomgate_plate_reader::recogniser::{ModelPaths, Recogniser};
use clap::Parser;
use serde_json::json;

/// Measure the plate reader on one core
#[derive(Parser)]
#[command(after_help = "Paths must be absolute: cargo runs a bench in the folder of its package.")]
struct Arguments {
    /// Frames to look at
    #[arg(long, default_value_t = 60)]
    frames: usize,
    /// Look at the pictures of this folder instead of drawn frames
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// Countries and regions whose plates are expected
    #[arg(long, value_delimiter = ',', default_value = "EU")]
    country: Vec<String>,
    /// Another net instead of the shipped detector
    #[arg(long, value_name = "ONNX")]
    detector: Option<PathBuf>,
    #[arg(long, value_name = "ONNX")]
    refiner: Option<PathBuf>,
    /// Another reader instead of the shipped first one
    #[arg(long, value_name = "ONNX")]
    reader: Option<PathBuf>,
    /// The net that reads again what the first does not see clearly
    #[arg(long, value_name = "ONNX", requires = "reader")]
    second_reader: Option<PathBuf>,
    /// A Python with onnxruntime and numpy, the yardstick; without it the nets are measured in tract only
    #[arg(long, value_name = "PROGRAM")]
    python: Option<PathBuf>,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// What cargo itself says to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let Arguments { detector, refiner, reader, second_reader, .. } = &arguments;
    let grammar = Grammar::for_countries(&arguments.country)?;
    let models = ModelPaths {
        detector: detector.clone(),
        refiner: refiner.clone(),
        readers: reader.iter().chain(second_reader).cloned().collect(),
        ..ModelPaths::default()
    };
    let recogniser = Recogniser::load(&models, &grammar)?;
    let frames = frames::measure(&recogniser, arguments.pictures.as_deref(), arguments.frames)?;
    drop(recogniser);
    let chosen =
        [("detector", detector), ("refiner", refiner), ("reader", reader), ("second-reader", second_reader)];
    let nets = nets::measure(&chosen, arguments.python.as_deref())?;
    if arguments.json {
        println!("{}", json!({ "frame": frames, "nets": nets }));
    } else {
        println!("{frames}\n");
        nets.iter().for_each(|net| println!("{net}"));
    }
    Ok(())
}
