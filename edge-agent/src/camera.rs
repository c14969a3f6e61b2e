//! Frames of a lane: from a camera, from a folder of pictures, or from a drawn scene.
//!
//! A camera gives pictures and knows nothing of what is on them, nor of lanes. `frame` may block; it is called on the
//! vision thread only, never on the lane's own.

pub mod folder;
#[cfg(feature = "opencv")]
pub mod opencv;
pub mod picture;
pub mod scene;
pub mod sim;
pub mod video;

use std::path::Path;

use image::{ImageError, RgbImage};
use thiserror::Error;

pub use picture::{Picture, read_picture};

pub trait Camera: Send {
    /// A vehicle has come: what was seen before belongs to another one.
    fn begin(&mut self) {}

    /// The next picture. Blocks until there is one, for a few seconds at most.
    fn frame(&mut self) -> Result<RgbImage, CameraError>;

    /// Whether pictures come, as far as is known without waiting for one. Called every second or so while no vehicle
    /// is there.
    fn check(&mut self) -> Result<(), CameraError> {
        Ok(())
    }
}

#[derive(Debug, Error)]
pub enum CameraError {
    #[error("picture {path} cannot be read")]
    Picture { path: String, source: ImageError },
    #[error("picture {path} is cut short, and nothing is left of it")]
    CutShort { path: String, source: ImageError },
    #[error("{path} is no file")]
    NoFile { path: String },
    #[error("video {path} cannot be read: {why}")]
    Video { path: String, why: String },
    #[error("folder {path} cannot be read")]
    Folder { path: String, source: std::io::Error },
    #[error("no pictures in {path} (jpg, jpeg or png)")]
    NoPictures { path: String },
    #[error("camera {source_name} gave no frame for {waited_ms} ms: {why}")]
    Silent { source_name: String, waited_ms: u64, why: String },
}

/// Whether a file's name says that it is a picture.
pub fn is_picture(path: &Path) -> bool {
    has_ending(path, &["jpg", "jpeg", "png"])
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    endings.iter().any(|one| one.eq_ignore_ascii_case(ending))
}
