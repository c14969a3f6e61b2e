//! Pictures of a folder, one per vehicle, in the order of their names and then from the start again.

use std::path::{Path, PathBuf};

use boomgate_plate_reader::folder::pictures_of;
use boomgate_plate_reader::picture::frame_of;
use image::RgbImage;

use super::{Camera, CameraError};

pub struct FolderCamera {
    pictures: Vec<PathBuf>,
    next: usize,
    current: Option<RgbImage>,
}

impl FolderCamera {
    /// `path` is a folder or a single picture.
    pub fn open(path: &Path) -> Result<FolderCamera, CameraError> {
        let pictures = if path.is_dir() { pictures_of(path)? } else { vec![path.to_owned()] };
        if pictures.is_empty() {
            return Err(CameraError::NoPictures { path: path.display().to_string() });
        }
        Ok(FolderCamera { pictures, next: 0, current: None })
    }
}

impl Camera for FolderCamera {
    fn begin(&mut self) {
        self.current = None;
    }

    /// The last vehicle's picture, or the next one's, which stays the next.
    fn glance(&mut self) -> Result<RgbImage, CameraError> {
        match &self.current {
            Some(picture) => Ok(picture.clone()),
            None => Ok(frame_of(&self.pictures[self.next % self.pictures.len()])?),
        }
    }

    fn frame(&mut self) -> Result<RgbImage, CameraError> {
        if let Some(picture) = &self.current {
            return Ok(picture.clone());
        }
        let path = &self.pictures[self.next % self.pictures.len()];
        self.next = (self.next + 1) % self.pictures.len();
        let picture = frame_of(path)?;
        self.current = Some(picture.clone());
        Ok(picture)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(names: &[(&str, [u8; 3])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, colour) in names {
            RgbImage::from_pixel(8, 8, image::Rgb(*colour)).save(folder.path().join(name)).unwrap();
        }
        folder
    }

    #[test]
    fn each_vehicle_gets_the_next_picture_and_the_last_is_followed_by_the_first() {
        let folder = folder_with(&[("b.png", [2, 2, 2]), ("a.png", [1, 1, 1])]);
        let mut camera = FolderCamera::open(folder.path()).unwrap();
        let mut seen = Vec::new();
        assert_eq!(camera.glance().unwrap().get_pixel(0, 0)[0], 1, "a glance uses no picture up");
        for _ in 0..3 {
            camera.begin();
            let first = camera.frame().unwrap();
            assert_eq!(first, camera.frame().unwrap(), "one vehicle keeps its picture");
            seen.push(first.get_pixel(0, 0)[0]);
        }
        assert_eq!(seen, [1, 2, 1]);
    }

    #[test]
    fn a_broken_picture_is_an_error_with_its_name_and_the_next_vehicle_gets_the_next_one() {
        let folder = folder_with(&[("b.png", [2, 2, 2])]);
        std::fs::write(folder.path().join("a.jpg"), b"\xff\xd8\xff\xe0 not a picture").unwrap();
        let mut camera = FolderCamera::open(folder.path()).unwrap();
        camera.begin();
        assert!(camera.frame().unwrap_err().to_string().contains("a.jpg"));
        camera.begin();
        assert_eq!(camera.frame().unwrap().get_pixel(0, 0)[0], 2);
    }

    #[test]
    fn an_empty_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = FolderCamera::open(folder.path()).err().unwrap().to_string();
        assert!(error.starts_with("no pictures in "), "{error}");
    }
}
