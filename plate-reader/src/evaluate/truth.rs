//! What is really on the pictures of a folder: `NAME.txt` beside each picture, one line per plate.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::folder::pictures_of;
use crate::quad::{Bounds, Point, Quad};

/// A picture and its plates; none when no truth stands beside it.
#[derive(Debug)]
pub struct Picture {
    pub path: PathBuf,
    pub plates: Vec<Plate>,
}

#[derive(Debug, PartialEq)]
pub struct Plate {
    pub bounds: Bounds,
    pub text: String,
}

impl Plate {
    /// The corners of an upright plate filling the box.
    pub fn corners(&self) -> Quad {
        let Bounds { left, top, width, height } = self.bounds;
        let (right, bottom) = (left + width, top + height);
        Quad([(left, top), (right, top), (right, bottom), (left, bottom)].map(|(x, y)| Point::new(x, y)))
    }
}

/// The pictures of a folder by name.
pub fn pictures(folder: &Path) -> Result<Vec<Picture>> {
    let pictures: Vec<Picture> = pictures_of(folder)?.into_iter().map(picture).collect::<Result<_>>()?;
    if pictures.is_empty() {
        bail!("no pictures in {} (jpg, jpeg or png)", folder.display());
    }
    Ok(pictures)
}

fn picture(path: PathBuf) -> Result<Picture> {
    let truth = path.with_extension("txt");
    if !truth.exists() {
        return Ok(Picture { path, plates: Vec::new() });
    }
    let text =
        std::fs::read_to_string(&truth).with_context(|| format!("{} cannot be read", truth.display()))?;
    let numbered = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let plates = numbered
        .map(|(number, line)| {
            plate(line).with_context(|| format!("{}, line {}", truth.display(), number + 1))
        })
        .collect::<Result<_>>()?;
    Ok(Picture { path, plates })
}

/// `file, x, y, width, height, text`, separated by tabs.
fn plate(line: &str) -> Result<Plate> {
    let fields: Vec<&str> = line.trim_end().split('\t').collect();
    let [_, left, top, width, height, text] = fields[..] else {
        bail!("{} fields where file, x, y, width, height and text are expected", fields.len());
    };
    let number = |name: &str, field: &str| {
        let number: f32 = field.trim().parse().with_context(|| format!("{name} {field:?}"))?;
        if number.is_finite() { Ok(number) } else { bail!("{name} {field:?} is no number") }
    };
    let bounds = Bounds {
        left: number("x", left)?,
        top: number("y", top)?,
        width: number("width", width)?,
        height: number("height", height)?,
    };
    Ok(Plate { bounds, text: text.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_box_and_a_text() {
        let expected = Bounds { left: 396.0, top: 340.0, width: 203.0, height: 46.0 };
        assert_eq!(
            plate("eu1.jpg\t396\t340\t203\t46\tM5XSX").unwrap(),
            Plate { bounds: expected, text: "M5XSX".into() }
        );
    }

    #[test]
    fn a_wrong_line_is_named_with_its_field() {
        assert!(plate("eu1.jpg 396").unwrap_err().to_string().starts_with("1 fields"));
        assert_eq!(plate("a\t1\ttwo\t3\t4\tX").unwrap_err().to_string(), "y \"two\"");
        assert!(plate("a\t1\tNaN\t3\t4\tX").is_err());
    }
}
