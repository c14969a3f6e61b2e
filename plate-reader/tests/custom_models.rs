//! Models an operator brings stand where ours stand: tiny ones made by data/make_models.py.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use boomgate_domain::plate::grammar::Grammar;
use boomgate_plate_reader::custom_models::boxes::Boxes;
use boomgate_plate_reader::custom_models::slots::Slots;
use boomgate_plate_reader::grey::Grey;
use boomgate_plate_reader::quad::{Point, Quad};
use boomgate_plate_reader::recogniser::{ModelPaths, Recogniser};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// A dark frame with bars of these levels side by side in a box, the outer ones going on for `beyond` pixels.
fn frame(width: usize, height: usize, at: Quad, levels: &[u8], beyond: usize) -> Grey {
    let bounds = at.bounds();
    let along = |from: f32, length: f32| {
        let (from, length) = (from as usize, length as usize);
        move |pixel: usize| {
            let seen = (from - beyond..from + length + beyond).contains(&pixel);
            seen.then(|| pixel.clamp(from, from + length - 1) - from)
        }
    };
    let (across, down) = (along(bounds.left, bounds.width), along(bounds.top, bounds.height));
    let level = |index: usize| match (across(index % width), down(index / width)) {
        (Some(x), Some(_)) => levels[x * levels.len() / bounds.width as usize],
        _ => 40,
    };
    Grey::new(width, height, (0..width * height).map(level).collect()).unwrap()
}

fn rectangle(left: f32, top: f32, width: f32, height: f32) -> Quad {
    let (right, bottom) = (left + width, top + height);
    Quad([(left, top), (right, top), (right, bottom), (left, bottom)].map(|(x, y)| Point::new(x, y)))
}

fn level(digit: u8) -> u8 {
    20 + 20 * digit
}

#[test]
fn a_detector_with_boxes_finds_the_plate_in_the_pixels_of_the_frame() {
    let boxes = Boxes::load(&data("boxes.onnx")).unwrap();
    let expected = rectangle(200.0, 120.0, 160.0, 40.0);
    for (width, height) in [(640, 360), (500, 640)] {
        let found = boxes.locate(&frame(width, height, expected, &[255], 0)).unwrap();
        assert_eq!(found.len(), 1);
        for (corner, wanted) in found[0].quad.0.iter().zip(expected.0) {
            assert!(corner.distance(wanted) < 4.0, "{width}x{height}: {corner:?} is far from {wanted:?}");
        }
    }
    assert!(
        boxes.locate(&frame(640, 360, expected, &[40], 0)).unwrap().is_empty(),
        "nothing bright, nothing found"
    );
}

#[test]
fn a_reader_with_places_reads_through_the_same_grammar() {
    let models = ModelPaths {
        readers: vec![data("slots.onnx")],
        reader_config: Some(data("slots.yaml")),
        ..ModelPaths::default()
    };
    let recogniser = Recogniser::load(&models, &Grammar::free()).unwrap();
    let plate = rectangle(100.0, 80.0, 320.0, 70.0);
    let read = |digits: [u8; 4]| {
        let picture = frame(640, 360, plate, &digits.map(level), 30);
        recogniser.sighting_at(&picture, plate).unwrap().text.as_string()
    };
    assert_eq!(read([7, 7, 1, 9]), "7719");
    assert_eq!(read([4, 2, 9, 10]), "429", "the last place says that nothing more comes");
}

#[test]
fn files_that_do_not_fit_are_refused_by_name() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let two_readers = ModelPaths {
        readers: vec![data("slots.onnx"), data("slots.onnx")],
        reader_config: Some(data("slots.yaml")),
        ..ModelPaths::default()
    };
    let refused = [
        Boxes::load(&shipped.join("refiner.onnx")).err().unwrap().to_string(),
        Boxes::load(&data("slots.yaml")).err().unwrap().to_string(),
        Slots::load(&data("boxes.onnx"), &data("slots.yaml")).err().unwrap().to_string(),
        Slots::load(&data("slots.onnx"), &data("boxes.onnx")).err().unwrap().to_string(),
        Slots::load(&data("none.onnx"), &data("slots.yaml")).err().unwrap().to_string(),
        Recogniser::load(&two_readers, &Grammar::free()).err().unwrap().to_string(),
    ];
    let names = ["refiner.onnx", "slots.yaml", "boxes.onnx", "boxes.onnx", "none.onnx", "slots.yaml"];
    for (message, name) in refused.iter().zip(names) {
        assert!(message.contains(name), "{message}");
    }
}
