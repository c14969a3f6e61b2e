//! Draws cars with plates of known text, reads them, and prints the share read exactly in their first frame.
//!
//! `cargo run -p boomgate-plate-reader --example measure_scenes -- CARS [SAVE_FOLDER]`
#![expect(clippy::print_stdout, reason = "a measuring tool prints its figures")]

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use boomgate_domain::plate::grammar::Grammar;
use boomgate_plate_reader::grey::Grey;
use boomgate_plate_reader::recogniser::{ModelPaths, Recogniser};
use boomgate_plate_reader::scene::{Light, SceneRenderer, View};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const FORMS: [(&str, &str); 5] =
    [("SK", "LLDDDLL"), ("CZ", "DLLDDDD"), ("PL", "LLDDDDD"), ("DE", "LLLDDDD"), ("VN", "DDLDDDDD")];

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let cars: u64 = arguments.next().context("how many cars?")?.parse()?;
    let save = arguments.next();
    let scene = SceneRenderer::new();
    let grammar = Grammar::for_countries(&FORMS.map(|(country, _)| country))?;
    let recogniser = Recogniser::load(&ModelPaths::default(), &grammar)?;
    let (mut exact, mut drawing) = (0, Duration::ZERO);
    for seed in 0..cars {
        let view = view(seed);
        let begin = Instant::now();
        let picture = scene.draw(&view);
        drawing += begin.elapsed();
        let sightings = recogniser.look(&Grey::of(&picture).context("empty picture")?)?;
        let read = sightings.first().map(|s| s.text.as_string()).unwrap_or_default();
        exact += u64::from(read == view.plate);
        if read != view.plate {
            println!("{} {} {:?} read as {read}", view.country, view.plate, view.light);
        }
        if let Some(folder) = &save {
            picture.save(format!("{folder}/{seed:04}.png"))?;
        }
    }
    println!("{exact} of {cars} read exactly");
    println!("drawn in {:.1} ms each", drawing.as_secs_f64() * 1e3 / cars as f64);
    Ok(())
}

fn view(seed: u64) -> View {
    let mut dice = StdRng::seed_from_u64(seed);
    let (country, form) = FORMS[dice.random_range(0..FORMS.len())];
    let plate = form
        .chars()
        .map(|place| match place {
            'D' => char::from(b'1' + dice.random_range(0..9)),
            _ => char::from(b"ABCDEFHJKLMNPRSTUVXYZ"[dice.random_range(0..21)]),
        })
        .collect();
    let light = if seed.is_multiple_of(3) { Light::Night } else { Light::Day };
    View { plate, country: country.into(), light, seed, frame: 0 }
}
