//! Reads a plate: a frame and its corners in, one distribution per character out.
//!
//! The plate is laid flat and read; unless the answer is clear it is laid flat in other ways and read again, and by
//! another net as well, because a character that depends on a margin of a few percent, or on the seed of a net, is not
//! known. Every text that one of the looks suggests, freely or by an expected form, is weighed in all of them; how common
//! its form is counts as well, so that 0 and O follow their place while plates of no known form are still read as they
//! stand. Knows nothing of where the plate was found.

use boomgate_domain::plate::ALPHABET;
use boomgate_domain::plate::grammar::Grammar;

use crate::custom_models::slots::Slots;
use crate::grey::Grey;
use crate::lattice::{CLASSES, Columns, SYMBOLS};
use crate::net::{Graph, Net, NetError, by_own_contrast};
use crate::quad::Quad;
use crate::rectify::{Crop, rectify};
use crate::stage_timer::{Stage, StageTimer};

const COLUMNS: usize = 48;
const CROP: Crop = Crop::full(192, 64);
/// What is cut beyond the plate's edges, in parts of its width and height; the first is what the net learned with.
const MARGINS: [(f32, f32); 3] = [(0.03, 0.06), (0.06, 0.12), (0.005, 0.02)];
/// Where the lines of a two-line plate lie, in parts of its height.
const UPPER: f32 = 0.52;
const LOWER: f32 = 0.48;
/// A reading is clear, and no second look needed, when no character and no other text leaves more doubt than this.
const CLEAR: f32 = 0.02;
/// Share of a symbol that a look rules out: it may be wrong.
const UNSEEN: f32 = 1e-4;
/// Nats by which another text must be believed in more to be kept before one that has a form.
const MIN_LEAD: f32 = 3.0;
/// By how many characters a form may differ from a free text to be tried.
const LENGTH_SLACK: usize = 1;

/// One character of a reading: the share of belief each symbol of `ALPHABET` has, summing to one.
#[derive(Clone, Debug, PartialEq)]
pub struct Glyph {
    pub shares: [f32; SYMBOLS],
    /// The symbol of the chosen text; with a form this may not be the one with the largest share.
    pub chosen: usize,
}

/// One way to read a plate.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    pub glyphs: Vec<Glyph>,
    /// Natural logarithm of the belief the looks have in the text; 0 is certain.
    pub log_belief: f32,
}

/// The layout of a plate's characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    One,
    Two,
}

pub struct Reader {
    model: Model,
}

enum Model {
    /// Look at one line of text at a time: the first at every find, the others where it does not see clearly.
    Columns(Vec<Net>),
    /// Looks at the whole plate.
    Places(Slots),
}

/// Which net looks, how much beyond the plate's edges it is shown, in parts of width and height, and how much its word
/// weighs: all looks of one net together as much as another net's only one, because they err together.
#[derive(Clone, Copy)]
struct CropVariant {
    net: usize,
    margins: (f32, f32),
    weight: f32,
}

/// What a look saw, and how much its word weighs.
struct WeightedColumns {
    columns: Columns,
    weight: f32,
}

const FIRST: CropVariant = CropVariant { net: 0, margins: MARGINS[0], weight: 1.0 / MARGINS.len() as f32 };

impl Text {
    pub fn as_string(&self) -> String {
        self.glyphs.iter().map(|g| char::from(ALPHABET[g.chosen])).collect()
    }

    /// Mean belief per character, 0..=1; nothing read is no belief.
    pub fn belief(&self) -> f32 {
        if self.glyphs.is_empty() { 0.0 } else { (self.log_belief / self.glyphs.len() as f32).exp() }
    }

    /// Whether no second look is needed.
    pub fn is_clear(&self) -> bool {
        !self.glyphs.is_empty() && self.glyphs.iter().all(|glyph| glyph.shares[glyph.chosen] > 1.0 - CLEAR)
    }
}

impl Reader {
    /// Names, for messages, and ONNX files of the nets to ask.
    pub fn load<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Reader, NetError> {
        let net = |(name, onnx)| Graph::parse(name, onnx)?.sized(CROP.width, CROP.height);
        Ok(Reader { model: Model::Columns(files.into_iter().map(net).collect::<Result<_, _>>()?) })
    }

    /// A reader that has one answer per place instead of columns.
    pub fn with_places(slots: Slots) -> Reader {
        Reader { model: Model::Places(slots) }
    }

    /// The best reading of the plate with these corners from one look, and what it saw.
    pub fn read(
        &self,
        frame: &Grey,
        plate: &Quad,
        lines: Lines,
        grammar: &Grammar,
        timer: &mut StageTimer,
    ) -> Result<(Text, Columns), NetError> {
        let seen = [WeightedColumns {
            columns: self.look(FIRST, frame, plate, lines, timer)?,
            weight: FIRST.weight,
        }];
        let text = weigh(&seen, grammar);
        timer.lap(Stage::Decode);
        let [WeightedColumns { columns, .. }] = seen;
        Ok((text, columns))
    }

    /// The best reading from several looks, where it is not clear at a glance; nothing read without a way. `first` is
    /// what [`Reader::read`] saw of the first way, if it was asked.
    pub fn read_carefully(
        &self,
        frame: &Grey,
        ways: &[(Quad, Lines)],
        first: Option<Columns>,
        grammar: &Grammar,
        timer: &mut StageTimer,
    ) -> Result<Text, NetError> {
        let mut first = first.map(|columns| WeightedColumns { columns, weight: FIRST.weight });
        let mut best = Text { glyphs: Vec::new(), log_belief: f32::NEG_INFINITY };
        for (plate, lines) in ways {
            let mut looks: Vec<WeightedColumns> = first.take().into_iter().collect();
            for look in looks_of(self.nets()).skip(looks.len()) {
                let columns = self.look(look, frame, plate, *lines, timer)?;
                looks.push(WeightedColumns { columns, weight: look.weight });
            }
            let text = weigh(&looks, grammar);
            timer.lap(Stage::Decode);
            if text.belief() > best.belief() {
                best = text;
            }
        }
        Ok(best)
    }

    fn nets(&self) -> usize {
        match &self.model {
            Model::Columns(nets) => nets.len(),
            Model::Places(_) => 1,
        }
    }

    fn look(
        &self,
        CropVariant { net, margins, .. }: CropVariant,
        frame: &Grey,
        plate: &Quad,
        lines: Lines,
        timer: &mut StageTimer,
    ) -> Result<Columns, NetError> {
        let across = (-margins.0, 1.0 + margins.0);
        let (top, bottom) = (-margins.1, 1.0 + margins.1);
        match (&self.model, lines) {
            (Model::Places(slots), _) => {
                let logits = slots.look(frame, &plate.part(across, (top, bottom)))?;
                timer.lap(Stage::Read);
                Ok(Columns::from_logits(&logits))
            }
            (Model::Columns(nets), Lines::One) => {
                line(&nets[net], frame, &plate.part(across, (top, bottom)), timer)
            }
            (Model::Columns(nets), Lines::Two) => {
                let upper = line(&nets[net], frame, &plate.part(across, (top, UPPER)), timer)?;
                let lower = line(&nets[net], frame, &plate.part(across, (LOWER, bottom)), timer)?;
                Ok(upper.followed_by(lower))
            }
        }
    }
}

/// All looks a plate may be worth, the first one first.
fn looks_of(nets: usize) -> impl Iterator<Item = CropVariant> {
    let first = MARGINS.map(|margins| CropVariant { margins, ..FIRST });
    first.into_iter().chain((1..nets).map(|net| CropVariant { net, weight: 1.0, ..FIRST }))
}

fn line(net: &Net, frame: &Grey, area: &Quad, timer: &mut StageTimer) -> Result<Columns, NetError> {
    let flat = by_own_contrast(&rectify(frame, area, CROP));
    timer.lap(Stage::Rectify);
    let logits = net.run(&flat, COLUMNS * CLASSES)?;
    timer.lap(Stage::Read);
    Ok(Columns::from_logits(&logits))
}

/// The text most of the looks believe in, and how much they leave to others.
fn weigh(looks: &[WeightedColumns], grammar: &Grammar) -> Text {
    let texts = suggested(looks, grammar);
    let beliefs: Vec<f32> = texts
        .iter()
        .map(|text| mean(looks.iter().map(|look| (look.weight, look.columns.belief(text)))))
        .collect();
    let scores: Vec<f32> =
        texts.iter().zip(&beliefs).map(|(text, belief)| belief + grammar.prior(text)).collect();
    let top = beliefs.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let believed = (0..texts.len()).filter(|&index| top - beliefs[index] <= MIN_LEAD);
    let Some(best) = believed.max_by(|&a, &b| scores[a].total_cmp(&scores[b])) else {
        return Text { glyphs: Vec::new(), log_belief: 0.0 };
    };
    // How many characters there are is for the looks alone to say: a form must not make one up.
    let share = |index: usize| (beliefs[index] - beliefs[best]).exp();
    let of_length =
        (0..texts.len()).filter(|&index| texts[index].len() == texts[best].len()).map(share).sum::<f32>();
    let doubt = 1.0 - of_length / (0..texts.len()).map(share).sum::<f32>().max(1e-9);
    Text { glyphs: glyphs(looks, &texts[best], doubt), log_belief: beliefs[best] }
}

/// Different texts that a look suggests, freely or by a form of about that length.
fn suggested(looks: &[WeightedColumns], grammar: &Grammar) -> Vec<Vec<usize>> {
    let mut texts: Vec<Vec<usize>> = Vec::new();
    for WeightedColumns { columns: look, .. } in looks {
        let free = look.texts();
        let length = free.first().map_or(0, Vec::len);
        texts.extend(free);
        let forms = grammar.forms().iter().map(|form| &form.slots[..]);
        let mut near: Vec<_> = forms.filter(|slots| slots.len().abs_diff(length) <= LENGTH_SLACK).collect();
        near.sort();
        near.dedup();
        texts.extend(look.texts_of_forms(&near));
    }
    texts.retain(|text| !text.is_empty());
    texts.sort();
    texts.dedup();
    texts
}

/// What the looks see at each place of the text, their logarithms averaged: a look that is torn does not outweigh one that
/// sees clearly. The doubt about its length goes to all symbols alike.
fn glyphs(looks: &[WeightedColumns], text: &[usize], doubt: f32) -> Vec<Glyph> {
    let seen: Vec<_> = looks.iter().map(|look| (look.weight, look.columns.shares(text))).collect();
    let glyph = |(place, &chosen): (usize, &usize)| {
        let log = |(weight, shares): &(f32, Vec<[f32; SYMBOLS]>), symbol: usize| {
            (*weight, (shares[place][symbol] + UNSEEN).ln())
        };
        let joint: [f32; SYMBOLS] =
            std::array::from_fn(|symbol| mean(seen.iter().map(|look| log(look, symbol))).exp());
        let total: f32 = joint.iter().sum();
        let shares = joint.map(|share| (1.0 - doubt) * share / total + doubt / SYMBOLS as f32);
        Glyph { shares, chosen }
    };
    text.iter().enumerate().map(glyph).collect()
}

/// The mean of values, each with its weight.
fn mean(values: impl Iterator<Item = (f32, f32)>) -> f32 {
    let (weights, sum) =
        values.fold((0.0, 0.0), |(weights, sum), (weight, value)| (weights + weight, sum + weight * value));
    sum / weights.max(1e-9)
}

#[cfg(test)]
mod tests {
    use boomgate_domain::plate::symbol_index;

    use super::*;
    use crate::lattice::tests::columns;

    #[test]
    fn all_looks_of_one_net_weigh_as_much_as_one_of_another() {
        let shown = |look: &CropVariant| if look.net == 0 { "-8-1-" } else { "-B-1-" };
        let seen =
            |look: CropVariant| WeightedColumns { columns: columns(shown(&look), &[]), weight: look.weight };
        let looks: Vec<_> = looks_of(2).map(seen).collect();
        let text = ["8", "1"].map(|c| symbol_index(c.as_bytes()[0]).unwrap());
        let seen = glyphs(&looks, &text, 0.0);
        let [eight, bee] = [b'8', b'B'].map(|c| seen[0].shares[symbol_index(c).unwrap()]);
        assert!((eight - bee).abs() < 1e-4, "{eight} for 8, {bee} for B");
        let other = seen[0].shares[symbol_index(b'3').unwrap()];
        assert!(eight > 10.0 * other, "{eight} for 8, {other} for what nobody saw");
        assert!(seen[1].shares[text[1]] > 0.85);
    }

    #[test]
    fn a_torn_look_counts_less_than_one_that_sees_clearly() {
        let seen =
            |also: &[(usize, char, f32)]| WeightedColumns { columns: columns("-8-1-", also), weight: 1.0 };
        let text = ["8", "1"].map(|c| symbol_index(c.as_bytes()[0]).unwrap());
        let share = |looks: &[WeightedColumns]| glyphs(looks, &text, 0.0)[0].shares[text[0]];
        let (clear, torn) = (seen(&[]), seen(&[(1, 'B', 0.45)]));
        let (alone, both) = (share(&[seen(&[(1, 'B', 0.45)])]), share(&[clear, torn]));
        let middle = (alone + share(&[seen(&[])])) / 2.0;
        assert!(both > middle + 0.05, "{alone} torn, {both} with a clear one, {middle} between");
    }
}
