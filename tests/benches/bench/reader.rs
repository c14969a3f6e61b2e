//! The plate reader on one thread: pictures of the agent's own simulated scene, day and night, five countries.
//!
//! The yardstick is the JPEG of the same frame, which a lane makes as evidence.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use boomgate_domain::plate::grammar::Grammar;
use boomgate_edge_agent::camera::scene::{Light, Scene, View};
use boomgate_edge_agent::evidence;
use boomgate_edge_agent::recognise::grey::Grey;
use boomgate_edge_agent::recognise::{Choice, Recogniser, Stages};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::Plan;
use crate::figures::Section;

const FRAMES: u64 = 20;
/// Countries and what their plates look like: letters and digits.
const FORMS: [(&str, &str); 5] =
    [("SK", "LLDDDLL"), ("CZ", "DLLDDDD"), ("PL", "LLDDDDD"), ("DE", "LLLDDDD"), ("VN", "DDLDDDDD")];

pub fn measure(plan: &Plan) -> Result<Section> {
    let mut section =
        Section::new("reader", "milliseconds for one frame on one thread; 20 other frames each round");
    let grammar = Grammar::for_countries(&FORMS.map(|(country, _)| country))?;
    let begun = Instant::now();
    let recogniser = Recogniser::load(&Choice::default(), &grammar)?;
    section.add("load_ms", milliseconds(begun.elapsed()));
    let scene = Scene::new();
    for round in 0..plan.rounds as u64 {
        let (mut stages, mut grey, mut jpeg, mut exact) =
            (Stages::default(), Duration::ZERO, Duration::ZERO, 0);
        for frame in 0..FRAMES {
            let view = view(round * FRAMES + frame);
            let picture = scene.draw(&view);
            let begun = Instant::now();
            let seen = Grey::of(&picture).context("an empty picture")?;
            grey += begun.elapsed();
            let (sightings, took) = recogniser.look_timed(&seen)?;
            let begun = Instant::now();
            evidence::encode(&picture).context("a picture that cannot be encoded")?;
            jpeg += begun.elapsed();
            exact += u64::from(sightings.first().is_some_and(|best| best.text.as_string() == view.plate));
            stages.detect += took.detect;
            stages.refine += took.refine;
            stages.read += took.read;
        }
        let each = |total: Duration| milliseconds(total) / FRAMES as f64;
        let whole = grey + stages.detect + stages.refine + stages.read;
        section.add("grey_ms", each(grey));
        section.add("detect_ms", each(stages.detect));
        section.add("refine_ms", each(stages.refine));
        section.add("read_ms", each(stages.read));
        section.add("frame_ms", each(whole));
        section.add("jpeg_ms", each(jpeg));
        section.add("ratio", whole.as_secs_f64() / jpeg.as_secs_f64());
        section.add("read_exactly", exact as f64 / FRAMES as f64);
    }
    Ok(section)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
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
