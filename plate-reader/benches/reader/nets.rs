//! Each net alone, in tract and in onnxruntime: the same file, the same input, one thread, turn and turn about.

use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use boomgate_plate_reader::net::{Graph, Net};
use serde::{Deserialize, Serialize};

use crate::clock::worked;
use crate::spread::{Spread, rounded};

/// Width, height and size of the answer, as the files declare them.
const SHAPES: [(usize, usize, usize); 4] =
    [(640, 384, 9 * 80 * 48), (160, 64, 10), (192, 64, 48 * 37), (192, 64, 48 * 37)];
const YARDSTICK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/reader/onnxruntime_turns.py");
const ROUNDS: usize = 5;
/// How long one turn of one net takes, about.
const TURN: Duration = Duration::from_millis(400);

#[derive(Serialize)]
pub struct NetMs {
    net: String,
    tract: Spread,
    #[serde(skip_serializing_if = "Option::is_none")]
    onnxruntime: Option<Against>,
}

#[derive(Serialize)]
struct Against {
    version: String,
    #[serde(flatten)]
    ms: Spread,
    /// Tract's middle over onnxruntime's.
    ratio: f64,
    /// Between the two answers.
    largest_difference: f32,
}

/// What the Python process says after each turn.
#[derive(Deserialize)]
struct Turn {
    version: String,
    ms: Vec<f64>,
    answer: Vec<f32>,
}

pub fn measure(files: &[(&str, &Option<PathBuf>); 4], python: Option<&Path>) -> Result<Vec<NetMs>> {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let one = |(&(name, file), (width, height, answer)): (&(&str, &Option<PathBuf>), _)| {
        let file = file.clone().unwrap_or_else(|| shipped.join(format!("{name}.onnx")));
        compare(name, &file, (width, height, answer), python).with_context(|| format!("the {name}"))
    };
    files.iter().zip(SHAPES).map(one).collect()
}

fn compare(
    name: &str,
    file: &Path,
    (width, height, size): (usize, usize, usize),
    python: Option<&Path>,
) -> Result<NetMs> {
    let bytes = fs::read(file).with_context(|| file.display().to_string())?;
    let net = Graph::parse(name, &bytes)?.sized(width, height)?;
    let plane: Vec<f32> = (0..width * height).map(noise).collect();
    let mut other = python.map(|python| Other::start(python, file, &plane)).transpose()?;
    let (mut own, mut turns) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        own.extend(turn(&net, &plane, size)?);
        if let Some(other) = &mut other {
            turns.push(other.turn()?);
        }
    }
    let tract = Spread::of(own);
    let answer = net.run(&plane, size)?;
    let onnxruntime = turns.first().map(|first| Against {
        version: first.version.clone(),
        largest_difference: difference(&answer, &first.answer),
        ms: Spread::of_ms(turns.iter().flat_map(|turn| turn.ms.iter().copied()).collect()),
        ratio: 0.0,
    });
    let onnxruntime = onnxruntime.map(|one| Against { ratio: rounded(tract.p50 / one.ms.p50), ..one });
    Ok(NetMs { net: name.to_owned(), tract, onnxruntime })
}

fn turn(net: &Net, plane: &[f32], size: usize) -> Result<Vec<Duration>> {
    let (begun, mut times) = (worked(), Vec::new());
    while worked() - begun < TURN {
        let before = worked();
        net.run(plane, size)?;
        times.push(worked() - before);
    }
    Ok(times)
}

fn difference(own: &[f32], other: &[f32]) -> f32 {
    if own.len() != other.len() {
        return f32::INFINITY;
    }
    own.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Looks like noise, is the same every time.
fn noise(index: usize) -> f32 {
    ((index as u32).wrapping_mul(2_654_435_761) >> 16) as f32 / 32768.0 - 1.0
}

/// The Python process.
struct Other {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Other {
    fn start(python: &Path, file: &Path, plane: &[f32]) -> Result<Other> {
        let mut command = Command::new(python);
        command.arg(YARDSTICK).arg(file).arg(TURN.as_secs_f64().to_string());
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} does not start", python.display()))?;
        let mut orders = process.stdin.take().context("no way to speak to Python")?;
        let answers = BufReader::new(process.stdout.take().context("no way to hear Python")?);
        writeln!(orders, "{}", serde_json::to_string(plane)?)?;
        Ok(Other { process, orders, answers })
    }

    fn turn(&mut self) -> Result<Turn> {
        writeln!(self.orders, "go")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        ensure!(!line.is_empty(), "Python ended; see above");
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl fmt::Display for NetMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<40} {}", format!("{} in tract", self.net), self.tract)?;
        let Some(other) = &self.onnxruntime else { return Ok(()) };
        let Against { version, ms, ratio, largest_difference } = other;
        writeln!(f)?;
        write!(f, "{:<40} {ms}", format!("  in onnxruntime {version}"))?;
        write!(f, "   ratio {ratio:.2}, answers differ by {largest_difference:.1e}")
    }
}
