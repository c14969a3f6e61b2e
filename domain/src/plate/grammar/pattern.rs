//! Patterns of series (`LL-D{1,4}`) made into forms.
#![cfg_attr(
    not(test),
    expect(
        clippy::arithmetic_side_effects,
        reason = "places in patterns and tables that are compiled in or already checked"
    )
)]

use std::str::FromStr;

use super::error::GrammarError;
use super::form::{Form, Origin};
use super::slot::{DIGITS, Slot};
use crate::plate::MAX_PLATE;
use crate::plate::packs::{Pack, Series};

/// A place, how often it may stand (`L{1,3}`), and what is written before it.
struct Repeat {
    slot: Slot,
    least: usize,
    most: usize,
    mark: Option<char>,
}

/// The forms that a pattern of a series stands for.
pub(super) fn expand(
    pack: &Pack,
    series: &Series,
    pattern: &str,
    within: f32,
) -> Result<Vec<Form>, GrammarError> {
    let name = format!("{}/{}", pack.country, series.name);
    let refuse = |(position, what)| GrammarError::Pattern {
        series: name.clone(),
        pattern: pattern.to_owned(),
        position,
        what,
    };
    let repeats = parse_pattern(series, pattern).map_err(refuse)?;
    let (series, origin) = (name.clone(), Origin::Expected);
    let empty = Form { series, slots: Vec::new(), marks: Vec::new(), share: 0.0, within, origin };
    let mut forms = vec![empty];
    for repeat in &repeats {
        forms = forms.iter().flat_map(|form| repeated(form, repeat)).collect();
    }
    forms.retain(|form| !form.slots.is_empty());
    let each = within / forms.len().max(1) as f32;
    forms.iter_mut().for_each(|form| form.within = each);
    Ok(forms)
}

fn repeated(form: &Form, repeat: &Repeat) -> Vec<Form> {
    let longer = |times| {
        let mut longer = form.clone();
        longer.marks.extend(repeat.mark.filter(|_| times > 0).map(|mark| (form.slots.len(), mark)));
        longer.slots.extend(std::iter::repeat_n(repeat.slot, times));
        longer
    };
    (repeat.least..=repeat.most).map(longer).filter(|form| form.slots.len() <= MAX_PLATE).collect()
}

type PatternFault = (usize, &'static str);

fn parse_pattern(series: &Series, pattern: &str) -> Result<Vec<Repeat>, PatternFault> {
    let mut repeats: Vec<Repeat> = Vec::new();
    let (mut rest, mut mark) = (pattern, None);
    while let Some(first) = rest.chars().next() {
        let position = pattern.len() - rest.len();
        let at = |what| (position, what);
        let mut once = |slot| repeats.push(Repeat { slot, least: 1, most: 1, mark: mark.take() });
        let taken = match first {
            ' ' | '-' | '.' | '/' => {
                mark = Some(first);
                1
            }
            '[' => {
                let end = rest.find(']').ok_or(at("'[' is never closed"))?;
                once(Slot::of(&rest[1..end]));
                end + 1
            }
            '{' => {
                let end = rest.find('}').ok_or(at("'{' is never closed"))?;
                let last = repeats.last_mut().ok_or(at("nothing to repeat"))?;
                (last.least, last.most) = bounds(&rest[1..end]).ok_or(at("expected {least,most}"))?;
                end + 1
            }
            letter => {
                once(place(series, letter).ok_or(at("expected L, K, D, A, [..], {..} or a separator"))?);
                letter.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    Ok(repeats)
}

fn bounds(text: &str) -> Option<(usize, usize)> {
    let (least, most) = text.split_once(',')?;
    let (least, most) = (usize::from_str(least).ok()?, usize::from_str(most).ok()?);
    (least <= most && most <= MAX_PLATE).then_some((least, most))
}

fn place(series: &Series, letter: char) -> Option<Slot> {
    match letter {
        'L' => Some(Slot::of(&series.letters)),
        'K' if series.serials.is_empty() => Some(Slot::of(&series.letters)),
        'K' => Some(Slot::of(&series.serials)),
        'D' => Some(Slot::DIGIT),
        'A' => Some(Slot(Slot::of(&series.letters).0 | DIGITS)),
        _ => None,
    }
}
