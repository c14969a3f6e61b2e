//! Camera worker thread: captures frames of an arrival, reads and fuses them, and selects the clearest as evidence.
//!
//! It stops as soon as the fused reading is accepted, on request, or after a number of frames. Between cars it
//! checks whether the camera still gives frames. Must not know booms and decisions; the first frames of a car are all it
//! gets. The camera may hang: the holder of the handle never waits for this thread, and can detect that it is stuck.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use boomgate_domain::ids::ArrivalId;
use boomgate_domain::reading::{FrameReading, Reading, Verdict};
use boomgate_plate_reader::advice::Shot;
use boomgate_plate_reader::grey::Grey;
use boomgate_plate_reader::net::NetError;
use boomgate_plate_reader::reading_settings::{MAX_FRAMES, ReadingSettings, frame_reading, shot};
use boomgate_plate_reader::recogniser::Recogniser;
use image::RgbImage;
use tokio::sync::mpsc;
use tracing::{debug, warn};
use uuid::Uuid;

use crate::camera::Camera;
use crate::evidence::{self, Evidence};
use crate::preview::PreviewFrame;
use crate::priority;

/// How often the camera is checked while no car is there.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// After so long with one picture the thread counts as stuck; a camera times out much earlier.
const STUCK: Duration = Duration::from_secs(10);

/// An event of the camera worker.
#[derive(Debug)]
pub enum VisionEvent {
    VisionResult(Box<VisionResult>),
    /// Between cars the camera failed, or works again.
    Camera(Option<VisionFault>),
}

/// The reading of an arrival.
#[derive(Debug)]
pub struct VisionResult {
    pub arrival: ArrivalId,
    pub reading: Reading,
    pub evidence: Option<Evidence>,
    /// Why frames or readings failed, if they did.
    pub trouble: Option<VisionFault>,
    /// How each frame showed the car.
    pub shots: Vec<Shot>,
    pub took: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VisionFault {
    Camera(String),
    Reader(String),
}

/// Handle of the vision thread.
pub struct Vision {
    orders: Sender<Order>,
    /// Counts starts and stops: work for an older number is over.
    current: Arc<AtomicU64>,
    busy: Arc<Busy>,
}

/// Since when the thread has been at one picture.
#[derive(Default)]
struct Busy(Mutex<Option<Instant>>);

enum Order {
    Look {
        arrival: ArrivalId,
        number: u64,
    },
    /// Pictures for a person, until then.
    Show {
        command: Uuid,
        until: Instant,
    },
}

impl Vision {
    /// Starts the thread; it ends when the handle is dropped.
    pub fn start(
        camera: Box<dyn Camera>,
        recogniser: Recogniser,
        reading_settings: ReadingSettings,
        vision_events: mpsc::Sender<VisionEvent>,
        preview: mpsc::Sender<PreviewFrame>,
    ) -> std::io::Result<Vision> {
        let (orders, inbox) = channel();
        let current = Arc::new(AtomicU64::new(0));
        let busy = Arc::new(Busy::default());
        let (theirs, at) = (Arc::clone(&current), Arc::clone(&busy));
        let worker = VisionWorker {
            camera,
            recogniser,
            reading_settings,
            vision_events,
            current: theirs,
            busy: at,
            camera_well: true,
            preview,
            showing: None,
        };
        std::thread::Builder::new().name("vision".into()).spawn(move || {
            priority::lower("plate reader");
            worker.work(&inbox)
        })?;
        Ok(Vision { orders, current, busy })
    }

    /// Takes frames of a new arrival; whatever was looked at before is over.
    pub fn look(&self, arrival: ArrivalId) {
        let number = self.current.fetch_add(1, Ordering::AcqRel) + 1;
        let _ = self.orders.send(Order::Look { arrival, number });
    }

    /// Gives pictures to a person for a while, about one a second. Cars are read as ever.
    pub fn show(&self, command: Uuid, length: Duration) {
        let _ = self.orders.send(Order::Show { command, until: Instant::now() + length });
    }

    /// Answers with what there is, after the frame in hand.
    pub fn stop(&self) {
        self.current.fetch_add(1, Ordering::AcqRel);
    }

    /// The fault to report when the thread hangs in the camera or the reader.
    pub fn stuck(&self) -> Option<VisionFault> {
        let seconds = self.busy.for_long()?.as_secs();
        Some(VisionFault::Camera(format!("it has not come back from one picture for {seconds} s")))
    }
}

impl Busy {
    fn begin(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn end(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn for_long(&self) -> Option<Duration> {
        let since = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.map(|since| since.elapsed()).filter(|busy| *busy > STUCK)
    }
}

struct VisionWorker {
    camera: Box<dyn Camera>,
    recogniser: Recogniser,
    reading_settings: ReadingSettings,
    vision_events: mpsc::Sender<VisionEvent>,
    current: Arc<AtomicU64>,
    busy: Arc<Busy>,
    /// The camera's state as last reported.
    camera_well: bool,
    preview: mpsc::Sender<PreviewFrame>,
    /// The order by which pictures are given, and until when.
    showing: Option<(Uuid, Instant)>,
}

/// Frames of one arrival so far.
#[derive(Default)]
struct Frames {
    readings: Vec<FrameReading>,
    /// Those that may become evidence.
    pictures: Vec<(u32, RgbImage)>,
    /// The first frame, encoded while it was read if there is a core for that: it is nearly always the one.
    first: Option<Evidence>,
    trouble: Option<VisionFault>,
    shots: Vec<Shot>,
}

impl VisionWorker {
    fn work(mut self, inbox: &Receiver<Order>) {
        loop {
            let event = match inbox.recv_timeout(CHECK_EVERY) {
                Ok(Order::Look { arrival, number }) => {
                    Some(VisionEvent::VisionResult(Box::new(self.look(arrival, number))))
                }
                Ok(Order::Show { command, until }) => {
                    self.showing = Some((command, until));
                    self.glance();
                    None
                }
                Err(RecvTimeoutError::Timeout) => {
                    let event = self.check();
                    self.glance();
                    event
                }
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if event.is_some_and(|event| self.vision_events.blocking_send(event).is_err()) {
                return;
            }
        }
    }

    /// An event if the camera failed or works again since the last check.
    fn check(&mut self) -> Option<VisionEvent> {
        let trouble = self.camera.check().err().map(|error| VisionFault::Camera(error.to_string()));
        let was_well = std::mem::replace(&mut self.camera_well, trouble.is_none());
        (was_well != trouble.is_none()).then_some(VisionEvent::Camera(trouble))
    }

    /// A picture for a person who looks, between cars. A camera that is silent is not waited for: a car may come.
    fn glance(&mut self) {
        if self.watched().is_none() || self.camera.check().is_err() {
            return;
        }
        self.busy.begin();
        let taken = self.camera.glance();
        self.busy.end();
        if let Ok(picture) = taken {
            self.give(picture);
        }
    }

    /// The order by which somebody looks now.
    fn watched(&mut self) -> Option<Uuid> {
        self.showing = self.showing.filter(|(_, until)| Instant::now() < *until);
        self.showing.map(|(command, _)| command)
    }

    /// What is not taken at once is not waited for.
    fn give(&mut self, picture: RgbImage) {
        if let Some(command) = self.watched() {
            let _ = self.preview.try_send(PreviewFrame { command, picture });
        }
    }

    fn look(&mut self, arrival: ArrivalId, number: u64) -> VisionResult {
        let begun = Instant::now();
        let (reading, mut frames) = self.read(number);
        if self.watched().is_some()
            && let Some((_, picture)) = frames.pictures.last()
        {
            self.give(picture.clone());
        }
        self.camera_well = !matches!(frames.trouble, Some(VisionFault::Camera(_)));
        let result = VisionResult {
            arrival,
            evidence: frames.evidence(reading.best_frame),
            reading,
            trouble: frames.trouble,
            shots: frames.shots,
            took: begun.elapsed(),
        };
        debug!(arrival = %arrival, frames = result.reading.frames, took_ms = result.took.as_millis() as u64, "looked");
        result
    }

    fn read(&mut self, number: u64) -> (Reading, Frames) {
        self.camera.begin();
        let mut frames = Frames::default();
        let mut reading = Reading::nothing();
        for frame in 0..MAX_FRAMES {
            if frame > 0 && self.current.load(Ordering::Acquire) != number {
                break;
            }
            self.busy.begin();
            let taken = self.take(frame, &mut frames);
            self.busy.end();
            if !taken {
                break;
            }
            reading = self.reading_settings.of(&frames.readings);
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
                frames.trouble = Some(VisionFault::Camera(error.to_string()));
                return false;
            }
        };
        // The same picture again is no second witness; fused, it would only make the first mistake surer.
        if frames.pictures.last().is_some_and(|(_, before)| *before == picture) {
            return false;
        }
        let looked = std::thread::scope(|scope| {
            let encoding =
                (number == 0 && reader_threads() > 1).then(|| scope.spawn(|| evidence::encode(&picture)));
            let looked = Grey::of(&picture).map(|grey| {
                let sightings = self.recogniser.look(&grey)?;
                Ok::<_, NetError>((shot(&grey, &sightings), sightings))
            });
            frames.first = encoding.and_then(|thread| thread.join().ok().flatten()).or(frames.first.take());
            looked
        });
        match looked {
            Some(Ok((shot, sightings))) => {
                frames.shots.push(shot);
                frames.readings.extend(sightings.first().and_then(|best| frame_reading(number, best)));
            }
            Some(Err(error)) => {
                warn!(%error, "the reader failed");
                frames.trouble = Some(VisionFault::Reader(error.to_string()));
            }
            None => frames.trouble = Some(VisionFault::Camera("an empty picture".into())),
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
            Some((0, _)) | None => self.first.take().or_else(|| evidence::encode(&self.pictures.first()?.1)),
        }
    }
}

/// Threads that may work on pictures at once: one core is left to the wires, however few there are.
fn reader_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1))
}
