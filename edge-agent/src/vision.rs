//! The eyes: one thread that takes frames of an arrival, reads them, fuses them, and keeps the clearest as evidence.
//!
//! It stops as soon as the fused reading is accepted, when it is told to, or after a number of frames. Knows nothing of
//! booms and decisions; the first frames of a car are all it ever sees.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use boomgate_domain::ids::ArrivalId;
use boomgate_domain::plate::grammar::Grammar;
use boomgate_domain::reading::{CharDist, FrameReading, Reading, Thresholds, Verdict, fuse};
use image::RgbImage;
use tokio::sync::mpsc;
use tracing::{debug, warn};

use crate::camera::Camera;
use crate::evidence::{self, Evidence};
use crate::recognise::grey::Grey;
use crate::recognise::{Recogniser, Sighting};

/// Frames of one arrival at most.
const MOST_FRAMES: u32 = 8;
/// A frame in which the plate is seen less surely than this says nothing.
const WEAKEST: f32 = 0.05;

/// What the eyes made of an arrival.
#[derive(Debug)]
pub struct Seen {
    pub arrival: ArrivalId,
    pub reading: Reading,
    pub evidence: Option<Evidence>,
    /// Why frames or readings failed, if they did.
    pub trouble: Option<Trouble>,
    pub took: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    Camera(String),
    Reader(String),
}

/// Handle of the vision thread.
pub struct Vision {
    orders: Sender<Order>,
    /// Counts starts and stops: work for an older number is over.
    current: Arc<AtomicU64>,
}

enum Order {
    Look { arrival: ArrivalId, number: u64 },
}

/// How frames become a reading.
pub struct Judgement {
    pub grammar: Grammar,
    pub thresholds: Thresholds,
}

impl Judgement {
    pub fn of(&self, frames: &[FrameReading]) -> Reading {
        fuse(frames, &self.grammar, &self.thresholds)
    }
}

impl Vision {
    /// Starts the thread; it ends when the handle is dropped.
    pub fn start(
        camera: Box<dyn Camera>,
        recogniser: Recogniser,
        judgement: Judgement,
        seen: mpsc::Sender<Seen>,
    ) -> std::io::Result<Vision> {
        let (orders, inbox) = channel();
        let current = Arc::new(AtomicU64::new(0));
        let eyes = Eyes { camera, recogniser, judgement, seen, current: Arc::clone(&current) };
        std::thread::Builder::new().name("vision".into()).spawn(move || eyes.work(&inbox))?;
        Ok(Vision { orders, current })
    }

    /// Takes frames of a new arrival; whatever was looked at before is over.
    pub fn look(&self, arrival: ArrivalId) {
        let number = self.current.fetch_add(1, Ordering::AcqRel) + 1;
        let _ = self.orders.send(Order::Look { arrival, number });
    }

    /// Answers with what there is, after the frame in hand.
    pub fn stop(&self) {
        self.current.fetch_add(1, Ordering::AcqRel);
    }
}

struct Eyes {
    camera: Box<dyn Camera>,
    recogniser: Recogniser,
    judgement: Judgement,
    seen: mpsc::Sender<Seen>,
    current: Arc<AtomicU64>,
}

/// Frames of one arrival so far.
#[derive(Default)]
struct Frames {
    readings: Vec<FrameReading>,
    /// Those that may become evidence.
    pictures: Vec<(u32, RgbImage)>,
    /// The first frame, encoded while it was read: it is nearly always the one.
    first: Option<Evidence>,
    trouble: Option<Trouble>,
}

impl Eyes {
    fn work(mut self, inbox: &Receiver<Order>) {
        while let Ok(Order::Look { arrival, number }) = inbox.recv() {
            let begun = Instant::now();
            let (reading, mut frames) = self.read(number);
            let seen = Seen {
                arrival,
                evidence: frames.evidence(reading.best_frame),
                reading,
                trouble: frames.trouble,
                took: begun.elapsed(),
            };
            debug!(arrival = %arrival, frames = seen.reading.frames, took_ms = seen.took.as_millis() as u64, "looked");
            if self.seen.blocking_send(seen).is_err() {
                return;
            }
        }
    }

    fn read(&mut self, number: u64) -> (Reading, Frames) {
        self.camera.begin();
        let mut frames = Frames::default();
        let mut reading = Reading::nothing();
        for frame in 0..MOST_FRAMES {
            if frame > 0 && self.current.load(Ordering::Acquire) != number {
                break;
            }
            if !self.take(frame, &mut frames) {
                break;
            }
            reading = self.judgement.of(&frames.readings);
            if reading.verdict == Verdict::Accept {
                break;
            }
        }
        (reading, frames)
    }

    /// One frame more; false if the camera gives none.
    fn take(&mut self, number: u32, frames: &mut Frames) -> bool {
        let picture = match self.camera.frame() {
            Ok(picture) => picture,
            Err(error) => {
                warn!(%error, "no frame");
                frames.trouble = Some(Trouble::Camera(error.to_string()));
                return false;
            }
        };
        // The same picture again is no second witness; fused, it would only make the first mistake surer.
        if frames.pictures.last().is_some_and(|(_, before)| *before == picture) {
            return false;
        }
        let looked = std::thread::scope(|scope| {
            let encoding = (number == 0).then(|| scope.spawn(|| evidence::encode(&picture)));
            let looked = Grey::of(&picture).map(|grey| self.recogniser.look(&grey));
            frames.first = encoding.and_then(|thread| thread.join().ok().flatten()).or(frames.first.take());
            looked
        });
        match looked {
            Some(Ok(sightings)) => {
                frames.readings.extend(sightings.first().and_then(|best| frame_reading(number, best)));
            }
            Some(Err(error)) => {
                warn!(%error, "the reader failed");
                frames.trouble = Some(Trouble::Reader(error.to_string()));
            }
            None => frames.trouble = Some(Trouble::Camera("an empty picture".into())),
        }
        frames.pictures.push((number, picture));
        true
    }
}

impl Frames {
    /// The frame that shows the plate best, or the first one.
    fn evidence(&mut self, best: Option<u32>) -> Option<Evidence> {
        match self.pictures.iter().find(|(number, _)| Some(*number) == best) {
            Some((1.., picture)) => evidence::encode(picture),
            Some((0, _)) | None => self.first.take(),
        }
    }
}

/// The domain's view of a sighting; None if it is too faint to count.
pub fn frame_reading(frame: u32, sighting: &Sighting) -> Option<FrameReading> {
    let chars = sighting.text.glyphs.iter().map(|glyph| CharDist(glyph.shares)).collect();
    let reading = FrameReading { frame, weight: sighting.score, plate: sighting.plate, chars };
    (sighting.score > WEAKEST).then_some(reading)
}
