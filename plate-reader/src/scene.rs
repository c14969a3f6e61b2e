//! A drawn lane: the drive, a car in front, and on it a plate with the given text, seen from a post beside the lane.
//!
//! The same view drawn twice gives the same pixels. Must not know loops, booms or time; the caller gives the car.

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};
use image::imageops::{FilterType, resize};
use image::{Rgb, RgbImage};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::draw;
use crate::quad::{Point, Quad};
use crate::rectify::Homography;

const FONT: &[u8] = include_bytes!("../fonts/OSP-DIN.ttf");
pub const WIDTH: u32 = 1280;
pub const HEIGHT: u32 = 720;
/// The flat plate is drawn at three pixels per two millimetres: 520 x 110 mm.
const PLATE: (u32, u32) = (780, 165);
const BAND: f32 = 68.0;
const CAPITALS: f32 = 116.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    Day,
    Night,
}

/// The view of the camera. Two views with the same seed show the same car from the same place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub plate: String,
    /// Letters in the blue band, such as `SK`.
    pub country: String,
    pub light: Light,
    pub seed: u64,
    /// Which frame of this car; the car creeps and the noise changes.
    pub frame: u32,
}

/// Draws views; holds the font.
pub struct SceneRenderer {
    font: FontRef<'static>,
}

impl SceneRenderer {
    pub fn new() -> SceneRenderer {
        SceneRenderer {
            font: FontRef::try_from_slice(FONT).expect("the font shipped with the program is a font"),
        }
    }

    /// The empty lane.
    pub fn empty(&self, light: Light, seed: u64) -> RgbImage {
        let mut picture = drive(light);
        grain(&mut picture, &mut StdRng::seed_from_u64(seed), light);
        picture
    }

    pub fn draw(&self, view: &View) -> RgbImage {
        let mut car_dice = StdRng::seed_from_u64(view.seed);
        let mut frame_dice = StdRng::seed_from_u64(view.seed ^ (u64::from(view.frame) + 1).rotate_left(32));
        let mut picture = drive(view.light);
        let mut pose = CarPose::choose(&mut car_dice);
        pose.creep(view.frame, &mut frame_dice);
        draw_car(&mut picture, &pose, view.light, &mut car_dice);
        if !view.plate.is_empty() {
            let flat = self.flat_plate(&view.plate, &view.country);
            paste(&mut picture, &flat, &pose.plate_quad(), lit(view.light, &mut car_dice));
        }
        grain(&mut picture, &mut frame_dice, view.light);
        picture
    }

    /// The plate as if laid on a table.
    pub fn flat_plate(&self, text: &str, country: &str) -> RgbImage {
        let mut plate = RgbImage::from_pixel(PLATE.0, PLATE.1, Rgb([236, 236, 230]));
        let (right, bottom) = (PLATE.0 as f32, PLATE.1 as f32);
        frame(&mut plate, 4.0, Rgb([20, 20, 22]));
        fill_box(&mut plate, 5.0, 5.0, BAND, bottom - 5.0, Rgb([18, 52, 138]));
        stars(&mut plate);
        self.write(&mut plate, country, (14.0, BAND - 8.0), (bottom - 58.0, 40.0), Rgb([240, 240, 240]));
        let ink = Rgb([16, 16, 18]);
        self.write(&mut plate, text, (BAND + 20.0, right - 22.0), ((bottom - CAPITALS) / 2.0, CAPITALS), ink);
        plate
    }

    /// Writes capitals between two x, squeezed if they are too wide, with a gap where letters and digits meet.
    fn write(&self, plate: &mut RgbImage, text: &str, x: (f32, f32), row: (f32, f32), ink: Rgb<u8>) {
        let (top, capitals) = row;
        let tall = PxScale::from(capitals / self.capital_share());
        let natural = self.widths(text, tall, capitals);
        let squeeze = ((x.1 - x.0) / natural.max(1.0)).min(1.0);
        let scale = PxScale { x: tall.x * squeeze, y: tall.y };
        let mut pen = x.0 + ((x.1 - x.0) - natural * squeeze).max(0.0) / 2.0;
        let baseline = top + capitals;
        let mut before = None;
        for letter in text.chars() {
            pen += gap(before, letter, capitals) * squeeze;
            let glyph = self.font.glyph_id(letter);
            draw::ink(plate, &self.font, glyph.with_scale_and_position(scale, point(pen, baseline)), ink);
            pen += self.font.as_scaled(scale).h_advance(glyph);
            before = Some(letter);
        }
    }

    fn widths(&self, text: &str, scale: PxScale, capitals: f32) -> f32 {
        let font = self.font.as_scaled(scale);
        let mut before = None;
        text.chars()
            .map(|letter| {
                let space = gap(before.replace(letter), letter, capitals);
                space + font.h_advance(font.glyph_id(letter))
            })
            .sum()
    }

    /// Height of a capital in parts of the font's line height, taken from its H.
    fn capital_share(&self) -> f32 {
        let probe = self.font.glyph_id('H').with_scale(PxScale::from(1000.0));
        self.font.outline_glyph(probe).map_or(0.7, |h| h.px_bounds().height() / 1000.0)
    }
}

impl Default for SceneRenderer {
    fn default() -> SceneRenderer {
        SceneRenderer::new()
    }
}

fn gap(before: Option<char>, letter: char, capitals: f32) -> f32 {
    match before {
        None => 0.0,
        Some(b) if b.is_ascii_digit() != letter.is_ascii_digit() => capitals * 0.22,
        Some(_) => capitals * 0.07,
    }
}

/// Where the car stands and how its plate is turned.
struct CarPose {
    centre: Point,
    width: f32,
    roll: f32,
    /// Height of the right edge over the height of the left one, minus one.
    yaw: f32,
}

impl CarPose {
    fn choose(dice: &mut StdRng) -> CarPose {
        CarPose {
            centre: Point::new(
                640.0 + dice.random_range(-150.0..150.0),
                470.0 + dice.random_range(-40.0..50.0),
            ),
            width: dice.random_range(165.0..235.0),
            roll: dice.random_range(-0.05..0.05),
            yaw: dice.random_range(-0.10..0.10),
        }
    }

    fn creep(&mut self, frame: u32, dice: &mut StdRng) {
        let step = frame.min(8) as f32;
        self.centre.x += dice.random_range(-1.5..1.5);
        self.centre.y += step * 1.5 + dice.random_range(-1.0..1.0);
        self.width *= 1.0 + step * 0.006;
    }

    fn plate_quad(&self) -> Quad {
        let half = self.width / 2.0;
        let tall = self.width * PLATE.1 as f32 / PLATE.0 as f32 / 2.0;
        let (left, right) = (tall * (1.0 - self.yaw), tall * (1.0 + self.yaw));
        let at = |x: f32, y: f32| {
            let (sin, cos) = self.roll.sin_cos();
            Point::new(self.centre.x + x * cos - y * sin, self.centre.y + x * sin + y * cos)
        };
        Quad([at(-half, -left), at(half, -right), at(half, right), at(-half, left)])
    }
}

/// How light falls on the plate: gain, and the share lost at its dark end.
struct Lighting {
    gain: f32,
    fade: f32,
}

fn lit(light: Light, dice: &mut StdRng) -> Lighting {
    match light {
        Light::Day => Lighting { gain: dice.random_range(0.72..1.0), fade: dice.random_range(0.0..0.25) },
        Light::Night => Lighting { gain: dice.random_range(0.55..0.9), fade: dice.random_range(0.0..0.3) },
    }
}

fn drive(light: Light) -> RgbImage {
    let dim = match light {
        Light::Day => 1.0,
        Light::Night => 0.22,
    };
    let horizon = 250.0;
    RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let (x, y) = (x as f32, y as f32);
        let level = if y < horizon { 150.0 + (horizon - y) * 0.25 } else { 92.0 + (y - horizon) * 0.06 };
        let kerb = y > horizon && ((x - 640.0).abs() - (200.0 + (y - horizon) * 0.9)).abs() < 6.0;
        let house = y < horizon && y > 90.0 && (80.0..330.0).contains(&x);
        let level = if kerb {
            190.0
        } else if house {
            120.0
        } else {
            level
        } * dim;
        Rgb([level as u8, level as u8, (level * 1.03).min(255.0) as u8])
    })
}

fn draw_car(picture: &mut RgbImage, pose: &CarPose, light: Light, dice: &mut StdRng) {
    let (c, unit) = (pose.centre, pose.width / 2.0);
    let dim = if light == Light::Night { 0.3 } else { 1.0 };
    let paint: [f32; 3] = std::array::from_fn(|_| dice.random_range(30.0..200.0) * dim);
    let shade = |share: f32| Rgb(paint.map(|p| (p * share) as u8));
    let grey = |level: f32| Rgb([(level * dim) as u8; 3]);
    let at = |x: f32, y: f32| Point::new(c.x + x * unit, c.y + y * unit);
    let mut part = |corners: [Point; 4], colour| fill_quad(picture, &Quad(corners), colour);
    part([at(-1.9, -3.2), at(1.9, -3.2), at(2.5, -1.7), at(-2.5, -1.7)], grey(46.0));
    part([at(-2.3, -1.9), at(2.3, -1.9), at(2.75, 1.1), at(-2.75, 1.1)], shade(1.0));
    part([at(-1.5, -1.1), at(1.5, -1.1), at(1.4, -0.5), at(-1.4, -0.5)], grey(34.0));
    part([at(-2.7, 0.55), at(2.7, 0.55), at(2.6, 1.3), at(-2.6, 1.3)], shade(0.55));
    part([at(-2.4, 1.2), at(-1.7, 1.2), at(-1.7, 1.9), at(-2.4, 1.9)], grey(22.0));
    part([at(1.7, 1.2), at(2.4, 1.2), at(2.4, 1.9), at(1.7, 1.9)], grey(22.0));
    part([at(-1.15, -0.32), at(1.15, -0.32), at(1.15, 0.32), at(-1.15, 0.32)], shade(0.75));
    let lamp = if light == Light::Night { Rgb([250, 248, 235]) } else { Rgb([214, 218, 222]) };
    part([at(-2.45, -1.0), at(-1.75, -0.95), at(-1.8, -0.5), at(-2.45, -0.55)], lamp);
    part([at(1.75, -0.95), at(2.45, -1.0), at(2.45, -0.55), at(1.8, -0.5)], lamp);
}

/// Lays the flat plate into the picture through the homography of its quad.
fn paste(picture: &mut RgbImage, flat: &RgbImage, quad: &Quad, lit: Lighting) {
    let along = quad.along();
    let (width, height) = (along.x.hypot(along.y).max(8.0) as u32, quad.down().y.abs().max(4.0) as u32);
    let near = resize(flat, width, height.max(4), FilterType::Triangle);
    let Some(back) = Homography::from_unit_square(quad).inverse() else { return };
    let bounds = quad.bounds();
    let last = |edge: f32, size: u32| (edge.ceil().max(0.0) as u32).min(size.saturating_sub(1));
    for y in bounds.top.max(0.0) as u32..=last(bounds.top + bounds.height, HEIGHT) {
        for x in bounds.left.max(0.0) as u32..=last(bounds.left + bounds.width, WIDTH) {
            let at = back.apply(x as f32, y as f32);
            if (0.0..1.0).contains(&at.x) && (0.0..1.0).contains(&at.y) {
                let gain = lit.gain * (1.0 - lit.fade * at.x);
                let colour = smooth(&near, at.x * width as f32 - 0.5, at.y * near.height() as f32 - 0.5);
                picture.put_pixel(x, y, Rgb(colour.map(|c| (c * gain) as u8)));
            }
        }
    }
}

fn smooth(picture: &RgbImage, x: f32, y: f32) -> [f32; 3] {
    let (x, y) = (x.clamp(0.0, (picture.width() - 1) as f32), y.clamp(0.0, (picture.height() - 1) as f32));
    let (x0, y0) = (x as u32, y as u32);
    let (x1, y1) = ((x0 + 1).min(picture.width() - 1), (y0 + 1).min(picture.height() - 1));
    let (fx, fy) = (x - x0 as f32, y - y0 as f32);
    std::array::from_fn(|i| {
        let at = |x, y| f32::from(picture.get_pixel(x, y)[i]);
        let upper = at(x0, y0) * (1.0 - fx) + at(x1, y0) * fx;
        let lower = at(x0, y1) * (1.0 - fx) + at(x1, y1) * fx;
        upper * (1.0 - fy) + lower * fy
    })
}

/// Sensor noise, stronger at night.
fn grain(picture: &mut RgbImage, dice: &mut StdRng, light: Light) {
    let strength = if light == Light::Night { 7.0 } else { 3.5 };
    let tile: Vec<i16> = (0..4099)
        .map(|_| {
            ((dice.random::<f32>() + dice.random::<f32>() + dice.random::<f32>() - 1.5) * 2.0 * strength)
                as i16
        })
        .collect();
    let raw: &mut [u8] = picture;
    for (pixel, noise) in raw.chunks_exact_mut(3).zip(tile.iter().cycle()) {
        pixel.iter_mut().for_each(|c| *c = (i16::from(*c) + noise).clamp(0, 255) as u8);
    }
}

fn stars(plate: &mut RgbImage) {
    for i in 0..12 {
        let (sin, cos) = (i as f32 * std::f32::consts::TAU / 12.0).sin_cos();
        let (x, y) = (BAND / 2.0 + 2.0 + cos * 18.0, 50.0 + sin * 18.0);
        fill_box(plate, x - 2.5, y - 2.5, x + 2.5, y + 2.5, Rgb([240, 205, 40]));
    }
}

fn frame(plate: &mut RgbImage, thick: f32, colour: Rgb<u8>) {
    let (right, bottom) = (plate.width() as f32, plate.height() as f32);
    fill_box(plate, 0.0, 0.0, right, thick, colour);
    fill_box(plate, 0.0, bottom - thick, right, bottom, colour);
    fill_box(plate, 0.0, 0.0, thick, bottom, colour);
    fill_box(plate, right - thick, 0.0, right, bottom, colour);
}

fn fill_box(picture: &mut RgbImage, left: f32, top: f32, right: f32, bottom: f32, colour: Rgb<u8>) {
    let to = |edge: f32, size: u32| (edge.max(0.0) as u32).min(size);
    let (width, height) = picture.dimensions();
    for y in to(top, height)..to(bottom, height) {
        for x in to(left, width)..to(right, width) {
            picture.put_pixel(x, y, colour);
        }
    }
}

/// Fills a convex quad with clockwise corners.
fn fill_quad(picture: &mut RgbImage, quad: &Quad, colour: Rgb<u8>) {
    let bounds = quad.bounds();
    let (width, height) = picture.dimensions();
    let to = |edge: f32, size: u32| (edge.max(0.0) as u32).min(size);
    for y in to(bounds.top, height)..to(bounds.top + bounds.height + 1.0, height) {
        for x in to(bounds.left, width)..to(bounds.left + bounds.width + 1.0, width) {
            if holds(quad, x as f32, y as f32) {
                picture.put_pixel(x, y, colour);
            }
        }
    }
}

fn holds(quad: &Quad, x: f32, y: f32) -> bool {
    (0..4).all(|i| {
        let (a, b) = (quad.0[i], quad.0[(i + 1) % 4]);
        (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x) >= 0.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(plate: &str, frame: u32) -> View {
        View { plate: plate.into(), country: "SK".into(), light: Light::Day, seed: 7, frame }
    }

    #[test]
    fn the_same_view_is_the_same_picture_and_the_next_frame_is_not() {
        let scene = SceneRenderer::new();
        assert_eq!(scene.draw(&view("BA123AB", 0)), scene.draw(&view("BA123AB", 0)));
        assert_ne!(scene.draw(&view("BA123AB", 0)), scene.draw(&view("BA123AB", 1)));
    }

    #[test]
    fn any_text_fits_on_the_plate() {
        let scene = SceneRenderer::new();
        for text in ["", "W", "WWWWWWWWWWWW", "Žluť €"] {
            assert_eq!(scene.flat_plate(text, "SK").dimensions(), PLATE);
        }
    }
}
