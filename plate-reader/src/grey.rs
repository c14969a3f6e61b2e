//! A grey picture and the two things done to it: cut and scale.
//!
//! Knows nothing of plates. Every function is total: a window outside the picture shows its nearest edge.

use image::RgbImage;

/// Eight-bit luma, row by row, never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Grey {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Grey {
    /// None if a side is zero or the number of pixels does not fit the sides.
    pub fn new(width: usize, height: usize, pixels: Vec<u8>) -> Option<Grey> {
        (width > 0 && height > 0 && pixels.len() == width * height).then_some(Grey { width, height, pixels })
    }

    pub fn filled(width: usize, height: usize, level: u8) -> Grey {
        let (width, height) = (width.max(1), height.max(1));
        Grey { width, height, pixels: vec![level; width * height] }
    }

    /// ITU-R BT.601 luma of a colour picture. None if the picture is empty.
    pub fn of(picture: &RgbImage) -> Option<Grey> {
        let luma = |p: &image::Rgb<u8>| {
            ((299 * u32::from(p[0]) + 587 * u32::from(p[1]) + 114 * u32::from(p[2]) + 500) / 1000) as u8
        };
        Grey::new(picture.width() as usize, picture.height() as usize, picture.pixels().map(luma).collect())
    }

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn height(&self) -> usize {
        self.height
    }

    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    pub fn row(&self, y: usize) -> &[u8] {
        &self.pixels[y * self.width..(y + 1) * self.width]
    }

    /// Bilinear value at a point, the first pixel's centre being (0.5, 0.5); outside the picture its edge goes on.
    #[inline]
    pub fn sample(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x - 0.5, y - 0.5);
        let (x, y) = (x.clamp(0.0, (self.width - 1) as f32), y.clamp(0.0, (self.height - 1) as f32));
        let (x0, y0) = (x as usize, y as usize);
        let (x1, y1) = ((x0 + 1).min(self.width - 1), (y0 + 1).min(self.height - 1));
        let (fx, fy) = (x - x0 as f32, y - y0 as f32);
        let mix = |y: usize| {
            let row = &self.pixels[y * self.width..];
            f32::from(row[x0]) * (1.0 - fx) + f32::from(row[x1]) * fx
        };
        mix(y0) * (1.0 - fy) + mix(y1) * fy
    }

    /// The part of the window that lies inside the picture, and where it begins. At least one pixel.
    pub fn cut(&self, left: f32, top: f32, right: f32, bottom: f32) -> (Grey, usize, usize) {
        let inside = |v: f32, size: usize| v.max(0.0).min((size - 1) as f32) as usize;
        let (x0, y0) = (inside(left.floor(), self.width), inside(top.floor(), self.height));
        let (x1, y1) = (inside(right.ceil(), self.width).max(x0), inside(bottom.ceil(), self.height).max(y0));
        let (width, height) = (x1 - x0 + 1, y1 - y0 + 1);
        let mut pixels = Vec::with_capacity(width * height);
        (y0..=y1).for_each(|y| pixels.extend_from_slice(&self.row(y)[x0..=x1]));
        (Grey { width, height, pixels }, x0, y0)
    }

    /// Scaled to a new size: mean over the covered area when shrinking, bilinear when growing.
    pub fn scaled(&self, width: usize, height: usize) -> Grey {
        let (width, height) = (width.max(1), height.max(1));
        if (width, height) == (self.width, self.height) {
            return self.clone();
        }
        if (2 * width, 2 * height) == (self.width, self.height) {
            return self.halved();
        }
        let columns = weights(self.width, width);
        let rows = weights(self.height, height);
        let mut pixels = Vec::with_capacity(width * height);
        let mut tall = vec![0.0_f32; self.width];
        for row in &rows {
            tall.fill(0.0);
            for (offset, &weight) in row.share.iter().enumerate() {
                let source = self.row(row.first + offset);
                tall.iter_mut().zip(source).for_each(|(sum, &p)| *sum += weight * f32::from(p));
            }
            pixels.extend(columns.iter().map(|column| {
                let part = &tall[column.first..column.first + column.share.len()];
                let sum: f32 = part.iter().zip(&column.share).map(|(v, w)| v * w).sum();
                (sum + 0.5).clamp(0.0, 255.0) as u8
            }));
        }
        Grey { width, height, pixels }
    }

    /// What `scaled` makes of it, for the size that cameras give most.
    fn halved(&self) -> Grey {
        let mut pixels = Vec::with_capacity(self.pixels.len() / 4);
        for rows in self.pixels.chunks_exact(2 * self.width) {
            let (upper, lower) = rows.split_at(self.width);
            let mean = |(a, b): (&[u8], &[u8])| {
                let sum: u16 = [a[0], a[1], b[0], b[1]].into_iter().map(u16::from).sum();
                ((sum + 2) / 4) as u8
            };
            pixels.extend(upper.chunks_exact(2).zip(lower.chunks_exact(2)).map(mean));
        }
        Grey { width: self.width / 2, height: self.height / 2, pixels }
    }
}

/// How one target pixel is mixed from neighbouring source pixels.
struct Mix {
    first: usize,
    share: Vec<f32>,
}

fn weights(source: usize, target: usize) -> Vec<Mix> {
    let step = source as f32 / target as f32;
    (0..target)
        .map(|i| if step > 1.0 { covered(source, step, i) } else { between(source, step, i) })
        .collect()
}

fn covered(source: usize, step: f32, index: usize) -> Mix {
    let (from, to) = (index as f32 * step, ((index + 1) as f32 * step).min(source as f32));
    let first = (from as usize).min(source - 1);
    let last = (to.ceil() as usize).clamp(first + 1, source);
    let share: Vec<f32> =
        (first..last).map(|p| (to.min((p + 1) as f32) - from.max(p as f32)).max(0.0)).collect();
    let total: f32 = share.iter().sum::<f32>().max(1e-6);
    Mix { first, share: share.into_iter().map(|s| s / total).collect() }
}

fn between(source: usize, step: f32, index: usize) -> Mix {
    let centre = ((index as f32 + 0.5) * step - 0.5).clamp(0.0, (source - 1) as f32);
    let first = (centre as usize).min(source.saturating_sub(2));
    let part = centre - first as f32;
    let share = if source == 1 { vec![1.0] } else { vec![1.0 - part, part] };
    Mix { first, share }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(width: usize, height: usize) -> Grey {
        let pixels = (0..width * height).map(|i| (i % width * 255 / width.max(2)) as u8).collect();
        Grey::new(width, height, pixels).unwrap()
    }

    #[test]
    fn halving_takes_the_mean_of_four() {
        let four = Grey::new(2, 2, vec![0, 100, 200, 100]).unwrap();
        assert_eq!(four.scaled(1, 1).pixels(), &[100]);
    }

    #[test]
    fn half_the_size_is_no_other_rule() {
        let noise = |i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8;
        let picture = Grey::new(64, 32, (0..64 * 32).map(noise).collect()).unwrap();
        let mean = |x: usize, y: usize| {
            let sum: u32 = [(0, 0), (1, 0), (0, 1), (1, 1)]
                .iter()
                .map(|(u, v)| u32::from(picture.row(2 * y + v)[2 * x + u]))
                .sum();
            (f64::from(sum) / 4.0 + 0.5) as u8
        };
        let half = picture.scaled(32, 16);
        assert!((0..32 * 16).all(|i| half.pixels()[i] == mean(i % 32, i / 32)));
    }

    #[test]
    fn growing_keeps_the_ends_and_rises_between() {
        let grown = Grey::new(2, 1, vec![0, 200]).unwrap().scaled(8, 1);
        assert_eq!(grown.pixels()[0], 0);
        assert_eq!(grown.pixels()[7], 200);
        assert!(grown.pixels().windows(2).all(|w| w[0] <= w[1]));
    }

    #[test]
    fn odd_scales_keep_the_mean_of_the_picture() {
        let picture = ramp(101, 37);
        let mean = |g: &Grey| g.pixels().iter().map(|&p| f64::from(p)).sum::<f64>() / g.pixels().len() as f64;
        assert!((mean(&picture) - mean(&picture.scaled(64, 23))).abs() < 1.0);
    }

    #[test]
    fn a_window_beyond_the_edge_is_what_lies_inside() {
        let (part, x, y) = ramp(10, 8).cut(-5.0, 6.2, 3.4, 99.0);
        assert_eq!((part.width(), part.height(), x, y), (5, 2, 0, 6));
        let (nothing, ..) = ramp(10, 8).cut(50.0, 50.0, 60.0, 60.0);
        assert_eq!((nothing.width(), nothing.height()), (1, 1));
    }

    #[test]
    fn sides_that_do_not_fit_the_pixels_are_refused() {
        assert!(Grey::new(3, 3, vec![0; 8]).is_none());
        assert!(Grey::new(0, 3, vec![]).is_none());
    }
}
