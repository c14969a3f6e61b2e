//! The figures of an evaluation, counted case by case.

use std::fmt;
use std::time::Duration;

use boomgate_domain::reading::Verdict;
use serde::Serialize;

use super::case::{Case, folded};

/// A sighting that overlaps every true plate less than this is a false one.
const MIN_OVERLAP: f32 = 0.2;
/// Lower ends of the bins of the reliability table.
const BINS: [f32; 8] = [0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99];

#[derive(Default)]
pub struct Tally {
    pictures: usize,
    /// Pictures that show a plate: only they can be read right.
    with_plate: usize,
    plates: usize,
    found_30: usize,
    found_50: usize,
    false_boxes: usize,
    exact: usize,
    right: usize,
    truth_box_exact: usize,
    truth_box_right: usize,
    characters: usize,
    edits: usize,
    verdicts: Verdicts,
    reliability: [Bin; BINS.len()],
    times: Times,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Verdicts {
    accepted: usize,
    /// By the text as it is stored: what decides who gets in.
    accepted_right_strict: usize,
    accepted_wrong_strict: usize,
    /// With O = 0 = Q and I = 1: the truth itself mixes O and 0.
    accepted_wrong_folded: usize,
    unsure: usize,
    unreadable: usize,
}

/// Readings at least this certain (and less than the next bin says), and how many were right.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Bin {
    from: f32,
    readings: usize,
    right_strict: usize,
    right_folded: usize,
}

#[derive(Default)]
struct Times {
    detect: Vec<Duration>,
    refine: Vec<Duration>,
    read: Vec<Duration>,
    total: Vec<Duration>,
    cpu: Vec<Duration>,
}

/// Shares are 0 to 1.
#[derive(Debug, Serialize)]
pub struct Report {
    pictures: usize,
    plates: usize,
    recall_iou30: f64,
    recall_iou50: f64,
    false_per_picture: f64,
    exact_strict: f64,
    exact_folded: f64,
    /// The reader's own score, with the plate's box taken from the truth.
    truth_box_exact_strict: f64,
    truth_box_exact_folded: f64,
    /// Folded, one minus edits per true character.
    character_accuracy: f64,
    #[serde(flatten)]
    verdicts: Verdicts,
    reliability: [Bin; BINS.len()],
    ms: Milliseconds,
}

#[derive(Debug, Serialize)]
struct Milliseconds {
    detect: Spread,
    refine: Spread,
    read: Spread,
    total: Spread,
    /// Processor time of the whole picture.
    cpu: Spread,
}

#[derive(Debug, Serialize)]
struct Spread {
    p50: f64,
    p95: f64,
}

impl Tally {
    pub fn add(&mut self, case: &Case) {
        self.pictures += 1;
        self.with_plate += usize::from(!case.plates.is_empty());
        self.add_boxes(case);
        self.add_texts(case);
        self.add_verdict(case);
        self.times.detect.push(case.look.stages.detect);
        self.times.refine.push(case.look.stages.refine);
        self.times.read.push(case.look.stages.read);
        self.times.total.push(case.look.total);
        self.times.cpu.extend(case.look.worked);
    }

    fn add_boxes(&mut self, case: &Case) {
        let seen: Vec<_> = case.look.sightings.iter().map(|sighting| sighting.quad.bounds()).collect();
        for plate in &case.plates {
            let best = seen.iter().map(|bounds| bounds.overlap(&plate.bounds)).fold(0.0, f32::max);
            self.plates += 1;
            self.found_30 += usize::from(best >= 0.3);
            self.found_50 += usize::from(best >= 0.5);
        }
        let touches =
            |bounds: &_| case.plates.iter().any(|plate| plate.bounds.overlap(bounds) >= MIN_OVERLAP);
        self.false_boxes += seen.iter().filter(|bounds| !touches(bounds)).count();
    }

    fn add_texts(&mut self, case: &Case) {
        self.exact += usize::from(case.is_exact());
        self.right += usize::from(case.is_right());
        let read = folded(&case.text());
        for (plate, text) in case.plates.iter().zip(&case.truth_box_texts) {
            self.truth_box_exact += usize::from(*text == plate.text);
            self.truth_box_right += usize::from(folded(text) == folded(&plate.text));
        }
        let nearest = case.plates.iter().map(|plate| (edits(&read, &folded(&plate.text)), plate.text.len()));
        if let Some((edits, length)) = nearest.min() {
            self.edits += edits.min(length);
            self.characters += length;
        }
    }

    fn add_verdict(&mut self, case: &Case) {
        let counts = &mut self.verdicts;
        match case.look.reading.verdict {
            Verdict::Accept => {
                counts.accepted += 1;
                counts.accepted_right_strict += usize::from(case.is_exact());
                counts.accepted_wrong_strict += usize::from(!case.is_exact());
                counts.accepted_wrong_folded += usize::from(!case.is_right());
            }
            Verdict::Unsure => counts.unsure += 1,
            Verdict::Unreadable => counts.unreadable += 1,
        }
        let sure = case.look.reading.certainty();
        if case.look.reading.plate.is_some() {
            let bin = BINS.iter().rposition(|from| sure >= *from).unwrap_or(0);
            self.reliability[bin].readings += 1;
            self.reliability[bin].right_strict += usize::from(case.is_exact());
            self.reliability[bin].right_folded += usize::from(case.is_right());
        }
    }

    pub fn report(mut self) -> Report {
        for (bin, from) in self.reliability.iter_mut().zip(BINS) {
            bin.from = from;
        }
        let share = |count: usize, of: usize| count as f64 / of.max(1) as f64;
        Report {
            pictures: self.pictures,
            plates: self.plates,
            recall_iou30: share(self.found_30, self.plates),
            recall_iou50: share(self.found_50, self.plates),
            false_per_picture: share(self.false_boxes, self.pictures),
            exact_strict: share(self.exact, self.with_plate),
            exact_folded: share(self.right, self.with_plate),
            truth_box_exact_strict: share(self.truth_box_exact, self.plates),
            truth_box_exact_folded: share(self.truth_box_right, self.plates),
            character_accuracy: 1.0 - share(self.edits, self.characters),
            verdicts: self.verdicts,
            reliability: self.reliability,
            ms: Milliseconds {
                detect: spread(&mut self.times.detect),
                refine: spread(&mut self.times.refine),
                read: spread(&mut self.times.read),
                total: spread(&mut self.times.total),
                cpu: spread(&mut self.times.cpu),
            },
        }
    }
}

fn spread(times: &mut [Duration]) -> Spread {
    times.sort();
    let at = |share: f64| {
        let last = times.len().saturating_sub(1);
        times.get((last as f64 * share).round() as usize).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    let rounded = |ms: f64| (ms * 100.0).round() / 100.0;
    Spread { p50: rounded(at(0.5)), p95: rounded(at(0.95)) }
}

/// Characters to change, add or drop on the way from one text to the other.
fn edits(from: &str, to: &str) -> usize {
    let to = to.as_bytes();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, letter) in from.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, other) in to.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |share: f64| share * 100.0;
        let counts = &self.verdicts;
        writeln!(f, "{} pictures with {} plates", self.pictures, self.plates)?;
        writeln!(
            f,
            "found        {:5.1} % at overlap 0.3, {:.1} % at 0.5; {:.2} false boxes per picture",
            percent(self.recall_iou30),
            percent(self.recall_iou50),
            self.false_per_picture
        )?;
        writeln!(
            f,
            "read         {:5.1} % strictly right; {:.1} % with O=0=Q and I=1, so are {:.1} % of characters",
            percent(self.exact_strict),
            percent(self.exact_folded),
            percent(self.character_accuracy)
        )?;
        writeln!(
            f,
            "on true box  {:5.1} % strictly right; {:.1} % with O=0=Q and I=1",
            percent(self.truth_box_exact_strict),
            percent(self.truth_box_exact_folded)
        )?;
        writeln!(
            f,
            "verdicts     {} accepted: {} strictly right, {} strictly wrong ({:.1} %); {} wrong with O=0=Q and I=1; \
             {} unsure, {} unreadable",
            counts.accepted,
            counts.accepted_right_strict,
            counts.accepted_wrong_strict,
            percent(counts.accepted_wrong_strict as f64 / counts.accepted.max(1) as f64),
            counts.accepted_wrong_folded,
            counts.unsure,
            counts.unreadable
        )?;
        writeln!(f, "certainty at least: readings, strictly right, right with O=0=Q and I=1")?;
        for bin in self.reliability.iter().filter(|bin| bin.readings > 0) {
            let [strict, folded] =
                [bin.right_strict, bin.right_folded].map(|right| percent(right as f64 / bin.readings as f64));
            writeln!(f, "      {:4.2}   {:5}  {strict:5.1} %  {folded:5.1} %", bin.from, bin.readings)?;
        }
        let ms = &self.ms;
        write!(f, "ms p50/p95  ")?;
        let stages = [
            ("detect", &ms.detect),
            ("refine", &ms.refine),
            ("read", &ms.read),
            ("total", &ms.total),
            ("cpu", &ms.cpu),
        ];
        stages.iter().try_for_each(|(name, spread)| write!(f, " {name} {:.1}/{:.1}", spread.p50, spread.p95))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted_like_a_typist_would() {
        for (from, to, expected) in
            [("", "", 0), ("ABC", "", 3), ("ABC", "ABC", 0), ("AB123", "A8123", 1), ("AB12", "B123", 2)]
        {
            assert_eq!(edits(from, to), expected, "{from} {to}");
            assert_eq!(edits(to, from), expected, "{to} {from}");
        }
    }

    #[test]
    fn an_empty_folder_has_figures_too() {
        let report = serde_json::to_value(Tally::default().report()).unwrap();
        for key in ["pictures", "recall_iou30", "accepted", "accepted_wrong_strict", "reliability", "ms"] {
            assert!(report.get(key).is_some(), "{key} in {report}");
        }
    }

    #[test]
    fn the_folded_figures_came_before_those_that_decide_who_gets_in() {
        let tally = Tally {
            with_plate: 4,
            exact: 2,
            right: 3,
            verdicts: Verdicts {
                accepted: 3,
                accepted_right_strict: 2,
                accepted_wrong_strict: 1,
                accepted_wrong_folded: 0,
                unsure: 1,
                unreadable: 0,
            },
            ..Tally::default()
        };
        let report = tally.report();
        let words = report.to_string();
        for line in [
            "read          50.0 % strictly right; 75.0 % with O=0=Q and I=1, ",
            "verdicts     3 accepted: 2 strictly right, 1 strictly wrong (33.3 %); 0 wrong with O=0=Q and I=1; 1 unsure",
        ] {
            assert!(words.contains(line), "{line} not in {words}");
        }
        let json = serde_json::to_string(&report).unwrap();
        let place = |key: &str| json.find(&format!("\"{key}\"")).unwrap();
        assert!(place("exact_strict") < place("exact_folded"), "{json}");
        assert!(place("accepted_wrong_strict") < place("accepted_wrong_folded"), "{json}");
    }
}
