//! How surely a text is the one of its twins (0 for O, 1 for I) that stands on the plate: by what was seen, and by what forms
//! say, of all countries, for each of them.

use super::dist::{Dist, MAX_MARGIN};
use crate::plate::ALPHABET;
use crate::plate::grammar::{Grammar, Origin, are_twins};

/// How often a reader is sure of the wrong twin: 3 of 122 on photographs were seen the other way round at 0.88 and more.
const TWIN_MISTAKEN: f64 = 0.05;
/// Most that forms may say for a twin, in nats, however rare the other text is.
const MAX_FORM_LEAD: f32 = 4.5;
/// What a text of no form at all is rarer than [`Grammar::free_prior`] says, when the question is about a twin.
const NO_FORM: f32 = 1.0;
/// A form this likely where it is at home is one of a country's usual ones, not of chosen or old plates.
const USUAL: f32 = -1.0;
/// How much rarer a car of a country is that is not expected, of the same region and of another one. The more countries
/// are expected, the less it says that a text has one of their forms.
const NEAR_RARER: f32 = 1.0;
const FAR_RARER: f32 = 5.0;

/// Nats by which a text of a form beats the nearest one that has another twin somewhere (0 for O, I for 1).
///
/// What the looks see counts in full, what the forms say only up to a limit: nobody knows of which form the plate is.
pub(super) fn margin(symbols: &[usize], places: &[Dist], grammar: &Grammar) -> f32 {
    let own = at_home(symbols, grammar);
    let seen: Vec<Dist> = places.iter().map(twins_seen).collect();
    let lead = |other: Vec<usize>| {
        let pairs = seen.iter().zip(symbols.iter().zip(&other));
        let glyphs: f64 = pairs.map(|(place, (one, other))| place[*one].ln() - place[*other].ln()).sum();
        glyphs as f32 + lead_of_forms(own, &other, grammar)
    };
    twins_of(symbols).into_iter().map(lead).fold(MAX_MARGIN, f32::min).max(0.0)
}

/// What speaks for a text in the country it is likeliest from, which must be an expected one or is as rare as it is.
fn at_home(symbols: &[usize], grammar: &Grammar) -> f32 {
    let of_form = |(origin, likely): (Origin, f32)| match origin {
        Origin::Expected => likely,
        Origin::Near => likely + Grammar::share_of_other_country().ln(),
        Origin::Far => likely + (Grammar::share_of_other_country() * Grammar::part_of_far_country()).ln(),
    };
    grammar.at_home(symbols).map(of_form).fold(Grammar::free_prior(), f32::max)
}

/// What forms say for a text, `own`, against its twin: that has no form, or may be from a country that makes such plates.
/// Usual plates of an expected country are as likely there as the text itself, whatever the site's mix of countries is.
fn lead_of_forms(own: f32, other: &[usize], grammar: &Grammar) -> f32 {
    let countries = grammar.expected_countries().max(1) as f32;
    let of_form = |(origin, likely): (Origin, f32)| {
        let (most, rarer) = match origin {
            Origin::Expected => (1.5, 0.0),
            Origin::Near => (1.0, NEAR_RARER),
            Origin::Far => (1.0, (FAR_RARER - countries.ln()).max(0.0)),
        };
        let lead = own - likely;
        (rarer + if likely > USUAL { lead.min(most) } else { lead }).min(MAX_FORM_LEAD)
    };
    let of_none = (own - Grammar::free_prior() + NO_FORM).min(MAX_FORM_LEAD);
    grammar.at_home(other).map(of_form).fold(of_none, f32::min)
}

/// What is seen of a place, when each twin may have been taken for the other.
fn twins_seen(place: &Dist) -> Dist {
    let share = |a: usize, b: usize| if a == b { 1.0 } else { TWIN_MISTAKEN };
    std::array::from_fn(|a| {
        (0..place.len()).filter(|b| are_twins(a, *b)).map(|b| share(a, b) * place[b]).sum()
    })
}

/// All other texts that differ from this one in twins only.
fn twins_of(symbols: &[usize]) -> Vec<Vec<usize>> {
    let mut texts = vec![Vec::new()];
    for &symbol in symbols {
        let choices: Vec<usize> = (0..ALPHABET.len()).filter(|other| are_twins(symbol, *other)).collect();
        let longer = |text: &Vec<usize>, choice: usize| [text.as_slice(), &[choice]].concat();
        texts = texts.iter().flat_map(|text| choices.iter().map(move |one| longer(text, *one))).collect();
    }
    texts.retain(|text| text != symbols);
    texts
}
