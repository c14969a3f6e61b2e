//! A detector in the manner of YOLO: upright boxes with scores, from the head of the net as it is exported.
//!
//! Three ways its answer may lie are known, told apart by shape: `1 x (4 + classes) x boxes` (YOLOv8, v9, v11) and
//! `1 x boxes x (5 + classes)` (YOLOv5, v7; the fifth number is the belief in any object), both as centre and size in
//! pixels of the input; and `1 x boxes x 6` with at most `CHOSEN` boxes (YOLOv10 and other heads that suppress overlaps
//! themselves) as two corners, score and class. Sources: the exporters' documentation of these projects.

use std::path::Path;

use super::{Engine, Output};
use crate::grey::Grey;
use crate::locate::{Detection, distinct};
use crate::net::NetError;
use crate::quad::{Point, Quad};

/// Input where the file leaves its sides open.
const USUAL: [usize; 4] = [1, 3, 640, 640];
/// What these nets are trained to see around a picture.
const BACKGROUND: u8 = 114;
const THRESHOLD: f32 = 0.25;
const AT_MOST: usize = 20;
/// Boxes a head that chose them itself gives at most.
const CHOSEN: usize = 1000;

pub struct Boxes {
    engine: Engine,
}

/// A box in pixels of the input: left, top, right, bottom; and its score.
type Scored = ([f32; 4], f32);

impl Boxes {
    pub fn load(path: &Path) -> Result<Boxes, NetError> {
        let engine = Engine::load(path, USUAL)?;
        if !matches!(engine.shape[1], 1 | 3) {
            return Err(engine.refuse(format!("its input {:?} is not 1x3xHxW or 1x1xHxW", engine.shape)));
        }
        let boxes = Boxes { engine };
        // Fails at the start and not at the first car.
        boxes.locate(&Grey::filled(64, 64, BACKGROUND))?;
        Ok(boxes)
    }

    /// The plates of a frame, best first; corners are the boxes'.
    pub fn locate(&self, frame: &Grey) -> Result<Vec<Detection>, NetError> {
        let (planes, height, width) = (self.engine.shape[1], self.engine.shape[2], self.engine.shape[3]);
        let scale = (width as f32 / frame.width() as f32).min(height as f32 / frame.height() as f32);
        let side = |length: usize, most: usize| ((length as f32 * scale).round() as usize).clamp(1, most);
        let small = frame.scaled(side(frame.width(), width), side(frame.height(), height));
        let (left, top) = ((width - small.width()) / 2, (height - small.height()) / 2);
        let mut plane = vec![BACKGROUND; width * height];
        for y in 0..small.height() {
            let begin = (top + y) * width + left;
            plane[begin..begin + small.width()].copy_from_slice(small.row(y));
        }
        let outputs = self.engine.run(&plane.repeat(planes), 1.0)?;
        let found = outputs.first().and_then(decoded).ok_or_else(|| {
            let shapes: Vec<_> = outputs.iter().map(|output| &output.shape).collect();
            self.engine.refuse(format!("its output {shapes:?} is none of the known layouts of boxes"))
        })?;
        let across = frame.width() as f32 / small.width() as f32;
        let down = frame.height() as f32 / small.height() as f32;
        let point = |x: f32, y: f32| Point::new((x - left as f32) * across, (y - top as f32) * down);
        let detection = |([x0, y0, x1, y1], score): Scored| Detection {
            score: score.min(1.0),
            quad: Quad([point(x0, y0), point(x1, y0), point(x1, y1), point(x0, y1)]),
        };
        let mut detections: Vec<Detection> = found.into_iter().map(detection).collect();
        detections.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut detections = distinct(detections, |detection| detection.quad.bounds());
        detections.truncate(AT_MOST);
        Ok(detections)
    }
}

/// The boxes above the threshold; None if the numbers lie in no known way.
fn decoded(output: &Output) -> Option<Vec<Scored>> {
    let &[1, rows, columns] = output.shape.as_slice() else { return None };
    let at = |row: usize, column: usize| output.numbers[row * columns + column];
    let mut found = Vec::new();
    let mut note = |area: [f32; 4], score: f32| {
        if score > THRESHOLD
            && area.iter().all(|side| side.is_finite())
            && area[2] > area[0]
            && area[3] > area[1]
        {
            found.push((area, score));
        }
    };
    match (rows, columns) {
        (0..=CHOSEN, 6) => (0..rows).for_each(|one| {
            note(std::array::from_fn(|side| at(one, side)), at(one, 4));
        }),
        _ if columns >= 6 && columns < rows => (0..rows).for_each(|one| {
            let score = (5..columns).map(|class| at(one, class)).fold(0.0, f32::max);
            note(around(at(one, 0), at(one, 1), at(one, 2), at(one, 3)), at(one, 4) * score);
        }),
        _ if rows >= 5 && columns > 0 => (0..columns).for_each(|one| {
            let score = (4..rows).map(|class| at(class, one)).fold(0.0, f32::max);
            note(around(at(0, one), at(1, one), at(2, one), at(3, one)), score);
        }),
        _ => return None,
    }
    Some(found)
}

fn around(x: f32, y: f32, width: f32, height: f32) -> [f32; 4] {
    [x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxes(shape: [usize; 3], rows: &[&[f32]]) -> Option<Vec<Scored>> {
        let mut numbers = rows.concat();
        numbers.resize(shape.iter().product(), 0.0);
        decoded(&Output { shape: shape.to_vec(), numbers })
    }

    #[test]
    fn every_known_layout_gives_the_same_box() {
        let expected = vec![([80.0, 45.0, 120.0, 55.0], 0.8)];
        let mut planes = vec![vec![0.0; 20]; 6];
        for (plane, value) in planes.iter_mut().zip([100.0, 50.0, 40.0, 10.0, 0.1, 0.8]) {
            plane[7] = value;
        }
        let planes: Vec<&[f32]> = planes.iter().map(Vec::as_slice).collect();
        assert_eq!(boxes([1, 6, 20], &planes), Some(expected.clone()));
        assert_eq!(boxes([1, 2000, 6], &[&[100.0, 50.0, 40.0, 10.0, 1.0, 0.8]]), Some(expected.clone()));
        assert_eq!(boxes([1, 300, 6], &[&[80.0, 45.0, 120.0, 55.0, 0.8, 0.0]]), Some(expected));
    }

    #[test]
    fn other_shapes_and_broken_numbers_are_no_boxes() {
        assert_eq!(boxes([1, 3, 20], &[]), None);
        assert_eq!(boxes([2, 6, 20], &[]), None);
        let broken: &[f32] = &[f32::NAN, 1.0, 5.0, 5.0, 0.9, 0.0];
        assert_eq!(boxes([1, 300, 6], &[broken]), Some(vec![]));
    }
}
