//! Whole frames through the recogniser, and what each stage of them costs.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use boomgate_plate_reader::folder::pictures_of;
use boomgate_plate_reader::grey::Grey;
use boomgate_plate_reader::picture::read_picture;
use boomgate_plate_reader::recogniser::Recogniser;
use boomgate_plate_reader::scene::{Light, SceneRenderer, View};
use boomgate_plate_reader::stage_timer::{STAGES, StageTimer};
use image::RgbImage;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::Serialize;

use crate::clock::worked;
use crate::spread::{Spread, rounded};

/// Countries and what their plates look like: letters and digits.
const FORMS: [(&str, &str); 4] = [("SK", "LLDDDLL"), ("CZ", "DLLDDDD"), ("PL", "LLDDDDD"), ("DE", "LLLDDDD")];

#[derive(Serialize)]
pub struct Frames {
    frames: usize,
    /// From colours to texts.
    ms: Spread,
    stages: Vec<StageMs>,
    /// What one core can do, taken from the mean.
    frames_per_s: f64,
    plates_per_frame: f64,
}

#[derive(Serialize)]
struct StageMs {
    stage: String,
    #[serde(flatten)]
    ms: Spread,
}

/// One frame's times: grey first, then the stages.
type Times = [Duration; STAGES.len() + 1];

pub fn measure(recogniser: &Recogniser, folder: Option<&Path>, most: usize) -> Result<Frames> {
    let paths = folder.map(pictures_of).transpose()?;
    let most = paths.as_ref().map_or(most, |paths| paths.len().min(most));
    ensure!(most > 0, "there is no picture to look at");
    let scene = SceneRenderer::new();
    let picture = |number: usize| match &paths {
        Some(paths) => read_picture(&paths[number]).map(|picture| picture.pixels),
        None => Ok(scene.draw(&view(number as u64))),
    };
    look(recogniser, &picture(0)?)?;
    let (mut times, mut plates) = (Vec::with_capacity(most), 0);
    for number in 0..most {
        let (took, found) = look(recogniser, &picture(number)?)?;
        times.push(took);
        plates += found;
    }
    Ok(summed(&times, plates))
}

/// The times of one frame, and how many plates were read on it.
fn look(recogniser: &Recogniser, picture: &RgbImage) -> Result<(Times, usize)> {
    let mut times = Times::default();
    let begun = worked();
    let grey = Grey::of(picture).context("an empty picture")?;
    times[0] = worked() - begun;
    let mut timer = StageTimer::start(&worked);
    let found = recogniser.look_with_timer(&grey, &mut timer)?.len();
    times.iter_mut().skip(1).zip(STAGES).for_each(|(time, stage)| *time = timer.spent(&[stage]));
    Ok((times, found))
}

fn summed(times: &[Times], plates: usize) -> Frames {
    let names = ["Grey".to_owned()].into_iter().chain(STAGES.map(|stage| format!("{stage:?}")));
    let stage = |(index, name): (usize, String)| StageMs {
        stage: name.to_lowercase(),
        ms: Spread::of(times.iter().map(|frame| frame[index])),
    };
    let whole = |frame: &Times| frame.iter().sum::<Duration>();
    let all: Duration = times.iter().map(whole).sum();
    Frames {
        frames: times.len(),
        ms: Spread::of(times.iter().map(whole)),
        stages: names.enumerate().map(stage).collect(),
        frames_per_s: rounded(times.len() as f64 / all.as_secs_f64()),
        plates_per_frame: rounded(plates as f64 / times.len() as f64),
    }
}

/// A car by day or by night, another one for each number.
fn view(number: u64) -> View {
    let mut dice = StdRng::seed_from_u64(number);
    let (country, form) = FORMS[dice.random_range(0..FORMS.len())];
    let symbol = |place| match place {
        'D' => char::from(b'0' + dice.random_range(0..10)),
        _ => char::from(b"ABCDEFHJKLMNPRSTUVXYZ"[dice.random_range(0..21)]),
    };
    let plate = form.chars().map(symbol).collect();
    let light = if number.is_multiple_of(3) { Light::Night } else { Light::Day };
    View { plate, country: country.into(), light, seed: number, frame: 0 }
}

impl fmt::Display for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} frames, {} plates each, CPU ms          p50      p95",
            self.frames, self.plates_per_frame
        )?;
        for stage in &self.stages {
            writeln!(f, "  {:<38} {}", stage.stage, stage.ms)?;
        }
        writeln!(f, "  {:<38} {}", "whole frame", self.ms)?;
        write!(f, "  {:<38} {:8.2}", "frames per second on one core", self.frames_per_s)
    }
}
