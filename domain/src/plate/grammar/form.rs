//! One exact form of plates, and how usual it is.

use super::slot::Slot;
use crate::plate::{ALPHABET, Plate};

/// One exact form: so many places, each with its symbols.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// `country/name` of its series.
    pub series: String,
    /// Its places, from left to right.
    pub slots: Vec<Slot>,
    /// What stands between places: before which place, and what.
    pub(super) marks: Vec<(usize, char)>,
    /// How many of the expected vehicles have this form, 0 to 1.
    pub(super) share: f32,
    /// How many of its country's vehicles have it, 0 to 1.
    pub(super) within: f32,
    pub(super) origin: Origin,
}

/// Where plates of a form come from, as a site sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A country of another region.
    Far,
    /// A country of the same region as an expected one.
    Near,
    /// A country that the site expects.
    Expected,
}

/// How much a place that can hold few symbols speaks for its form. A reader that learned from plates of all forms knows
/// a part of this already; the whole logarithm would count it twice.
const NARROWNESS: f32 = 0.5;

impl Form {
    /// Whether these symbols (places of [`ALPHABET`]) have this form.
    pub fn fits(&self, symbols: &[usize]) -> bool {
        self.slots.len() == symbols.len()
            && self.slots.iter().zip(symbols).all(|(slot, index)| slot.allows(*index))
    }

    /// Whether anything may stand anywhere: such a form says nothing about a text.
    pub fn is_any(&self) -> bool {
        self.slots.iter().all(|slot| slot.allows(0) && slot.allows(ALPHABET.len() - 1))
    }

    /// How much likelier, in nats, a text of this form is than the same text would be among texts of any form.
    pub fn prior(&self) -> f32 {
        self.share.ln() + self.narrowness()
    }

    /// The share of vehicles that have it, as far as it is expected.
    pub const fn share(&self) -> f32 {
        self.share
    }

    pub(super) fn narrowness(&self) -> f32 {
        let narrow = |slot: &Slot| (ALPHABET.len() as f32 / slot.0.count_ones().max(1) as f32).ln();
        NARROWNESS * self.slots.iter().map(narrow).sum::<f32>()
    }

    /// The form of a country whose vehicles are this share of all.
    pub(super) fn of_share(self, country: f32) -> Self {
        Self { share: country * self.within, ..self }
    }

    /// The plate as it is written: `51F-123.45`; a new line is `/`.
    pub fn written(&self, plate: &Plate) -> String {
        let mut text = plate.as_str().to_owned();
        for (place, mark) in self.marks.iter().rev() {
            if *place <= text.len() {
                text.insert(*place, *mark);
            }
        }
        text
    }
}
