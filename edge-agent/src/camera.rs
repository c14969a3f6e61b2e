//! Frames of a lane: from a camera or from a folder of pictures.
//!
//! A camera gives pictures; it must not know what is on them, nor lanes. `frame` may block; it is called on the
//! vision thread only, never on the lane's own.

pub mod folder;
#[cfg(feature = "opencv")]
pub mod opencv;

use boomgate_plate_reader::picture::PictureError;
use image::RgbImage;
use thiserror::Error;

pub trait Camera: Send {
    /// A vehicle arrived: earlier pictures belong to another one.
    fn begin(&mut self) {}

    /// The next picture. Blocks until there is one, for a few seconds at most.
    fn frame(&mut self) -> Result<RgbImage, CameraError>;

    /// A picture of what is there now, where no vehicle is to be read.
    fn glance(&mut self) -> Result<RgbImage, CameraError> {
        self.frame()
    }

    /// Whether pictures come, as far as is known without waiting for one. Called every second or so while no vehicle
    /// is there.
    fn check(&mut self) -> Result<(), CameraError> {
        Ok(())
    }
}

#[derive(Debug, Error)]
pub enum CameraError {
    #[error(transparent)]
    Picture(#[from] PictureError),
    #[error("no pictures in {path} (jpg, jpeg or png)")]
    NoPictures { path: String },
    #[error("camera {source_name} gave no frame for {waited_ms} ms: {why}")]
    Silent { source_name: String, waited_ms: u64, why: String },
}
