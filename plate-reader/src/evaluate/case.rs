//! One picture as it was read, and what should have been read.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use boomgate_domain::reading::{Reading, Verdict};
use image::RgbImage;

use super::truth;
use crate::grey::Grey;
use crate::reading_settings::{ReadingSettings, frame_reading};
use crate::recogniser::{Recogniser, Sighting, Stages};

/// What one picture showed, and what it should have shown.
pub struct Case {
    pub path: PathBuf,
    /// The file ends before the picture does; what is left of it was measured.
    pub is_cut_short: bool,
    pub plates: Vec<truth::Plate>,
    pub look: PictureReading,
    /// Readings of each plate when its place is given.
    pub truth_box_texts: Vec<String>,
}

/// One picture seen as the only frame of a car.
pub struct PictureReading {
    pub sightings: Vec<Sighting>,
    pub reading: Reading,
    pub stages: Stages,
    /// From colours to the reading.
    pub total: Duration,
    /// Of `total`, what this thread really worked; none where the system does not tell.
    pub worked: Option<Duration>,
}

/// Finds and reads the plates of one picture.
pub fn look(
    picture: &RgbImage,
    recogniser: &Recogniser,
    reading_settings: &ReadingSettings,
) -> Result<PictureReading> {
    let (begun, working) = (Instant::now(), worked());
    let grey = Grey::of(picture).context("the picture is empty")?;
    let (sightings, stages) = recogniser.look_timed(&grey)?;
    let frames: Vec<_> = sightings.first().and_then(|best| frame_reading(0, best)).into_iter().collect();
    let reading = reading_settings.of(&frames);
    let worked = worked().zip(working).map(|(now, then)| now.saturating_sub(then));
    Ok(PictureReading { sightings, reading, stages, total: begun.elapsed(), worked })
}

/// Processor time of this thread so far, as Linux counts it.
pub fn worked() -> Option<Duration> {
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    counted.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

pub fn text_of(reading: &Reading) -> String {
    reading.plate.as_ref().map(ToString::to_string).unwrap_or_default()
}

impl Case {
    /// The text given out for this picture; empty if none was read.
    pub fn text(&self) -> String {
        text_of(&self.look.reading)
    }

    /// Whether the text is right as it would be stored.
    pub fn is_exact(&self) -> bool {
        let read = self.text();
        self.plates.iter().any(|plate| plate.text == read)
    }

    /// As [`Self::is_exact`], O, Q and 0 as one, I and 1 as one.
    pub fn is_right(&self) -> bool {
        let read = folded(&self.text());
        self.plates.iter().any(|plate| folded(&plate.text) == read)
    }

    pub fn is_accepted(&self) -> bool {
        self.look.reading.verdict == Verdict::Accept
    }
}

/// O, Q and 0 as one, I and 1 as one.
pub fn folded(text: &str) -> String {
    text.replace(['O', 'Q'], "0").replace('I', "1")
}
