//! How well plates are read: a folder of pictures with truth beside them in, figures and the worst cases out.
//!
//! Every picture is one frame of one car, whole, as a lane would see it. Nothing in the truth is corrected: `strict`
//! compares the texts as they stand, `folded` with O = 0 = Q and I = 1, which painters and people mix up as well.

mod case;
pub mod report;
pub mod sheet;
pub mod truth;

use std::path::Path;

use anyhow::{Context, Result};
use image::RgbImage;

pub use case::{Case, PictureReading, look, text_of};

use crate::grey::Grey;
use crate::picture::{Picture, read_picture};
use crate::reading_settings::{ReadingSettings, frame_reading};
use crate::recogniser::Recogniser;

/// Reads the folder's pictures one by one; `each` is called with every case.
pub fn evaluate(
    folder: &Path,
    recogniser: &Recogniser,
    reading_settings: &ReadingSettings,
    mut each: impl FnMut(&Case, &RgbImage) -> Result<()>,
) -> Result<report::Report> {
    let mut tally = report::Tally::default();
    for picture in truth::pictures(folder)? {
        let Picture { pixels, is_cut_short } = read_picture(&picture.path)?;
        let case = Case { is_cut_short, ..examine(picture, &pixels, recogniser, reading_settings)? };
        tally.add(&case);
        each(&case, &pixels)?;
    }
    Ok(tally.report())
}

fn examine(
    picture: truth::Picture,
    pixels: &RgbImage,
    recogniser: &Recogniser,
    reading_settings: &ReadingSettings,
) -> Result<Case> {
    let look = look(pixels, recogniser, reading_settings)?;
    let grey = Grey::of(pixels).context("the picture is empty")?;
    let truth_box_texts = picture.plates.iter().map(|plate| {
        let sighting = recogniser.sighting_at(&grey, plate.corners())?;
        let frames: Vec<_> = frame_reading(0, &sighting).into_iter().collect();
        Ok(text_of(&reading_settings.of(&frames)))
    });
    let truth_box_texts = truth_box_texts.collect::<Result<_>>()?;
    Ok(Case { path: picture.path, is_cut_short: false, plates: picture.plates, look, truth_box_texts })
}
