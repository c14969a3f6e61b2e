//! Refines the corners of a plate: a network estimates their errors from the plate rectified by the detected ones.
//!
//! The same network scores again whether there is a plate at all, and whether it has two lines.

use crate::grey::Grey;
use crate::net::{Graph, Net, NetError, by_own_contrast, sigmoid};
use crate::quad::{Point, Quad};
use crate::rectify::{Crop, Homography, rectify};

/// The plate's corners as found go to (32, 16), (128, 16), (128, 48), (32, 48).
const CROP: Crop = Crop { width: 160, height: 64, border: (32.0, 16.0) };
/// Unit of the net's corner offsets, in pixels of the crop.
const CORNER_UNIT: f32 = 16.0;
const ROUNDS: usize = 2;
/// What a round believes in less than this never became a plate in the next.
const MIN_PLATE_SCORE: f32 = 0.005;

pub struct Refiner {
    net: Net,
}

/// A find looked at closely.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refined {
    pub quad: Quad,
    /// Belief that a readable plate is there, 0..=1.
    pub plate: f32,
    /// Belief that it has two lines, 0..=1.
    pub two_lines: f32,
}

impl Refiner {
    pub fn load(name: &str, onnx: &[u8]) -> Result<Refiner, NetError> {
        Ok(Refiner { net: Graph::parse(name, onnx)?.sized(CROP.width, CROP.height)? })
    }

    /// None if the corners do not make a quad, or stop making one.
    pub fn refine(&self, frame: &Grey, found: &Quad) -> Result<Option<Refined>, NetError> {
        let mut best = Refined { quad: *found, plate: 0.0, two_lines: 0.0 };
        for _ in 0..ROUNDS {
            if !best.quad.is_sound() {
                return Ok(None);
            }
            best = self.round(frame, &best.quad)?;
            if best.plate < MIN_PLATE_SCORE {
                break;
            }
        }
        Ok(best.quad.is_sound().then_some(best))
    }

    fn round(&self, frame: &Grey, quad: &Quad) -> Result<Refined, NetError> {
        let answer = self.net.run(&by_own_contrast(&rectify(frame, quad, CROP)), 10)?;
        let map = Homography::from_unit_square(quad);
        let (width, height) =
            (CROP.width as f32 - 2.0 * CROP.border.0, CROP.height as f32 - 2.0 * CROP.border.1);
        let nominal = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
        let corner = |index: usize| -> Point {
            let (u, v) = nominal[index];
            let off = |axis: usize| answer[2 + 2 * index + axis] * CORNER_UNIT;
            map.apply(u + off(0) / width, v + off(1) / height)
        };
        Ok(Refined {
            quad: Quad(std::array::from_fn(corner)),
            plate: sigmoid(answer[0]),
            two_lines: sigmoid(answer[1]),
        })
    }
}
