//! Lines and words drawn over pictures, for people who want to see what the reader saw.
//!
//! Whatever lies outside a picture is left out. Knows nothing of plates.

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};
use image::{Rgb, RgbImage};

use crate::quad::{Point, Quad};

const FONT: &[u8] = include_bytes!("../fonts/OSP-DIN.ttf");

pub struct Pen {
    font: FontRef<'static>,
}

impl Pen {
    pub fn new() -> Pen {
        Pen { font: FontRef::try_from_slice(FONT).expect("the font shipped with the program is a font") }
    }

    /// The edges of a quad, `thick` pixels wide.
    pub fn outline(&self, picture: &mut RgbImage, quad: &Quad, thick: u32, colour: Rgb<u8>) {
        for corner in 0..4 {
            line(picture, quad.0[corner], quad.0[(corner + 1) % 4], thick, colour);
        }
    }

    /// One line of text in a dark box whose top left corner is at (x, y).
    pub fn write(&self, picture: &mut RgbImage, text: &str, x: i64, y: i64, height: u32, ink: Rgb<u8>) {
        let scale = PxScale::from(height as f32);
        let font = self.font.as_scaled(scale);
        let width: f32 = text.chars().map(|letter| font.h_advance(font.glyph_id(letter))).sum();
        for dy in 0..i64::from(height) + 2 {
            for dx in 0..width as i64 + 4 {
                blend(picture, x + dx, y + dy, Rgb([24, 24, 28]), 0.8);
            }
        }
        let mut pen = x as f32 + 2.0;
        for letter in text.chars() {
            let glyph = font.glyph_id(letter);
            let placed = glyph.with_scale_and_position(scale, point(pen, y as f32 + font.ascent() + 1.0));
            self::ink(picture, &self.font, placed, ink);
            pen += font.h_advance(glyph);
        }
    }
}

impl Default for Pen {
    fn default() -> Pen {
        Pen::new()
    }
}

fn line(picture: &mut RgbImage, from: Point, to: Point, thick: u32, colour: Rgb<u8>) {
    let longest = 2.0 * (picture.width() + picture.height()) as f32;
    let steps = (to.x - from.x).abs().max((to.y - from.y).abs()).clamp(1.0, longest).ceil();
    let before = i64::from(thick) / 2;
    for step in 0..=steps as u32 {
        let part = step as f32 / steps;
        let at = Point::new(from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part);
        for (dx, dy) in (0..i64::from(thick)).flat_map(|dy| (0..i64::from(thick)).map(move |dx| (dx, dy))) {
            blend(picture, at.x.round() as i64 + dx - before, at.y.round() as i64 + dy - before, colour, 1.0);
        }
    }
}

/// Puts a letter on a picture, as far as it lies on it.
pub fn ink(picture: &mut RgbImage, font: &impl Font, letter: Glyph, colour: Rgb<u8>) {
    let Some(outline) = font.outline_glyph(letter) else { return };
    let corner = outline.px_bounds().min;
    outline.draw(|dx, dy, cover| {
        blend(picture, corner.x as i64 + i64::from(dx), corner.y as i64 + i64::from(dy), colour, cover);
    });
}

/// Covers a part, 0 to 1, of one pixel; nothing outside the picture.
fn blend(picture: &mut RgbImage, x: i64, y: i64, colour: Rgb<u8>, cover: f32) {
    let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return };
    if x < picture.width() && y < picture.height() {
        let cover = cover.clamp(0.0, 1.0);
        let pixel = picture.get_pixel_mut(x, y);
        for (below, above) in pixel.0.iter_mut().zip(colour.0) {
            *below = (f32::from(*below) * (1.0 - cover) + f32::from(above) * cover) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_the_picture_is_left_out() {
        let mut picture = RgbImage::new(40, 20);
        let far =
            Quad([(-1e9, -5.0), (1e9, 5.0), (30.0, f32::NAN), (5.0, 900.0)].map(|(x, y)| Point::new(x, y)));
        Pen::new().outline(&mut picture, &far, 3, Rgb([255, 0, 0]));
        Pen::new().write(&mut picture, "BA 123 ž€", 30, 12, 16, Rgb([255, 255, 255]));
        assert!(picture.pixels().any(|pixel| pixel.0[0] > 0));
    }
}
