//! A reader with fixed places, in the manner of fast-plate-ocr: one answer per place over an alphabet, with a sign for
//! "nothing more".
//!
//! The YAML file beside such a model says what its places and letters are. A picture of the whole plate goes in, lines
//! and all; what comes out is brought into the columns our own reader gives, a sure blank between any two places.

use std::path::Path;

use boomgate_domain::plate::symbol_index;
use yaml_rust2::{Yaml, YamlLoader};

use super::Engine;
use crate::grey::Grey;
use crate::lattice::CLASSES;
use crate::net::NetError;
use crate::quad::Quad;
use crate::rectify::{Crop, rectify};

/// A belief that is as good as none.
const MIN_BELIEF: f32 = 1e-6;
const MAX_PLACES: usize = 16;

pub struct Slots {
    engine: Engine,
    config: Config,
}

/// The keys of the YAML file that are used; the others are about training.
struct Config {
    places: usize,
    /// What each class of the net means among our classes; those we do not know count as nothing.
    classes: Vec<usize>,
    width: usize,
    height: usize,
    colours: usize,
}

impl Slots {
    pub fn load(model: &Path, config: &Path) -> Result<Slots, NetError> {
        let config = Config::read(config)?;
        let engine = Engine::load(model, [1, config.height, config.width, config.colours])?;
        let expected = [1, config.height, config.width, config.colours];
        if engine.shape.as_slice() != expected {
            return Err(engine.refuse(format!(
                "its input {:?} is not the {expected:?} (1 x height x width x colours) its YAML file says",
                engine.shape
            )));
        }
        let slots = Slots { engine, config };
        slots.columns(&Grey::filled(slots.config.width, slots.config.height, 128))?;
        Ok(slots)
    }

    /// One look at this area of a frame: logits, `CLASSES` for each column.
    pub fn look(&self, frame: &Grey, area: &Quad) -> Result<Vec<f32>, NetError> {
        self.columns(&rectify(frame, area, Crop::full(self.config.width, self.config.height)))
    }

    fn columns(&self, crop: &Grey) -> Result<Vec<f32>, NetError> {
        let levels: Vec<u8> =
            crop.pixels().iter().flat_map(|&level| std::iter::repeat_n(level, self.config.colours)).collect();
        let outputs = self.engine.run(&levels, 255.0)?;
        let wanted = self.config.places * self.config.classes.len();
        let beliefs = outputs.iter().find(|output| output.numbers.len() == wanted).ok_or_else(|| {
            let shapes: Vec<_> = outputs.iter().map(|output| &output.shape).collect();
            let (places, letters) = (self.config.places, self.config.classes.len());
            self.engine.refuse(format!(
                "its outputs {shapes:?} have none of {places} places by {letters} letters, as its YAML file says"
            ))
        })?;
        Ok(self.config.columns_of(&beliefs.numbers))
    }
}

impl Config {
    fn read(path: &Path) -> Result<Config, NetError> {
        let name = path.display().to_string();
        let text =
            std::fs::read_to_string(path).map_err(|source| NetError::File { path: name.clone(), source })?;
        Config::parse(&text).map_err(|what| NetError::Config { path: name, what })
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "an enum of another crate with many kinds")]
    fn parse(text: &str) -> Result<Config, String> {
        let documents = YamlLoader::load_from_str(text).map_err(|error| error.to_string())?;
        let Some(table) = documents.first() else { return Err("it is empty".into()) };
        let text_of = |key: &str| table[key].as_str().map(str::to_owned).ok_or(format!("{key} is missing"));
        let size = |key: &str, most: usize| match table[key].as_i64().map(usize::try_from) {
            Some(Ok(size)) if (1..=most).contains(&size) => Ok(size),
            _ => Err(format!("{key} is missing or not a number from 1 to {most}")),
        };
        if table["keep_aspect_ratio"].as_bool() == Some(true) {
            return Err("keep_aspect_ratio: true is not supported".into());
        }
        let colours = match &table["image_color_mode"] {
            Yaml::BadValue => 1,
            mode => match mode.as_str() {
                Some("grayscale") => 1,
                Some("rgb") => 3,
                _ => return Err("image_color_mode is neither grayscale nor rgb".into()),
            },
        };
        let pad = text_of("pad_char")?;
        let alphabet = text_of("alphabet")?;
        let nothing = CLASSES - 1;
        let class = |letter: char| {
            let known = u8::try_from(letter.to_ascii_uppercase()).ok().and_then(symbol_index);
            known.filter(|_| pad != letter.to_string()).unwrap_or(nothing)
        };
        let classes: Vec<usize> = alphabet.chars().map(class).collect();
        if !alphabet.contains(&pad) || classes.iter().all(|&class| class == nothing) {
            return Err("alphabet has no letter or digit, or lacks pad_char".into());
        }
        Ok(Config {
            places: size("max_plate_slots", MAX_PLACES)?,
            classes,
            width: size("img_width", 1024)?,
            height: size("img_height", 1024)?,
            colours,
        })
    }

    /// Beliefs place by place become logits column by column.
    fn columns_of(&self, beliefs: &[f32]) -> Vec<f32> {
        let mut logits = Vec::with_capacity((2 * self.places - 1) * CLASSES);
        for (place, answer) in beliefs.chunks_exact(self.classes.len()).enumerate() {
            if place > 0 {
                logits.extend(
                    (0..CLASSES).map(|class| if class == CLASSES - 1 { 0.0 } else { MIN_BELIEF.ln() }),
                );
            }
            let mut shares = [MIN_BELIEF; CLASSES];
            for (share, &class) in probabilities(answer).into_iter().zip(&self.classes) {
                shares[class] += share;
            }
            logits.extend(shares.map(f32::ln));
        }
        logits
    }
}

/// The answer of one place: as it is if it adds up to one, else taken for logits.
fn probabilities(answer: &[f32]) -> Vec<f32> {
    let total: f32 = answer.iter().sum();
    if (total - 1.0).abs() < 0.02 && answer.iter().all(|share| *share >= 0.0) {
        return answer.to_vec();
    }
    let top = answer.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let raised: Vec<f32> = answer.iter().map(|logit| (logit - top).exp()).collect();
    let total: f32 = raised.iter().sum();
    raised.into_iter().map(|share| share / total.max(f32::MIN_POSITIVE)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lattice::Columns;

    const YAML: &str = "max_plate_slots: 4\nalphabet: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_'\npad_char: '_'\n\
        img_height: 70\nimg_width: 140\nkeep_aspect_ratio: false\nimage_color_mode: grayscale\n";

    #[test]
    fn places_become_columns_and_the_rest_is_nothing() {
        let config = Config::parse(YAML).unwrap();
        assert_eq!((config.places, config.width, config.height, config.colours), (4, 140, 70, 1));
        let mut beliefs = vec![0.0; 4 * 37];
        for (place, class) in [7, 7, 10, 36].into_iter().enumerate() {
            beliefs[place * 37 + class] = 1.0;
        }
        let columns = Columns::from_logits(&config.columns_of(&beliefs));
        assert_eq!(columns.texts()[0], [7, 7, 10], "77A, the same digit twice");
    }

    #[test]
    fn answers_that_are_no_probabilities_are_taken_for_logits() {
        let shares = probabilities(&[4.0, 0.0]);
        assert!(shares[0] > 0.98 && (shares.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert_eq!(probabilities(&[0.25, 0.75]), [0.25, 0.75]);
    }

    #[test]
    fn what_is_wrong_with_the_file_is_named() {
        for (from, to, what) in [
            ("max_plate_slots: 4", "max_plate_slots: 400", "max_plate_slots"),
            ("pad_char: '_'", "pad_char: '#'", "alphabet"),
            ("keep_aspect_ratio: false", "keep_aspect_ratio: true", "keep_aspect_ratio"),
            ("grayscale", "cmyk", "image_color_mode"),
            ("img_width: 140\n", "", "img_width"),
        ] {
            let error = Config::parse(&YAML.replace(from, to)).err().unwrap();
            assert!(error.contains(what), "{error}");
        }
        assert!(Config::parse(": [").is_err() && Config::parse("").is_err());
    }
}
