//! The vision thread beside a camera that misbehaves.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use boomgate_domain::ids::ArrivalId;
use boomgate_domain::plate::grammar::Grammar;
use boomgate_domain::reading::Thresholds;
use boomgate_edge_agent::camera::{Camera, CameraError};
use boomgate_edge_agent::vision::{Vision, VisionEvent, VisionFault};
use boomgate_plate_reader::reading_settings::ReadingSettings;
use boomgate_plate_reader::recogniser::{ModelPaths, Recogniser};
use boomgate_plate_reader::scene::{Light, SceneRenderer};
use image::RgbImage;

/// A camera that hangs until it is let go, and is well or not as it is told.
struct FlakyCamera {
    let_go: Receiver<()>,
    well: Arc<AtomicBool>,
}

impl Camera for FlakyCamera {
    fn frame(&mut self) -> Result<RgbImage, CameraError> {
        let _ = self.let_go.recv();
        Ok(SceneRenderer::new().empty(Light::Day, 1))
    }

    fn check(&mut self) -> Result<(), CameraError> {
        let why = "it is open but silent".into();
        let silent = CameraError::Silent { source_name: "stand-in".into(), waited_ms: 3_000, why };
        if self.well.load(Ordering::Acquire) { Ok(()) } else { Err(silent) }
    }
}

#[test]
fn a_camera_that_hangs_or_is_silent_between_cars_is_told_of_and_keeps_nobody_waiting() {
    let grammar = Grammar::for_countries(&["SK", "CZ", "PL"]).unwrap();
    let recogniser = Recogniser::load(&ModelPaths::default(), &grammar).unwrap();
    let (release, let_go) = channel();
    let well = Arc::new(AtomicBool::new(true));
    let (sender, mut vision_events) = tokio::sync::mpsc::channel(8);
    let reading_settings = ReadingSettings { grammar, thresholds: Thresholds::default() };
    let camera = Box::new(FlakyCamera { let_go, well: Arc::clone(&well) });
    let vision =
        Vision::start(camera, recogniser, reading_settings, sender, tokio::sync::mpsc::channel(1).0).unwrap();

    well.store(false, Ordering::Release);
    let event = vision_events.blocking_recv().unwrap();
    assert!(
        matches!(&event, VisionEvent::Camera(Some(VisionFault::Camera(why))) if why.contains("stand-in")),
        "{event:?}"
    );
    well.store(true, Ordering::Release);
    assert!(matches!(vision_events.blocking_recv().unwrap(), VisionEvent::Camera(None)));

    assert_eq!(vision.stuck(), None);
    let arrival = ArrivalId::from_uuid(uuid::Uuid::now_v7());
    let begun = Instant::now();
    vision.look(arrival);
    vision.stop();
    assert!(begun.elapsed().as_millis() < 100, "nobody waits for a camera");
    while vision.stuck().is_none() {
        assert!(begun.elapsed().as_secs() < 20, "a hang is noticed");
        std::thread::sleep(Duration::from_millis(50));
    }
    release.send(()).unwrap();
    let event = vision_events.blocking_recv().unwrap();
    assert!(
        matches!(&event, VisionEvent::VisionResult(result) if result.arrival == arrival && result.trouble.is_none()),
        "{event:?}"
    );
    assert_eq!(vision.stuck(), None);
}
