//! A video cut into vehicles: each is read from several frames, as a lane reads an arrival.
//!
//! Pure: what was seen of each frame comes in, a vehicle goes out once it is gone or another one took its place. A lane
//! has a loop to tell its cars apart; here the plates must. Knows nothing of files.

use boomgate_domain::plate::ALPHABET;
use boomgate_domain::reading::{FrameReading, Reading};

use crate::reading_settings::{MAX_FRAMES, ReadingSettings};

/// The reading of a plate in one frame, with the caller's data about that frame.
pub struct FrameResult<T> {
    reading: FrameReading,
    text: String,
    pub of: T,
}

pub struct Vehicle<T> {
    /// Numbers of the first and the last frame that showed its plate, and how many did.
    pub first: u32,
    pub last: u32,
    pub seen: u32,
    /// The surest of them, in their order: as many as a lane would take. More of the same are no more witnesses.
    frame_results: Vec<FrameResult<T>>,
}

pub struct VehicleSplitter<T> {
    /// Frames without its plate after which a vehicle is gone.
    max_gap: u32,
    current: Option<Vehicle<T>>,
    /// Another plate in the last frame that had one: a slip of the reader, or the next vehicle if it is seen again.
    stranger: Option<FrameResult<T>>,
}

impl<T> FrameResult<T> {
    pub fn new(reading: FrameReading, of: T) -> FrameResult<T> {
        let likeliest = |shares: &[f32; 36]| (0..36).max_by(|&a, &b| shares[a].total_cmp(&shares[b]));
        let letters = reading.chars.iter().filter_map(|place| likeliest(&place.0));
        let text = letters.map(|index| char::from(ALPHABET[index])).collect();
        FrameResult { reading, text, of }
    }
}

impl<T> Vehicle<T> {
    fn begin(frame_result: FrameResult<T>) -> Vehicle<T> {
        let number = frame_result.reading.frame;
        Vehicle { first: number, last: number, seen: 1, frame_results: vec![frame_result] }
    }

    fn add(&mut self, frame_result: FrameResult<T>) {
        self.last = frame_result.reading.frame;
        self.seen += 1;
        self.frame_results.push(frame_result);
        if self.frame_results.len() > MAX_FRAMES as usize {
            let weight = |index: &usize| self.frame_results[*index].reading.weight;
            let faintest = (0..self.frame_results.len()).min_by(|a, b| weight(a).total_cmp(&weight(b)));
            faintest.map(|index| self.frame_results.remove(index));
        }
    }

    /// Whether a frame's plate may be this vehicle's: like one of those seen.
    fn resembles(&self, text: &str) -> bool {
        self.frame_results.iter().any(|frame_result| alike(&frame_result.text, text))
    }

    /// Its plate as a lane would report it, with the data of the frame that shows it best.
    pub fn read(mut self, reading_settings: &ReadingSettings) -> (Reading, Option<T>) {
        let frames: Vec<FrameReading> =
            self.frame_results.iter().map(|frame_result| frame_result.reading.clone()).collect();
        let reading = reading_settings.of(&frames);
        let best = frames.iter().position(|frame| Some(frame.frame) == reading.best_frame);
        (reading, best.map(|index| self.frame_results.swap_remove(index).of))
    }
}

impl<T> VehicleSplitter<T> {
    /// A vehicle is gone after a second and a half without its plate, or three frames where they come slowly.
    pub fn new(frames_per_second: f64) -> VehicleSplitter<T> {
        let max_gap = (1.5 * frames_per_second).round().max(3.0) as u32;
        VehicleSplitter { max_gap, current: None, stranger: None }
    }

    /// The next frame; answers with a vehicle that is over by now.
    pub fn add(&mut self, number: u32, frame_result: Option<FrameResult<T>>) -> Option<Vehicle<T>> {
        let max_gap = self.max_gap;
        let gone = self.current.take_if(|vehicle| number.saturating_sub(vehicle.last) > max_gap);
        let Some(frame_result) = frame_result else { return gone };
        match &mut self.current {
            None => {
                self.stranger = None;
                self.current = Some(Vehicle::begin(frame_result));
                gone
            }
            Some(vehicle) if vehicle.resembles(&frame_result.text) => {
                self.stranger = None;
                vehicle.add(frame_result);
                gone
            }
            Some(_) => self.stranger(frame_result),
        }
    }

    /// The last vehicle.
    pub fn end(self) -> Option<Vehicle<T>> {
        self.current
    }

    fn stranger(&mut self, frame_result: FrameResult<T>) -> Option<Vehicle<T>> {
        match self.stranger.take() {
            Some(before) if alike(&before.text, &frame_result.text) => {
                let mut next = Vehicle::begin(before);
                next.add(frame_result);
                self.current.replace(next)
            }
            _ => {
                self.stranger = Some(frame_result);
                None
            }
        }
    }
}

/// Whether two readings may be of one plate: at most a third of the characters differ.
fn alike(a: &str, b: &str) -> bool {
    3 * distance(a, b) <= a.len().max(b.len())
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (index, letter) in a.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], index + 1);
        for (column, other) in b.iter().enumerate() {
            let kept = corner + usize::from(letter != *other);
            corner = row[column + 1];
            row[column + 1] = kept.min(corner + 1).min(row[column] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use boomgate_domain::plate::grammar::Grammar;
    use boomgate_domain::reading::{CharDist, Thresholds};

    use super::*;

    /// Frames as words: `-` shows no plate, a mark of interrogation makes a frame faint. Vehicles as plate, first and last
    /// frame, frames seen, and the frame the plate was read from.
    fn cut(frames: &str) -> Vec<(String, u32, u32, u32, Option<u32>)> {
        let reading_settings = ReadingSettings {
            grammar: Grammar::for_countries(&["SK"]).unwrap(),
            thresholds: Thresholds::default(),
        };
        let mut cutter = VehicleSplitter::new(2.0);
        let mut over = Vec::new();
        for (number, word) in (0..).zip(frames.split_whitespace()) {
            over.extend(cutter.add(number, frame_result(number, word)));
        }
        over.extend(cutter.end());
        let summary = |vehicle: Vehicle<u32>| {
            let (first, last, seen) = (vehicle.first, vehicle.last, vehicle.seen);
            let (reading, best) = vehicle.read(&reading_settings);
            (reading.plate.map(|plate| plate.to_string()).unwrap_or_default(), first, last, seen, best)
        };
        over.into_iter().map(summary).collect()
    }

    fn frame_result(number: u32, word: &str) -> Option<FrameResult<u32>> {
        let sure = if word.ends_with('?') { 0.7 } else { 0.97 };
        let chars =
            word.trim_end_matches('?').bytes().map(|symbol| CharDist::certain(symbol, sure)).collect();
        let reading = FrameReading { frame: number, weight: sure, plate: 0.95, chars };
        (word != "-").then(|| FrameResult::new(reading, number))
    }

    #[test]
    fn a_vehicle_is_read_once_from_all_its_frames_and_named_by_the_best() {
        let vehicles = cut("- BA123XY? BA128XY? BA123XY - BA123XY? - -");
        assert_eq!(vehicles, [("BA123XY".into(), 1, 5, 4, Some(3))]);
    }

    #[test]
    fn a_new_plate_twice_is_a_new_vehicle_and_once_is_a_slip() {
        let vehicles = cut("BA123XY BA123XY 8LL3XQ BA123XY KE777AB KE777AB");
        let plates: Vec<_> =
            vehicles.iter().map(|(plate, first, last, ..)| (plate.as_str(), *first, *last)).collect();
        assert_eq!(plates, [("BA123XY", 0, 3), ("KE777AB", 4, 5)]);
    }

    #[test]
    fn the_same_plate_after_a_while_is_another_visit() {
        let vehicles = cut("BA123XY - - - - BA123XY - - BA123XY");
        let frames: Vec<_> = vehicles.iter().map(|(_, first, last, ..)| (*first, *last)).collect();
        assert_eq!(frames, [(0, 0), (5, 8)]);
    }

    #[test]
    fn a_parked_car_is_fused_from_no_more_frames_than_a_lane_takes() {
        let film = "BA123XY? ".repeat(500) + "BA123XY";
        let mut cutter = VehicleSplitter::new(25.0);
        for (number, word) in (0..).zip(film.split_whitespace()) {
            assert!(cutter.add(number, frame_result(number, word)).is_none());
        }
        let vehicle = cutter.end().unwrap();
        assert_eq!((vehicle.seen, vehicle.frame_results.len()), (501, MAX_FRAMES as usize));
        assert_eq!(vehicle.frame_results.last().unwrap().of, 500, "the surest is kept");
    }

    #[test]
    fn distances_are_levenshteins() {
        for (a, b, expected) in [("", "ABC", 3), ("KITTEN", "SITTING", 3), ("BA123XY", "BA123XY", 0)] {
            assert_eq!((distance(a, b), distance(b, a)), (expected, expected), "{a} {b}");
        }
    }
}
