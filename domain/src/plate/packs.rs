//! Plate series of countries, as data: one TOML file per country in `domain/plates`, and those of a site's own.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::grammar::GrammarError;

/// What the plates of one country look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// Such as `DE` or `VN`.
    pub country: String,
    /// Countries named together, such as `EU`.
    #[serde(default)]
    pub region: String,
    /// The law or standard the series were taken from.
    pub source: String,
    pub series: Vec<Series>,
}

/// A series of one country.
///
/// Patterns: `L` a letter of `letters`, `K` a letter of `serials`, `D` a digit, `A` letter or digit, `[EH]` one of the
/// named characters; `{m,n}` repeats the place before it; a space, `-` or `.` stands between places on the plate, `/`
/// begins its second line. Each pattern may expand to several forms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// Such as `standard` or `motorcycle`.
    pub name: String,
    /// How many of the country's vehicles have it, in any unit the series of the country share.
    pub share: f32,
    pub patterns: Vec<String>,
    #[serde(default = "all_letters")]
    pub letters: String,
    /// Letters of `K` places; those of `letters` when empty.
    #[serde(default)]
    pub serials: String,
    /// Plates as they are written; a test reads each back.
    #[serde(default)]
    pub examples: Vec<String>,
}

pub(super) fn all_letters() -> String {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ".to_owned()
}

const FILES: [(&str, &str); 13] = [
    ("at.toml", include_str!("../../plates/at.toml")),
    ("br.toml", include_str!("../../plates/br.toml")),
    ("cz.toml", include_str!("../../plates/cz.toml")),
    ("de.toml", include_str!("../../plates/de.toml")),
    ("es.toml", include_str!("../../plates/es.toml")),
    ("fr.toml", include_str!("../../plates/fr.toml")),
    ("gb.toml", include_str!("../../plates/gb.toml")),
    ("it.toml", include_str!("../../plates/it.toml")),
    ("no.toml", include_str!("../../plates/no.toml")),
    ("pl.toml", include_str!("../../plates/pl.toml")),
    ("sk.toml", include_str!("../../plates/sk.toml")),
    ("us.toml", include_str!("../../plates/us.toml")),
    ("vn.toml", include_str!("../../plates/vn.toml")),
];

static SHIPPED: LazyLock<Vec<Pack>> = LazyLock::new(|| {
    let parse =
        |(file, text): (&str, &str)| Pack::parse(file, text).expect("a test reads every shipped file");
    FILES.into_iter().map(parse).collect()
});

impl Pack {
    /// `file` stands in messages only.
    pub fn parse(file: &str, text: &str) -> Result<Pack, GrammarError> {
        toml::from_str(text).map_err(|error| GrammarError::File {
            file: file.to_owned(),
            what: error.to_string().trim_end().replace('\n', " "),
        })
    }
}

/// The packs shipped with the program, by country.
pub fn shipped() -> &'static [Pack] {
    &SHIPPED
}

/// The shipped packs of a country or of all countries of a region.
pub fn named(name: &str) -> Vec<&'static Pack> {
    shipped().iter().filter(|pack| pack.country == name || pack.region == name).collect()
}

/// Countries with shipped packs, sorted.
pub fn countries() -> Vec<&'static str> {
    shipped().iter().map(|pack| pack.country.as_str()).collect()
}
