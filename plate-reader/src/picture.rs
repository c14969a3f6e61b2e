//! Pictures of files: JPEG and PNG, within memory limits, turned upright.
//!
//! Cameras and telephones store a picture as their sensor lay and note in EXIF how it is to be turned; a plate that lies on
//! its side or is mirrored is not found. A JPEG that is cut short decodes to a picture whose lower part is grey.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read, Seek};
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage};
use thiserror::Error;

/// Largest picture taken from a file, in pixels on a side: a larger one is refused before it is decoded.
pub const LARGEST_SIDE: u32 = 8192;

/// What a file holds.
#[derive(Debug)]
pub struct Picture {
    /// Upright.
    pub pixels: RgbImage,
    /// The file ends before the picture does: what was missing is grey.
    pub is_cut_short: bool,
}

#[derive(Debug, Error)]
pub enum PictureError {
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
}

/// Whether a file's name says that it is a picture.
pub fn is_picture(path: &Path) -> bool {
    has_ending(path, &["jpg", "jpeg", "png"])
}

pub(crate) fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    endings.iter().any(|one| one.eq_ignore_ascii_case(ending))
}

/// Reads a JPEG or PNG, whatever its name says.
///
/// # Errors
/// What is no file, or no picture, or cut so short that nothing is left of it; the error names the file.
pub fn read_picture(path: &Path) -> Result<Picture, PictureError> {
    let shown = || path.display().to_string();
    let failed = |source: ImageError| PictureError::Picture { path: shown(), source };
    is_file(path)?;
    let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format);
    let reader = reader.map_err(|error| failed(error.into()))?;
    if reader.format() != Some(ImageFormat::Jpeg) {
        return Ok(Picture { pixels: decoded(reader).map_err(failed)?, is_cut_short: false });
    }
    let jpeg = whole(reader).map_err(|error| failed(error.into()))?;
    let is_cut_short = ends_early(&jpeg);
    let pixels = decoded(ImageReader::with_format(Cursor::new(jpeg), ImageFormat::Jpeg));
    match pixels {
        Ok(pixels) => Ok(Picture { pixels, is_cut_short }),
        Err(source) if is_cut_short => Err(PictureError::CutShort { path: shown(), source }),
        Err(source) => Err(failed(source)),
    }
}

/// As [`read_picture`], for a camera: what is cut short is used and logged.
///
/// # Errors
/// As [`read_picture`].
pub fn frame_of(path: &Path) -> Result<RgbImage, PictureError> {
    let picture = read_picture(path)?;
    if picture.is_cut_short {
        tracing::warn!(picture = %path.display(), "the picture is cut short; what there is of it is used");
    }
    Ok(picture.pixels)
}

fn whole(reader: ImageReader<BufReader<File>>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.into_inner().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opening what is no file (a pipe, a device) may never come back.
pub(crate) fn is_file(path: &Path) -> Result<(), PictureError> {
    let shown = || path.display().to_string();
    let data = std::fs::metadata(path)
        .map_err(|error| PictureError::Picture { path: shown(), source: error.into() })?;
    if data.is_file() { Ok(()) } else { Err(PictureError::NoFile { path: shown() }) }
}

pub(crate) fn decoded<R: BufRead + Seek>(mut reader: ImageReader<R>) -> Result<RgbImage, ImageError> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    // EXIF that cannot be read says nothing; the picture itself may still be good.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture.into_rgb8())
}

/// Whether a JPEG (ITU-T T.81, annex B) has no end: its file stops inside a segment or inside the coded picture.
fn ends_early(jpeg: &[u8]) -> bool {
    const END: u8 = 0xd9;
    const SCAN: u8 = 0xda;
    let mut rest = jpeg;
    while let Some((marker, after)) = next_marker(rest) {
        if marker == END {
            return false;
        }
        rest = after;
        // Markers without a length: temporary, restarts, start of image.
        if matches!(marker, 0x01 | 0xd0..=0xd8) {
            continue;
        }
        let Some(segment) = after.first_chunk::<2>().map(|length| u16::from_be_bytes(*length)) else {
            return true;
        };
        let Some(behind) = after.get(usize::from(segment)..) else { return true };
        rest = if marker == SCAN { behind_coded(behind) } else { behind };
    }
    true
}

fn next_marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let begin = bytes.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xff))?;
    Some((bytes[begin + 1], &bytes[begin + 2..]))
}

/// What follows a scan: in its coded data `ff` stands before a zero or a restart only.
fn behind_coded(bytes: &[u8]) -> &[u8] {
    let is_end = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7 | 0xff);
    bytes.windows(2).position(is_end).map_or(&[], |end| &bytes[end..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;
    use image::codecs::jpeg::JpegEncoder;

    const RED: Rgb<u8> = Rgb([220, 30, 30]);
    const GREEN: Rgb<u8> = Rgb([30, 200, 40]);
    const BLUE: Rgb<u8> = Rgb([30, 40, 220]);

    /// Upright: red in the upper left, green in the upper right, blue below.
    fn flag() -> RgbImage {
        RgbImage::from_fn(64, 32, |x, y| match (x < 32, y < 16) {
            (true, true) => RED,
            (false, true) => GREEN,
            (_, false) => BLUE,
        })
    }

    /// A JPEG whose EXIF says how it is to be turned (TIFF 6.0, tag 274).
    fn jpeg_turned(pixels: &RgbImage, orientation: u8) -> Vec<u8> {
        let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
        let mut jpeg = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, 95);
        image::ImageEncoder::set_exif_metadata(&mut encoder, exif).unwrap();
        encoder.encode_image(pixels).unwrap();
        jpeg
    }

    fn read(name: &str, bytes: &[u8]) -> Result<Picture, PictureError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        read_picture(&path)
    }

    /// How a picture lies in its file so that each orientation makes it upright.
    fn lying(orientation: u8) -> RgbImage {
        use image::imageops::{flip_horizontal, flip_vertical, rotate90, rotate180, rotate270};
        let upright = flag();
        match orientation {
            2 => flip_horizontal(&upright),
            3 => rotate180(&upright),
            4 => flip_vertical(&upright),
            5 => flip_horizontal(&rotate90(&upright)),
            6 => rotate270(&upright),
            7 => flip_horizontal(&rotate270(&upright)),
            8 => rotate90(&upright),
            _ => upright,
        }
    }

    #[test]
    fn a_picture_turned_by_exif_was_read_as_it_lies() {
        for orientation in 0..=9 {
            let picture = read("turned.jpg", &jpeg_turned(&lying(orientation), orientation)).unwrap();
            let pixels = picture.pixels;
            assert_eq!(pixels.dimensions(), (64, 32), "orientation {orientation}");
            for ((x, y), colour) in [((8, 6), RED), ((56, 6), GREEN), ((8, 26), BLUE), ((56, 26), BLUE)] {
                let seen = pixels.get_pixel(x, y);
                let near = seen.0.iter().zip(colour.0).all(|(one, other)| one.abs_diff(other) < 40);
                assert!(near, "orientation {orientation}: {seen:?} at {x}, {y}");
            }
            assert!(!picture.is_cut_short, "orientation {orientation}");
        }
    }

    #[test]
    fn damaged_exif_does_not_hide_the_picture() {
        let good = jpeg_turned(&flag(), 1);
        let exif = good.windows(4).position(|four| four == b"Exif").unwrap();
        for at in exif..exif + 32 {
            let mut bad = good.clone();
            bad[at] ^= 0xff;
            assert!(read("car.jpg", &bad).is_ok(), "byte {at}");
        }
    }

    #[test]
    fn a_jpeg_cut_short_passed_for_a_whole_one() {
        let good = jpeg_turned(&flag(), 1);
        assert!(!read("car.jpg", &good).unwrap().is_cut_short);
        let mut trailed = good.clone();
        trailed.extend(b"what some cameras write behind the picture");
        assert!(!read("car.jpg", &trailed).unwrap().is_cut_short);
        let mut parts = 0;
        for length in 4..good.len() - 2 {
            match read("car.jpg", &good[..length]) {
                Ok(picture) => {
                    assert!(picture.is_cut_short, "{length} of {} bytes", good.len());
                    parts += 1;
                }
                Err(error) => {
                    let message = error.to_string();
                    assert!(message.contains("car.jpg is cut short"), "{length}: {message}");
                }
            }
        }
        assert!(parts > 0, "something was left of some of them");
    }
}
