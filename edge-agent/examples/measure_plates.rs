//! Reads every picture of a folder with truth (`NAME.txt`: file, x, y, width, height, text; tab separated) and prints
//! how many plates were found and read, and where the time went.
//!
//! `cargo run -p boomgate-edge-agent --example measure_plates -- FOLDER DE,GB,...`
#![expect(clippy::print_stdout, reason = "a measuring tool prints its figures")]

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use boomgate_domain::plate::grammar::Grammar;
use boomgate_edge_agent::recognise::grey::Grey;
use boomgate_edge_agent::recognise::quad::Bounds;
use boomgate_edge_agent::recognise::{DETECTOR, READER, Recogniser, Stages};

struct Truth {
    picture: PathBuf,
    bounds: Bounds,
    text: String,
}

#[derive(Default)]
struct Tally {
    pictures: usize,
    found: usize,
    exact: usize,
    folded: usize,
    stages: Stages,
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().context("which folder?")?;
    let countries: Vec<String> = arguments
        .next()
        .unwrap_or_default()
        .split(',')
        .filter(|c| !c.is_empty())
        .map(str::to_owned)
        .collect();
    let forms = Grammar::for_countries(&countries)?.forms().to_vec();
    let recogniser = Recogniser::load(DETECTOR, READER, forms)?;
    let mut tally = Tally::default();
    for truth in truths(Path::new(&folder))? {
        measure(&recogniser, &truth, &mut tally)?;
    }
    print(&tally);
    Ok(())
}

fn truths(folder: &Path) -> Result<Vec<Truth>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?.map(|e| Ok(e?.path())).collect::<Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|e| e == "txt"));
    files.sort();
    files.iter().map(|file| truth(folder, &std::fs::read_to_string(file)?)).collect()
}

fn truth(folder: &Path, line: &str) -> Result<Truth> {
    let fields: Vec<&str> = line.trim().split('\t').collect();
    let [file, numbers @ .., text] = fields.as_slice() else { anyhow::bail!("no truth in {line:?}") };
    let numbers: Vec<f32> = numbers.iter().map(|n| n.parse()).collect::<Result<_, _>>()?;
    let [left, top, width, height] = numbers[..] else { anyhow::bail!("four numbers expected in {line:?}") };
    let bounds = Bounds { left, top, width, height };
    Ok(Truth { picture: folder.join(file), bounds, text: (*text).to_owned() })
}

fn measure(recogniser: &Recogniser, truth: &Truth, tally: &mut Tally) -> Result<()> {
    let picture = image::open(&truth.picture).with_context(|| truth.picture.display().to_string())?.to_rgb8();
    let grey = Grey::of(&picture).context("empty picture")?;
    let (sightings, stages) = recogniser.look_timed(&grey)?;
    tally.pictures += 1;
    tally.found += usize::from(sightings.iter().any(|s| s.quad.bounds().overlap(&truth.bounds) > 0.3));
    let read = sightings.first().map(|s| s.text.as_string()).unwrap_or_default();
    tally.exact += usize::from(read == truth.text);
    tally.folded += usize::from(folded(&read) == folded(&truth.text));
    tally.stages.locate += stages.locate;
    tally.stages.rectify += stages.rectify;
    tally.stages.read += stages.read;
    if folded(&read) != folded(&truth.text) {
        println!("{:>10} read as {read}", truth.text);
    }
    Ok(())
}

fn folded(text: &str) -> String {
    text.replace(['O', 'Q'], "0").replace('I', "1")
}

fn print(tally: &Tally) {
    let share = |n: usize| 100.0 * n as f64 / tally.pictures.max(1) as f64;
    let ms = |d: std::time::Duration| d.as_secs_f64() * 1e3 / tally.pictures.max(1) as f64;
    println!(
        "{} pictures: found {:.1} %, read exactly {:.1} %, with O=0=Q and I=1 {:.1} %",
        tally.pictures,
        share(tally.found),
        share(tally.exact),
        share(tally.folded)
    );
    println!(
        "ms per frame: locate {:.1}, rectify {:.2}, read {:.1}",
        ms(tally.stages.locate),
        ms(tally.stages.rectify),
        ms(tally.stages.read)
    );
}
