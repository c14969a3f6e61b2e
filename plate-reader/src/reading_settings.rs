//! From what was seen in frames to one reading of one vehicle.

use boomgate_domain::plate::grammar::Grammar;
use boomgate_domain::reading::{CharDist, FrameReading, Reading, Thresholds, fuse};

use crate::advice::Shot;
use crate::grey::Grey;
use crate::recogniser::Sighting;

/// Frames of one vehicle at most.
pub const MAX_FRAMES: u32 = 8;
/// A frame with a detection less certain than this is ignored.
const WEAKEST: f32 = 0.05;

/// How frames become a reading.
pub struct ReadingSettings {
    pub grammar: Grammar,
    pub thresholds: Thresholds,
}

impl ReadingSettings {
    pub fn of(&self, frames: &[FrameReading]) -> Reading {
        fuse(frames, &self.grammar, &self.thresholds)
    }
}

/// How a frame shows what was sighted in it; a sighting too faint to count shows nothing.
pub fn shot(frame: &Grey, sightings: &[Sighting]) -> Shot {
    Shot::of(frame, sightings.first().filter(|best| best.score > WEAKEST).map(|best| &best.quad))
}

/// The domain's view of a sighting; None if it is too faint to count.
pub fn frame_reading(frame: u32, sighting: &Sighting) -> Option<FrameReading> {
    let chars = sighting.text.glyphs.iter().map(|glyph| CharDist(glyph.shares)).collect();
    let reading = FrameReading { frame, weight: sighting.score, plate: sighting.plate, chars };
    (sighting.score > WEAKEST).then_some(reading)
}
