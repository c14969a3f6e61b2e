//! The reader on drawn lanes: their cars are read, and no picture, however broken, does harm.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::sync::Barrier;

use boomgate_domain::plate::grammar::Grammar;
use boomgate_domain::reading::{Thresholds, Verdict, fuse};
use boomgate_plate_reader::evaluate::evaluate;
use boomgate_plate_reader::evaluate::sheet::Sheet;
use boomgate_plate_reader::grey::Grey;
use boomgate_plate_reader::locate::Locator;
use boomgate_plate_reader::picture::read_picture;
use boomgate_plate_reader::reading_settings::{ReadingSettings, frame_reading};
use boomgate_plate_reader::recogniser::{ModelPaths, Recogniser};
use boomgate_plate_reader::scene::{Light, SceneRenderer, View};
use boomgate_plate_reader::stage_timer::StageTimer;
use image::{DynamicImage, Rgb, RgbImage};

const COUNTRIES: [&str; 3] = ["SK", "CZ", "PL"];

fn recogniser() -> (Recogniser, Grammar) {
    let grammar = Grammar::for_countries(&COUNTRIES).unwrap();
    (Recogniser::load(&ModelPaths::default(), &grammar).unwrap(), grammar)
}

/// Deterministic plates of the three countries.
fn plate(index: u32) -> (String, &'static str) {
    let digit = |n: u32| char::from(b'1' + (index.wrapping_mul(7 + n * 5) >> n) as u8 % 9);
    let letter = |n: u32| {
        char::from(
            b"ABCDEFHJKLMNPRSTUVXYZ"
                [((index.wrapping_mul(11 + n * 3) >> (n % 3)) as usize + n as usize) % 21],
        )
    };
    let country = COUNTRIES[index as usize % 3];
    let form = ["LLDDDLL", "DLLDDDD", "LLDDDDD"][index as usize % 3];
    let text =
        form.chars().zip(0..).map(|(place, n)| if place == 'D' { digit(n) } else { letter(n) }).collect();
    (text, country)
}

#[test]
fn a_lane_reads_its_own_cars_by_day_and_night() {
    let (recogniser, grammar) = recogniser();
    let scene = SceneRenderer::new();
    let (mut right, mut accepted_wrong) = (0, Vec::new());
    for index in 0..100 {
        let (plate, country) = plate(index);
        let light = if index % 4 == 0 { Light::Night } else { Light::Day };
        let seed = u64::from(index) * 977;
        let picture =
            scene.draw(&View { plate: plate.clone(), country: country.into(), light, seed, frame: 0 });
        let sightings = recogniser.look(&Grey::of(&picture).unwrap()).unwrap();
        let frames: Vec<_> = sightings.first().and_then(|best| frame_reading(0, best)).into_iter().collect();
        let reading = fuse(&frames, &grammar, &Thresholds::default());
        let same = reading.plate.as_ref().is_some_and(|read| read.as_str() == plate);
        right += u32::from(same);
        if !same && reading.verdict == Verdict::Accept {
            accepted_wrong.push((plate, reading.raw.clone(), reading.certainty(), reading.margin_nats));
        }
    }
    assert!(right >= 98, "{right} of 100 read");
    assert!(accepted_wrong.is_empty(), "{accepted_wrong:?}");
}

#[test]
fn a_second_reader_is_asked_where_the_first_does_not_see_clearly() {
    let models = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let grammar = Grammar::for_countries(&COUNTRIES).unwrap();
    let with = |names: &[&str]| {
        let readers = names.iter().map(|name| models.join(name)).collect();
        Recogniser::load(&ModelPaths { readers, ..ModelPaths::default() }, &grammar).unwrap()
    };
    let (one, two) = (with(&["reader.onnx"]), with(&["reader.onnx", "second-reader.onnx"]));
    let view = View { plate: "BA123CD".into(), country: "SK".into(), light: Light::Day, seed: 11, frame: 0 };
    let sharp = SceneRenderer::new().draw(&view);
    let best =
        |worker: &Recogniser, picture: &RgbImage| worker.look(&Grey::of(picture).unwrap()).unwrap().remove(0);
    assert_eq!(best(&one, &sharp).text, best(&two, &sharp).text, "clear at a glance");
    let blurred = image::imageops::blur(&sharp, 4.0);
    assert!(!best(&one, &blurred).text.is_clear());
    assert_ne!(best(&one, &blurred).text, best(&two, &blurred).text);
}

/// A plate far away in a corner of the frame is seen at the size plates are known best, and in the same place.
#[test]
fn a_find_is_found_again_where_it_was_and_believed_in_more() {
    let onnx = std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/detector.onnx"));
    let locator = Locator::load("detector", &onnx.unwrap()).unwrap();
    let view = View { plate: "BA123CD".into(), country: "SK".into(), light: Light::Day, seed: 11, frame: 0 };
    let near = Grey::of(&SceneRenderer::new().draw(&view)).unwrap();
    let far = near.scaled(near.width() / 4, near.height() / 4);
    for (left, top) in [(0, 0), (3 * far.width(), 3 * far.height()), (far.width(), 0)] {
        let place = |y: usize, x: usize| (y.checked_sub(top), x.checked_sub(left));
        let pixel = |y, x| match place(y, x) {
            (Some(y), Some(x)) if y < far.height() && x < far.width() => far.row(y)[x],
            _ => 90,
        };
        let (width, height) = (near.width(), near.height());
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| pixel(y, x))).collect();
        let frame = Grey::new(width, height, pixels).unwrap();
        let first = locator.locate(&frame, &mut StageTimer::still()).unwrap()[0];
        let again = locator.locate_around(&frame, &first.quad, &mut StageTimer::still()).unwrap()[0];
        let overlap = first.quad.bounds().overlap(&again.quad.bounds());
        assert!(overlap > 0.5, "{:?}, then {:?}", first.quad.bounds(), again.quad.bounds());
        assert!(again.score > first.score, "{} then {}", first.score, again.score);
    }
}

#[test]
fn an_empty_lane_has_no_plate() {
    let (recogniser, _) = recogniser();
    let empty = SceneRenderer::new().empty(Light::Day, 3);
    let found = recogniser.look(&Grey::of(&empty).unwrap()).unwrap();
    assert!(found.iter().all(|sighting| sighting.score < 0.05), "{found:?}");
}

#[test]
fn pictures_of_any_shape_and_content_are_survived() {
    let (recogniser, _) = recogniser();
    let noise =
        |x: u32, y: u32| Rgb([(x.wrapping_mul(y ^ 0x5bd1) >> 3) as u8, (x ^ y) as u8, (x * 31 + y) as u8]);
    for (width, height) in
        [(1, 1), (1, 700), (700, 1), (3, 5), (2000, 16), (640, 640), (200, 1300), (17, 4000)]
    {
        let picture = RgbImage::from_fn(width, height, noise);
        recogniser.look(&Grey::of(&picture).unwrap()).unwrap();
    }
    for level in [0, 255] {
        recogniser.look(&Grey::filled(1280, 720, level)).unwrap();
    }
}

#[test]
fn a_damaged_file_is_an_error_and_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("car.jpg");
    let (plate, country) = plate(1);
    let view = View { plate, country: country.into(), light: Light::Day, seed: 1, frame: 0 };
    SceneRenderer::new().draw(&view).save(&path).unwrap();
    let good = std::fs::read(&path).unwrap();
    let mut survived = 0;
    for step in 0..60_usize {
        let mut bad = good.clone();
        let at = (step * 7919 + 17) % bad.len();
        match step % 3 {
            0 => bad.truncate(at),
            1 => bad[at] ^= 0xff,
            _ => bad.splice(at..at, [0xff, 0xd8, 0x00]).for_each(drop),
        }
        std::fs::write(&path, &bad).unwrap();
        survived += u32::from(read_picture(&path).is_ok());
    }
    assert!(survived < 60, "damage was noticed at least once");
}

#[test]
fn a_pipe_is_refused_before_it_can_hang_the_reader() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("car.jpg");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let error = read_picture(&pipe).unwrap_err().to_string();
    assert!(error.ends_with("car.jpg is no file"), "{error}");
}

#[test]
fn every_kind_of_pixel_is_read_and_a_giant_is_refused_before_it_is_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture.png");
    let kinds: [DynamicImage; 5] = [
        DynamicImage::new_luma8(1, 1),
        DynamicImage::new_luma16(640, 480),
        DynamicImage::new_luma_a8(33, 21),
        DynamicImage::new_rgba8(320, 200),
        DynamicImage::new_rgba16(64, 900),
    ];
    let (recogniser, _) = recogniser();
    for kind in kinds {
        kind.save(&path).unwrap();
        let picture = read_picture(&path).unwrap().pixels;
        recogniser.look(&Grey::of(&picture).unwrap()).unwrap();
    }
    DynamicImage::new_luma8(12_000, 3).save(&path).unwrap();
    let error = anyhow::Error::from(read_picture(&path).unwrap_err());
    assert!(format!("{error:#}").contains("picture.png cannot be read: "), "{error:#}");
}

#[test]
fn memory_stays_flat_over_many_frames() {
    assert_flat(40);
}

#[test]
#[ignore = "make soak: eleven minutes of CPU"]
fn memory_stays_flat_over_ten_thousand_frames() {
    assert_flat(10_000);
}

/// Empty lanes and lanes with a car by turns, on every core at once.
fn assert_flat(frames: usize) {
    let (recogniser, _) = recogniser();
    let scene = SceneRenderer::new();
    let (plate, country) = plate(7);
    let view = View { plate, country: country.into(), light: Light::Day, seed: 7, frame: 0 };
    let pictures = [scene.empty(Light::Day, 1), scene.draw(&view)].map(|picture| Grey::of(&picture).unwrap());
    let cores = std::thread::available_parallelism().unwrap().get();
    let looked = Barrier::new(cores + 1);
    let look = |count: usize| {
        for picture in pictures.iter().cycle().take(count) {
            recogniser.look(picture).unwrap();
        }
        looked.wait();
    };
    let (before, after) = std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                look(10);
                // Measured while every thread holds what it needs.
                looked.wait();
                look(frames.div_ceil(cores));
                looked.wait();
            });
        }
        let measured = || {
            looked.wait();
            let kib = resident_kib();
            looked.wait();
            kib
        };
        (measured(), measured())
    });
    println!("{frames} frames on {cores} cores: {before} KiB before, {after} KiB after");
    assert!(after < before + 8 * 1024, "grew from {before} to {after} KiB");
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn an_evaluation_counts_what_was_found_read_and_seen_where_nothing_is() {
    let (recogniser, grammar) = recogniser();
    // What is counted here does not depend on how much is asked of a reading.
    let mut thresholds = Thresholds::default();
    thresholds.formed.certainty = 0.5;
    let reading_settings = ReadingSettings { grammar, thresholds };
    let folder = tempfile::tempdir().unwrap();
    let scene = SceneRenderer::new();
    for index in 0..3 {
        let (plate, country) = plate(index);
        let view =
            View { plate: plate.clone(), country: country.into(), light: Light::Day, seed: 40, frame: 0 };
        let picture = scene.draw(&view);
        let result = recogniser.look(&Grey::of(&picture).unwrap()).unwrap()[0].quad.bounds();
        let text = if index == 2 { "WRONG" } else { &plate };
        let truth = format!(
            "{index}.png\t{}\t{}\t{}\t{}\t{text}\n",
            result.left, result.top, result.width, result.height
        );
        picture.save(folder.path().join(format!("{index}.png"))).unwrap();
        std::fs::write(folder.path().join(format!("{index}.txt")), truth).unwrap();
    }
    scene.empty(Light::Day, 1).save(folder.path().join("empty.png")).unwrap();
    let mut sheet = Sheet::new();
    let report = evaluate(folder.path(), &recogniser, &reading_settings, |case, pixels| {
        sheet.add(case, pixels);
        Ok(())
    });
    let figures = serde_json::to_value(report.unwrap()).unwrap();
    assert_eq!((figures["pictures"].as_u64(), figures["plates"].as_u64()), (Some(4), Some(3)));
    assert_eq!(figures["recall_iou50"].as_f64(), Some(1.0));
    assert!((figures["exact_strict"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-9, "{figures}");
    assert_eq!(figures["accepted_wrong_strict"].as_u64(), Some(1), "the wrong truth");
    assert_eq!(sheet.drawn().width(), 320, "one tile");
}
