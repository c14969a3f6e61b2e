//! What a person at the camera could do better: light, focus, distance and angle of the plates seen.
//!
//! Thresholds are those of the nets: they learned plates from 50 pixels wide and turned by up to some 20 degrees. Knows
//! nothing of lanes: the caller passes in what was seen of the last vehicles.

use std::collections::VecDeque;

use crate::grey::Grey;
use crate::quad::Quad;
use crate::rectify::{Crop, rectify};

/// One frame, as far as the camera's place and settings show in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shot {
    /// Mean level of the picture, 0 to 255.
    pub brightness: f32,
    pub plate: Option<PlateMetrics>,
}

/// How the plate of a frame is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlateMetrics {
    /// In the frame's pixels.
    pub width: f32,
    pub height: f32,
    /// How far the text leans from the level, in degrees.
    pub lean: f32,
    /// How steep its strokes' edges are: mean step between neighbouring pixels over the plate's contrast.
    pub sharpness: f32,
    pub brightness: f32,
}

/// How good the camera's view is, and the one thing to do about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// 0 nothing can be read, 100 nothing to better.
    pub score: u8,
    pub advice: String,
    /// Share of the shots with a plate, 0 to 1.
    pub plates: f32,
}

/// When pictures were taken: without a vehicle there is no plate to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    Anytime,
    OfVehicles,
}

/// The first shots of each of the last vehicles. A vehicle is looked at until it is read, one without a plate the longest;
/// were all of its shots kept, it would speak for every vehicle before it.
#[derive(Clone, Debug, Default)]
pub struct RecentShots(VecDeque<Shot>);

const MAX_SHOTS: usize = 16;
const SHOTS_PER_VEHICLE: usize = 2;
const PLATE: Crop = Crop::full(192, 64);
const GOOD_WIDTH: f32 = 80.0;
const MIN_WIDTH: f32 = 50.0;
const GOOD_HEIGHT: f32 = 24.0;
const MIN_HEIGHT: f32 = 12.0;
const MAX_LEAN: f32 = 20.0;
const MIN_SHARPNESS: f32 = 0.10;
const GOOD_SHARPNESS: f32 = 0.18;
const DARK: f32 = 25.0;
const BRIGHT: f32 = 235.0;

impl Shot {
    pub fn of(frame: &Grey, plate: Option<&Quad>) -> Shot {
        Shot { brightness: mean(frame), plate: plate.map(|quad| plate_metrics(frame, quad)) }
    }
}

impl RecentShots {
    /// The shots of one vehicle, the first one first.
    pub fn add(&mut self, shots: impl IntoIterator<Item = Shot>) {
        self.0.extend(shots.into_iter().take(SHOTS_PER_VEHICLE));
        self.0.drain(..self.0.len().saturating_sub(MAX_SHOTS));
    }

    /// None before the first shot.
    pub fn health(&mut self) -> Option<Health> {
        (!self.0.is_empty()).then(|| advise(self.0.make_contiguous(), Taken::OfVehicles))
    }
}

fn plate_metrics(frame: &Grey, quad: &Quad) -> PlateMetrics {
    let (along, down) = (quad.along(), quad.down());
    let flat = rectify(frame, quad, PLATE);
    PlateMetrics {
        width: along.x.hypot(along.y),
        height: down.x.hypot(down.y),
        lean: along.y.atan2(along.x).to_degrees().abs(),
        sharpness: sharpness(&flat),
        brightness: mean(&flat),
    }
}

fn mean(picture: &Grey) -> f32 {
    picture.pixels().iter().map(|&p| u64::from(p)).sum::<u64>() as f32 / picture.pixels().len() as f32
}

fn sharpness(plate: &Grey) -> f32 {
    let level = mean(plate);
    let count = plate.pixels().len() as f32;
    let spread = plate.pixels().iter().map(|&p| (f32::from(p) - level).powi(2)).sum::<f32>() / count;
    let steps: f32 = (0..plate.height())
        .flat_map(|y| plate.row(y).windows(2).map(|pair| f32::from(pair[0].abs_diff(pair[1]))))
        .sum();
    steps / count / (spread.sqrt() + 8.0)
}

/// The worst of what the shots show decides; shots without a plate lower the score by their share.
pub fn advise(shots: &[Shot], taken: Taken) -> Health {
    if shots.is_empty() {
        return Health { score: 0, advice: "the camera gave no picture".into(), plates: 0.0 };
    }
    let plates: Vec<PlateMetrics> = shots.iter().filter_map(|shot| shot.plate).collect();
    let light = middle(shots.iter().map(|shot| shot.brightness));
    if plates.is_empty() {
        let (score, advice) = match (light, taken) {
            (light, _) if light < DARK => {
                (10, format!("the picture is dark (level {light:.0} of 255): add light"))
            }
            (light, _) if light > BRIGHT => {
                (10, format!("the picture is blinded (level {light:.0} of 255): shade it"))
            }
            (_, Taken::Anytime) => {
                (50, "no plate in view: put a car at the barrier and look again".to_owned())
            }
            (_, Taken::OfVehicles) => {
                let aim = "aim the camera at where plates stop";
                (0, format!("no plate in the last {} pictures of vehicles: {aim}", shots.len()))
            }
        };
        return Health { score, advice, plates: 0.0 };
    }
    let share = plates.len() as f32 / shots.len() as f32;
    let (worst, advice) = remarks(&plates)
        .into_iter()
        .fold((1.0, None), |worst, next| if next.0 < worst.0 { (next.0, Some(next.1)) } else { worst });
    let score = (100.0 * worst * (0.5 + 0.5 * share)).round().clamp(0.0, 100.0) as u8;
    let seldom = (share < 0.7).then(|| {
        format!("a plate in {:.0} % of the pictures only: aim the camera at where cars stop", share * 100.0)
    });
    let advice = advice.or(seldom).unwrap_or_else(|| "plates are well in view".into());
    Health { score, advice, plates: share }
}

/// Each quality of the plates, 0 to 1, with what to do about it.
fn remarks(plates: &[PlateMetrics]) -> [(f32, String); 5] {
    let width = middle(plates.iter().map(|plate| plate.width));
    let height = middle(plates.iter().map(|plate| plate.height));
    let lean = middle(plates.iter().map(|plate| plate.lean));
    let sharp = middle(plates.iter().map(|plate| plate.sharpness));
    let light = middle(plates.iter().map(|plate| plate.brightness));
    let part = |value: f32, none: f32, all: f32| ((value - none) / (all - none)).clamp(0.0, 1.0);
    let small = format!("plate {height:.0} px high, want {GOOD_HEIGHT:.0}: move closer or zoom");
    let narrow = format!("plate {width:.0} px wide, want {GOOD_WIDTH:.0}: move closer or zoom");
    let leaning =
        format!("plate leans {lean:.0} degrees, want less than {MAX_LEAN:.0}: turn the camera level");
    let blurred = format!(
        "plate is blurred (sharpness {sharp:.2}, want {GOOD_SHARPNESS:.2}): focus, or shorten the exposure"
    );
    let (lit, why) = if light < 128.0 {
        (part(light, 0.0, 2.0 * DARK), format!("plate is dark (level {light:.0} of 255): add light"))
    } else {
        let glaring =
            format!("plate is blinded (level {light:.0} of 255): lower the exposure or turn the lamp");
        (part(255.0 - light, 0.0, 255.0 - BRIGHT), glaring)
    };
    [
        (part(width, MIN_WIDTH / 2.0, GOOD_WIDTH), narrow),
        (part(height, MIN_HEIGHT / 2.0, GOOD_HEIGHT), small),
        (part(2.0 * MAX_LEAN - lean, 0.0, MAX_LEAN), leaning),
        (part(sharp, MIN_SHARPNESS / 2.0, GOOD_SHARPNESS), blurred),
        (lit, why),
    ]
}

fn middle(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quad::Point;

    fn plate(width: f32, height: f32, rise: f32) -> Quad {
        let corners = [(0.0, 0.0), (width, rise), (width, rise + height), (0.0, height)];
        Quad(corners.map(|(x, y)| Point::new(x + 40.0, y + 40.0)))
    }

    /// Strokes of three pixels on a light ground, seen so many times coarser.
    fn frame(coarser: usize, ink: u8, ground: u8) -> Grey {
        let pixels = (0..320 * 120).map(|i| if i % 320 % 6 < 3 { ink } else { ground }).collect();
        Grey::new(320, 120, pixels).unwrap().scaled(320 / coarser, 120 / coarser).scaled(320, 120)
    }

    fn advice(frame: &Grey, plate: &Quad) -> Health {
        advise(&[Shot::of(frame, Some(plate))], Taken::Anytime)
    }

    #[test]
    fn a_good_view_needs_nothing() {
        let good = advice(&frame(1, 20, 220), &plate(180.0, 40.0, 0.0));
        assert_eq!((good.score, good.advice.as_str()), (100, "plates are well in view"));
    }

    #[test]
    fn the_worst_quality_is_the_one_named() {
        let sharp = frame(1, 20, 220);
        for (frame, plate, expected) in [
            (&sharp, plate(60.0, 11.0, 0.0), "plate 11 px high, want 24: move closer or zoom"),
            (&sharp, plate(45.0, 30.0, 0.0), "plate 45 px wide, want 80: move closer or zoom"),
            (&sharp, plate(100.0, 40.0, 60.0), "plate leans 31 degrees"),
            (&frame(5, 20, 220), plate(180.0, 40.0, 0.0), "plate is blurred"),
            (&frame(1, 2, 30), plate(180.0, 40.0, 0.0), "plate is dark"),
            (&frame(1, 246, 255), plate(180.0, 40.0, 0.0), "plate is blinded"),
        ] {
            let health = advice(frame, &plate);
            assert!(health.advice.starts_with(expected) && health.score < 80, "{expected}: {health:?}");
        }
    }

    #[test]
    fn pictures_without_a_plate_say_so() {
        let none = |level| advise(&[Shot::of(&Grey::filled(64, 48, level), None)], Taken::Anytime);
        assert!(none(5).advice.contains("dark") && none(250).advice.contains("blinded"));
        assert!(none(120).advice.starts_with("no plate in view"));
        assert_eq!(advise(&[], Taken::Anytime).score, 0);
        let good = Shot::of(&frame(1, 20, 220), Some(&plate(180.0, 40.0, 0.0)));
        let bare = Shot { plate: None, ..good };
        let seldom = advise(&[good, bare, bare], Taken::Anytime);
        assert!(seldom.advice.starts_with("a plate in 33 %") && seldom.score < 80, "{seldom:?}");
        assert!((seldom.plates - 1.0 / 3.0).abs() < 1e-6, "{seldom:?}");
    }

    #[test]
    fn only_the_last_shots_count() {
        let good = Shot::of(&frame(1, 20, 220), Some(&plate(180.0, 40.0, 0.0)));
        let mut recent_shots = RecentShots::default();
        assert_eq!(recent_shots.health(), None);
        let bare = Shot { plate: None, ..good };
        (0..MAX_SHOTS).for_each(|_| recent_shots.add([bare; 8]));
        let none = recent_shots.health().unwrap();
        assert!(none.score == 0 && none.advice.starts_with("no plate in the last 16 pictures"), "{none:?}");
        (0..MAX_SHOTS / 2).for_each(|_| recent_shots.add([good]));
        assert_eq!(recent_shots.health().unwrap().plates, 0.5);
        (0..MAX_SHOTS).for_each(|_| recent_shots.add([good]));
        assert_eq!(recent_shots.health().unwrap().score, 100);
        recent_shots.add([bare; 8]);
        let one = recent_shots.health().unwrap();
        assert!(
            one.plates > 0.8 && one.advice == "plates are well in view",
            "one vehicle without a plate: {one:?}"
        );
    }
}
