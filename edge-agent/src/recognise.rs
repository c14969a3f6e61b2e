//! From a frame to what its plates say: locate, rectify, read.
//!
//! Pure and synchronous: the caller brings the picture and the thread. Knows nothing of lanes, lists or cameras.

pub mod grey;
pub mod locate;
pub mod net;
pub mod quad;
pub mod read;
pub mod rectify;
pub mod refine;

use std::borrow::Cow;
use std::path::Path;
use std::time::{Duration, Instant};

use boomgate_domain::plate::grammar::Grammar;
use grey::Grey;
use locate::{Find, Locator};
use net::NetError;
use quad::Quad;
use read::{Lines, Reader, Text};
use refine::Refiner;

/// The models shipped with the program.
const DETECTOR: &[u8] = include_bytes!("../models/plate-detector.onnx");
const READER: &[u8] = include_bytes!("../models/plate-reader.onnx");

/// Finds that are looked at closely, those of them that are read, and characters below which one is no plate.
const REFINE_AT_MOST: usize = 5;
const READ_AT_MOST: usize = 3;
const SHORTEST: usize = 4;

/// The ONNX files the recogniser works with.
pub struct Models {
    detector: Cow<'static, [u8]>,
    refiner: Option<Cow<'static, [u8]>>,
    reader: Cow<'static, [u8]>,
}

pub struct Recogniser {
    locator: Locator,
    refiner: Option<Refiner>,
    reader: Reader,
    grammar: Grammar,
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
        Models { detector: Cow::Borrowed(DETECTOR), refiner: None, reader: Cow::Borrowed(READER) }
    }

    /// The shipped ones, or these files instead.
    pub fn choose(
        detector: Option<&Path>,
        refiner: Option<&Path>,
        reader: Option<&Path>,
    ) -> Result<Models, NetError> {
        let shipped = Models::shipped();
        Ok(Models {
            detector: detector.map_or(Ok(shipped.detector), file)?,
            refiner: refiner.map(file).transpose()?,
            reader: reader.map_or(Ok(shipped.reader), file)?,
        })
    }
}

fn file(path: &Path) -> Result<Cow<'static, [u8]>, NetError> {
    std::fs::read(path)
        .map(Cow::Owned)
        .map_err(|source| NetError::File { path: path.display().to_string(), source })
}

impl Recogniser {
    /// `grammar` holds the plate forms of the countries that come here.
    pub fn load(models: &Models, grammar: &Grammar) -> Result<Recogniser, NetError> {
        Ok(Recogniser {
            locator: Locator::load("detector", &models.detector)?,
            refiner: models.refiner.as_ref().map(|onnx| Refiner::load("refiner", onnx)).transpose()?,
            reader: Reader::load("reader", &models.reader)?,
            grammar: grammar.clone(),
        })
    }

    /// The plates of a frame, best first.
    pub fn look(&self, frame: &Grey) -> Result<Vec<Sighting>, NetError> {
        self.look_timed(frame).map(|(sightings, _)| sightings)
    }

    pub fn look_timed(&self, frame: &Grey) -> Result<(Vec<Sighting>, Stages), NetError> {
        let mut stages = Stages::default();
        let first = timed(&mut stages.detect, || self.locator.first_look(frame))?;
        let finds = timed(&mut stages.refine, || self.closely(frame, &first))?;
        let mut sightings = Vec::with_capacity(READ_AT_MOST);
        for find in finds.into_iter().take(READ_AT_MOST) {
            sightings.extend(self.sighting(frame, find, &mut stages)?);
        }
        sightings.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok((sightings, stages))
    }

    /// The plate with these corners, however little can be read on it.
    pub fn sighting_at(&self, frame: &Grey, corners: Quad) -> Result<Sighting, NetError> {
        let text = self.reader.read(frame, &corners, Lines::One, &self.grammar)?;
        Ok(Sighting { quad: corners, score: text.belief(), text })
    }

    /// Finds with their corners made exact, best first.
    fn closely(&self, frame: &Grey, first: &[Find]) -> Result<Vec<Close>, NetError> {
        let Some(refiner) = &self.refiner else {
            let finds = self.locator.second_looks(frame, first)?;
            return Ok(finds.into_iter().map(|find| Close { find, two_lines: 0.0 }).collect());
        };
        let mut close = Vec::with_capacity(REFINE_AT_MOST);
        for find in first.iter().take(REFINE_AT_MOST) {
            if let Some(refined) = refiner.refine(frame, &find.quad)? {
                let score = (find.score * refined.plate).sqrt();
                close.push(Close { find: Find { score, quad: refined.quad }, two_lines: refined.two_lines });
            }
        }
        Ok(close)
    }

    fn sighting(
        &self,
        frame: &Grey,
        close: Close,
        stages: &mut Stages,
    ) -> Result<Option<Sighting>, NetError> {
        let lines = if close.two_lines > 0.5 { Lines::Two } else { Lines::One };
        let quad = close.find.quad;
        let text = timed(&mut stages.read, || self.reader.read(frame, &quad, lines, &self.grammar))?;
        let long_enough = text.glyphs.len() >= SHORTEST;
        Ok(long_enough.then(|| Sighting { quad, score: close.find.score * text.belief(), text }))
    }
}

/// A find after the closer look.
struct Close {
    find: Find,
    /// Belief that the plate has two lines.
    two_lines: f32,
}

fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let done = work();
    *total += begin.elapsed();
    done
}
