//! From a frame to the texts of its plates: locate, rectify, read.
//!
//! Pure and synchronous: the caller brings the picture and the thread. Knows nothing of lanes, lists or cameras.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use boomgate_domain::plate::MAX_PLATE;
use boomgate_domain::plate::grammar::Grammar;
use clap::ValueEnum;
use serde::Deserialize;

use crate::custom_models::boxes::Boxes;
use crate::custom_models::slots::Slots;
use crate::grey::Grey;
use crate::lattice::Columns;
use crate::locate::{Detection, Locator, distinct};
use crate::net::NetError;
use crate::quad::{Point, Quad};
use crate::read::{Lines, Reader, Text};
use crate::refine::Refiner;
use crate::stage_timer::{Stage, StageTimer};

/// The models shipped with the program.
const DETECTOR: &[u8] = include_bytes!("../models/detector.onnx");
const REFINER: &[u8] = include_bytes!("../models/refiner.onnx");
/// Two, because nets from different seeds err on different characters.
const READERS: [(&str, &[u8]); 2] = [
    ("reader", include_bytes!("../models/reader.onnx")),
    ("second-reader", include_bytes!("../models/second-reader.onnx")),
];

/// Finds that are looked at closely, those of them that are read, and characters of which one is a plate.
const MAX_REFINED: usize = 5;
const MAX_READ: usize = 3;
const LENGTHS: RangeInclusive<usize> = 4..=MAX_PLATE;
/// A find this much fainter than the best of the frame is not looked at.
const MIN_RELATIVE_SCORE: f32 = 0.35;
/// A detection whose refined score is below this is dropped.
const NO_PLATE: f32 = 0.1;
/// A find that can come to no more than this part of what was read before is not read.
const MIN_RELATIVE_READ_SCORE: f32 = 0.5;
/// A plate less sure than this is worth a second look. Its word counts so much more than the first one's, because it sees
/// the plate at the size in which plates are known best. Finds that overlap so much are the same.
const DOUBTFUL_PLATE: f32 = 0.88;
const SECOND_LOOK: f32 = 4.0;
const SAME_PLATE: f32 = 0.3;

/// The models to work with; what is not named is the one shipped with the program.
#[derive(Clone, Debug, Default)]
pub struct ModelPaths {
    pub detector: Option<PathBuf>,
    pub detector_kind: DetectorKind,
    pub refiner: Option<PathBuf>,
    /// The first reads every plate, the others those of which it is not certain.
    pub readers: Vec<PathBuf>,
    /// Given, the only reader has fixed places, and this YAML file says what they are.
    pub reader_config: Option<PathBuf>,
}

/// What a detector answers with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum DetectorKind {
    /// Belief and four corners per cell, as the shipped one does
    #[default]
    Corners,
    /// Upright boxes with scores, as YOLO does
    Boxes,
}

enum Detector {
    Corners(Box<Locator>),
    Boxes(Boxes),
}

pub struct Recogniser {
    detector: Detector,
    refiner: Refiner,
    reader: Reader,
    grammar: Grammar,
}

/// One plate of one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// Corners in the frame's pixels.
    pub quad: Quad,
    /// Belief that a plate is there, 0..=1.
    pub plate: f32,
    /// That, and how surely it was read, 0..=1.
    pub score: f32,
    pub text: Text,
}

/// Where the time of one frame went.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stages {
    /// The detector, on the whole frame.
    pub detect: Duration,
    /// The refiner, on each detection.
    pub refine: Duration,
    /// Laying flat and reading.
    pub read: Duration,
}

/// What messages call the file, and what is in it.
fn opened(path: &Path) -> Result<(String, Cow<'static, [u8]>), NetError> {
    let name = path.display().to_string();
    match std::fs::read(path) {
        Ok(bytes) => Ok((name, Cow::Owned(bytes))),
        Err(source) => Err(NetError::File { path: name, source }),
    }
}

/// The file, or what is shipped in its place.
fn chosen(
    path: Option<&PathBuf>,
    name: &str,
    shipped: &'static [u8],
) -> Result<(String, Cow<'static, [u8]>), NetError> {
    path.map_or_else(|| Ok((name.to_owned(), Cow::Borrowed(shipped))), |path| opened(path))
}

fn reader(models: &ModelPaths) -> Result<Reader, NetError> {
    match (&models.readers[..], &models.reader_config) {
        ([], None) => Reader::load(READERS),
        (readers, None) => {
            let files = readers.iter().map(|path| opened(path)).collect::<Result<Vec<_>, _>>()?;
            Reader::load(files.iter().map(|(name, onnx)| (&name[..], &onnx[..])))
        }
        ([reader], Some(config)) => Ok(Reader::with_places(Slots::load(reader, config)?)),
        (readers, Some(config)) => Err(NetError::Config {
            path: config.display().to_string(),
            what: format!("it describes one reader, and {} are named", readers.len()),
        }),
    }
}

impl Detector {
    fn load(models: &ModelPaths) -> Result<Detector, NetError> {
        match (models.detector_kind, models.detector.as_ref()) {
            (DetectorKind::Boxes, Some(path)) => Ok(Detector::Boxes(Boxes::load(path)?)),
            (_, path) => {
                let (name, bytes) = chosen(path, "detector", DETECTOR)?;
                Ok(Detector::Corners(Box::new(Locator::load(&name, &bytes)?)))
            }
        }
    }

    fn locate(&self, frame: &Grey, timer: &mut StageTimer) -> Result<Vec<Detection>, NetError> {
        match self {
            Detector::Corners(locator) => locator.locate(frame, timer),
            Detector::Boxes(boxes) => {
                let found = boxes.locate(frame)?;
                timer.lap(Stage::Detect);
                Ok(found)
            }
        }
    }

    /// What lies around a find, seen at another size; none from a detector that has only one.
    fn locate_around(
        &self,
        frame: &Grey,
        found: &Quad,
        timer: &mut StageTimer,
    ) -> Result<Option<Vec<Detection>>, NetError> {
        match self {
            Detector::Corners(locator) => locator.locate_around(frame, found, timer).map(Some),
            Detector::Boxes(_) => Ok(None),
        }
    }
}

impl Recogniser {
    /// `grammar` holds the plate forms of the countries that come here.
    pub fn load(models: &ModelPaths, grammar: &Grammar) -> Result<Recogniser, NetError> {
        let (name, bytes) = chosen(models.refiner.as_ref(), "refiner", REFINER)?;
        Ok(Recogniser {
            detector: Detector::load(models)?,
            refiner: Refiner::load(&name, &bytes)?,
            reader: reader(models)?,
            grammar: grammar.clone(),
        })
    }

    /// The plates of a frame, best first.
    pub fn look(&self, frame: &Grey) -> Result<Vec<Sighting>, NetError> {
        self.look_with_timer(frame, &mut StageTimer::still())
    }

    pub fn look_timed(&self, frame: &Grey) -> Result<(Vec<Sighting>, Stages), NetError> {
        let begun = Instant::now();
        let clock = || begun.elapsed();
        let mut timer = StageTimer::start(&clock);
        let sightings = self.look_with_timer(frame, &mut timer)?;
        let stages = Stages {
            detect: timer.spent(&[Stage::Scale, Stage::Detect, Stage::Peaks]),
            refine: timer.spent(&[Stage::Refine]),
            read: timer.spent(&[Stage::Rectify, Stage::Read, Stage::Decode]),
        };
        Ok((sightings, stages))
    }

    pub fn look_with_timer(&self, frame: &Grey, timer: &mut StageTimer) -> Result<Vec<Sighting>, NetError> {
        let first = self.detector.locate(frame, timer)?;
        let detections = self.closely(frame, &first)?;
        timer.lap(Stage::Refine);
        self.read(frame, &detections, timer)
    }

    /// The plate with these corners, however little can be read on it.
    pub fn sighting_at(&self, frame: &Grey, corners: Quad) -> Result<Sighting, NetError> {
        let text = self.reader.read_carefully(
            frame,
            &[(corners, Lines::One)],
            None,
            &self.grammar,
            &mut StageTimer::still(),
        )?;
        Ok(Sighting { quad: corners, plate: 1.0, score: text.belief(), text })
    }

    /// Finds with their corners made exact, best first.
    fn closely(&self, frame: &Grey, first: &[Detection]) -> Result<Vec<RefinedDetection>, NetError> {
        let mut refined: Vec<RefinedDetection> = Vec::with_capacity(MAX_REFINED);
        let least = first.first().map_or(0.0, |best| MIN_RELATIVE_SCORE * best.score);
        for detection in first.iter().take(MAX_REFINED).take_while(|detection| detection.score >= least) {
            refined.extend(self.close(frame, detection)?);
        }
        refined.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(distinct(refined, |refined| refined.quad.bounds()))
    }

    /// A find with its corners made exact, if it is a plate at all.
    fn close(&self, frame: &Grey, detection: &Detection) -> Result<Option<RefinedDetection>, NetError> {
        let refined = self.refiner.refine(frame, &detection.quad)?.filter(|refined| refined.plate > NO_PLATE);
        Ok(refined.map(|refined| RefinedDetection {
            score: (detection.score * refined.plate).sqrt(),
            quad: refined.quad,
            two_lines: refined.two_lines,
        }))
    }

    /// Belief in a plate after a second look at it.
    fn looked_again(
        &self,
        frame: &Grey,
        refined: &RefinedDetection,
        timer: &mut StageTimer,
    ) -> Result<f32, NetError> {
        let Some(detections) = self.detector.locate_around(frame, &refined.quad, timer)? else {
            return Ok(refined.score);
        };
        let mut belief = 0.0_f32;
        for detection in detections
            .iter()
            .filter(|detection| detection.quad.bounds().overlap(&refined.quad.bounds()) > SAME_PLATE)
        {
            belief = belief.max(self.close(frame, detection)?.map_or(0.0, |again| again.score));
        }
        timer.lap(Stage::Refine);
        Ok((refined.score * belief.powf(SECOND_LOOK)).powf(1.0 / (1.0 + SECOND_LOOK)))
    }

    /// Reads the likeliest finds, and the best of them carefully.
    fn read(
        &self,
        frame: &Grey,
        detections: &[RefinedDetection],
        timer: &mut StageTimer,
    ) -> Result<Vec<Sighting>, NetError> {
        let mut read = Vec::with_capacity(MAX_READ);
        let mut best = 0.0_f32;
        for refined in detections.iter().take(MAX_READ) {
            if refined.score < MIN_RELATIVE_READ_SCORE * best {
                break;
            }
            let (text, seen) =
                self.reader.read(frame, &refined.quad, refined.lines(), &self.grammar, timer)?;
            if LENGTHS.contains(&text.glyphs.len()) {
                best = best.max(refined.sighting_score(&text));
                read.push((*refined, text, seen));
            }
        }
        let near = |(refined, text, _): &(RefinedDetection, Text, Columns)| {
            refined.sighting_score(text) * refined.nearness()
        };
        read.sort_by(|a, b| near(b).total_cmp(&near(a)));
        if let Some((refined, text, seen)) = read.first_mut().filter(|(_, text, _)| !text.is_clear()) {
            *text = self.reader.read_carefully(
                frame,
                &refined.ways(),
                Some(seen.clone()),
                &self.grammar,
                timer,
            )?;
        }
        if let Some((refined, ..)) = read.first_mut()
            && refined.score < DOUBTFUL_PLATE
        {
            refined.score = self.looked_again(frame, refined, timer)?;
        }
        let sighting = |(refined, text, _): (RefinedDetection, Text, Columns)| Sighting {
            quad: refined.quad,
            plate: refined.score,
            score: refined.sighting_score(&text),
            text,
        };
        Ok(read.into_iter().map(sighting).collect())
    }
}

/// A detection after refinement.
#[derive(Clone, Copy)]
struct RefinedDetection {
    score: f32,
    quad: Quad,
    /// Belief that the plate has two lines.
    two_lines: f32,
}

impl RefinedDetection {
    fn lines(&self) -> Lines {
        if self.two_lines > 0.5 { Lines::Two } else { Lines::One }
    }

    /// How the plate may have to be read: in the likelier number of lines, and in the other if that is not clear.
    fn ways(&self) -> Vec<(Quad, Lines)> {
        let other = match self.lines() {
            Lines::One => Lines::Two,
            Lines::Two => Lines::One,
        };
        let open = (0.1..0.9).contains(&self.two_lines);
        [self.lines(), other]
            .into_iter()
            .take(1 + usize::from(open))
            .map(|lines| (self.quad, lines))
            .collect()
    }

    /// Of two plates the nearer one is on the vehicle the lane asks about, even if the other is a little easier to read:
    /// one that is twice as near may be a sixth less sure. Plates long, short and square have about the same area.
    fn nearness(&self) -> f32 {
        let side = |along: Point| along.distance(Point::default());
        (side(self.quad.along()) * side(self.quad.down())).powf(0.125)
    }

    fn sighting_score(&self, text: &Text) -> f32 {
        self.score * text.belief()
    }
}
