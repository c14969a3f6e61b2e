//! Fusing the frames of one car: align by character, multiply evidence, choose a text under the grammar.
//!
//! ```text
//! frames -> clean distributions -> per length: align to the clearest frame -> fuse each place
//!        -> every form of that length and the free text as hypotheses -> best, runner-up, verdict
//! ```
#![cfg_attr(
    not(test),
    expect(clippy::arithmetic_side_effects, reason = "places in texts of at most MAX_PLATE characters")
)]

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::dist::{Dist, MAX_MARGIN};
use super::{Candidate, FrameReading, Kind, Reading, Thresholds, Verdict, twins};
use crate::plate::grammar::{Form, Grammar, Slot, are_twins, confusion};
use crate::plate::{ALPHABET, MAX_PLATE, Plate, symbol_index};

/// Probability a symbol keeps however sure the net is: nets are never as sure as they say.
const FLOOR: f64 = 1e-4;
/// What leaving out a character costs in an alignment, against 1 for two equal ones.
const GAP: f64 = 0.4;
/// What a look-alike counts for the character a form puts in its place, in how surely that character was seen.
const SETTLED: f64 = 0.5;
/// Nats by which another text of the same length must have been seen better, twins as one, to be kept before every form.
const MIN_LEAD: f64 = 3.0;
const MAX_CANDIDATES: usize = 5;
/// One best reading of one car. The order of `frames` does not matter if their numbers differ.
pub fn fuse(frames: &[FrameReading], grammar: &Grammar, thresholds: &Thresholds) -> Reading {
    let seen = usable(frames);
    let hypotheses = as_seen(hypotheses(&seen, grammar));
    let Some(best) = best_of(&hypotheses) else {
        return Reading::nothing();
    };
    let candidates = candidates(&hypotheses);
    let rival = candidates
        .iter()
        .skip(1)
        .find(|one| best.free || !same_but_for_twins(&one.text, &candidates[0].text));
    let margin = rival.map_or(MAX_MARGIN, |rival| candidates[0].score - rival.score);
    let margin =
        if best.free { margin } else { margin.min(twins::margin(&best.symbols, &best.places, grammar)) };
    let confidence: Vec<f32> = best.confidence.iter().map(|c| *c as f32).collect();
    let plate = frames.iter().map(|frame| frame.plate).fold(0.0, f32::max);
    let kind = best.kind();
    let mut reading = Reading {
        plate: Plate::parse(&text_of(&best.symbols)).ok(),
        raw: raw_text(&hypotheses),
        series: best.series.clone(),
        kind: Some(kind),
        confidence,
        margin_nats: margin,
        frames: u32::try_from(seen.len()).unwrap_or(u32::MAX),
        best_frame: clearest(&seen, best),
        verdict: Verdict::Unsure,
        candidates,
    };
    reading.verdict = verdict(&reading, plate, thresholds);
    reading
}

/// The texts that are not seen much worse than the free one of their length: a form says what a doubtful character is, and
/// which twin, but not that something else stands there than was seen.
fn as_seen(hypotheses: Vec<Hypothesis>) -> Vec<Hypothesis> {
    let free = hypotheses.iter().filter(|one| one.free);
    let free: BTreeMap<usize, f64> = free.map(|one| (one.symbols.len(), one.seen())).collect();
    let is_seen =
        |one: &Hypothesis| free.get(&one.symbols.len()).is_none_or(|free| free - one.seen() <= MIN_LEAD);
    hypotheses.into_iter().filter(is_seen).collect()
}

/// A frame with clean distributions.
struct FrameEvidence {
    frame: u32,
    weight: f64,
    places: Vec<Dist>,
}

impl FrameEvidence {
    /// Geometric mean of the best probabilities.
    fn clarity(&self) -> f64 {
        let logs: f64 = self.places.iter().map(|place| highest(place).1.ln()).sum();
        (logs / self.places.len() as f64).exp()
    }
}

/// A text under one form (or under none), with what speaks for it.
struct Hypothesis {
    symbols: Vec<usize>,
    slots: Vec<Slot>,
    /// What is seen of it.
    places: Rc<[Dist]>,
    series: Option<String>,
    free: bool,
    /// Of a country that is not expected.
    other: bool,
    confidence: Vec<f64>,
    /// Nats, the priors of its length and form included.
    score: f64,
    /// The best changes of a single place, to a twin and to another symbol.
    nearest: [Option<Change>; 2],
}

impl Hypothesis {
    /// How well the text itself was seen, whatever its form; in nats, twins as one.
    fn seen(&self) -> f64 {
        let as_one = |place: &Dist, symbol: usize| {
            (0..place.len()).filter(|other| are_twins(*other, symbol)).map(|other| place[other]).sum::<f64>()
        };
        self.places.iter().zip(&self.symbols).map(|(place, symbol)| as_one(place, *symbol).ln()).sum()
    }

    fn kind(&self) -> Kind {
        let any =
            self.other || self.slots.iter().all(|slot| slot.allows(0) && slot.allows(ALPHABET.len() - 1));
        let digits = self.symbols.iter().filter(|symbol| Slot::DIGIT.allows(**symbol)).count();
        let mixed = (1..self.symbols.len()).contains(&digits);
        match (any, mixed) {
            (false, true) => Kind::Formed,
            (false, false) => Kind::Bare,
            (true, true) => Kind::Free,
            (true, false) => Kind::Word,
        }
    }
}

/// Another symbol in one place, at a cost in nats.
#[derive(Clone, Copy)]
struct Change {
    place: usize,
    symbol: usize,
    cost: f64,
}

fn usable(frames: &[FrameReading]) -> Vec<FrameEvidence> {
    let fits = |frame: &&FrameReading| (1..=MAX_PLATE).contains(&frame.chars.len()) && frame.weight > 0.0;
    let clean = |frame: &FrameReading| FrameEvidence {
        frame: frame.frame,
        weight: f64::from(frame.weight.clamp(0.01, 100.0)),
        places: frame.chars.iter().map(|place| cleaned(&place.0)).collect(),
    };
    let mut seen: Vec<_> = frames.iter().filter(fits).map(clean).collect();
    seen.sort_by_key(|seen| seen.frame);
    seen
}

/// Positive, finite, adding up to one; a place that says nothing is even.
fn cleaned(place: &[f32; 36]) -> Dist {
    let positive = place.map(|p| if p.is_finite() { f64::from(p.clamp(0.0, 1.0)) } else { 0.0 } + FLOOR);
    normalised(positive)
}

fn normalised(place: Dist) -> Dist {
    let sum: f64 = place.iter().sum();
    place.map(|p| p / sum)
}

fn highest(place: &Dist) -> (usize, f64) {
    let start = (0, f64::MIN);
    place.iter().enumerate().fold(start, |best, (index, p)| if *p > best.1 { (index, *p) } else { best })
}

fn hypotheses(seen: &[FrameEvidence], grammar: &Grammar) -> Vec<Hypothesis> {
    let mut support: BTreeMap<usize, f64> = BTreeMap::new();
    for one in seen {
        *support.entry(one.places.len()).or_default() += one.weight * one.clarity();
    }
    let total: f64 = support.values().sum();
    let of_length = |(length, support): (&usize, &f64)| {
        let fused = fused_places(seen, *length)?;
        Some(of_places(&fused, grammar, (support / total).ln()))
    };
    support.iter().filter_map(of_length).flatten().collect()
}

/// Evidence of all frames, place by place, aligned to the clearest frame of this length.
fn fused_places(seen: &[FrameEvidence], length: usize) -> Option<Vec<Dist>> {
    let of_length = seen.iter().filter(|one| one.places.len() == length);
    let pivot = of_length.max_by(|a, b| (a.weight * a.clarity()).total_cmp(&(b.weight * b.clarity())))?;
    let mut places = vec![Evidence::default(); length];
    for one in seen {
        for (place, at) in places.iter_mut().zip(align(&pivot.places, &one.places)) {
            if let Some(at) = at {
                place.add(&one.places[at], one.weight);
            }
        }
    }
    Some(places.iter().map(Evidence::posterior).collect())
}

/// Weighted log-probabilities of one place.
#[derive(Clone)]
struct Evidence {
    logs: Dist,
    weight: f64,
    squares: f64,
}

impl Default for Evidence {
    fn default() -> Self {
        Self { logs: [0.0; 36], weight: 0.0, squares: 0.0 }
    }
}

impl Evidence {
    fn add(&mut self, place: &Dist, weight: f64) {
        for (log, p) in self.logs.iter_mut().zip(place) {
            *log += weight * p.ln();
        }
        self.weight += weight;
        self.squares += weight * weight;
    }

    /// The mean log-probability times the root of the effective number of frames: frames of one car share
    /// their blur and dirt, so a second look is worth less than a second witness.
    fn posterior(&self) -> Dist {
        let effective = self.weight * self.weight / self.squares;
        let scale = effective.sqrt() / self.weight;
        let top = self.logs.iter().copied().fold(f64::MIN, f64::max);
        normalised(self.logs.map(|log| ((log - top) * scale).exp()))
    }
}

/// For each place of `pivot` the place of `other` that belongs to it.
fn align(pivot: &[Dist], other: &[Dist]) -> Vec<Option<usize>> {
    let columns = other.len() + 1;
    let mut best = vec![0.0; (pivot.len() + 1) * columns];
    for i in 0..=pivot.len() {
        for j in 0..=other.len() {
            best[i * columns + j] = match (i, j) {
                (0, _) | (_, 0) => -GAP * (i + j) as f64,
                _ => {
                    let matched = best[(i - 1) * columns + j - 1] + likeness(&pivot[i - 1], &other[j - 1]);
                    matched.max(best[(i - 1) * columns + j] - GAP).max(best[i * columns + j - 1] - GAP)
                }
            };
        }
    }
    trace_back(&best, pivot, other)
}

fn trace_back(best: &[f64], pivot: &[Dist], other: &[Dist]) -> Vec<Option<usize>> {
    let columns = other.len() + 1;
    let mut places = vec![None; pivot.len()];
    let (mut i, mut j) = (pivot.len(), other.len());
    while i > 0 && j > 0 {
        let here = best[i * columns + j];
        let matched = best[(i - 1) * columns + j - 1] + likeness(&pivot[i - 1], &other[j - 1]);
        if here <= matched {
            places[i - 1] = Some(j - 1);
            (i, j) = (i - 1, j - 1);
        } else if here <= best[(i - 1) * columns + j] - GAP {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    places
}

/// Bhattacharyya coefficient: 1 for equal distributions, 0 for disjoint ones.
fn likeness(a: &Dist, b: &Dist) -> f64 {
    a.iter().zip(b).map(|(p, q)| (p * q).sqrt()).sum()
}

fn of_places(places: &[Dist], grammar: &Grammar, of_length: f64) -> Vec<Hypothesis> {
    let mut scored = ScoredPlaces { places: places.into(), evidence: HashMap::new() };
    let any = vec![Slot::ANY; places.len()];
    let free = scored.hypothesis(any, None, of_length + f64::from(Grammar::free_prior()));
    let mut of_forms = |forms: &[Form], other: bool| -> Vec<Hypothesis> {
        let forms = forms.iter().filter(|form| form.slots.len() == places.len());
        let of_form = |form: &Form| {
            let prior = of_length + f64::from(form.prior());
            let hypothesis = scored.hypothesis(form.slots.clone(), Some(form.series.clone()), prior)?;
            Some(Hypothesis { other, ..hypothesis })
        };
        forms.filter_map(of_form).collect()
    };
    let expected = of_forms(grammar.forms(), false);
    let others = of_forms(grammar.other_forms(), true);
    expected.into_iter().chain(others).chain(free).collect()
}

/// Fused places, and what they say of the slots asked about so far: forms have many in common.
struct ScoredPlaces {
    places: Rc<[Dist]>,
    evidence: HashMap<(usize, Slot), Dist>,
}

impl ScoredPlaces {
    fn evidence(&mut self, place: usize, slot: Slot) -> Dist {
        *self.evidence.entry((place, slot)).or_insert_with(|| evidence(&self.places[place], slot))
    }

    fn hypothesis(&mut self, slots: Vec<Slot>, series: Option<String>, prior: f64) -> Option<Hypothesis> {
        let (mut symbols, mut confidence, mut score) = (Vec::new(), Vec::new(), prior);
        let mut nearest: [Option<Change>; 2] = [None; 2];
        let places = Rc::clone(&self.places);
        for (index, (place, slot)) in places.iter().zip(&slots).enumerate() {
            let evidence = self.evidence(index, *slot);
            let (symbol, p) = highest(&evidence);
            if p <= 0.0 {
                return None;
            }
            for twins in [true, false] {
                let mut others = evidence;
                (0..others.len())
                    .filter(|&o| o == symbol || are_twins(o, symbol) != twins)
                    .for_each(|o| others[o] = 0.0);
                let (second, q) = highest(&others);
                let change =
                    Change { place: index, symbol: second, cost: p.ln() - q.max(f64::MIN_POSITIVE).ln() };
                let known = &mut nearest[usize::from(!twins)];
                if q > 0.0 && known.is_none_or(|least| change.cost < least.cost) {
                    *known = Some(change);
                }
            }
            symbols.push(symbol);
            confidence
                .push(folded_mass(place, *slot, |a, b| if are_twins(a, b) { 1.0 } else { SETTLED })[symbol]);
            score += p.ln();
        }
        let free = series.is_none();
        Some(Hypothesis { symbols, slots, places, series, free, other: false, confidence, score, nearest })
    }
}

/// Probability of each symbol a slot can hold, with a share of what its look-alikes have that it cannot hold.
fn folded_mass(place: &Dist, slot: Slot, share: impl Fn(usize, usize) -> f64) -> Dist {
    let mut mass = [0.0; 36];
    for (index, p) in place.iter().enumerate() {
        if let Some(kept) = slot.fold(index) {
            mass[kept] += if kept == index { *p } else { share(kept, index) * p };
        }
    }
    mass
}

/// The same as evidence for a text: between look-alikes even a sure net is not believed fully.
fn evidence(place: &Dist, slot: Slot) -> Dist {
    let folded = folded_mass(place, slot, |a, b| f64::from(confusion(a, b)));
    let of =
        |a: usize| (0..36).filter(|b| slot.allows(*b)).map(|b| f64::from(confusion(a, b)) * folded[b]).sum();
    std::array::from_fn(|a| if slot.allows(a) { of(a) } else { 0.0 })
}

fn same_but_for_twins(a: &Plate, b: &Plate) -> bool {
    let symbols = |plate: &Plate| plate.as_str().bytes().filter_map(symbol_index).collect::<Vec<_>>();
    let (a, b) = (symbols(a), symbols(b));
    a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| are_twins(*a, *b))
}

/// The best hypothesis; among equals the earlier one, so the order of the grammar decides.
fn best_of(hypotheses: &[Hypothesis]) -> Option<&Hypothesis> {
    hypotheses.iter().reduce(|best, next| if next.score > best.score { next } else { best })
}

/// The likeliest free text.
fn raw_text(hypotheses: &[Hypothesis]) -> String {
    let free = hypotheses.iter().filter(|h| h.free);
    let best = free.reduce(|best, next| if next.score > best.score { next } else { best });
    best.map(|h| text_of(&h.symbols)).unwrap_or_default()
}

fn text_of(symbols: &[usize]) -> String {
    symbols.iter().map(|index| char::from(ALPHABET[*index])).collect()
}

/// Different texts with their best scores, best first: each hypothesis and its nearest change.
fn candidates(hypotheses: &[Hypothesis]) -> Vec<Candidate> {
    let mut scores: BTreeMap<String, f64> = BTreeMap::new();
    let mut note = |symbols: &[usize], score: f64| {
        let known = scores.entry(text_of(symbols)).or_insert(score);
        *known = known.max(score);
    };
    for one in hypotheses {
        note(&one.symbols, one.score);
        for change in one.nearest.iter().flatten() {
            let mut changed = one.symbols.clone();
            changed[change.place] = change.symbol;
            note(&changed, one.score - change.cost);
        }
    }
    let mut ranked: Vec<_> = scores.into_iter().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked.truncate(MAX_CANDIDATES);
    let named = |(text, score): (String, f64)| {
        Some(Candidate { text: Plate::parse(&text).ok()?, score: score as f32 })
    };
    ranked.into_iter().filter_map(named).collect()
}

/// The frame in which the chosen text is likeliest.
fn clearest(seen: &[FrameEvidence], best: &Hypothesis) -> Option<u32> {
    let likelihood = |one: &FrameEvidence| -> f64 {
        let ideal: Vec<Dist> = best.symbols.iter().map(|symbol| spike(*symbol)).collect();
        let places = align(&ideal, &one.places);
        let of_place = |(index, at): (usize, Option<usize>)| {
            let p = at.map_or(FLOOR, |at| {
                folded_mass(&one.places[at], best.slots[index], |_, _| 1.0)[best.symbols[index]]
            });
            p.max(FLOOR).ln()
        };
        let surplus = one.places.len().saturating_sub(best.symbols.len()) as f64;
        places.into_iter().enumerate().map(of_place).sum::<f64>() + surplus * FLOOR.ln()
    };
    let scored = seen.iter().map(|one| (one.frame, likelihood(one)));
    scored.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(frame, _)| frame)
}

fn spike(symbol: usize) -> Dist {
    normalised(std::array::from_fn(|index| if index == symbol { 1.0 } else { FLOOR }))
}

/// `plate` is the belief, in one of the frames, that it is one.
fn verdict(reading: &Reading, plate: f32, thresholds: &Thresholds) -> Verdict {
    let characters = reading.confidence.len();
    let mean = (reading.confidence.iter().map(|c| c.ln()).sum::<f32>() / characters.max(1) as f32).exp();
    let limits = reading.kind.and_then(|kind| thresholds.limits(kind));
    match limits {
        _ if characters < thresholds.min_chars || mean < thresholds.unreadable_below => Verdict::Unreadable,
        Some(limits)
            if reading.certainty() >= limits.certainty
                && plate >= limits.plate
                && reading.frames >= thresholds.min_frames =>
        {
            Verdict::Accept
        }
        _ => Verdict::Unsure,
    }
}
