//! The camera of a simulated lane: draws the car that is in front.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use boomgate_plate_reader::picture::frame_of;
use boomgate_plate_reader::scene::{Light, SceneRenderer, View};
use image::RgbImage;

use crate::camera::{Camera, CameraError};

/// The car in front, as far as a camera can see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub plate: String,
    pub country: String,
    /// A photograph to show instead of a drawn car.
    pub photo: Option<PathBuf>,
    pub light: Light,
    pub seed: u64,
}

/// The car before the camera, shared between the simulated lane and its camera. Empty when there is none.
#[derive(Clone, Default)]
pub struct Stage(Arc<Mutex<Option<Subject>>>);

impl Stage {
    pub fn show(&self, subject: Option<Subject>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = subject;
    }

    fn subject(&self) -> Option<Subject> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

pub struct SimCamera {
    scene: SceneRenderer,
    stage: Stage,
    frame: u32,
    photo: Option<(PathBuf, RgbImage)>,
}

impl SimCamera {
    pub fn new(stage: Stage) -> SimCamera {
        SimCamera { scene: SceneRenderer::new(), stage, frame: 0, photo: None }
    }

    fn photograph(&mut self, path: PathBuf) -> Result<RgbImage, CameraError> {
        match &self.photo {
            Some((shown, picture)) if *shown == path => Ok(picture.clone()),
            _ => {
                let picture = frame_of(&path)?;
                self.photo = Some((path, picture.clone()));
                Ok(picture)
            }
        }
    }
}

impl Camera for SimCamera {
    fn begin(&mut self) {
        self.frame = 0;
    }

    fn frame(&mut self) -> Result<RgbImage, CameraError> {
        let frame = self.frame;
        self.frame = frame.wrapping_add(1);
        match self.stage.subject() {
            None => Ok(self.scene.empty(Light::Day, u64::from(frame))),
            Some(Subject { photo: Some(path), .. }) => self.photograph(path),
            Some(Subject { plate, country, light, seed, photo: None }) => {
                Ok(self.scene.draw(&View { plate, country, light, seed, frame }))
            }
        }
    }
}
