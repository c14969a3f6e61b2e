//! Four corners in a picture, and the boxes around them.
//!
//! Knows geometry only: no pixels, no models.

/// A point in pixels; a picture's left edge is 0, the centre of its first pixel is (0.5, 0.5).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    pub x: f32,
    pub y: f32,
}

/// The corners of a plate: top left, top right, bottom right, bottom left, as a reader of the plate sees them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quad(pub [Point; 4]);

/// An upright box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    pub left: f32,
    pub top: f32,
    pub width: f32,
    pub height: f32,
}

impl Point {
    pub const fn new(x: f32, y: f32) -> Point {
        Point { x, y }
    }

    pub fn scaled(self, across: f32, vertical: f32) -> Point {
        Point::new(self.x * across, self.y * vertical)
    }

    pub fn distance(self, other: Point) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

impl Quad {
    pub fn map(&self, f: impl Fn(Point) -> Point) -> Quad {
        Quad(self.0.map(f))
    }

    pub fn centre(&self) -> Point {
        let sum = self.0.iter().fold(Point::default(), |s, p| Point::new(s.x + p.x, s.y + p.y));
        Point::new(sum.x / 4.0, sum.y / 4.0)
    }

    pub fn bounds(&self) -> Bounds {
        let (mut left, mut top) = (f32::INFINITY, f32::INFINITY);
        let (mut right, mut bottom) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
        for p in self.0 {
            (left, top) = (left.min(p.x), top.min(p.y));
            (right, bottom) = (right.max(p.x), bottom.max(p.y));
        }
        Bounds { left, top, width: right - left, height: bottom - top }
    }

    /// Mean vector along the text, from the left edge to the right edge.
    pub fn along(&self) -> Point {
        let [tl, tr, br, bl] = self.0;
        Point::new((tr.x + br.x - tl.x - bl.x) / 2.0, (tr.y + br.y - tl.y - bl.y) / 2.0)
    }

    /// Mean vector down the plate, from the top edge to the bottom edge.
    pub fn down(&self) -> Point {
        let [tl, tr, br, bl] = self.0;
        Point::new((br.x + bl.x - tl.x - tr.x) / 2.0, (br.y + bl.y - tl.y - tr.y) / 2.0)
    }

    /// A part of the quad, given in shares of its width (left, right) and height (top, bottom); shares beyond 0 and 1
    /// lie outside.
    pub fn part(&self, (left, right): (f32, f32), (top, bottom): (f32, f32)) -> Quad {
        let [tl, tr, br, bl] = self.0;
        let mix =
            |a: Point, b: Point, share: f32| Point::new(a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share);
        let at = |across: f32, vertical: f32| mix(mix(tl, tr, across), mix(bl, br, across), vertical);
        Quad([at(left, top), at(right, top), at(right, bottom), at(left, bottom)])
    }

    /// All corners are numbers and the plate has a size and is not turned inside out.
    pub fn is_sound(&self) -> bool {
        let finite = self.0.iter().all(|p| p.x.is_finite() && p.y.is_finite());
        let (u, v) = (self.along(), self.down());
        finite && u.x * v.y - u.y * v.x > 16.0
    }
}

impl Bounds {
    /// Area of the overlap over the area of the union, 0..=1.
    pub fn overlap(&self, other: &Bounds) -> f32 {
        let right = (self.left + self.width).min(other.left + other.width);
        let bottom = (self.top + self.height).min(other.top + other.height);
        let shared =
            (right - self.left.max(other.left)).max(0.0) * (bottom - self.top.max(other.top)).max(0.0);
        shared / (self.width * self.height + other.width * other.height - shared).max(1e-6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upright(left: f32, top: f32, width: f32, height: f32) -> Quad {
        let (right, bottom) = (left + width, top + height);
        Quad([
            Point::new(left, top),
            Point::new(right, top),
            Point::new(right, bottom),
            Point::new(left, bottom),
        ])
    }

    #[test]
    fn a_margin_grows_each_side_by_its_share() {
        let wide = upright(100.0, 50.0, 200.0, 40.0).part((-0.1, 1.1), (-0.5, 1.5)).bounds();
        assert_eq!(wide, Bounds { left: 80.0, top: 30.0, width: 240.0, height: 80.0 });
    }

    #[test]
    fn overlap_of_a_box_with_itself_is_one_and_with_a_far_one_zero() {
        let a = upright(0.0, 0.0, 10.0, 10.0).bounds();
        assert!((a.overlap(&a) - 1.0).abs() < 1e-6);
        assert_eq!(a.overlap(&upright(20.0, 0.0, 10.0, 10.0).bounds()), 0.0);
    }

    #[test]
    fn a_mirrored_or_empty_quad_is_not_sound() {
        assert!(upright(0.0, 0.0, 50.0, 12.0).is_sound());
        assert!(!upright(0.0, 0.0, -50.0, 12.0).is_sound());
        assert!(!upright(0.0, 0.0, f32::NAN, 12.0).is_sound());
    }
}
