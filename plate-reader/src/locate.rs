//! Where the plates are: a frame in, the corners of at most a few plates out, best first.
//!
//! The frame is looked at as a whole, 640 pixels on its long side; corners are off by several percent of a plate's width,
//! and `refine` makes them exact. Where that leaves doubt whether there is a plate, the place is looked at again at the
//! size in which plates are known best. Knows nothing of characters.

use std::sync::OnceLock;

use crate::grey::Grey;
use crate::net::{Graph, Net, NetError, sigmoid};
use crate::quad::{Bounds, Point, Quad};
use crate::stage_timer::{Stage, StageTimer};

/// A find with the detector's belief in it, 0..=1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    pub score: f32,
    pub quad: Quad,
}

/// The detector, made ready for each frame shape when a frame of that shape first comes.
pub struct Locator {
    graph: Graph,
    whole: [OnceLock<Result<Net, String>>; FRAME_SHAPES.len()],
}

/// Widths and heights a frame is letterboxed into; the first that holds it is taken.
const FRAME_SHAPES: [(usize, usize); 5] = [(640, 368), (640, 480), (640, 640), (480, 640), (368, 640)];
const LONG_SIDE: f32 = 640.0;
/// A second look shows a plate this long in a picture this high: with much around it, which is what tells it from a sign.
const NEAR_PLATE: f32 = 115.0;
const NEAR_HEIGHT: f32 = 368.0;
const THRESHOLD: f32 = 0.2;
/// Finds of one frame at most.
const PEAKS: usize = 20;
const CELL: usize = 8;
const CORNER_UNIT: f32 = 32.0;
const BACKGROUND: u8 = 110;

impl Locator {
    pub fn load(name: &str, onnx: &[u8]) -> Result<Locator, NetError> {
        let graph = Graph::parse(name, onnx)?;
        Ok(Locator { graph, whole: std::array::from_fn(|_| OnceLock::new()) })
    }

    /// The plates of a frame with corners in the frame's pixels, best first.
    pub fn locate(&self, frame: &Grey, timer: &mut StageTimer) -> Result<Vec<Detection>, NetError> {
        self.look_at(frame, LONG_SIDE / frame.width().max(frame.height()) as f32, timer)
    }

    /// The same of what lies around one find, seen nearer or from farther away.
    pub fn locate_around(
        &self,
        frame: &Grey,
        found: &Quad,
        timer: &mut StageTimer,
    ) -> Result<Vec<Detection>, NetError> {
        let side = |vector: Point| vector.distance(Point::default());
        let scale = NEAR_PLATE / side(found.along()).max(2.0 * side(found.down())).max(1.0);
        let centre = found.centre();
        let from = |centre: f32, shown: f32, whole: usize| {
            (centre - shown / 2.0).clamp(0.0, (whole as f32 - shown).max(0.0))
        };
        let (across, vertical) = (LONG_SIDE / scale, NEAR_HEIGHT / scale);
        let (left, top) = (from(centre.x, across, frame.width()), from(centre.y, vertical, frame.height()));
        let (part, left, top) = frame.cut(left, top, left + across - 1.0, top + vertical - 1.0);
        let mut detections = self.look_at(&part, scale, timer)?;
        for detection in &mut detections {
            detection.quad = detection.quad.map(|p| Point::new(p.x + left as f32, p.y + top as f32));
        }
        Ok(detections)
    }

    /// The plates of a picture that is scaled for the net.
    fn look_at(
        &self,
        picture: &Grey,
        scale: f32,
        timer: &mut StageTimer,
    ) -> Result<Vec<Detection>, NetError> {
        let side = |length: usize| ((length as f32 * scale).round() as usize).clamp(1, LONG_SIDE as usize);
        let small = picture.scaled(side(picture.width()), side(picture.height()));
        let net = self.net_for(&small)?;
        let found = look(net, &letterboxed(&small, net.width(), net.height()), THRESHOLD, timer)?;
        let across = picture.width() as f32 / small.width() as f32;
        let vertical = picture.height() as f32 / small.height() as f32;
        let in_picture = |quad: Quad| quad.map(|p| p.scaled(across, vertical));
        let detections = found
            .into_iter()
            .map(|detection| Detection { quad: in_picture(detection.quad), ..detection })
            .collect();
        timer.lap(Stage::Peaks);
        Ok(detections)
    }

    fn net_for(&self, small: &Grey) -> Result<&Net, NetError> {
        let holds = |&(width, height): &(usize, usize)| small.width() <= width && small.height() <= height;
        let index = FRAME_SHAPES.iter().position(holds).unwrap_or(2);
        let (width, height) = FRAME_SHAPES[index];
        let ready = self.whole[index]
            .get_or_init(|| self.graph.sized(width, height).map_err(|error| error.to_string()));
        ready.as_ref().map_err(|message| NetError::Load {
            name: format!("detector at {width}x{height}"),
            cause: tract_onnx::prelude::TractError::msg(message.clone()),
        })
    }
}

fn letterboxed(small: &Grey, width: usize, height: usize) -> Grey {
    let mut pixels = vec![BACKGROUND; width * height];
    for y in 0..small.height().min(height) {
        let row = &small.row(y)[..small.width().min(width)];
        pixels[y * width..y * width + row.len()].copy_from_slice(row);
    }
    Grey::new(width, height, pixels).unwrap_or_else(|| Grey::filled(width, height, BACKGROUND))
}

fn look(
    net: &Net,
    picture: &Grey,
    threshold: f32,
    timer: &mut StageTimer,
) -> Result<Vec<Detection>, NetError> {
    let plane: Vec<f32> = picture.pixels().iter().map(|&p| (f32::from(p) - 110.0) / 60.0).collect();
    let (columns, rows) = (net.width() / CELL, net.height() / CELL);
    timer.lap(Stage::Scale);
    let answer = net.run(&plane, 9 * columns * rows)?;
    timer.lap(Stage::Detect);
    Ok(distinct(peaks(&answer, columns, rows, threshold), |detection| detection.quad.bounds()))
}

/// The cells whose belief is the highest of their neighbourhood, best first.
fn peaks(answer: &[f32], columns: usize, rows: usize, threshold: f32) -> Vec<Detection> {
    let cells = columns * rows;
    let heat: Vec<f32> = answer[..cells].iter().map(|&v| sigmoid(v)).collect();
    let mut found: Vec<Detection> = (0..cells)
        .filter(|&cell| heat[cell] > threshold && is_peak(&heat, columns, rows, cell))
        .map(|cell| Detection { score: heat[cell], quad: corners(answer, cells, columns, cell) })
        .collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(PEAKS);
    found
}

fn is_peak(heat: &[f32], columns: usize, rows: usize, cell: usize) -> bool {
    let (x, y) = (cell % columns, cell / columns);
    (y.saturating_sub(1)..=(y + 1).min(rows - 1))
        .flat_map(|v| (x.saturating_sub(1)..=(x + 1).min(columns - 1)).map(move |u| v * columns + u))
        .all(|other| heat[other] <= heat[cell])
}

fn corners(answer: &[f32], cells: usize, columns: usize, cell: usize) -> Quad {
    let half = CELL as f32 / 2.0;
    let (x, y) = ((cell % columns * CELL) as f32 + half, (cell / columns * CELL) as f32 + half);
    let offset = |plane: usize| answer[(plane + 1) * cells + cell] * CORNER_UNIT;
    Quad(std::array::from_fn(|corner| Point::new(x + offset(2 * corner), y + offset(2 * corner + 1))))
}

/// Drops everything that covers a better one before it.
pub fn distinct<T>(found: Vec<T>, bounds_of: impl Fn(&T) -> Bounds) -> Vec<T> {
    let mut kept: Vec<T> = Vec::with_capacity(found.len());
    for one in found {
        let bounds = bounds_of(&one);
        if kept.iter().all(|other| bounds.overlap(&bounds_of(other)) < 0.3) {
            kept.push(one);
        }
    }
    kept
}
