//! A plate seen at an angle, laid flat: the homography from four corners and the warp through it.
//!
//! Built with the feature `opencv` the warp is OpenCV's; a test holds both to the same pixels.

use crate::grey::Grey;
use crate::quad::{Point, Quad};

/// The picture a plate is laid into.
#[derive(Clone, Copy, Debug)]
pub struct Crop {
    pub width: usize,
    pub height: usize,
    /// Pixels left and right, above and below of where the quad's edges go.
    pub border: (f32, f32),
}

/// A picture so many times finer than the crop is shrunk before it is warped, so that no stroke falls between two
/// samples. The nets were trained on crops cut with this rule.
const FINE: f32 = 1.3;

impl Crop {
    /// A crop that the quad fills.
    pub const fn full(width: usize, height: usize) -> Crop {
        Crop { width, height, border: (0.0, 0.0) }
    }

    /// Width and height of the part the quad fills.
    fn face(&self) -> (f32, f32) {
        (self.width as f32 - 2.0 * self.border.0, self.height as f32 - 2.0 * self.border.1)
    }

    /// A point of the crop in shares of the quad's width and height.
    fn share(&self, x: f32, y: f32) -> (f32, f32) {
        let (width, height) = self.face();
        ((x - self.border.0) / width, (y - self.border.1) / height)
    }
}

/// The quad and its surroundings laid flat. Beyond the picture its edge goes on.
pub fn rectify(picture: &Grey, quad: &Quad, crop: Crop) -> Grey {
    let (part, left, top) = surroundings(picture, quad, crop);
    let quad = quad.map(|p| Point::new(p.x - left as f32, p.y - top as f32));
    let [tl, tr, _, bl] = quad.0;
    let (width, height) = crop.face();
    let finer = (tl.distance(tr) / width).max(tl.distance(bl) / height);
    if finer > FINE {
        let side = |pixels: usize| ((pixels as f32 / finer).round() as usize).max(1);
        let small = part.scaled(side(part.width()), side(part.height()));
        let across = small.width() as f32 / part.width() as f32;
        let vertical = small.height() as f32 / part.height() as f32;
        return warp(&small, &quad.map(|p| p.scaled(across, vertical)), crop);
    }
    warp(&part, &quad, crop)
}

/// The part of the picture the crop shows, and where it begins.
fn surroundings(picture: &Grey, quad: &Quad, crop: Crop) -> (Grey, usize, usize) {
    let map = Homography::from_unit_square(quad);
    let (right, bottom) = (crop.width as f32, crop.height as f32);
    let corners = [(0.0, 0.0), (right, 0.0), (right, bottom), (0.0, bottom)];
    let bounds = Quad(corners.map(|(x, y)| {
        let (u, v) = crop.share(x, y);
        map.apply(u, v)
    }))
    .bounds();
    picture.cut(
        bounds.left - 2.0,
        bounds.top - 2.0,
        bounds.left + bounds.width + 2.0,
        bounds.top + bounds.height + 2.0,
    )
}

#[cfg(not(feature = "opencv"))]
fn warp(picture: &Grey, quad: &Quad, crop: Crop) -> Grey {
    warp_own(picture, quad, crop)
}

#[cfg(feature = "opencv")]
fn warp(picture: &Grey, quad: &Quad, crop: Crop) -> Grey {
    warp_opencv(picture, quad, crop).unwrap_or_else(|_| warp_own(picture, quad, crop))
}

/// Bilinear warp of the quad onto the crop's face.
pub fn warp_own(picture: &Grey, quad: &Quad, crop: Crop) -> Grey {
    let map = Homography::from_unit_square(quad);
    let mut pixels = Vec::with_capacity(crop.width * crop.height);
    for y in 0..crop.height {
        pixels.extend((0..crop.width).map(|x| {
            let (u, v) = crop.share(x as f32 + 0.5, y as f32 + 0.5);
            let at = map.apply(u, v);
            (picture.sample(at.x, at.y) + 0.5) as u8
        }));
    }
    Grey::new(crop.width, crop.height, pixels).unwrap_or_else(|| Grey::filled(crop.width, crop.height, 0))
}

#[cfg(feature = "opencv")]
pub fn warp_opencv(picture: &Grey, quad: &Quad, crop: Crop) -> opencv::Result<Grey> {
    use opencv::core::{BORDER_REPLICATE, DECOMP_LU, Mat, Point2f, Scalar, Size};
    use opencv::imgproc;
    use opencv::prelude::{MatTraitConst, MatTraitConstManual};

    let source =
        Mat::new_rows_cols_with_data(picture.height() as i32, picture.width() as i32, picture.pixels())?;
    let ((left, top), (width, height)) = (crop.border, crop.face());
    // OpenCV counts from the centre of the first pixel.
    let centred = |x: f32, y: f32| Point2f::new(x - 0.5, y - 0.5);
    let target = [
        centred(left, top),
        centred(left + width, top),
        centred(left + width, top + height),
        centred(left, top + height),
    ];
    let corners = quad.0.map(|p| centred(p.x, p.y));
    let map = imgproc::get_perspective_transform_slice(corners, target, DECOMP_LU)?;
    let mut flat = Mat::default();
    imgproc::warp_perspective(
        &source,
        &mut flat,
        &map,
        Size::new(crop.width as i32, crop.height as i32),
        imgproc::INTER_LINEAR,
        BORDER_REPLICATE,
        Scalar::default(),
    )?;
    let pixels = flat.data_typed::<u8>()?.to_vec();
    Ok(Grey::new(crop.width, crop.height, pixels)
        .unwrap_or_else(|| Grey::filled(crop.width, crop.height, flat.rows() as u8)))
}

/// The projective map of the unit square onto a quad (Heckbert, "Fundamentals of Texture Mapping", 1989, 2.2.3).
#[derive(Clone, Copy, Debug)]
pub struct Homography([[f32; 3]; 3]);

impl Homography {
    pub fn from_unit_square(quad: &Quad) -> Homography {
        let [p0, p1, p2, p3] = quad.0;
        let (dx1, dx2, dx3) = (p1.x - p2.x, p3.x - p2.x, p0.x - p1.x + p2.x - p3.x);
        let (dy1, dy2, dy3) = (p1.y - p2.y, p3.y - p2.y, p0.y - p1.y + p2.y - p3.y);
        let area = dx1 * dy2 - dx2 * dy1;
        let area = if area.abs() < 1e-9 { 1e-9 } else { area };
        let g = (dx3 * dy2 - dx2 * dy3) / area;
        let h = (dx1 * dy3 - dx3 * dy1) / area;
        Homography([
            [p1.x - p0.x + g * p1.x, p3.x - p0.x + h * p3.x, p0.x],
            [p1.y - p0.y + g * p1.y, p3.y - p0.y + h * p3.y, p0.y],
            [g, h, 1.0],
        ])
    }

    pub fn apply(&self, u: f32, v: f32) -> Point {
        let row = |r: &[f32; 3]| r[0] * u + r[1] * v + r[2];
        let w = row(&self.0[2]);
        let w = if w.abs() < 1e-9 { 1e-9 } else { w };
        Point::new(row(&self.0[0]) / w, row(&self.0[1]) / w)
    }

    /// The map the other way, from the quad to the unit square; None if the quad is flat.
    pub fn inverse(&self) -> Option<Homography> {
        let m = &self.0;
        let minor =
            |r0: usize, c0: usize, r1: usize, c1: usize| m[r0][c0] * m[r1][c1] - m[r0][c1] * m[r1][c0];
        let det = m[0][0] * minor(1, 1, 2, 2) - m[0][1] * minor(1, 0, 2, 2) + m[0][2] * minor(1, 0, 2, 1);
        if det.abs() < 1e-9 {
            return None;
        }
        let d = 1.0 / det;
        Some(Homography([
            [minor(1, 1, 2, 2) * d, -minor(0, 1, 2, 2) * d, minor(0, 1, 1, 2) * d],
            [-minor(1, 0, 2, 2) * d, minor(0, 0, 2, 2) * d, -minor(0, 0, 1, 2) * d],
            [minor(1, 0, 2, 1) * d, -minor(0, 0, 2, 1) * d, minor(0, 0, 1, 1) * d],
        ]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tilted() -> Quad {
        Quad([Point::new(10.0, 5.0), Point::new(60.0, 12.0), Point::new(58.0, 30.0), Point::new(8.0, 20.0)])
    }

    #[test]
    fn the_four_corners_land_on_the_quad() {
        let (map, quad) = (Homography::from_unit_square(&tilted()), tilted());
        for (corner, (u, v)) in quad.0.into_iter().zip([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]) {
            let at = map.apply(u, v);
            assert!((at.x - corner.x).abs() < 1e-3 && (at.y - corner.y).abs() < 1e-3, "{at:?} {corner:?}");
        }
    }

    #[test]
    fn the_inverse_leads_back() {
        let map = Homography::from_unit_square(&tilted());
        let back = map.inverse().unwrap();
        let at = map.apply(0.3, 0.8);
        let unit = back.apply(at.x, at.y);
        assert!((unit.x - 0.3).abs() < 1e-3 && (unit.y - 0.8).abs() < 1e-3, "{unit:?}");
    }

    #[test]
    fn an_upright_quad_is_cut_out_unchanged() {
        let picture = Grey::new(20, 10, (0..200).map(|i| i as u8).collect()).unwrap();
        let quad =
            Quad([Point::new(5.0, 2.0), Point::new(9.0, 2.0), Point::new(9.0, 4.0), Point::new(5.0, 4.0)]);
        assert_eq!(rectify(&picture, &quad, Crop::full(4, 2)).pixels(), &[45, 46, 47, 48, 65, 66, 67, 68]);
    }

    #[test]
    fn a_border_shows_what_lies_around_the_quad() {
        let picture = Grey::new(20, 10, (0..200).map(|i| i as u8).collect()).unwrap();
        let quad =
            Quad([Point::new(5.0, 2.0), Point::new(9.0, 2.0), Point::new(9.0, 4.0), Point::new(5.0, 4.0)]);
        let crop = Crop { width: 6, height: 4, border: (1.0, 1.0) };
        assert_eq!(&rectify(&picture, &quad, crop).pixels()[..8], &[24, 25, 26, 27, 28, 29, 44, 45]);
    }

    #[test]
    fn a_quad_outside_the_picture_harms_nobody() {
        let picture = Grey::filled(20, 10, 9);
        let far = tilted().map(|p| Point::new(p.x * 1e4, p.y * -1e4));
        assert!(rectify(&picture, &far, Crop::full(16, 8)).pixels().iter().all(|&p| p == 9));
    }

    #[cfg(feature = "opencv")]
    #[test]
    fn own_warp_and_opencv_agree() {
        let noise = |i: usize| ((i as u32).wrapping_mul(2_654_435_761) >> 24) as u8;
        let picture =
            Grey::new(80, 40, (0..3200).map(noise).collect()).unwrap().scaled(40, 20).scaled(80, 40);
        let own = warp_own(&picture, &tilted(), Crop::full(192, 64));
        let other = warp_opencv(&picture, &tilted(), Crop::full(192, 64)).unwrap();
        let worst = own.pixels().iter().zip(other.pixels()).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(worst <= 4, "largest difference {worst}");
    }
}
