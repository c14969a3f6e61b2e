//! What stands on a plate: a rectified picture in, one distribution per character out.
//!
//! The net answers 48 columns of 36 characters and a blank (connectionist temporal classification, Graves et al. 2006).
//! A reading is a path through the columns: the free one takes the best of each column, a typed one must fit a form such
//! as `LLDDDLL`. The typed path wins if it costs little more, so that 0 and O follow their place, and plates of no known
//! form are still read as they stand. Knows nothing of where the plate was, nor of countries.

use boomgate_domain::plate::ALPHABET;
use boomgate_domain::plate::grammar::Form;

use super::grey::Grey;
use super::net::{Graph, Net, NetError, by_own_contrast};
use super::quad::Quad;
use super::rectify::{Crop, rectify};

/// Size of the net's alphabet, which is the domain's.
pub const SYMBOLS: usize = ALPHABET.len();
const BLANK: usize = SYMBOLS;
const CLASSES: usize = SYMBOLS + 1;
const COLUMNS: usize = 48;
const CROP: Crop = Crop::full(192, 64);
/// What is cut beyond the plate's edges, in parts of its width and height.
const MARGIN: (f32, f32) = (0.03, 0.06);
/// Where the lines of a two-line plate lie, in parts of its height.
const UPPER: f32 = 0.52;
const LOWER: f32 = 0.48;
/// How many nats a typed path may cost over the free one.
const FORM_SLACK: f32 = 6.0;
/// By how many characters a form may differ from the free reading; others could not win.
const LENGTH_SLACK: usize = 2;
const NEVER: f32 = -1e9;

/// One character of a reading: the share of belief each symbol of `ALPHABET` has, summing to one.
#[derive(Clone, Debug, PartialEq)]
pub struct Glyph {
    pub shares: [f32; SYMBOLS],
    /// The symbol the chosen path takes here; with a form this may not be the one with the largest share.
    pub chosen: usize,
}

/// One way to read a plate.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    pub glyphs: Vec<Glyph>,
    /// Natural logarithm of the path's probability; 0 is certain.
    pub log_belief: f32,
    /// Whether a known form was followed.
    pub typed: bool,
}

/// How the characters stand on a plate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    One,
    Two,
}

pub struct Reader {
    net: Net,
}

impl Text {
    pub fn as_string(&self) -> String {
        self.glyphs.iter().map(|g| char::from(ALPHABET[g.chosen])).collect()
    }

    /// Mean belief per character, 0..=1; nothing read is no belief.
    pub fn belief(&self) -> f32 {
        if self.glyphs.is_empty() { 0.0 } else { (self.log_belief / self.glyphs.len() as f32).exp() }
    }
}

impl Reader {
    pub fn load(name: &str, onnx: &[u8]) -> Result<Reader, NetError> {
        Ok(Reader { net: Graph::parse(name, onnx)?.sized(CROP.width, CROP.height)? })
    }

    /// The best reading of the plate with these corners; a form is followed if one of `forms` costs little.
    pub fn read(&self, frame: &Grey, plate: &Quad, lines: Lines, forms: &[Form]) -> Result<Text, NetError> {
        let columns = self.columns(frame, plate, lines)?;
        let free = columns.free();
        let length = free.1.iter().rev().find_map(|shown| shown.place()).map_or(0, |last| last + 1);
        let near = forms.iter().filter(|form| form.slots.len().abs_diff(length) <= LENGTH_SLACK);
        let typed = near.map(|form| columns.best_path(form)).max_by(|a, b| a.0.total_cmp(&b.0));
        Ok(match typed {
            Some((belief, path)) if belief > free.0 - FORM_SLACK => columns.text(&path, belief, true),
            _ => columns.text(&free.1, free.0, false),
        })
    }

    fn columns(&self, frame: &Grey, plate: &Quad, lines: Lines) -> Result<Columns, NetError> {
        let across = (-MARGIN.0, 1.0 + MARGIN.0);
        let (top, bottom) = (-MARGIN.1, 1.0 + MARGIN.1);
        match lines {
            Lines::One => self.line(frame, &plate.part(across, (top, bottom))),
            Lines::Two => {
                let upper = self.line(frame, &plate.part(across, (top, UPPER)))?;
                let lower = self.line(frame, &plate.part(across, (LOWER, bottom)))?;
                Ok(upper.followed_by(lower))
            }
        }
    }

    fn line(&self, frame: &Grey, area: &Quad) -> Result<Columns, NetError> {
        let logits = self.net.run(&by_own_contrast(&rectify(frame, area, CROP)), COLUMNS * CLASSES)?;
        Ok(Columns::from_logits(&logits))
    }
}

/// Logarithmic beliefs, column by column.
struct Columns(Vec<[f32; CLASSES]>);

/// What one column shows: a blank, or the symbol at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Blank,
    Symbol { place: usize, symbol: usize },
}

impl Shown {
    fn place(&self) -> Option<usize> {
        match self {
            Shown::Blank => None,
            Shown::Symbol { place, .. } => Some(*place),
        }
    }
}

impl Columns {
    fn from_logits(logits: &[f32]) -> Columns {
        let column = |values: &[f32]| {
            let top = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let total = values.iter().map(|v| (v - top).exp()).sum::<f32>().ln() + top;
            std::array::from_fn(|class| values[class] - total)
        };
        Columns(logits.chunks_exact(CLASSES).map(column).collect())
    }

    /// The columns of one line and then of the next, with a blank between: a new line begins a new character.
    fn followed_by(mut self, next: Columns) -> Columns {
        let mut blank = [NEVER; CLASSES];
        blank[BLANK] = 0.0;
        self.0.push(blank);
        self.0.extend(next.0);
        self
    }

    /// The best class of each column, repeats joined.
    fn free(&self) -> (f32, Vec<Shown>) {
        let (mut belief, mut places, mut last) = (0.0, 0, BLANK);
        let mut path = Vec::with_capacity(self.0.len());
        for column in &self.0 {
            let best = (0..CLASSES).max_by(|&a, &b| column[a].total_cmp(&column[b])).unwrap_or(BLANK);
            belief += column[best];
            places += usize::from(best != BLANK && best != last);
            path.push(match best {
                BLANK => Shown::Blank,
                symbol => Shown::Symbol { place: places - 1, symbol },
            });
            last = best;
        }
        (belief, path)
    }

    /// The most probable path whose text fits the form (Viterbi over places and symbols).
    fn best_path(&self, form: &Form) -> (f32, Vec<Shown>) {
        let mut lattice = Lattice::new(form, self.0.len());
        for column in &self.0 {
            lattice.step(form, column);
        }
        lattice.best()
    }

    fn text(&self, path: &[Shown], log_belief: f32, typed: bool) -> Text {
        let mut glyphs: Vec<Glyph> = Vec::new();
        for (column, shown) in self.0.iter().zip(path) {
            let Shown::Symbol { place, symbol } = *shown else { continue };
            if glyphs.len() <= place {
                glyphs.push(Glyph { shares: [0.0; SYMBOLS], chosen: symbol });
            }
            if let Some(glyph) = glyphs.last_mut() {
                glyph.shares.iter_mut().zip(column).for_each(|(share, log)| *share += log.exp());
            }
        }
        for glyph in &mut glyphs {
            let total = glyph.shares.iter().sum::<f32>().max(1e-9);
            glyph.shares.iter_mut().for_each(|share| *share /= total);
        }
        Text { glyphs, log_belief, typed }
    }
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
    fn new(form: &Form, columns: usize) -> Lattice {
        let places = form.slots.len();
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

    fn step(&mut self, form: &Form, column: &[f32; CLASSES]) {
        let tops: Vec<[(usize, f32); 2]> = self.symbols.iter().map(best_two).collect();
        let mut came_blank = vec![STAYED; self.places + 1];
        let mut came_symbol = vec![[STAYED; SYMBOLS]; self.places];
        let mut symbols = vec![[NEVER; SYMBOLS]; self.places];
        for place in 0..self.places {
            for symbol in (0..SYMBOLS).filter(|&s| form.slots[place].allows(s)) {
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

    fn best(&self) -> (f32, Vec<Shown>) {
        let [(symbol, in_symbol), _] = best_two(&self.symbols[self.places - 1]);
        let in_blank = self.blanks[self.places];
        let last = Shown::Symbol { place: self.places - 1, symbol };
        if in_symbol > in_blank {
            (in_symbol, self.back_from(last, self.places))
        } else {
            (in_blank, self.back_from(Shown::Blank, self.places))
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
    use boomgate_domain::plate::grammar::{Grammar, Series};

    use super::*;

    /// Columns that show the characters of `shown` (`-` is the blank) with belief 0.9, plus extra beliefs.
    fn columns(shown: &str, also: &[(usize, char, f32)]) -> Columns {
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
        Columns(shown.chars().enumerate().map(column).collect())
    }

    fn typed(columns: &Columns, pattern: &str) -> Text {
        let (cost, path) = columns.best_path(&form(pattern));
        columns.text(&path, cost, true)
    }

    fn form(pattern: &str) -> Form {
        let series = Series {
            country: "X".into(),
            name: "test".into(),
            patterns: vec![pattern.into()],
            letters: "ABCDEFGHIJKLMNOPQRSTUVWXYZ".into(),
            serials: String::new(),
        };
        Grammar::new(&[series]).unwrap().forms()[0].clone()
    }

    #[test]
    fn repeats_join_and_a_blank_parts_them() {
        let seen = columns("-AA-A11-", &[]);
        let (cost, path) = seen.free();
        assert_eq!(seen.text(&path, cost, false).as_string(), "AA1");
    }

    #[test]
    fn a_form_turns_a_letter_o_in_a_digit_place_into_zero() {
        let seen = columns("-BA-1-O-2-", &[(6, '0', 0.3)]);
        let text = typed(&seen, "LLDDD");
        assert_eq!(text.as_string(), "BA102");
        let third = &text.glyphs[3];
        assert!(third.shares[24] > 0.5 && third.shares[0] > 0.25, "shares are those seen, not those forced");
    }

    #[test]
    fn without_a_form_the_path_through_free_places_is_the_free_path() {
        let seen = columns("-K-7-7Z-", &[]);
        let (cost, path) = seen.free();
        assert_eq!(typed(&seen, "AAAA"), Text { typed: true, ..seen.text(&path, cost, false) });
    }

    #[test]
    fn same_characters_side_by_side_need_their_blank() {
        assert_eq!(typed(&columns("7-7-7", &[]), "DDD").as_string(), "777");
        let forced = typed(&columns("7777-", &[]), "DD");
        assert_eq!(forced.glyphs.len(), 2);
    }
}
