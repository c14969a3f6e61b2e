//! How many strangers a list would take for one of its own plates, by the rule that compares them: "1 in N".
//!
//! A stranger's plate is drawn evenly from a form, and the form by its share. For each listed plate the plates are counted that
//! the rule takes for it though they are others. The sum over the list is an upper bound: a stranger near two listed plates counts
//! twice. A cloned plate is no stranger's: no rule tells it apart.

use super::grammar::{Grammar, LOOK_ALIKES, Slot, are_twins};
use super::{ALPHABET, Plate, symbol_index};

/// A rule by which a plate that was read is taken for a listed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MatchRule {
    /// Every character: what a right needs here.
    Exact,
    /// 0 for O and 1 for I: what a block holds for here.
    Twins,
    /// One character by a look-alike (8 for B, 5 for S): what some systems allow.
    OneLookAlike,
    /// Any one character: what many systems allow.
    OneSubstitution,
}

impl MatchRule {
    /// From the strictest to the loosest.
    pub const ALL: [Self; 4] = [Self::Exact, Self::Twins, Self::OneLookAlike, Self::OneSubstitution];
}

/// The plates that strangers come with.
#[derive(Debug, Clone, PartialEq)]
pub struct Strangers {
    /// Places of a form, and the share of strangers who have it; the shares sum to one.
    forms: Vec<(Vec<Slot>, f64)>,
}

impl Strangers {
    /// With plates of the forms that a site expects, by their shares; forms that say nothing are left out.
    pub fn of_grammar(grammar: &Grammar) -> Self {
        let forms = grammar.forms().iter().filter(|form| !form.is_any());
        Self::shared(forms.map(|form| (form.slots.clone(), f64::from(form.share()))).collect())
    }

    /// With plates of the forms that the list itself has, each as often as there: letters where it has letters, digits where it
    /// has digits.
    pub fn like(plates: &[Plate]) -> Self {
        let mut forms: Vec<(Vec<Slot>, f64)> = Vec::new();
        for plate in plates {
            let slots: Vec<Slot> = plate.as_str().bytes().map(kind_of).collect();
            match forms.iter_mut().find(|(known, _)| *known == slots) {
                Some((_, share)) => *share += 1.0,
                None => forms.push((slots, 1.0)),
            }
        }
        Self::shared(forms)
    }

    fn shared(forms: Vec<(Vec<Slot>, f64)>) -> Self {
        let total: f64 = forms.iter().map(|(_, share)| share).sum();
        Self { forms: forms.into_iter().map(|(slots, share)| (slots, share / total)).collect() }
    }

    /// One in so many strangers is taken for a listed car; none if no stranger is.
    pub fn one_in(&self, listed: &[Plate], rule: MatchRule) -> Option<f64> {
        let taken: f64 = listed.iter().map(|plate| self.share_taken_for(plate, rule)).sum();
        (taken > 0.0).then(|| (1.0 / taken).max(1.0))
    }

    /// The share of strangers that the rule takes for this plate.
    fn share_taken_for(&self, plate: &Plate, rule: MatchRule) -> f64 {
        let symbols: Vec<usize> = plate.as_str().bytes().filter_map(symbol_index).collect();
        let of_form = |(slots, share): &(Vec<Slot>, f64)| {
            if slots.len() != symbols.len() {
                return 0.0;
            }
            let size: f64 = slots.iter().map(|slot| f64::from(slot.size())).product();
            share * neighbours(slots, &symbols, rule) / size.max(1.0)
        };
        self.forms.iter().map(of_form).sum()
    }
}

/// How many plates of this form, other than the plate itself, the rule takes for it.
fn neighbours(slots: &[Slot], symbols: &[usize], rule: MatchRule) -> f64 {
    match rule {
        MatchRule::Exact => 0.0,
        MatchRule::Twins => {
            let of_place =
                |(slot, symbol): (&Slot, &usize)| f64::from(count(*slot, |other| are_twins(*symbol, other)));
            let all: f64 = slots.iter().zip(symbols).map(of_place).product();
            let itself = slots.iter().zip(symbols).all(|(slot, symbol)| slot.allows(*symbol));
            all - if itself { 1.0 } else { 0.0 }
        }
        MatchRule::OneLookAlike => one_changed(slots, symbols, look_alike),
        MatchRule::OneSubstitution => one_changed(slots, symbols, |symbol, other| symbol != other),
    }
}

/// Plates that differ in one place, there by a symbol that `takes` allows for it.
fn one_changed(slots: &[Slot], symbols: &[usize], takes: impl Fn(usize, usize) -> bool) -> f64 {
    let places = || slots.iter().zip(symbols).enumerate();
    let of_place = |(place, (slot, symbol)): (usize, (&Slot, &usize))| {
        let rest_fits = places().all(|(other, (slot, symbol))| other == place || slot.allows(*symbol));
        if rest_fits { f64::from(count(*slot, |other| takes(*symbol, other))) } else { 0.0 }
    };
    places().map(of_place).sum()
}

fn count(slot: Slot, fits: impl Fn(usize) -> bool) -> u32 {
    let fitting = (0..ALPHABET.len()).filter(|index| slot.allows(*index) && fits(*index));
    u32::try_from(fitting.count()).unwrap_or(u32::MAX)
}

fn look_alike(symbol: usize, other: usize) -> bool {
    let text = |index: usize| ALPHABET.get(index);
    let together = |group: &&[u8]| {
        let holds = |index| text(index).is_some_and(|symbol| group.contains(symbol));
        holds(symbol) && holds(other)
    };
    symbol != other && LOOK_ALIKES.iter().any(together)
}

const fn kind_of(symbol: u8) -> Slot {
    if symbol.is_ascii_digit() { Slot::DIGIT } else { Slot::LETTER }
}

/// Listed plates that differ in twins only (0 for O, 1 for I), in groups of two and more: a block of one stops the others.
pub fn falling_together(plates: &[Plate]) -> Vec<Vec<Plate>> {
    let mut groups: std::collections::BTreeMap<Plate, Vec<Plate>> = std::collections::BTreeMap::new();
    for plate in plates {
        let group = groups.entry(plate.twin_key()).or_default();
        if !group.contains(plate) {
            group.push(plate.clone());
        }
    }
    groups.into_values().filter(|group| group.len() > 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plates(texts: &[&str]) -> Vec<Plate> {
        texts.iter().map(|text| Plate::parse(text).unwrap()).collect()
    }

    /// `count` plates of three letters and three digits, without any that has a twin.
    fn permits(count: u32) -> Vec<Plate> {
        (0..count).map(|number| Plate::parse(&format!("ABC{:03}", 222 + number % 700)).unwrap()).collect()
    }

    #[test]
    fn the_figures_of_one_substitution_are_those_of_the_arithmetic() {
        for (count, wanted) in [(100, 1723.0), (500, 345.0), (1000, 172.0), (5000, 34.0)] {
            let listed = permits(count);
            let found = Strangers::like(&listed).one_in(&listed, MatchRule::OneSubstitution).unwrap();
            assert_eq!(found.round(), wanted, "{count} permits");
        }
    }

    #[test]
    fn an_exact_rule_takes_no_stranger_for_a_listed_car() {
        let listed = permits(5000);
        assert_eq!(Strangers::like(&listed).one_in(&listed, MatchRule::Exact), None);
        assert_eq!(Strangers::like(&[]).one_in(&[], MatchRule::OneSubstitution), None);
    }

    #[test]
    fn twins_are_strangers_only_where_their_form_is_one_that_cars_have() {
        let one_form = plates(&["ABO123"]);
        assert_eq!(
            Strangers::like(&one_form).one_in(&one_form, MatchRule::Twins),
            None,
            "a letter stays a letter"
        );
        // Half of the strangers have two letters and four digits, and one of their plates is its twin.
        let two_forms = plates(&["ABO223", "AB2223"]);
        let found = Strangers::like(&two_forms).one_in(&two_forms, MatchRule::Twins).unwrap();
        assert_eq!(found.round(), 2.0 * 26.0 * 26.0 * 10_000.0);
    }

    #[test]
    fn a_look_alike_of_the_same_kind_is_a_neighbour() {
        let listed = plates(&["ABO223"]);
        // O for D and Q; every other letter and digit has its look-alike among the other kind only.
        let found = Strangers::like(&listed).one_in(&listed, MatchRule::OneLookAlike).unwrap();
        assert_eq!(found.round(), 17_576_000.0 / 2.0);
    }

    #[test]
    fn the_forms_of_a_country_are_weighed_by_their_shares() {
        let grammar = Grammar::for_countries(&["SK"]).unwrap();
        let listed = plates(&["BA223CD"]);
        let strangers = Strangers::of_grammar(&grammar);
        let twins = strangers.one_in(&plates(&["BAOOOOO"]), MatchRule::Twins).unwrap();
        assert!(twins > 1e6, "chosen letters read as the digits of an ordinary plate: {twins}");
        let one = strangers.one_in(&listed, MatchRule::OneSubstitution).unwrap();
        assert!((1e5..1e7).contains(&one), "{one}");
    }

    #[test]
    fn listed_plates_that_fall_together_are_named() {
        let found = falling_together(&plates(&["WPI1234", "BA123CD", "WP11234", "BA123CD"]));
        assert_eq!(found, [plates(&["WPI1234", "WP11234"])]);
    }
}
