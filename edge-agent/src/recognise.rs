//! From a frame to what its plates say: locate, rectify, read.
//!
//! Pure and synchronous: the caller brings the picture and the thread. Knows nothing of lanes, lists or cameras.

pub mod grey;
pub mod locate;
pub mod net;
pub mod quad;
pub mod read;
pub mod rectify;

use std::time::{Duration, Instant};

use boomgate_domain::plate::grammar::Form;
use grey::Grey;
use locate::{Find, Locator};
use net::NetError;
use quad::Quad;
use read::{Reader, Text};
use rectify::rectify;

/// The models shipped with the program.
pub const DETECTOR: &[u8] = include_bytes!("../models/plate-detector.onnx");
pub const READER: &[u8] = include_bytes!("../models/plate-reader.onnx");

/// Margins around the corners found, in parts of the plate's width and height.
const MARGIN: (f32, f32) = (0.03, 0.06);
/// Finds that are read per frame, and characters below which a find is no plate.
const READ_AT_MOST: usize = 3;
const SHORTEST: usize = 4;

pub struct Recogniser {
    locator: Locator,
    reader: Reader,
    forms: Vec<Form>,
}

/// One plate of one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// Corners in the frame's pixels.
    pub quad: Quad,
    /// Belief of detector and reader together, 0..=1.
    pub score: f32,
    pub text: Text,
}

/// Where the time of one frame went.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stages {
    pub locate: Duration,
    pub rectify: Duration,
    pub read: Duration,
}

impl Recogniser {
    /// `detector` and `reader` are ONNX files; `forms` the plate forms of the countries that come here.
    pub fn load(detector: &[u8], reader: &[u8], forms: Vec<Form>) -> Result<Recogniser, NetError> {
        Ok(Recogniser {
            locator: Locator::load("detector", detector)?,
            reader: Reader::load("reader", reader)?,
            forms,
        })
    }

    /// The plates of a frame, best first.
    pub fn look(&self, frame: &Grey) -> Result<Vec<Sighting>, NetError> {
        self.look_timed(frame).map(|(sightings, _)| sightings)
    }

    pub fn look_timed(&self, frame: &Grey) -> Result<(Vec<Sighting>, Stages), NetError> {
        let mut stages = Stages::default();
        let finds = timed(&mut stages.locate, || self.locator.locate(frame))?;
        let mut sightings = Vec::with_capacity(READ_AT_MOST);
        for find in finds.into_iter().take(READ_AT_MOST) {
            sightings.extend(self.sighting(frame, find, &mut stages)?);
        }
        sightings.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok((sightings, stages))
    }

    fn sighting(&self, frame: &Grey, find: Find, stages: &mut Stages) -> Result<Option<Sighting>, NetError> {
        let (width, height) = Reader::size();
        let wide = find.quad.widened(MARGIN.0, MARGIN.1);
        let plate = timed(&mut stages.rectify, || rectify(frame, &wide, width, height));
        let text = timed(&mut stages.read, || self.reader.read(&plate, &self.forms))?;
        let long_enough = text.glyphs.len() >= SHORTEST;
        Ok(long_enough.then(|| Sighting { quad: find.quad, score: find.score * text.belief(), text }))
    }
}

fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let done = work();
    *total += begin.elapsed();
    done
}
