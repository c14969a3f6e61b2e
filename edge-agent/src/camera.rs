//! Frames of a lane: from a camera, from a folder of pictures, or from a drawn scene.
//!
//! A camera gives pictures and knows nothing of what is on them, nor of lanes. `frame` may block; it is called on the
//! vision thread only.

pub mod folder;
#[cfg(feature = "opencv")]
pub mod opencv;
pub mod scene;
pub mod sim;

use image::RgbImage;
use thiserror::Error;

pub trait Camera: Send {
    /// A vehicle has come: what was seen before belongs to another one.
    fn begin(&mut self) {}

    /// The next picture. Blocks until there is one, for a few seconds at most.
    fn frame(&mut self) -> Result<RgbImage, CameraError>;
}

#[derive(Debug, Error)]
pub enum CameraError {
    #[error("picture {path} cannot be read")]
    Picture { path: String, source: image::ImageError },
    #[error("folder {path} cannot be read")]
    Folder { path: String, source: std::io::Error },
    #[error("no pictures in {path} (jpg, jpeg or png)")]
    NoPictures { path: String },
    #[error("camera {source_name} gave no frame for {waited_ms} ms: {why}")]
    Silent { source_name: String, waited_ms: u64, why: String },
}

/// Largest picture taken from a file, in pixels on a side: a larger one is refused before it is decoded.
pub const LARGEST_SIDE: u32 = 8192;

/// Reads a JPEG or PNG, whatever its name says, within memory limits.
pub fn read_picture(path: &std::path::Path) -> Result<RgbImage, CameraError> {
    let failed =
        |source: image::ImageError| CameraError::Picture { path: path.display().to_string(), source };
    let mut reader = image::ImageReader::open(path).map_err(|e| failed(e.into()))?;
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    reader.limits(limits);
    let reader = reader.with_guessed_format().map_err(|e| failed(e.into()))?;
    Ok(reader.decode().map_err(failed)?.into_rgb8())
}
