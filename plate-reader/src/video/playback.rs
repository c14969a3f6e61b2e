//! Videos through OpenCV, each frame once.

use std::path::Path;

use image::RgbImage;
use opencv::core::{CV_8UC1, CV_8UC3, Mat};
use opencv::prelude::{MatTraitConst, MatTraitConstManual, VideoCaptureTrait, VideoCaptureTraitConst};
use opencv::videoio::{CAP_ANY, CAP_PROP_FPS, CAP_PROP_FRAME_COUNT, VideoCapture};

/// A video file read as fast as its frames are asked for, each once.
pub struct Playback {
    capture: VideoCapture,
    mat: Mat,
    given: u64,
    /// How many frames the file says it has; 0 if it does not say.
    claimed: u64,
    over: bool,
}

impl Playback {
    pub fn open(path: &str) -> Result<Playback, String> {
        let capture = open_file(path)?;
        let claimed = capture.get(CAP_PROP_FRAME_COUNT).unwrap_or(0.0).max(0.0) as u64;
        Ok(Playback { capture, mat: Mat::default(), given: 0, claimed, over: false })
    }

    pub fn rate(&self) -> Option<f64> {
        self.capture.get(CAP_PROP_FPS).ok()
    }

    pub fn share(&self) -> f64 {
        self.given as f64 / self.claimed.max(self.given).max(1) as f64
    }

    /// OpenCV does not distinguish the end of a file from a gap in it, and the length in a file is often a guess.
    fn end(&self) -> Option<Result<RgbImage, String>> {
        match (self.given, self.claimed) {
            (0, _) => Some(Err("it has no frame that can be read".into())),
            (given, claimed) if given + given / 10 + 2 < claimed => {
                Some(Err(format!("it ends after {given} of {claimed} frames")))
            }
            _ => None,
        }
    }
}

impl Iterator for Playback {
    type Item = Result<RgbImage, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        match self.capture.read(&mut self.mat) {
            Ok(true) => {
                self.given += 1;
                Some(picture_of(&self.mat).ok_or("its pixels are neither 8-bit colour nor 8-bit grey".into()))
            }
            Ok(false) => {
                self.over = true;
                self.end()
            }
            Err(error) => {
                self.over = true;
                Some(Err(error.message))
            }
        }
    }
}

/// Opens a video file.
///
/// # Errors
/// In words, without the path.
pub fn open_file(path: &str) -> Result<VideoCapture, String> {
    if !Path::new(path).exists() {
        return Err("there is no such file".into());
    }
    let capture = VideoCapture::from_file(path, CAP_ANY).map_err(|error| error.message)?;
    let is_opened = capture.is_opened().map_err(|error| error.message)?;
    if is_opened { Ok(capture) } else { Err("the source cannot be opened".into()) }
}

/// OpenCV's picture in our order of colours; None if it is neither 8-bit colour nor 8-bit grey.
pub fn picture_of(mat: &Mat) -> Option<RgbImage> {
    let (width, height) = (u32::try_from(mat.cols()).ok()?, u32::try_from(mat.rows()).ok()?);
    let bytes = if mat.is_continuous() { mat.data_bytes().ok()?.to_vec() } else { return None };
    let rgb = match mat.typ() {
        CV_8UC3 => bytes.chunks_exact(3).flat_map(|bgr| [bgr[2], bgr[1], bgr[0]]).collect(),
        CV_8UC1 => bytes.iter().flat_map(|&grey| [grey; 3]).collect(),
        _ => return None,
    };
    RgbImage::from_raw(width, height, rgb)
}

#[cfg(test)]
mod tests {
    use opencv::core::{Scalar, Size};
    use opencv::prelude::{VideoWriterTrait, VideoWriterTraitConst};
    use opencv::videoio::VideoWriter;

    use super::*;
    use crate::video::Video;

    /// A video that is no motion JPEG, every frame a bit brighter than the one before.
    fn coded_video(path: &Path, frames: u8) {
        let fourcc = VideoWriter::fourcc('X', 'V', 'I', 'D').unwrap();
        let mut writer =
            VideoWriter::new(path.display().to_string(), fourcc, 10.0, Size::new(64, 48), true).unwrap();
        assert!(writer.is_opened().unwrap(), "no encoder");
        for level in 0..frames {
            let colour = Scalar::new(0.0, 0.0, f64::from(level) * 4.0, 0.0);
            writer.write(&Mat::new_rows_cols_with_default(48, 64, CV_8UC3, colour).unwrap()).unwrap();
        }
        writer.release().unwrap();
    }

    #[test]
    fn a_video_is_read_once_to_its_end_and_one_cut_short_says_so() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["film.avi", "film.mkv", "film.mp4"] {
            let path = folder.path().join(name);
            coded_video(&path, 60);
            let mut video = Video::open(&path).unwrap();
            assert!((9.0..11.0).contains(&video.rate()), "{name}: {}", video.rate());
            let whole: Vec<u8> = video.by_ref().map(|frame| frame.unwrap().get_pixel(10, 10)[0]).collect();
            assert!(whole.len() == 60 && whole[50] > whole[10] + 100, "{name}: {whole:?}");
            assert!(video.share() > 0.99, "{name}");

            let bytes = std::fs::read(&path).unwrap();
            for part in [0, 10, 50, 90] {
                std::fs::write(&path, &bytes[..bytes.len() * part / 100]).unwrap();
                let (mut whole, mut why) = (0, String::new());
                match Video::open(&path) {
                    Err(error) => why = error.to_string(),
                    Ok(video) => video.for_each(|frame| match frame {
                        Ok(_) => whole += 1,
                        Err(error) => why = error.to_string(),
                    }),
                }
                assert!(
                    whole <= 60 && (whole > 50 || why.contains(name)),
                    "{name} {part} %: {whole}, {why:?}"
                );
            }
        }
    }
}
