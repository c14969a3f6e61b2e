//! Frames through OpenCV's VideoCapture: network cameras (RTSP), V4L2 devices, GStreamer pipelines, video files.
//!
//! One thread grabs all the time, so that a requested frame is never an old one out of a buffer; it reopens a source that
//! stopped, with growing pauses. A thread that hangs inside OpenCV (few backends have timeouts) is abandoned and
//! another one takes its place, a few times. A file is played at its own pace and from its start again.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use boomgate_plate_reader::video::playback::{open_file, picture_of};
use image::RgbImage;
use opencv::core::{Mat, Vector};
use opencv::prelude::{VideoCaptureTrait, VideoCaptureTraitConst};
use opencv::videoio::{
    CAP_FFMPEG, CAP_GSTREAMER, CAP_PROP_BUFFERSIZE, CAP_PROP_FPS, CAP_PROP_OPEN_TIMEOUT_MSEC,
    CAP_PROP_READ_TIMEOUT_MSEC, CAP_V4L2, VideoCapture,
};
use tracing::{info, warn};

use super::{Camera, CameraError};
use crate::{priority, redact};

const SILENCE_LIMIT: Duration = Duration::from_secs(3);
const TIMEOUT_MS: i32 = 5_000;
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(15);
/// A call into OpenCV that takes longer than this hangs; V4L2 gives up by itself after 10 s, networks after `TIMEOUT_MS`.
const CALL_TIMEOUT: Duration = Duration::from_secs(14);
/// Most threads that may hang in OpenCV. Then nothing is opened until one of them returns.
const MAX_ABANDONED_THREADS: usize = 3;

/// How a source is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `rtsp://`, `http://` and the like.
    Network(String),
    /// `/dev/video0`, or its number.
    Device(i32),
    /// A GStreamer pipeline that ends in an appsink, known by its ` ! `.
    Pipeline(String),
    File(String),
}

pub struct OpenCvCamera {
    source: String,
    opened: Instant,
    grabber: Arc<Shared>,
    /// What threads still share that hang in OpenCV.
    left_behind: Vec<Arc<Shared>>,
    given: u64,
    not_before: Option<Instant>,
}

#[derive(Default)]
struct Shared {
    latest: Mutex<Latest>,
    arrived: Condvar,
}

#[derive(Default)]
struct Latest {
    number: u64,
    grabbed: Option<Instant>,
    picture: Option<RgbImage>,
    trouble: Option<String>,
    stopped: bool,
    /// Since when the thread has been inside OpenCV.
    called: Option<Instant>,
    ended: bool,
}

impl Source {
    pub fn parse(text: &str) -> Source {
        let device = text.strip_prefix("/dev/video").unwrap_or(text);
        match device.parse() {
            Ok(index) => Source::Device(index),
            Err(_) if text.contains(" ! ") => Source::Pipeline(text.to_owned()),
            Err(_) if text.contains("://") => Source::Network(text.to_owned()),
            Err(_) => Source::File(text.to_owned()),
        }
    }

    fn open(&self) -> Result<VideoCapture, String> {
        let message = |error: opencv::Error| error.message;
        let timeouts = Vector::from_slice(&[
            CAP_PROP_OPEN_TIMEOUT_MSEC,
            TIMEOUT_MS,
            CAP_PROP_READ_TIMEOUT_MSEC,
            TIMEOUT_MS,
        ]);
        let mut capture = match self {
            Source::Network(url) => VideoCapture::from_file_with_params(url, CAP_FFMPEG, &timeouts),
            Source::Device(index) => VideoCapture::new(*index, CAP_V4L2),
            Source::Pipeline(pipeline) => VideoCapture::from_file(pipeline, CAP_GSTREAMER),
            Source::File(path) => return open_file(path),
        }
        .map_err(message)?;
        if !capture.is_opened().map_err(message)? {
            return Err("the source cannot be opened".into());
        }
        // Not every backend has a buffer that can be shortened; the grabbing thread drops old frames.
        let _ = capture.set(CAP_PROP_BUFFERSIZE, 1.0);
        Ok(capture)
    }

    /// Time between two frames of a file; live sources set their own pace.
    fn pace(&self, capture: &VideoCapture) -> Duration {
        match self {
            Source::File(_) => {
                let rate = capture.get(CAP_PROP_FPS).unwrap_or(25.0);
                Duration::from_secs_f64(1.0 / if (1.0..=240.0).contains(&rate) { rate } else { 25.0 })
            }
            Source::Network(_) | Source::Device(_) | Source::Pipeline(_) => Duration::ZERO,
        }
    }
}

impl OpenCvCamera {
    /// Starts grabbing; a source that is not there yet is tried again, and `frame` says so meanwhile.
    pub fn open(source: &str) -> Result<OpenCvCamera, CameraError> {
        let mut camera = OpenCvCamera {
            source: source.to_owned(),
            opened: Instant::now(),
            grabber: Arc::default(),
            left_behind: Vec::new(),
            given: 0,
            not_before: None,
        };
        camera.start().map_err(|error| camera.silent(Duration::ZERO, error.to_string()))?;
        Ok(camera)
    }

    fn start(&mut self) -> std::io::Result<()> {
        self.given = 0;
        self.grabber = Arc::new(Shared::default());
        let (source, theirs) = (Source::parse(&self.source), Arc::clone(&self.grabber));
        std::thread::Builder::new().name("camera".into()).spawn(move || {
            // Decoding, too, comes after the wires; OpenCV's own threads follow this one.
            priority::lower("camera");
            keep_grabbing(&source, &theirs)
        })?;
        Ok(())
    }

    /// Leaves a thread that hangs to itself and starts another one.
    fn replace_if_hanging(&mut self) {
        let hangs = |latest: &Latest| latest.called.is_some_and(|since| since.elapsed() > CALL_TIMEOUT);
        if !hangs(&self.grabber.latest()) {
            return;
        }
        self.left_behind.retain(|thread| !thread.latest().ended);
        if self.left_behind.len() >= MAX_ABANDONED_THREADS {
            return self.grabber.trouble("OpenCV hangs in it again and again; restart the lane's program");
        }
        warn!(left_behind = self.left_behind.len() + 1, "OpenCV hangs; the camera is reopened");
        let (grabbed, old) = (self.grabber.latest().grabbed, Arc::clone(&self.grabber));
        old.latest().stopped = true;
        if let Err(error) = self.start() {
            self.grabber = old;
            return self.grabber.trouble(&error.to_string());
        }
        self.left_behind.push(old);
        let mut latest = self.grabber.latest();
        latest.grabbed = latest.grabbed.or(grabbed);
        latest.trouble = Some("OpenCV hung in it; it is opened anew".into());
    }

    fn silent(&self, waited: Duration, why: String) -> CameraError {
        let source_name = redact::secrets(&self.source).into_owned();
        CameraError::Silent { source_name, waited_ms: waited.as_millis() as u64, why }
    }
}

impl Camera for OpenCvCamera {
    fn begin(&mut self) {
        self.not_before = Some(Instant::now());
    }

    fn frame(&mut self) -> Result<RgbImage, CameraError> {
        self.replace_if_hanging();
        let begun = Instant::now();
        let grabber = Arc::clone(&self.grabber);
        let mut latest = grabber.latest();
        loop {
            let fresh = latest.number > self.given && latest.grabbed >= self.not_before;
            if let (true, Some(picture)) = (fresh, &latest.picture) {
                self.given = latest.number;
                return Ok(picture.clone());
            }
            let left = SILENCE_LIMIT.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(self.silent(SILENCE_LIMIT, latest.why_silent()));
            }
            latest = grabber.arrived.wait_timeout(latest, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn check(&mut self) -> Result<(), CameraError> {
        self.replace_if_hanging();
        let latest = self.grabber.latest();
        let silent = latest.grabbed.unwrap_or(self.opened).elapsed();
        if silent <= SILENCE_LIMIT { Ok(()) } else { Err(self.silent(silent, latest.why_silent())) }
    }
}

impl Latest {
    fn why_silent(&self) -> String {
        let why = match (&self.trouble, self.grabbed) {
            (Some(why), _) => why,
            (None, None) => "it does not answer yet",
            (None, Some(_)) => "it is open but silent",
        };
        why.to_owned()
    }
}

impl Drop for OpenCvCamera {
    fn drop(&mut self) {
        // The thread may block in a read for seconds; it is signalled and not joined.
        self.grabber.latest().stopped = true;
    }
}

fn keep_grabbing(source: &Source, shared: &Shared) {
    let mut wait = FIRST_WAIT;
    while !shared.is_stopped() {
        let grabbed = shared.calling(|| source.open()).map(|mut capture| grab(source, &mut capture, shared));
        match grabbed {
            Ok(frames) if frames > 0 => wait = FIRST_WAIT,
            Ok(_) => shared.trouble("it gives no frames"),
            Err(why) => {
                warn!(why, retry_ms = wait.as_millis() as u64, "cannot open the camera");
                shared.trouble(&why);
            }
        }
        if !matches!(source, Source::File(_)) || shared.has_trouble() {
            std::thread::sleep(wait);
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
    shared.latest().ended = true;
}

/// Grabs until the source ends; returns the number of frames.
fn grab(source: &Source, capture: &mut VideoCapture, shared: &Shared) -> u64 {
    let pace = source.pace(capture);
    let mut mat = Mat::default();
    let mut frames = 0;
    while !shared.is_stopped() {
        let begun = Instant::now();
        match shared.calling(|| capture.read(&mut mat)) {
            Ok(true) => match picture_of(&mat) {
                Some(picture) => shared.put(picture),
                None => {
                    shared.trouble("its pixels are neither 8-bit colour nor 8-bit grey");
                    return frames;
                }
            },
            Ok(false) => break,
            Err(error) => {
                shared.trouble(&error.message);
                break;
            }
        }
        frames += 1;
        std::thread::sleep(pace.saturating_sub(begun.elapsed()));
    }
    if !matches!(source, Source::File(_)) {
        info!(frames, "the camera's stream ended; it is reopened");
    }
    frames
}

impl Shared {
    fn latest(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call that may hang.
    fn calling<R>(&self, call: impl FnOnce() -> R) -> R {
        self.latest().called = Some(Instant::now());
        let answer = call();
        self.latest().called = None;
        answer
    }

    fn put(&self, picture: RgbImage) {
        let mut latest = self.latest();
        latest.number += 1;
        latest.grabbed = Some(Instant::now());
        latest.picture = Some(picture);
        latest.trouble = None;
        self.arrived.notify_all();
    }

    fn trouble(&self, why: &str) {
        self.latest().trouble = Some(why.to_owned());
    }

    fn has_trouble(&self) -> bool {
        self.latest().trouble.is_some()
    }

    fn is_stopped(&self) -> bool {
        self.latest().stopped
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use opencv::core::{CV_8UC3, Scalar, Size};
    use opencv::prelude::VideoWriterTrait;
    use opencv::videoio::VideoWriter;

    use super::*;

    fn short_video(path: &Path, levels: &[u8]) {
        let fourcc = VideoWriter::fourcc('M', 'J', 'P', 'G').unwrap();
        let mut writer = VideoWriter::new(path, fourcc, 10.0, Size::new(64, 48), true).unwrap();
        for &level in levels {
            let colour = Scalar::new(0.0, 0.0, f64::from(level), 0.0);
            writer.write(&Mat::new_rows_cols_with_default(48, 64, CV_8UC3, colour).unwrap()).unwrap();
        }
        writer.release().unwrap();
    }

    #[test]
    fn a_video_file_is_played_and_begins_again_at_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("short.avi");
        short_video(&path, &[50, 100, 150]);
        let mut camera = OpenCvCamera::open(&path.display().to_string()).unwrap();
        let reds: Vec<u8> = (0..8).map(|_| camera.frame().unwrap().get_pixel(10, 10)[0]).collect();
        assert_eq!(reds.len(), 8, "more frames than the file has");
        assert!(
            reds.iter().all(|red| [50, 100, 150].iter().any(|level: &u8| red.abs_diff(*level) < 8)),
            "{reds:?}"
        );
    }

    #[test]
    fn a_missing_file_is_named_with_the_reason() {
        let mut camera = OpenCvCamera::open("/nowhere/film.avi").unwrap();
        let error = camera.frame().unwrap_err().to_string();
        assert!(error.contains("/nowhere/film.avi") && error.contains("no such file"), "{error}");
    }

    #[test]
    fn sources_are_told_apart() {
        assert_eq!(Source::parse("/dev/video2"), Source::Device(2));
        assert_eq!(Source::parse("0"), Source::Device(0));
        assert!(matches!(Source::parse("libcamerasrc ! appsink"), Source::Pipeline(_)));
        assert!(matches!(Source::parse("rtsp://u:p@10.0.0.2/s"), Source::Network(_)));
    }
}
