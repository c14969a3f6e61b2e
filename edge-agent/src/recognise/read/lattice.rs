//! The columns a net answered, and ways through them: beliefs of whole texts, and where each character stands.
//!
//! A way through is what connectionist temporal classification allows: each character fills one column or more, a blank
//! may stand between, and must between two equal ones (Graves et al. 2006).

use boomgate_domain::plate::ALPHABET;
use boomgate_domain::plate::grammar::{Form, LOOK_ALIKES, Slot, confusion};
use boomgate_domain::plate::symbol_index;

/// Size of the net's alphabet, which is the domain's.
pub const SYMBOLS: usize = ALPHABET.len();
/// What a column can show: a symbol, or the blank after them.
pub const CLASSES: usize = SYMBOLS + 1;
const BLANK: usize = SYMBOLS;
const NEVER: f32 = -1e9;
/// How often a net takes a character for one that is no look-alike, with full conviction.
const MISTAKEN: f32 = 1e-4;
/// Beginnings of texts kept from column to column, and what a symbol must have to lengthen one.
const BEAM: usize = 8;
const FAINT: f32 = 1e-3;

/// Logarithmic beliefs, column by column.
#[derive(Clone)]
pub struct Columns {
    /// As the net sees it.
    seen: Vec<[f32; CLASSES]>,
    /// What may stand there, the net's own mistakes considered.
    meant: Vec<[f32; CLASSES]>,
}

impl Columns {
    pub fn from_logits(logits: &[f32]) -> Columns {
        let seen: Vec<_> = logits.chunks_exact(CLASSES).map(logarithms).collect();
        let meant = seen.iter().map(considered).collect();
        Columns { seen, meant }
    }

    /// The columns of one line and then of the next, with a blank between: a new line begins a new character.
    pub fn followed_by(mut self, next: Columns) -> Columns {
        let mut blank = [NEVER; CLASSES];
        blank[BLANK] = 0.0;
        self.seen.push(blank);
        self.seen.extend(next.seen);
        self.meant.push(blank);
        self.meant.extend(next.meant);
        self
    }

    /// The likeliest texts whatever their form (prefix beam search), at most `BEAM`, best first.
    pub fn texts(&self) -> Vec<Vec<usize>> {
        let mut beam = vec![Beginning { text: Vec::new(), in_blank: 0.0, in_symbol: NEVER }];
        for column in &self.seen {
            let mut next: Vec<Beginning> = Vec::with_capacity(BEAM * 4);
            for one in &beam {
                let whole = add(one.in_blank, one.in_symbol);
                let last = one.text.last().copied();
                let stay = next_of(&mut next, &one.text);
                stay.in_blank = add(stay.in_blank, whole + column[BLANK]);
                if let Some(last) = last {
                    stay.in_symbol = add(stay.in_symbol, one.in_symbol + column[last]);
                }
                for symbol in (0..SYMBOLS).filter(|&symbol| column[symbol] > FAINT.ln()) {
                    let before = if last == Some(symbol) { one.in_blank } else { whole };
                    let mut longer = one.text.clone();
                    longer.push(symbol);
                    let longer = next_of(&mut next, &longer);
                    longer.in_symbol = add(longer.in_symbol, before + column[symbol]);
                }
            }
            next.sort_by(|a, b| b.belief().total_cmp(&a.belief()));
            next.truncate(BEAM);
            beam = next;
        }
        beam.into_iter().map(|one| one.text).collect()
    }

    /// The text of this form on the likeliest way through.
    pub fn text_of_form(&self, form: &Form) -> Vec<usize> {
        self.way(&form.slots).into_iter().map(|(_, symbol)| symbol).collect()
    }

    /// Belief in a text, all ways through summed; the logarithm.
    pub fn belief(&self, text: &[usize]) -> f32 {
        // States: blank, first character, blank, second character, ..., blank.
        let states = 2 * text.len() + 1;
        let class = |state: usize| if state.is_multiple_of(2) { BLANK } else { text[state / 2] };
        let mut before = vec![NEVER; states];
        before[0] = 0.0;
        for column in &self.meant {
            let mut now = vec![NEVER; states];
            for state in 0..states {
                let mut sum = before[state];
                if state > 0 {
                    sum = add(sum, before[state - 1]);
                }
                if state > 1 && class(state) != BLANK && class(state) != class(state - 2) {
                    sum = add(sum, before[state - 2]);
                }
                now[state] = sum + column[class(state)];
            }
            before = now;
        }
        let end = before[states - 1];
        if states > 1 { add(end, before[states - 2]) } else { end }
    }

    /// What is seen where each character of the text stands on its likeliest way through: shares summing to one.
    pub fn shares(&self, text: &[usize]) -> Vec<[f32; SYMBOLS]> {
        let slots: Vec<Slot> = text.iter().map(|symbol| Slot::only(*symbol)).collect();
        let mut shares = vec![[0.0; SYMBOLS]; text.len()];
        for (place, (columns, _)) in self.way(&slots).into_iter().enumerate() {
            for column in &self.seen[columns] {
                shares[place].iter_mut().zip(column).for_each(|(share, log)| *share += log.exp());
            }
            let total = shares[place].iter().sum::<f32>().max(1e-9);
            shares[place].iter_mut().for_each(|share| *share /= total);
        }
        shares
    }

    /// The likeliest way through whose characters fit the slots: columns and symbol of each.
    fn way(&self, slots: &[Slot]) -> Vec<(std::ops::Range<usize>, usize)> {
        if slots.is_empty() {
            return Vec::new();
        }
        let mut lattice = Lattice::new(slots.len(), self.meant.len());
        for column in &self.meant {
            lattice.step(slots, column);
        }
        let mut way: Vec<(std::ops::Range<usize>, usize)> = Vec::with_capacity(slots.len());
        for (at, shown) in lattice.best().into_iter().enumerate() {
            if let Shown::Symbol { place, symbol } = shown {
                match way.get_mut(place) {
                    Some((columns, _)) => columns.end = at + 1,
                    None => way.push((at..at + 1, symbol)),
                }
            }
        }
        way
    }
}

/// A beginning of a text, and the belief in it by what the last column showed.
struct Beginning {
    text: Vec<usize>,
    in_blank: f32,
    in_symbol: f32,
}

impl Beginning {
    fn belief(&self) -> f32 {
        add(self.in_blank, self.in_symbol)
    }
}

fn next_of<'a>(next: &'a mut Vec<Beginning>, text: &[usize]) -> &'a mut Beginning {
    let known = next.iter().position(|one| one.text == text);
    let index = known.unwrap_or_else(|| {
        next.push(Beginning { text: text.to_vec(), in_blank: NEVER, in_symbol: NEVER });
        next.len() - 1
    });
    &mut next[index]
}

fn logarithms(values: &[f32]) -> [f32; CLASSES] {
    let top = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total = values.iter().map(|v| (v - top).exp()).sum::<f32>().ln() + top;
    std::array::from_fn(|class| values[class] - total)
}

fn considered(seen: &[f32; CLASSES]) -> [f32; CLASSES] {
    let shares = seen.map(f32::exp);
    let mut meant = shares.map(|share| share + MISTAKEN);
    for group in LOOK_ALIKES {
        for a in group.iter().filter_map(|symbol| symbol_index(*symbol)) {
            for b in group.iter().filter_map(|symbol| symbol_index(*symbol)).filter(|b| *b != a) {
                meant[a] += confusion(a, b) * shares[b];
            }
        }
    }
    meant.map(f32::ln)
}

/// The logarithm of a sum of two numbers given by their logarithms.
fn add(a: f32, b: f32) -> f32 {
    let (high, low) = if a > b { (a, b) } else { (b, a) };
    if low <= NEVER { high } else { high + (low - high).exp().ln_1p() }
}

/// What one column shows: a blank, or the symbol at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Blank,
    Symbol { place: usize, symbol: usize },
}

/// Best beliefs so far per state, and where each state of each column came from.
struct Lattice {
    places: usize,
    /// After `place` characters, in a blank.
    blanks: Vec<f32>,
    /// In the character of a place, per symbol.
    symbols: Vec<[f32; SYMBOLS]>,
    came_blank: Vec<Vec<u8>>,
    came_symbol: Vec<Vec<[u8; SYMBOLS]>>,
}

/// The state before was the same one.
const STAYED: u8 = 255;
/// The state before was the blank in front.
const FROM_BLANK: u8 = 254;

impl Lattice {
    fn new(places: usize, columns: usize) -> Lattice {
        let mut blanks = vec![NEVER; places + 1];
        blanks[0] = 0.0;
        Lattice {
            places,
            blanks,
            symbols: vec![[NEVER; SYMBOLS]; places],
            came_blank: Vec::with_capacity(columns),
            came_symbol: Vec::with_capacity(columns),
        }
    }

    fn step(&mut self, slots: &[Slot], column: &[f32; CLASSES]) {
        let tops: Vec<[(usize, f32); 2]> = self.symbols.iter().map(best_two).collect();
        let mut came_blank = vec![STAYED; self.places + 1];
        let mut came_symbol = vec![[STAYED; SYMBOLS]; self.places];
        let mut symbols = vec![[NEVER; SYMBOLS]; self.places];
        for place in 0..self.places {
            for symbol in (0..SYMBOLS).filter(|&s| slots[place].allows(s)) {
                let before = place.checked_sub(1).map(|p| other_than(&tops[p], symbol));
                let (value, from) = self.entering(place, symbol, before);
                symbols[place][symbol] = value + column[symbol];
                came_symbol[place][symbol] = from;
            }
        }
        for (place, top) in tops.iter().enumerate() {
            let [(symbol, value), _] = *top;
            if value > self.blanks[place + 1] {
                self.blanks[place + 1] = value;
                came_blank[place + 1] = symbol as u8;
            }
        }
        self.blanks.iter_mut().for_each(|b| *b += column[BLANK]);
        self.symbols = symbols;
        self.came_blank.push(came_blank);
        self.came_symbol.push(came_symbol);
    }

    fn entering(&self, place: usize, symbol: usize, before: Option<(usize, f32)>) -> (f32, u8) {
        let mut best = (self.symbols[place][symbol], STAYED);
        if self.blanks[place] > best.0 {
            best = (self.blanks[place], FROM_BLANK);
        }
        match before {
            Some((other, value)) if value > best.0 => (value, other as u8),
            _ => best,
        }
    }

    fn best(&self) -> Vec<Shown> {
        let [(symbol, in_symbol), _] = best_two(&self.symbols[self.places - 1]);
        let in_blank = self.blanks[self.places];
        let last = Shown::Symbol { place: self.places - 1, symbol };
        if in_symbol > in_blank {
            self.back_from(last, self.places)
        } else {
            self.back_from(Shown::Blank, self.places)
        }
    }

    /// Walks the columns backwards; `done` is the number of characters before a blank state.
    fn back_from(&self, end: Shown, mut done: usize) -> Vec<Shown> {
        let mut state = end;
        let mut path = vec![Shown::Blank; self.came_blank.len()];
        for column in (0..path.len()).rev() {
            path[column] = state;
            state = match state {
                Shown::Blank => match self.came_blank[column][done] {
                    STAYED => Shown::Blank,
                    symbol => Shown::Symbol { place: done.saturating_sub(1), symbol: usize::from(symbol) },
                },
                Shown::Symbol { place, symbol } => match self.came_symbol[column][place][symbol] {
                    STAYED => state,
                    FROM_BLANK => {
                        done = place;
                        Shown::Blank
                    }
                    other => Shown::Symbol { place: place.saturating_sub(1), symbol: usize::from(other) },
                },
            };
        }
        path
    }
}

fn best_two(values: &[f32; SYMBOLS]) -> [(usize, f32); 2] {
    let mut top = [(0, f32::NEG_INFINITY); 2];
    for (symbol, &value) in values.iter().enumerate() {
        if value > top[0].1 {
            top = [(symbol, value), top[0]];
        } else if value > top[1].1 {
            top[1] = (symbol, value);
        }
    }
    top
}

/// The better of the two that is not this symbol: a repeated character needs a blank between.
fn other_than(top: &[(usize, f32); 2], symbol: usize) -> (usize, f32) {
    if top[0].0 == symbol { top[1] } else { top[0] }
}

#[cfg(test)]
mod tests {
    use boomgate_domain::plate::grammar::Grammar;
    use boomgate_domain::plate::packs::Pack;

    use super::*;

    /// Columns that show the characters of `shown` (`-` is the blank) with belief 0.9, plus extra beliefs.
    pub fn columns(shown: &str, also: &[(usize, char, f32)]) -> Columns {
        let class = |c: char| ALPHABET.iter().position(|&a| char::from(a) == c).unwrap_or(BLANK);
        let column = |(t, c): (usize, char)| {
            let mut beliefs = [0.1 / 36.0; CLASSES];
            beliefs[class(c)] = 0.9;
            for &(_, other, share) in also.iter().filter(|a| a.0 == t) {
                beliefs[class(c)] -= share;
                beliefs[class(other)] += share;
            }
            beliefs.map(f32::ln)
        };
        let logits: Vec<f32> = shown.chars().enumerate().flat_map(column).collect();
        Columns::from_logits(&logits)
    }

    fn form(pattern: &str) -> Form {
        let text = format!(
            "country = 'X'\nsource = 'none'\n[[series]]\nname = 'x'\nshare = 1\npatterns = ['{pattern}']"
        );
        Grammar::new(&[&Pack::parse("x.toml", &text).unwrap()]).unwrap().forms()[0].clone()
    }

    fn string(text: &[usize]) -> String {
        text.iter().map(|symbol| char::from(ALPHABET[*symbol])).collect()
    }

    #[test]
    fn repeats_join_and_a_blank_parts_them() {
        assert_eq!(string(&columns("-AA-A11-", &[]).texts()[0]), "AA1");
        let lines = columns("-A1", &[]).followed_by(columns("1-2", &[]));
        assert_eq!(string(&lines.texts()[0]), "A112", "a new line begins a new character");
    }

    #[test]
    fn a_form_turns_a_letter_o_in_a_digit_place_into_zero() {
        let seen = columns("-BA-1-O-2-", &[(6, '0', 0.3)]);
        let text = seen.text_of_form(&form("LLDDD"));
        assert_eq!(string(&text), "BA102");
        let third = seen.shares(&text)[3];
        assert!(third[24] > 0.5 && third[0] > 0.25, "shares are those seen, not those forced");
    }

    #[test]
    fn same_characters_side_by_side_need_their_blank() {
        assert_eq!(string(&columns("7-7-7", &[]).text_of_form(&form("DDD"))), "777");
        assert_eq!(columns("7777-", &[]).text_of_form(&form("DD")).len(), 2);
    }

    #[test]
    fn the_belief_in_what_is_seen_is_high_and_sums_all_ways() {
        let seen = columns("-KK7--7Z-", &[]);
        let text: Vec<usize> = "K77Z".bytes().filter_map(symbol_index).collect();
        let other: Vec<usize> = "K7Z".bytes().filter_map(symbol_index).collect();
        let best = seen.belief(&text);
        assert!(best < 0.0 && best > 9.0 * 0.9_f32.ln(), "{best}: at least the one plain way");
        assert!(seen.belief(&other) < best - 2.0);
        assert_eq!(seen.texts()[0], text);
    }

    #[test]
    fn numbers_that_are_none_do_no_harm() {
        let broken = Columns::from_logits(&[f32::NAN; 5 * CLASSES]);
        for text in broken.texts() {
            broken.belief(&text);
            assert_eq!(broken.shares(&text).len(), text.len());
        }
        assert!(broken.text_of_form(&form("DDDDDD")).len() <= 6, "more places than columns");
    }
}
