//! Where the plates are: a frame in, the corners of at most a few plates out, best first.
//!
//! Two looks: the whole frame at 640 pixels on its long side, then a window around each find at the size the net knows
//! best, because the first look's corners are off by several percent of a plate's width. Knows nothing of characters.

use std::sync::OnceLock;

use super::grey::Grey;
use super::net::{Graph, Net, NetError, sigmoid};
use super::quad::{Bounds, Point, Quad};

/// A find with the detector's belief in it, 0..=1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Find {
    pub score: f32,
    pub quad: Quad,
}

/// The detector, made ready for each frame shape when a frame of that shape first comes.
pub struct Locator {
    graph: Graph,
    whole: [OnceLock<Result<Net, String>>; FRAME_SHAPES.len()],
    window: Net,
}

/// Widths and heights a frame is letterboxed into; the first that holds it is taken.
const FRAME_SHAPES: [(usize, usize); 5] = [(640, 368), (640, 480), (640, 640), (480, 640), (368, 640)];
const LONG_SIDE: f32 = 640.0;
const WINDOW: (usize, usize) = (320, 192);
/// How wide a plate shall be in the second look, in pixels.
const PLATE_WIDTH: f32 = 110.0;
const FIRST_THRESHOLD: f32 = 0.3;
const SECOND_THRESHOLD: f32 = 0.15;
/// Peaks of one look that are kept at most, and finds that get a second look.
const PEAKS: usize = 20;
const FINDS: usize = 4;
const CELL: usize = 8;
const CORNER_UNIT: f32 = 32.0;
const BACKGROUND: u8 = 110;

impl Locator {
    pub fn load(name: &str, onnx: &[u8]) -> Result<Locator, NetError> {
        let graph = Graph::parse(name, onnx)?;
        let window = graph.sized(WINDOW.0, WINDOW.1)?;
        Ok(Locator { graph, whole: std::array::from_fn(|_| OnceLock::new()), window })
    }

    /// The finds looked at again, best first, at most four.
    pub fn second_looks(&self, frame: &Grey, first: &[Find]) -> Result<Vec<Find>, NetError> {
        let mut finds = Vec::with_capacity(FINDS);
        for first in first.iter().take(FINDS) {
            finds.push(self.second_look(frame, *first)?);
        }
        finds.retain(|find| find.quad.is_sound());
        finds.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(finds)
    }

    /// The plates of a frame with corners in the frame's pixels, best first.
    pub fn first_look(&self, frame: &Grey) -> Result<Vec<Find>, NetError> {
        let scale = LONG_SIDE / frame.width().max(frame.height()) as f32;
        let side = |length: usize| ((length as f32 * scale).round() as usize).clamp(1, LONG_SIDE as usize);
        let small = frame.scaled(side(frame.width()), side(frame.height()));
        let net = self.net_for(&small)?;
        let found = look(net, &letterboxed(&small, net.width(), net.height()), FIRST_THRESHOLD)?;
        let across = frame.width() as f32 / small.width() as f32;
        let vertical = frame.height() as f32 / small.height() as f32;
        let in_frame = |quad: Quad| quad.map(|p| p.scaled(across, vertical));
        Ok(found.into_iter().map(|find| Find { quad: in_frame(find.quad), ..find }).collect())
    }

    fn net_for(&self, small: &Grey) -> Result<&Net, NetError> {
        let holds = |&(width, height): &(usize, usize)| small.width() <= width && small.height() <= height;
        let index = FRAME_SHAPES.iter().position(holds).unwrap_or(2);
        let (width, height) = FRAME_SHAPES[index];
        let ready = self.whole[index]
            .get_or_init(|| self.graph.sized(width, height).map_err(|error| error.to_string()));
        ready.as_ref().map_err(|message| NetError::Load {
            name: format!("detector at {width}x{height}"),
            source: tract_onnx::prelude::TractError::msg(message.clone()),
        })
    }

    /// The same plate seen at the size the net knows best. Without a find there, the first one at less belief.
    fn second_look(&self, frame: &Grey, first: Find) -> Result<Find, NetError> {
        let bounds = first.quad.bounds();
        let centre = first.quad.centre();
        if !first.quad.is_sound() {
            return Ok(first);
        }
        let scale = PLATE_WIDTH / bounds.width.max(2.0 * bounds.height).max(8.0);
        let middle = Point::new(WINDOW.0 as f32 / 2.0, WINDOW.1 as f32 / 2.0);
        let window = window_around(frame, centre, scale);
        let near = |f: &Find| {
            let c = f.quad.centre();
            (c.x - middle.x).abs().max((c.y - middle.y).abs()) < 45.0
        };
        let best = look(&self.window, &window, SECOND_THRESHOLD)?.into_iter().find(near);
        Ok(match best {
            Some(second) => Find {
                score: (first.score + second.score) / 2.0,
                quad: second.quad.map(|p| {
                    Point::new((p.x - middle.x) / scale + centre.x, (p.y - middle.y) / scale + centre.y)
                }),
            },
            None => Find { score: first.score * 0.4, ..first },
        })
    }
}

/// The frame around a point at a scale, smoothed first when it shrinks.
fn window_around(frame: &Grey, centre: Point, scale: f32) -> Grey {
    let (width, height) = WINDOW;
    let reach = Point::new(width as f32 / 2.0 / scale, height as f32 / 2.0 / scale);
    let blur = if scale < 0.7 { 0.4 / scale } else { 0.0 };
    let skirt = 3.0 * blur + 2.0;
    let (part, left, top) = frame.cut(
        centre.x - reach.x - skirt,
        centre.y - reach.y - skirt,
        centre.x + reach.x + skirt,
        centre.y + reach.y + skirt,
    );
    let part = part.blurred(blur);
    let origin = Point::new(centre.x - reach.x - left as f32, centre.y - reach.y - top as f32);
    let pixels = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x as f32, y as f32)))
        .map(|(x, y)| (part.sample(origin.x + (x + 0.5) / scale, origin.y + (y + 0.5) / scale) + 0.5) as u8)
        .collect();
    Grey::new(width, height, pixels).unwrap_or_else(|| Grey::filled(width, height, BACKGROUND))
}

fn letterboxed(small: &Grey, width: usize, height: usize) -> Grey {
    let mut pixels = vec![BACKGROUND; width * height];
    for y in 0..small.height().min(height) {
        let row = &small.row(y)[..small.width().min(width)];
        pixels[y * width..y * width + row.len()].copy_from_slice(row);
    }
    Grey::new(width, height, pixels).unwrap_or_else(|| Grey::filled(width, height, BACKGROUND))
}

fn look(net: &Net, picture: &Grey, threshold: f32) -> Result<Vec<Find>, NetError> {
    let plane: Vec<f32> = picture.pixels().iter().map(|&p| (f32::from(p) - 110.0) / 60.0).collect();
    let (columns, rows) = (net.width() / CELL, net.height() / CELL);
    let answer = net.run(&plane, 9 * columns * rows)?;
    Ok(distinct(peaks(&answer, columns, rows, threshold), |find| find.quad.bounds()))
}

/// The cells whose belief is the highest of their neighbourhood, best first.
fn peaks(answer: &[f32], columns: usize, rows: usize, threshold: f32) -> Vec<Find> {
    let cells = columns * rows;
    let heat: Vec<f32> = answer[..cells].iter().map(|&v| sigmoid(v)).collect();
    let mut found: Vec<Find> = (0..cells)
        .filter(|&cell| heat[cell] > threshold && is_peak(&heat, columns, rows, cell))
        .map(|cell| Find { score: heat[cell], quad: corners(answer, cells, columns, cell) })
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
