//! Frames in, one best reading out: evidence per character, fused over the frames of one car, bound by the grammar.
//!
//! Whole-string votes throw away what the characters know, and a mean hides the one bad character. Here each place
//! keeps its distribution until the end, and how sure a reading is follows from its nearest rival and from all places.
//! This module knows no pictures: a frame is what the character net said about it.

mod dist;
mod fuse;
#[cfg(test)]
mod tests;
mod twins;

use serde::{Deserialize, Serialize};

pub use fuse::fuse;

use crate::plate::{ALPHABET, Plate};

/// How [`Reading::certainty`] follows from the margin and the characters: what a nat of evidence adds to its log odds,
/// the log odds that no evidence leaves against it, what a nat of the characters counts, and how few of them can be
/// expected wrong. Fitted to drawn plates (`plate-reader/training/reliability.py`).
const SLOPE: f32 = 0.85;
const OFFSET: f32 = 1.1;
const CHARACTERS: f32 = 0.5;
const MIN_ERROR: f32 = 1e-4;

/// Probabilities of one place over [`ALPHABET`]; they need not add up to one.
#[derive(Debug, Clone, PartialEq)]
pub struct CharDist(pub [f32; 36]);

/// What the reader saw in one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameReading {
    /// Number of the frame within its arrival; names the evidence.
    pub frame: u32,
    /// How much this frame counts (detector score, sharpness, plate size); 1.0 is an ordinary one.
    pub weight: f32,
    /// Belief that what was read is a plate at all, 0 to 1.
    pub plate: f32,
    /// The places, left to right, two-line plates line by line.
    pub chars: Vec<CharDist>,
}

/// When a reading is good enough.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Thresholds {
    /// Accepted: a text of letters and digits in an expected form, which says by itself that it stands on a plate.
    pub formed: Limits,
    /// The same for letters alone or digits alone in an expected form: a word or a telephone's number may look like it.
    pub bare: Limits,
    /// The same for a text of no form, or of one that lets anything stand anywhere, as vanity plates do. Letters alone or
    /// digits alone are never accepted then: words on vans and telephone numbers are such texts.
    pub free: Limits,
    /// Accepted: at least so many frames with a plate.
    pub min_frames: u32,
    /// Unreadable: fewer characters than this.
    pub min_chars: usize,
    /// Unreadable: the characters' geometric mean is below this.
    pub unreadable_below: f32,
}

/// What a text must at least have to be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// [`Reading::certainty`], 0 to 1.
    pub certainty: f32,
    /// Belief, in one of the frames, that it is a plate, 0 to 1.
    pub plate: f32,
}

/// What a text says about itself by how it is made, and so which [`Limits`] it must meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Letters and digits in an expected form.
    Formed,
    /// Letters alone or digits alone in an expected form.
    Bare,
    /// Letters and digits in no form, or in one that lets anything stand anywhere.
    Free,
    /// Letters alone or digits alone in no form: never accepted.
    Word,
}

impl Thresholds {
    /// What a text of this kind must meet; none if it is never accepted.
    pub const fn limits(&self, kind: Kind) -> Option<Limits> {
        match kind {
            Kind::Formed => Some(self.formed),
            Kind::Bare => Some(self.bare),
            Kind::Free => Some(self.free),
            Kind::Word => None,
        }
    }
}

impl Default for Thresholds {
    /// Of photographs none is wrongly accepted, of drawn plates about one in 200; see `plate-reader/models/README.md`.
    fn default() -> Self {
        Self {
            formed: Limits { certainty: 0.95, plate: 0.8 },
            bare: Limits { certainty: 0.95, plate: 0.9 },
            free: Limits { certainty: 0.99, plate: 0.8 },
            min_frames: 1,
            min_chars: 4,
            unreadable_below: 0.45,
        }
    }
}

/// How far a reading can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// May be decided on.
    Accept,
    /// A plate, but not surely this one: ticket, operator, suggestions.
    Unsure,
    /// No plate, or nothing that deserves the name.
    Unreadable,
}

/// A text the frames could mean.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Canonical.
    pub text: Plate,
    /// Log-likelihood in nats; only differences mean something.
    pub score: f32,
}

/// One car's plate as read.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The text of the form that won, or as it was seen if none did; none if nothing was read.
    pub plate: Option<Plate>,
    /// The most likely character of each place without any grammar.
    pub raw: String,
    /// `country/name` of the form that won; none for a free reading.
    pub series: Option<String>,
    /// None if nothing was read.
    pub kind: Option<Kind>,
    /// Confidence of each character of `plate`, 0 to 1.
    pub confidence: Vec<f32>,
    /// Nats between the plate and the next different text; 0 without a plate.
    pub margin_nats: f32,
    /// Frames that had a plate.
    pub frames: u32,
    /// The frame that says this text most clearly: the evidence.
    pub best_frame: Option<u32>,
    /// How far it can be trusted.
    pub verdict: Verdict,
    /// Best texts, best first, the plate among them; at most five.
    pub candidates: Vec<Candidate>,
}

impl CharDist {
    /// All the probability on one symbol of [`ALPHABET`], the rest spread evenly: for tests and simulators.
    pub fn certain(symbol: u8, probability: f32) -> Self {
        let rest = (1.0 - probability) / 35.0;
        Self(std::array::from_fn(|index| if ALPHABET[index] == symbol { probability } else { rest }))
    }
}

impl Reading {
    /// The reading of an arrival in which no frame had a plate.
    pub const fn nothing() -> Self {
        Self {
            plate: None,
            raw: String::new(),
            series: None,
            kind: None,
            confidence: Vec::new(),
            margin_nats: 0.0,
            frames: 0,
            best_frame: None,
            verdict: Verdict::Unreadable,
            candidates: Vec::new(),
        }
    }

    /// Probability that the text is right, 0 to 1, if there is a plate; 0 without one.
    ///
    /// Two doubts count: how near the next text comes, and how many characters are expected to be wrong. In an
    /// expected form these are taken in parts of the surest one: doubt that all share is about how many characters there
    /// are, and that is for the margin, in which the form has its say.
    pub fn certainty(&self) -> f32 {
        let full = match self.kind {
            None => return 0.0,
            Some(Kind::Formed | Kind::Bare) => {
                self.confidence.iter().copied().fold(f32::MIN_POSITIVE, f32::max)
            }
            Some(Kind::Free | Kind::Word) => 1.0,
        };
        let wrong: f32 = self.confidence.iter().map(|c| (1.0 - c / full).max(0.0)).sum();
        let nats = self.margin_nats - CHARACTERS * (wrong + MIN_ERROR).ln();
        1.0 / (1.0 + (OFFSET - SLOPE * nats).exp())
    }
}

impl std::fmt::Debug for Candidate {
    /// Masked: a candidate is as personal as a plate.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:.2}", self.text, self.score)
    }
}

impl std::fmt::Debug for Reading {
    /// Without the raw text, which is as personal as the plate.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reading")
            .field("plate", &self.plate)
            .field("series", &self.series)
            .field("kind", &self.kind)
            .field("confidence", &self.confidence)
            .field("margin_nats", &self.margin_nats)
            .field("frames", &self.frames)
            .field("best_frame", &self.best_frame)
            .field("verdict", &self.verdict)
            .finish_non_exhaustive()
    }
}
