//! The worst cases of an evaluation on one picture, for a person to look at.

use image::imageops::{FilterType, crop_imm, overlay, resize};
use image::{Rgb, RgbImage};

use super::case::{Case, folded};
use crate::draw::Pen;
use crate::quad::Bounds;

const TILE: (u32, u32) = (320, 200);
const CAPTION: u32 = 20;
const ACROSS: u32 = 5;
const MAX_CASES: usize = 60;
const FOUND: Rgb<u8> = Rgb([255, 196, 0]);
const TRUE: Rgb<u8> = Rgb([0, 210, 120]);
const TEXT_COLOUR: Rgb<u8> = Rgb([240, 240, 240]);

/// Cases read wrong, worst first.
pub struct Sheet {
    pen: Pen,
    tiles: Vec<(ErrorSeverity, RgbImage)>,
}

/// The order of the sheet: what could open a barrier wrongly comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum ErrorSeverity {
    AcceptedWrong,
    Misread,
    Missed,
}

impl Sheet {
    pub fn new() -> Sheet {
        Sheet { pen: Pen::new(), tiles: Vec::new() }
    }

    /// Takes the case if it is a bad one.
    pub fn add(&mut self, case: &Case, pixels: &RgbImage) {
        let severity = match case {
            case if case.is_exact() => return,
            case if case.is_accepted() => ErrorSeverity::AcceptedWrong,
            case if case.plates.is_empty() => return,
            case if case.text().is_empty() => ErrorSeverity::Missed,
            _ => ErrorSeverity::Misread,
        };
        self.tiles.push((severity, self.tile(case, pixels)));
    }

    /// The whole sheet; a line of text if nothing was bad.
    pub fn drawn(mut self) -> RgbImage {
        self.tiles.sort_by_key(|(severity, _)| *severity);
        let shown = self.tiles.len().clamp(1, MAX_CASES) as u32;
        let across = ACROSS.min(shown);
        let mut sheet = RgbImage::new(across * TILE.0, shown.div_ceil(across) * TILE.1);
        if self.tiles.is_empty() {
            self.pen.write(&mut sheet, "everything was read right", 4, 4, 18, TEXT_COLOUR);
        }
        for (index, (_, tile)) in (0_u32..).zip(self.tiles.iter().take(MAX_CASES)) {
            let (x, y) = (index % across * TILE.0, index / across * TILE.1);
            overlay(&mut sheet, tile, x.into(), y.into());
        }
        sheet
    }

    /// The surroundings of the plate with the true and the found box, and what was read.
    fn tile(&self, case: &Case, pixels: &RgbImage) -> RgbImage {
        let found = case.look.sightings.first().map(|best| best.quad);
        let bounds = case.plates.first().map(|plate| plate.bounds).or(found.map(|quad| quad.bounds()));
        let mut picture = pixels.clone();
        for plate in &case.plates {
            self.pen.outline(&mut picture, &plate.corners(), 1, TRUE);
        }
        if let Some(quad) = &found {
            self.pen.outline(&mut picture, quad, 1, FOUND);
        }
        let room = (TILE.0 - 4, TILE.1 - 2 * CAPTION - 4);
        let (x, y, width, height) = window(bounds, room, pixels.dimensions());
        let near =
            resize(&crop_imm(&picture, x, y, width, height).to_image(), room.0, room.1, FilterType::Triangle);
        let mut tile = RgbImage::new(TILE.0, TILE.1);
        overlay(&mut tile, &near, 2, i64::from(2 * CAPTION));
        let name = case.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let truth: Vec<&str> = case.plates.iter().map(|plate| plate.text.as_str()).collect();
        let mark = if case.is_accepted() { "ACCEPTED " } else { "" };
        let read = format!(
            "{mark}{} for {} (box told: {})",
            case.text(),
            truth.join(" "),
            case.truth_box_texts
                .iter()
                .map(|text| if folded(text).is_empty() { "-" } else { text })
                .collect::<Vec<_>>()
                .join(" ")
        );
        self.pen.write(&mut tile, &read, 2, 0, CAPTION - 4, TEXT_COLOUR);
        self.pen.write(&mut tile, &name, 2, i64::from(CAPTION), CAPTION - 4, TEXT_COLOUR);
        tile
    }
}

impl Default for Sheet {
    fn default() -> Sheet {
        Sheet::new()
    }
}

/// A part of the picture of the tile's shape, twice as wide as the plate.
fn window(bounds: Option<Bounds>, room: (u32, u32), (width, height): (u32, u32)) -> (u32, u32, u32, u32) {
    let Some(bounds) = bounds else { return (0, 0, width, height) };
    let wide = (bounds.width * 2.0).clamp(16.0, width as f32);
    let tall = (wide * room.1 as f32 / room.0 as f32).clamp(8.0, height as f32);
    let at =
        |centre: f32, part: f32, whole: u32| (centre - part / 2.0).clamp(0.0, whole as f32 - part) as u32;
    let x = at(bounds.left + bounds.width / 2.0, wide, width);
    let y = at(bounds.top + bounds.height / 2.0, tall, height);
    (x, y, (wide as u32).clamp(1, width - x), (tall as u32).clamp(1, height - y))
}
