//! The command `read`: pictures and videos in; lines, JSON and drawn pictures out.
//!
//! A picture is one frame of one vehicle. A video is read frame by frame and cut into vehicles, each of which is read
//! from several frames as a lane would.

mod vehicles;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use boomgate_domain::reading::{Reading, Verdict};
use image::{Rgb, RgbImage};
use serde::Serialize;

use crate::draw::Pen;
use crate::evaluate::{self, PictureReading};
use crate::folder::files_of;
use crate::picture::{Picture, is_picture, read_picture};
use crate::reading_settings::{ReadingSettings, frame_reading};
use crate::recogniser::{Recogniser, Sighting};
use crate::video::{Video, is_video};
use vehicles::{FrameResult, Vehicle, VehicleSplitter};

/// How often the progress of a long video is printed.
const PROGRESS: Duration = Duration::from_secs(5);

pub struct Order<'a> {
    pub recogniser: &'a Recogniser,
    pub reading_settings: &'a ReadingSettings,
    /// JSON lines instead of text.
    pub json: bool,
    /// Where drawn pictures go.
    pub draw: Option<&'a Path>,
    pub output: Output,
}

/// Where lines for people and programs go.
#[derive(Clone, Copy)]
pub struct Output {
    /// A result.
    pub line: fn(String),
    /// How far a long video is.
    pub progress: fn(String),
    /// A file that could not be read, or not to its end.
    pub failure: fn(&anyhow::Error),
}

/// What became of everything named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Vehicles with a plate; a picture is one vehicle.
    pub plates: u32,
    /// Files that could not be read, or not to their end.
    pub failed: u32,
}

/// The result for a picture, a frame, or a vehicle of a video.
#[derive(Serialize)]
struct ReadOutput<'a> {
    image: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    vehicle: Option<Span>,
    /// The frame of a video this is about, counted from 0. Of a vehicle the one that shows its plate best.
    #[serde(skip_serializing_if = "Option::is_none")]
    frame: Option<u32>,
    plate: Option<String>,
    verdict: String,
    /// Probability that the text is right, 0 to 1, if there is a plate.
    certainty: f32,
    /// Belief per character, 0 to 1.
    confidence: &'a [f32],
    /// Nats between the plate and the next different text.
    margin: f32,
    series: Option<&'a str>,
    /// The most likely texts, best first.
    candidates: Vec<String>,
    /// Everything that looked like a plate in this frame, best first.
    boxes: Vec<Box>,
    /// What this frame took.
    ms: Milliseconds,
}

/// The frames of a vehicle.
#[derive(Clone, Copy, Serialize)]
struct Span {
    /// The how-manieth of its video, from 1.
    number: u32,
    first_frame: u32,
    last_frame: u32,
    /// Frames that showed its plate.
    seen: u32,
}

#[derive(Serialize)]
struct Box {
    text: String,
    /// Belief that a plate is there and reads so, 0 to 1.
    score: f32,
    /// Left, top, width, height in pixels.
    bounds: [f32; 4],
    /// Top left, top right, bottom right, bottom left.
    corners: [[f32; 2]; 4],
}

#[derive(Serialize)]
struct Milliseconds {
    detect: f64,
    refine: f64,
    read: f64,
    total: f64,
}

/// A frame of a video, as far as it is needed once its vehicle is over.
struct Frame {
    number: u32,
    look: PictureReading,
    /// Kept only where it is to be drawn.
    picture: Option<RgbImage>,
}

impl Order<'_> {
    /// Reads everything named, the files of a folder in its place. What cannot be read is named and passed over.
    pub fn read(&self, named: &[PathBuf]) -> Result<Outcome> {
        if let Some(folder) = self.draw {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        let mut outcome = Outcome::default();
        for path in files(named)? {
            let read = if is_video(&path) {
                self.video(&path, &mut outcome.plates)
            } else {
                self.picture(&path, &mut outcome.plates)
            };
            if let Err(error) = read {
                outcome.failed += 1;
                (self.output.failure)(&error);
            }
        }
        Ok(outcome)
    }

    /// What is left of a picture cut short is read, and then it is named.
    fn picture(&self, path: &Path, plates: &mut u32) -> Result<()> {
        let Picture { mut pixels, is_cut_short } = read_picture(path)?;
        let look = evaluate::look(&pixels, self.recogniser, self.reading_settings)?;
        *plates += u32::from(look.reading.plate.is_some());
        if self.json {
            (self.output.line)(serde_json::to_string(&read_output(path, None, None, &look, &look.reading))?);
        } else {
            (self.output.line)(format!("{}: {}", path.display(), in_words(&look.reading)));
        }
        if let Some(folder) = self.draw {
            draw(&mut pixels, &look, &look.reading);
            let name = path.with_extension("png");
            save(&pixels, &folder.join(name.file_name().context("the picture has no name")?))?;
        }
        ensure!(
            !is_cut_short,
            "picture {} is cut short: its file ends before the picture does, only what is left was read",
            path.display()
        );
        Ok(())
    }

    fn video(&self, path: &Path, plates: &mut u32) -> Result<()> {
        let mut video = Video::open(path)?;
        let mut cutter = VehicleSplitter::new(video.rate());
        let (mut vehicles, mut failures) = (0, Failures::default());
        let mut before = None;
        let mut reported_at = Instant::now();
        let mut number = 0;
        while let Some(frame) = video.next() {
            let frame_result = match frame {
                // A picture shown twice is no second witness.
                Ok(picture) if before.as_ref() == Some(&picture) => None,
                Ok(picture) => {
                    let frame_result = self.frame(path, number, &picture)?;
                    before = Some(picture);
                    frame_result
                }
                Err(error) => {
                    failures.add(number, error.into());
                    None
                }
            };
            if let Some(vehicle) = cutter.add(number, frame_result) {
                vehicles += 1;
                *plates += self.vehicle(path, vehicles, vehicle)?;
            }
            number += 1;
            if reported_at.elapsed() > PROGRESS {
                reported_at = Instant::now();
                let percent = video.share() * 100.0;
                (self.output.progress)(format!("{}: {number} frames, {percent:.0} %", path.display()));
            }
        }
        if let Some(vehicle) = cutter.end() {
            vehicles += 1;
            *plates += self.vehicle(path, vehicles, vehicle)?;
        }
        if vehicles == 0 && !self.json {
            (self.output.line)(format!("{}: no plate in {number} frames", path.display()));
        }
        failures.end()
    }

    fn frame(&self, path: &Path, number: u32, picture: &RgbImage) -> Result<Option<FrameResult<Frame>>> {
        let look = evaluate::look(picture, self.recogniser, self.reading_settings)?;
        if self.json {
            (self.output.line)(serde_json::to_string(&read_output(
                path,
                Some(number),
                None,
                &look,
                &look.reading,
            ))?);
        }
        let reading = look.sightings.first().and_then(|best| frame_reading(number, best));
        let picture = self.draw.map(|_| picture.clone());
        Ok(reading.map(|reading| FrameResult::new(reading, Frame { number, look, picture })))
    }

    /// Tells of a vehicle; answers whether it has a plate.
    fn vehicle(&self, path: &Path, number: u32, vehicle: Vehicle<Frame>) -> Result<u32> {
        let Vehicle { first, last, seen, .. } = vehicle;
        let span = Span { number, first_frame: first, last_frame: last, seen };
        let (reading, best) = vehicle.read(self.reading_settings);
        let Some(Frame { number, look, picture }) = best else { return Ok(0) };
        if self.json {
            (self.output.line)(serde_json::to_string(&read_output(
                path,
                Some(number),
                Some(span),
                &look,
                &reading,
            ))?);
        } else {
            let words = in_words(&reading);
            (self.output.line)(format!(
                "{}, frames {first} to {last}: {words}, best in frame {number}",
                path.display()
            ));
        }
        if let (Some(folder), Some(mut picture)) = (self.draw, picture) {
            draw(&mut picture, &look, &reading);
            let name = path.file_stem().context("the video has no name")?.to_string_lossy();
            save(&picture, &folder.join(format!("{name}-frame-{number}.png")))?;
        }
        Ok(u32::from(reading.plate.is_some()))
    }
}

/// Frames of a video that could not be read.
#[derive(Default)]
struct Failures {
    count: u32,
    first: Option<(u32, anyhow::Error)>,
}

impl Failures {
    fn add(&mut self, frame: u32, error: anyhow::Error) {
        self.count += 1;
        self.first.get_or_insert((frame, error));
    }

    fn end(self) -> Result<()> {
        match self.first {
            None => Ok(()),
            Some((frame, error)) if self.count == 1 => Err(error.context(format!("frame {frame}"))),
            Some((frame, error)) => {
                Err(error
                    .context(format!("{} frames could not be read, the first is frame {frame}", self.count)))
            }
        }
    }
}

/// The files named, those of a folder in its place.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in named {
        if path.is_dir() {
            files.extend(files_of(path, |file| is_picture(file) || is_video(file))?);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn read_output<'a>(
    path: &Path,
    frame: Option<u32>,
    vehicle: Option<Span>,
    look: &PictureReading,
    reading: &'a Reading,
) -> ReadOutput<'a> {
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let stages = &look.stages;
    ReadOutput {
        image: path.display().to_string(),
        vehicle,
        frame,
        plate: reading.plate.as_ref().map(ToString::to_string),
        verdict: verdict(reading.verdict),
        certainty: reading.certainty(),
        confidence: &reading.confidence,
        margin: reading.margin_nats,
        series: reading.series.as_deref(),
        candidates: reading.candidates.iter().map(|candidate| candidate.text.to_string()).collect(),
        boxes: look.sightings.iter().map(seen_box).collect(),
        ms: Milliseconds {
            detect: ms(stages.detect),
            refine: ms(stages.refine),
            read: ms(stages.read),
            total: ms(look.total),
        },
    }
}

fn seen_box(sighting: &Sighting) -> Box {
    let bounds = sighting.quad.bounds();
    Box {
        text: sighting.text.as_string(),
        score: sighting.score,
        bounds: [bounds.left, bounds.top, bounds.width, bounds.height],
        corners: sighting.quad.0.map(|point| [point.x, point.y]),
    }
}

fn in_words(reading: &Reading) -> String {
    let plate = reading.plate.as_ref().map_or("no plate".to_owned(), ToString::to_string);
    let certainty = reading.certainty() * 100.0;
    format!("{plate} ({}, certainty {certainty:.1} %)", verdict(reading.verdict))
}

pub fn verdict(verdict: Verdict) -> String {
    format!("{verdict:?}").to_lowercase()
}

/// Outlines and words over everything seen; over the best what was read, from this frame or from several.
fn draw(pixels: &mut RgbImage, look: &PictureReading, reading: &Reading) {
    let pen = Pen::new();
    let size = (pixels.width().max(pixels.height()) / 40).clamp(14, 60);
    for (index, sighting) in look.sightings.iter().enumerate() {
        let colour = if index == 0 { Rgb([0, 210, 120]) } else { Rgb([255, 196, 0]) };
        let corner = sighting.quad.bounds();
        let words = match index {
            0 => format!("{} {:?} {:.2}", evaluate::text_of(reading), reading.verdict, sighting.score),
            _ => format!("{} {:.2}", sighting.text.as_string(), sighting.score),
        };
        let (x, y) = (corner.left as i64, corner.top as i64 - i64::from(size) - 6);
        pen.outline(pixels, &sighting.quad, size / 8, colour);
        pen.write(pixels, &words, x, y, size, colour);
    }
}

fn save(pixels: &RgbImage, path: &Path) -> Result<()> {
    pixels.save(path).with_context(|| format!("{} cannot be written", path.display()))
}
