//! From a frame to what its plates say: locate, rectify, read.
//!
//! Pure and synchronous: the caller brings the picture and the thread. Knows nothing of lanes, lists or cameras.

pub mod grey;
pub mod locate;
pub mod net;
pub mod quad;
pub mod read;
pub mod rectify;

use std::borrow::Cow;
use std::path::Path;
use std::time::{Duration, Instant};

use boomgate_domain::plate::grammar::{Form, Grammar};
use grey::Grey;
use locate::{Find, Locator};
use net::NetError;
use quad::Quad;
use read::{Reader, Text};
use rectify::rectify;

/// The models shipped with the program.
const DETECTOR: &[u8] = include_bytes!("../models/plate-detector.onnx");
const READER: &[u8] = include_bytes!("../models/plate-reader.onnx");

/// Margins around the corners found, in parts of the plate's width and height.
const MARGIN: (f32, f32) = (0.03, 0.06);
/// Finds that are read per frame, and characters below which a find is no plate.
const READ_AT_MOST: usize = 3;
const SHORTEST: usize = 4;

/// The ONNX files the recogniser works with.
pub struct Models {
    detector: Cow<'static, [u8]>,
    reader: Cow<'static, [u8]>,
}

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
    /// The look at the whole frame.
    pub detect: Duration,
    /// The closer look at each find.
    pub refine: Duration,
    /// Laying flat and reading.
    pub read: Duration,
}

impl Models {
    pub fn shipped() -> Models {
        Models { detector: Cow::Borrowed(DETECTOR), reader: Cow::Borrowed(READER) }
    }

    /// The shipped ones, or these files instead.
    pub fn choose(detector: Option<&Path>, reader: Option<&Path>) -> Result<Models, NetError> {
        let chosen = |file: Option<&Path>, shipped: &'static [u8]| match file {
            Some(path) => std::fs::read(path)
                .map(Cow::Owned)
                .map_err(|source| NetError::File { path: path.display().to_string(), source }),
            None => Ok(Cow::Borrowed(shipped)),
        };
        Ok(Models { detector: chosen(detector, DETECTOR)?, reader: chosen(reader, READER)? })
    }
}

impl Recogniser {
    /// `grammar` holds the plate forms of the countries that come here.
    pub fn load(models: &Models, grammar: &Grammar) -> Result<Recogniser, NetError> {
        Ok(Recogniser {
            locator: Locator::load("detector", &models.detector)?,
            reader: Reader::load("reader", &models.reader)?,
            forms: grammar.forms().to_vec(),
        })
    }

    /// The plates of a frame, best first.
    pub fn look(&self, frame: &Grey) -> Result<Vec<Sighting>, NetError> {
        self.look_timed(frame).map(|(sightings, _)| sightings)
    }

    pub fn look_timed(&self, frame: &Grey) -> Result<(Vec<Sighting>, Stages), NetError> {
        let mut stages = Stages::default();
        let first = timed(&mut stages.detect, || self.locator.first_look(frame))?;
        let finds = timed(&mut stages.refine, || self.locator.second_looks(frame, &first))?;
        let mut sightings = Vec::with_capacity(READ_AT_MOST);
        for find in finds.into_iter().take(READ_AT_MOST) {
            sightings.extend(self.sighting(frame, find, &mut stages)?);
        }
        sightings.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok((sightings, stages))
    }

    /// The plate with these corners, however little can be read on it.
    pub fn sighting_at(&self, frame: &Grey, corners: Quad) -> Result<Sighting, NetError> {
        let (width, height) = Reader::size();
        let plate = rectify(frame, &corners.widened(MARGIN.0, MARGIN.1), width, height);
        let text = self.reader.read(&plate, &self.forms)?;
        Ok(Sighting { quad: corners, score: text.belief(), text })
    }

    fn sighting(&self, frame: &Grey, find: Find, stages: &mut Stages) -> Result<Option<Sighting>, NetError> {
        let seen = timed(&mut stages.read, || self.sighting_at(frame, find.quad))?;
        let long_enough = seen.text.glyphs.len() >= SHORTEST;
        Ok(long_enough.then(|| Sighting { score: find.score * seen.score, ..seen }))
    }
}

fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let done = work();
    *total += begin.elapsed();
    done
}
