//! The pictures of a video file, one after the other, each once.
//!
//! Motion JPEG, in an AVI or bare, is read here, the same in every build; all other videos need OpenCV. A file cut short
//! gives the pictures that are whole, and then an error. Must not know what is on the pictures.

#[cfg(feature = "opencv")]
pub mod playback;

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek};
use std::path::Path;

use image::{ImageFormat, RgbImage};

use crate::picture::{PictureError, decoded, has_ending, is_file};

/// What a file is called that may hold a video.
const ENDINGS: [&str; 11] = ["avi", "mp4", "m4v", "mkv", "mov", "webm", "ts", "mpg", "mpeg", "mjpg", "mjpeg"];
/// Largest picture of motion JPEG, in bytes; more is damage.
const LARGEST: u32 = 32 << 20;
/// Pictures a second where the file does not say.
const USUAL_RATE: f64 = 25.0;

pub struct Video {
    path: String,
    frames: Frames,
}

enum Frames {
    Jpegs(Box<Jpegs>),
    #[cfg(feature = "opencv")]
    OpenCv(playback::Playback),
}

/// Whether a file's name says that it is a video.
pub fn is_video(path: &Path) -> bool {
    has_ending(path, &ENDINGS)
}

impl Video {
    pub fn open(path: &Path) -> Result<Video, PictureError> {
        let shown = path.display().to_string();
        is_file(path)?;
        let jpegs = Jpegs::open(path).map_err(|error| damaged(&shown, &why(&error)))?;
        let frames = match jpegs {
            Some(jpegs) => Frames::Jpegs(Box::new(jpegs)),
            None => other(&shown)?,
        };
        Ok(Video { path: shown, frames })
    }

    /// Pictures a second, as the file says.
    pub fn rate(&self) -> f64 {
        let rate = match &self.frames {
            Frames::Jpegs(jpegs) => jpegs.rate,
            #[cfg(feature = "opencv")]
            Frames::OpenCv(playback) => playback.rate(),
        };
        rate.filter(|rate| (0.1..=1000.0).contains(rate)).unwrap_or(USUAL_RATE)
    }

    /// How much of it was given out, 0 to 1.
    pub fn share(&self) -> f64 {
        match &self.frames {
            Frames::Jpegs(jpegs) => jpegs.share(),
            #[cfg(feature = "opencv")]
            Frames::OpenCv(playback) => playback.share(),
        }
    }
}

impl Iterator for Video {
    type Item = Result<RgbImage, PictureError>;

    /// After a picture that cannot be read the next one may follow.
    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.frames {
            Frames::Jpegs(jpegs) => {
                let jpeg = match jpegs.next()? {
                    Ok(jpeg) => jpeg,
                    Err(why) => return Some(Err(damaged(&self.path, &why))),
                };
                let picture =
                    decoded(image::ImageReader::with_format(std::io::Cursor::new(jpeg), ImageFormat::Jpeg));
                Some(picture.map_err(|source| PictureError::Picture { path: self.path.clone(), source }))
            }
            #[cfg(feature = "opencv")]
            Frames::OpenCv(playback) => {
                playback.next().map(|picture| picture.map_err(|why| damaged(&self.path, &why)))
            }
        }
    }
}

fn damaged(path: &str, why: &str) -> PictureError {
    PictureError::Video { path: path.to_owned(), why: why.to_owned() }
}

#[cfg(feature = "opencv")]
fn other(path: &str) -> Result<Frames, PictureError> {
    playback::Playback::open(path).map(Frames::OpenCv).map_err(|why| damaged(path, &why))
}

#[cfg(not(feature = "opencv"))]
fn other(path: &str) -> Result<Frames, PictureError> {
    let why = "this build reads pictures and motion JPEG only; other videos need the feature opencv";
    Err(damaged(path, why))
}

/// Motion JPEG: one JPEG per frame.
struct Jpegs {
    file: BufReader<File>,
    length: u64,
    container: Container,
    rate: Option<f64>,
    /// The first one, read to see what the file is.
    ahead: Option<Vec<u8>>,
    over: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Container {
    /// RIFF chunks; frames stand in those called `NNdc` or `NNdb`.
    Avi,
    /// One JPEG after the other; whatever stands between them is passed over.
    Bare,
}

impl Jpegs {
    /// None if the file is no motion JPEG.
    fn open(path: &Path) -> std::io::Result<Option<Jpegs>> {
        let mut file = BufReader::new(File::open(path)?);
        let length = file.get_ref().metadata()?.len();
        let mut head = Vec::with_capacity(12);
        file.by_ref().take(12).read_to_end(&mut head)?;
        file.rewind()?;
        let container = match head.as_slice() {
            [b'R', b'I', b'F', b'F', _, _, _, _, b'A', b'V', b'I', b' '] => Container::Avi,
            [0xff, 0xd8, 0xff, ..] => Container::Bare,
            _ => return Ok(None),
        };
        let mut jpegs = Jpegs { file, length, container, rate: None, ahead: None, over: false };
        match jpegs.jpeg()? {
            None => Err(std::io::Error::other("it has no picture")),
            Some(first) if !first.starts_with(&[0xff, 0xd8]) => Ok(None),
            first => {
                jpegs.ahead = first;
                Ok(Some(jpegs))
            }
        }
    }

    fn next(&mut self) -> Option<Result<Vec<u8>, String>> {
        if let Some(ahead) = self.ahead.take() {
            return Some(Ok(ahead));
        }
        if self.over {
            return None;
        }
        match self.jpeg() {
            Ok(jpeg) => jpeg.map(Ok),
            Err(error) => {
                self.over = true;
                Some(Err(why(&error)))
            }
        }
    }

    fn share(&self) -> f64 {
        let at = self.length.saturating_sub(self.left());
        at as f64 / self.length.max(1) as f64
    }

    fn left(&self) -> u64 {
        let mut file = self.file.get_ref();
        let read = file.stream_position().unwrap_or(0).saturating_sub(self.file.buffer().len() as u64);
        self.length.saturating_sub(read)
    }

    /// The next frame; none at the end.
    fn jpeg(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        match self.container {
            Container::Avi => self.avi_frame(),
            Container::Bare => next_jpeg(&mut self.file),
        }
    }

    /// Walks over the chunks as they lie in the file, into every list: the sizes of lists and the index are the first to
    /// be wrong in a recording that was cut.
    fn avi_frame(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        loop {
            let mut head = [0; 8];
            if let Err(error) = self.file.read_exact(&mut head) {
                return if error.kind() == ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) };
            }
            let [a, b, c, d, size @ ..] = head;
            let size = u32::from_le_bytes(size);
            match &[a, b, c, d] {
                b"RIFF" | b"LIST" => self.file.seek_relative(4)?,
                b"avih" => {
                    let header = self.chunk(size)?;
                    let micros = header.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
                    self.rate = (micros > 0).then(|| 1e6 / f64::from(micros));
                }
                [_, _, b'd', b'c' | b'b'] => {
                    let frame = self.chunk(size)?;
                    // An empty one stands for the picture before it.
                    if !frame.is_empty() {
                        return Ok(Some(frame));
                    }
                }
                _ => self.file.seek_relative(i64::from(size) + i64::from(size % 2))?,
            }
        }
    }

    fn chunk(&mut self, size: u32) -> std::io::Result<Vec<u8>> {
        if size > LARGEST {
            return Err(std::io::Error::other(format!("a picture of {size} bytes is damage")));
        }
        if u64::from(size) > self.left() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; size as usize];
        self.file.read_exact(&mut bytes)?;
        if size % 2 == 1 {
            self.file.seek_relative(1)?;
        }
        Ok(bytes)
    }
}

fn why(error: &std::io::Error) -> String {
    if error.kind() == ErrorKind::UnexpectedEof {
        "it ends in the middle of a picture".to_owned()
    } else {
        error.to_string()
    }
}

/// From the next start of a JPEG to its end, marker by marker (ITU-T T.81, B.1.1): an end marker inside a segment, as in
/// a thumbnail, is none.
fn next_jpeg(file: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut jpeg = vec![0xff, 0xd8];
    let mut file = file.bytes();
    let mut byte = || file.next().transpose();
    let mut before = 0;
    loop {
        match byte()? {
            None => return Ok(None),
            Some(0xd8) if before == 0xff => break,
            Some(other) => before = other,
        }
    }
    let mut more = |jpeg: &mut Vec<u8>| {
        let next = byte()?.ok_or(ErrorKind::UnexpectedEof)?;
        jpeg.push(next);
        if jpeg.len() > LARGEST as usize {
            return Err(std::io::Error::other("a picture without an end"));
        }
        Ok(next)
    };
    loop {
        while more(&mut jpeg)? != 0xff {}
        let mut marker = 0xff;
        while marker == 0xff {
            marker = more(&mut jpeg)?;
        }
        match marker {
            0xd9 => return Ok(Some(jpeg)),
            // A stuffed zero, a restart: the picture's data go on.
            0x00 | 0x01 | 0xd0..=0xd7 => {}
            _ => {
                let length = u16::from_be_bytes([more(&mut jpeg)?, more(&mut jpeg)?]);
                for _ in 2..length {
                    more(&mut jpeg)?;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn jpeg(level: u8) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        RgbImage::from_pixel(48, 32, image::Rgb([level; 3])).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    }

    fn chunk(id: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let mut bytes = [id.as_slice(), &(content.len() as u32).to_le_bytes(), content].concat();
        bytes.resize(bytes.len().next_multiple_of(2), 0);
        bytes
    }

    fn avi(frames: &[Vec<u8>]) -> Vec<u8> {
        let mut header = 100_000_u32.to_le_bytes().to_vec();
        header.resize(56, 0);
        let hdrl = [b"hdrl".as_slice(), &chunk(b"avih", &header), &chunk(b"JUNK", b"odd")].concat();
        let movi: Vec<u8> = frames
            .iter()
            .flat_map(|frame| [chunk(b"00dc", frame), chunk(b"01wb", b"sound"), chunk(b"00dc", b"")].concat())
            .collect();
        let movi = [b"movi".as_slice(), &movi].concat();
        let lists = [chunk(b"LIST", &hdrl), chunk(b"LIST", &movi), chunk(b"idx1", &[0xff; 32])].concat();
        chunk(b"RIFF", &[b"AVI ".as_slice(), &lists].concat())
    }

    fn kept(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    /// The level of each picture, or why there is none.
    fn levels(path: &Path) -> Vec<Result<u8, String>> {
        let message = |error: PictureError| format!("{:#}", anyhow::Error::from(error));
        match Video::open(path) {
            Ok(video) => video.map(|frame| frame.map(|f| f.get_pixel(20, 20)[0]).map_err(message)).collect(),
            Err(error) => vec![Err(message(error))],
        }
    }

    #[test]
    fn an_avi_gives_its_pictures_and_its_pace() {
        let (_folder, path) = kept("a.avi", &avi(&[jpeg(50), jpeg(100), jpeg(150)]));
        assert_eq!(levels(&path), [Ok(50), Ok(100), Ok(150)]);
        let mut video = Video::open(&path).unwrap();
        assert_eq!(video.rate(), 10.0);
        assert!(video.share() < 0.7);
        assert_eq!(video.by_ref().count(), 3);
        assert_eq!(video.share(), 1.0);
    }

    #[test]
    fn bare_jpegs_are_told_apart_whatever_stands_between_and_inside_them() {
        // A thumbnail's end marker inside a segment.
        let thumbnail = [0xff, 0xd8, 0xff, 0xe1, 0x00, 0x06, 0xff, 0xd9, 0xff, 0xd9];
        let mut second = thumbnail.to_vec();
        second.extend(&jpeg(90)[2..]);
        let parts =
            [jpeg(40), b"\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n".to_vec(), second, jpeg(200)];
        let (_folder, path) = kept("a.mjpeg", &parts.concat());
        assert_eq!(levels(&path), [Ok(40), Ok(90), Ok(200)]);
    }

    #[test]
    fn a_video_cut_short_gives_what_is_whole_and_says_so() {
        for (name, whole) in
            [("a.avi", avi(&[jpeg(50), jpeg(100)])), ("a.mjpg", [jpeg(50), jpeg(100)].concat())]
        {
            // Somewhere in the second picture.
            let second = jpeg(50).len() + jpeg(100).len() / 2 + if name == "a.avi" { 130 } else { 0 };
            let (_folder, path) = kept(name, &whole[..second]);
            let found = levels(&path);
            assert_eq!((found.len(), &found[0]), (2, &Ok(50)), "{found:?}");
            let why = found[1].as_ref().unwrap_err();
            assert!(why.contains(name) && why.ends_with("it ends in the middle of a picture"), "{why}");
        }
    }

    #[test]
    fn no_cut_and_no_flipped_byte_makes_a_panic_or_an_endless_file() {
        for whole in [avi(&[jpeg(50), jpeg(100)]), [jpeg(50), jpeg(100)].concat()] {
            for at in (0..whole.len()).step_by(13) {
                let mut flipped = whole.clone();
                flipped[at] ^= 0xff;
                for bytes in [&whole[..at], &flipped] {
                    let (_folder, path) = kept("a.avi", bytes);
                    assert!(levels(&path).len() <= 4);
                }
            }
        }
    }

    #[test]
    fn a_damaged_picture_does_not_hide_the_next_one() {
        let mut bad = jpeg(70);
        let half = bad.len() / 3;
        bad.truncate(half);
        let (_folder, path) = kept("a.avi", &avi(&[jpeg(50), bad, jpeg(150)]));
        let found = levels(&path);
        assert_eq!((&found[0], found.last()), (&Ok(50), Some(&Ok(150))), "{found:?}");
    }

    #[test]
    #[cfg(not(feature = "opencv"))]
    fn what_needs_opencv_is_said() {
        for bytes in [avi(&[b"H264".to_vec()]), b"\0\0\0\x18ftypmp42".to_vec(), Vec::new()] {
            let (_folder, path) = kept("a.mp4", &bytes);
            let why = levels(&path).remove(0).unwrap_err();
            assert!(why.contains("a.mp4") && why.contains("need the feature opencv"), "{why}");
        }
    }
}
