//! The table on the screen and `target/bench.json`. A part that was not measured this time keeps its last figures.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::Plan;
use crate::figures::{Bar, Figure, Section, Target};

pub fn begin(plan: &Plan) {
    println!(
        "{} rounds of {:.0} s; {} processors, load {} at the start",
        plan.rounds,
        plan.turn.as_secs_f64(),
        processors(),
        load()
    );
}

pub fn progress(what: &str) {
    println!("measuring {what} ...");
    drop(std::io::stdout().flush());
}

pub fn print(section: &Section) {
    println!("\n{}: {}", section.name, section.note);
    println!("  {:<46} {:>12} {:>12} {:>12}", "", "median", "least", "most");
    for figure in &section.figures {
        println!("  {}", line(figure));
    }
    for bar in &section.bars {
        println!("  {}", verdict(bar));
    }
    println!();
}

pub fn summary(sections: &[Section]) {
    println!("Bars:");
    for section in sections {
        for bar in &section.bars {
            println!("  {:<10} {}", section.name, verdict(bar));
        }
    }
    println!("figures: {}", file().display());
}

/// Puts the section into the file.
pub fn save(section: &Section, plan: &Plan) -> Result<()> {
    let path = file();
    let mut all = read(&path);
    let mut part = section.json();
    part["conditions"] = json!({
        "at": jiff::Timestamp::now().to_string(),
        "rounds": plan.rounds,
        "turn_s": plan.turn.as_secs_f64(),
        "processors": processors(),
        "load": load(),
    });
    all.insert(section.name.to_owned(), part);
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    let text = serde_json::to_string_pretty(&Value::from(all))? + "\n";
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn read(path: &Path) -> Map<String, Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn file() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    workspace.join("target/bench.json")
}

fn line(figure: &Figure) -> String {
    let least = figure.rounds.iter().copied().fold(f64::INFINITY, f64::min);
    let most = figure.rounds.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("{:<46} {:>12} {:>12} {:>12}", figure.name, short(figure.median()), short(least), short(most))
}

fn verdict(bar: &Bar) -> String {
    let word = if bar.is_met() { "met   " } else { "MISSED" };
    let target = match bar.target {
        Target::AtLeast(target) => format!("at least {target}"),
        Target::AtMost(target) => format!("at most {target}"),
    };
    format!("{word} {}: {} ({target})", bar.what, short(bar.value))
}

fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Running programs over one, five and fifteen minutes, as the kernel counts them.
fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}
