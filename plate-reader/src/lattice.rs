//! The columns a net answered, and ways through them: beliefs of whole texts, and where each character stands.
//!
//! A way through is what connectionist temporal classification allows: each character fills one column or more, a blank
//! may stand between, and must between two equal ones (Graves et al. 2006).

use std::ops::Range;
use std::sync::LazyLock;

use boomgate_domain::plate::ALPHABET;
use boomgate_domain::plate::grammar::{Slot, confusion};

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
const MIN_BELIEF: f32 = 1e-3;

/// Beliefs, column by column.
#[derive(Clone)]
pub struct Columns {
    /// As the net sees it; logarithms.
    seen: Vec<[f32; CLASSES]>,
    /// What may stand there, the net's own mistakes considered; logarithms.
    meant: Vec<[f32; CLASSES]>,
    /// The same, not as logarithms: sums over all ways need many additions.
    shares: Vec<[f64; CLASSES]>,
}

impl Columns {
    pub fn from_logits(logits: &[f32]) -> Columns {
        let seen: Vec<_> = logits.chunks_exact(CLASSES).map(logarithms).collect();
        let meant: Vec<_> = seen.iter().map(considered).collect();
        let shares = meant.iter().map(|column| column.map(|log| f64::from(log).exp())).collect();
        Columns { seen, meant, shares }
    }

    /// The columns of one line and then of the next, with a blank between: a new line begins a new character.
    pub fn followed_by(mut self, next: Columns) -> Columns {
        let mut blank = [NEVER; CLASSES];
        blank[BLANK] = 0.0;
        self.seen.push(blank);
        self.seen.extend(next.seen);
        self.meant.push(blank);
        self.meant.extend(next.meant);
        self.shares.push(blank.map(|log| f64::from(log).exp()));
        self.shares.extend(next.shares);
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
                for symbol in (0..SYMBOLS).filter(|&symbol| column[symbol] > MIN_BELIEF.ln()) {
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

    /// The texts of these forms, each on its likeliest way through. Forms in order share the work on what they begin
    /// with alike.
    pub fn texts_of_forms(&self, forms: &[&[Slot]]) -> Vec<Vec<usize>> {
        let mut lattice = Lattice::new(&self.meant);
        let text = |form: &&[Slot]| lattice.way(form).into_iter().map(|(_, symbol)| symbol).collect();
        forms.iter().map(text).collect()
    }

    /// Belief in a text, all ways through summed; the logarithm.
    pub fn belief(&self, text: &[usize]) -> f32 {
        // After so many characters: the last column showed a blank, or the last of them.
        let mut in_blank = vec![0.0; text.len() + 1];
        let mut in_symbol = vec![0.0; text.len() + 1];
        in_blank[0] = 1.0;
        let mut taken_out = 0.0;
        for column in &self.shares {
            // From the end, so that what stands before a place is still that of the column before.
            for place in (0..text.len()).rev() {
                let parted = place > 0 && text[place] == text[place - 1];
                let next_to = if parted { 0.0 } else { in_symbol[place] };
                in_blank[place + 1] = (in_blank[place + 1] + in_symbol[place + 1]) * column[BLANK];
                in_symbol[place + 1] =
                    (in_symbol[place + 1] + in_blank[place] + next_to) * column[text[place]];
            }
            in_blank[0] *= column[BLANK];
            taken_out += kept_in_range(&mut in_blank, &mut in_symbol);
        }
        let all = in_blank[text.len()] + in_symbol[text.len()];
        (all.ln() + taken_out).max(f64::from(NEVER)) as f32
    }

    /// What is seen where each character of the text stands on its likeliest way through: shares summing to one.
    pub fn shares(&self, text: &[usize]) -> Vec<[f32; SYMBOLS]> {
        let slots: Vec<Slot> = text.iter().map(|symbol| Slot::only(*symbol)).collect();
        let mut shares = vec![[0.0; SYMBOLS]; text.len()];
        for (place, (columns, _)) in Lattice::new(&self.meant).way(&slots).into_iter().enumerate() {
            for column in &self.seen[columns] {
                shares[place].iter_mut().zip(column).for_each(|(share, log)| *share += log.exp());
            }
            let total = shares[place].iter().sum::<f32>().max(1e-9);
            shares[place].iter_mut().for_each(|share| *share /= total);
        }
        shares
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
    for &(a, b, often) in CONFUSIONS.iter() {
        meant[a] += often * shares[b];
    }
    meant.map(f32::ln)
}

/// Two symbols, and how often one is taken for the other.
static CONFUSIONS: LazyLock<Vec<(usize, usize, f32)>> = LazyLock::new(|| {
    let pairs = (0..SYMBOLS).flat_map(|a| (0..SYMBOLS).filter(move |b| *b != a).map(move |b| (a, b)));
    pairs.map(|(a, b)| (a, b, confusion(a, b))).filter(|(.., often)| *often > 0.0).collect()
});

/// The logarithm of a sum of two numbers given by their logarithms.
fn add(a: f32, b: f32) -> f32 {
    let (high, low) = if a > b { (a, b) } else { (b, a) };
    if low <= NEVER { high } else { high + (low - high).exp().ln_1p() }
}

/// Makes the numbers larger before they are too small to be told from zero; the logarithm of what was taken out.
fn kept_in_range(in_blank: &mut [f64], in_symbol: &mut [f64]) -> f64 {
    let largest = in_blank.iter().chain(in_symbol.iter()).copied().fold(0.0, f64::max);
    if largest == 0.0 || largest > 1e-100 {
        return 0.0;
    }
    in_blank.iter_mut().chain(in_symbol).for_each(|value| *value /= largest);
    largest.ln()
}

/// The likeliest ways through whose characters fit slots, place by place. What was worked out for the places of one form
/// serves the next as far as it begins alike.
struct Lattice<'a> {
    columns: &'a [[f32; CLASSES]],
    slots: Vec<Slot>,
    /// Before the first place there are only blanks; then one layer for each of `slots`.
    before: Vec<f32>,
    layers: Vec<Layer>,
}

/// Best beliefs when the characters up to a place are shown, per column, and which state of the column before each
/// came from.
#[derive(Default)]
struct Layer {
    /// In the character of the place: the best symbol and the next best.
    tops: Vec<Top>,
    came_symbol: Vec<[u8; SYMBOLS]>,
    /// In a blank after it.
    blanks: Vec<f32>,
    came_blank: Vec<u8>,
}

type Top = [(usize, f32); 2];

/// The state before was the same one.
const STAYED: u8 = 255;
/// The state before was the blank in front.
const FROM_BLANK: u8 = 254;
const NOTHING: Top = [(0, NEVER); 2];

impl<'a> Lattice<'a> {
    fn new(columns: &'a [[f32; CLASSES]]) -> Lattice<'a> {
        let sum = |sum: &mut f32, column: &[f32; CLASSES]| {
            *sum += column[BLANK];
            Some(*sum)
        };
        Lattice {
            columns,
            slots: Vec::new(),
            before: columns.iter().scan(0.0, sum).collect(),
            layers: Vec::new(),
        }
    }

    /// Columns and symbol of each place.
    fn way(&mut self, slots: &[Slot]) -> Vec<(Range<usize>, usize)> {
        let alike = self.slots.iter().zip(slots).take_while(|(a, b)| a == b).count();
        self.slots.truncate(alike);
        for &slot in &slots[alike..] {
            let place = self.slots.len();
            if self.layers.len() == place {
                self.layers.push(Layer::default());
            }
            let (before, layer) = self.layers.split_at_mut(place);
            layer[0].work_out(self.columns, slot, before.last(), &self.before);
            self.slots.push(slot);
        }
        self.back()
    }

    /// Walks the columns backwards from the better end.
    fn back(&self) -> Vec<(Range<usize>, usize)> {
        let mut way = vec![(0..0, 0); self.slots.len()];
        let (Some(mut at), Some(last)) = (self.slots.len().checked_sub(1), self.columns.len().checked_sub(1))
        else {
            return Vec::new();
        };
        let [(symbol, in_symbol), _] = self.layers[at].tops[last];
        let mut shown = (in_symbol > self.layers[at].blanks[last]).then_some(symbol);
        for column in (0..=last).rev() {
            let Some(symbol) = shown else {
                let came = self.layers[at].came_blank[column];
                shown = (came != STAYED).then_some(usize::from(came));
                continue;
            };
            let end = if way[at].0.is_empty() { column + 1 } else { way[at].0.end };
            way[at] = (column..end, symbol);
            match (self.layers[at].came_symbol[column][symbol], at.checked_sub(1)) {
                (STAYED, _) => {}
                (_, None) => break,
                (FROM_BLANK, Some(before)) => (at, shown) = (before, None),
                (other, Some(before)) => (at, shown) = (before, Some(usize::from(other))),
            }
        }
        way.retain(|(columns, _)| !columns.is_empty());
        way
    }
}

impl Layer {
    /// The place after `before`, or the first one.
    fn work_out(&mut self, columns: &[[f32; CLASSES]], slot: Slot, before: Option<&Layer>, first: &[f32]) {
        let allowed: Vec<usize> = (0..SYMBOLS).filter(|&symbol| slot.allows(symbol)).collect();
        let blanks = before.map_or(first, |layer| &layer.blanks);
        // What the column before left behind: in the place, and in front of it.
        let (mut own, mut own_top, mut own_blank) = ([NEVER; SYMBOLS], NOTHING, NEVER);
        let (mut blank, mut top) = (if before.is_some() { NEVER } else { 0.0 }, NOTHING);
        self.clear();
        for (index, column) in columns.iter().enumerate() {
            let (mut now, mut came) = ([NEVER; SYMBOLS], [STAYED; SYMBOLS]);
            for &symbol in &allowed {
                let (mut value, mut from) = (own[symbol], STAYED);
                if blank > value {
                    (value, from) = (blank, FROM_BLANK);
                }
                let (other, next_to) = other_than(&top, symbol);
                if next_to > value {
                    (value, from) = (next_to, other as u8);
                }
                (now[symbol], came[symbol]) = (value + column[symbol], from);
            }
            let [(symbol, value), _] = own_top;
            let left = value > own_blank;
            own_blank = if left { value } else { own_blank } + column[BLANK];
            (own, own_top) = (now, best_two(&now));
            self.came_symbol.push(came);
            self.came_blank.push(if left { symbol as u8 } else { STAYED });
            self.tops.push(own_top);
            self.blanks.push(own_blank);
            (blank, top) = (blanks[index], before.map_or(NOTHING, |layer| layer.tops[index]));
        }
    }

    fn clear(&mut self) {
        self.came_symbol.clear();
        self.came_blank.clear();
        self.tops.clear();
        self.blanks.clear();
    }
}

fn best_two(values: &[f32; SYMBOLS]) -> Top {
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
fn other_than(top: &Top, symbol: usize) -> (usize, f32) {
    if top[0].0 == symbol { top[1] } else { top[0] }
}

#[cfg(test)]
pub(crate) mod tests {
    use boomgate_domain::plate::grammar::Grammar;
    use boomgate_domain::plate::packs::Pack;
    use boomgate_domain::plate::symbol_index;

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

    fn form(pattern: &str) -> Vec<Slot> {
        let text = format!(
            "country = 'X'\nsource = 'none'\n[[series]]\nname = 'x'\nshare = 1\npatterns = ['{pattern}']"
        );
        Grammar::new(&[&Pack::parse("x.toml", &text).unwrap()]).unwrap().forms()[0].slots.clone()
    }

    fn text_of_form(seen: &Columns, pattern: &str) -> Vec<usize> {
        seen.texts_of_forms(&[&form(pattern)])[0].clone()
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
        let text = text_of_form(&seen, "LLDDD");
        assert_eq!(string(&text), "BA102");
        let third = seen.shares(&text)[3];
        assert!(third[24] > 0.5 && third[0] > 0.25, "shares are those seen, not those forced");
    }

    #[test]
    fn forms_that_begin_alike_are_told_apart() {
        let seen = columns("-BA-1-O-2-", &[(6, '0', 0.3)]);
        let forms = ["LLDDD", "LLDLD", "LLD", "DDDDD", "LLDDD"].map(form);
        let texts = seen.texts_of_forms(&forms.each_ref().map(|slots| &slots[..]));
        let alone = forms.each_ref().map(|slots| seen.texts_of_forms(&[slots])[0].clone());
        assert_eq!(texts, alone);
        assert_eq!(string(&texts[1]), "BA1O2");
    }

    #[test]
    fn a_belief_too_small_for_a_number_is_still_a_logarithm() {
        let seen = columns(&"A-".repeat(400), &[]);
        let (right, wrong) = (seen.belief(&[10; 400]), seen.belief(&[11; 400]));
        assert!(right < 0.0 && right > 800.0 * 0.85_f32.ln(), "{right}");
        assert!(wrong < -2000.0 && wrong > -8000.0, "{wrong}");
    }

    #[test]
    fn same_characters_side_by_side_need_their_blank() {
        assert_eq!(string(&text_of_form(&columns("7-7-7", &[]), "DDD")), "777");
        assert_eq!(text_of_form(&columns("7777-", &[]), "DD").len(), 2);
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
        assert!(text_of_form(&broken, "DDDDDD").len() <= 6, "more places than columns");
    }
}
