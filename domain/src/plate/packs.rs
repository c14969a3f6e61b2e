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
    /// Other names people give the country: its sign on vehicles (`D`), ISO 3166 in three letters, its name in English.
    #[serde(default)]
    pub names: Vec<String>,
    /// The law or standard the series were taken from.
    pub source: String,
    /// Its series.
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
    /// Forms of the series; see above for the symbols.
    pub patterns: Vec<String>,
    /// What `L` stands for.
    #[serde(default = "all_letters")]
    pub letters: String,
    /// Letters of `K` places; those of `letters` when empty.
    #[serde(default)]
    pub serials: String,
    /// Plates as they are written; a test reads each back.
    #[serde(default)]
    pub examples: Vec<String>,
    /// Plates made up by the rule alone: no picture or text of somebody else's shows one like it. Also read back.
    #[serde(default)]
    pub unconfirmed: Vec<String>,
}

pub(super) fn all_letters() -> String {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ".to_owned()
}

const FILES: [(&str, &str); 41] = [
    ("al.toml", include_str!("../../plates/al.toml")),
    ("at.toml", include_str!("../../plates/at.toml")),
    ("ba.toml", include_str!("../../plates/ba.toml")),
    ("be.toml", include_str!("../../plates/be.toml")),
    ("bg.toml", include_str!("../../plates/bg.toml")),
    ("br.toml", include_str!("../../plates/br.toml")),
    ("ch.toml", include_str!("../../plates/ch.toml")),
    ("cz.toml", include_str!("../../plates/cz.toml")),
    ("de.toml", include_str!("../../plates/de.toml")),
    ("dk.toml", include_str!("../../plates/dk.toml")),
    ("ee.toml", include_str!("../../plates/ee.toml")),
    ("es.toml", include_str!("../../plates/es.toml")),
    ("fi.toml", include_str!("../../plates/fi.toml")),
    ("fr.toml", include_str!("../../plates/fr.toml")),
    ("gb.toml", include_str!("../../plates/gb.toml")),
    ("gr.toml", include_str!("../../plates/gr.toml")),
    ("hr.toml", include_str!("../../plates/hr.toml")),
    ("hu.toml", include_str!("../../plates/hu.toml")),
    ("ie.toml", include_str!("../../plates/ie.toml")),
    ("is.toml", include_str!("../../plates/is.toml")),
    ("it.toml", include_str!("../../plates/it.toml")),
    ("li.toml", include_str!("../../plates/li.toml")),
    ("lt.toml", include_str!("../../plates/lt.toml")),
    ("lu.toml", include_str!("../../plates/lu.toml")),
    ("lv.toml", include_str!("../../plates/lv.toml")),
    ("md.toml", include_str!("../../plates/md.toml")),
    ("me.toml", include_str!("../../plates/me.toml")),
    ("mk.toml", include_str!("../../plates/mk.toml")),
    ("nl.toml", include_str!("../../plates/nl.toml")),
    ("no.toml", include_str!("../../plates/no.toml")),
    ("pl.toml", include_str!("../../plates/pl.toml")),
    ("pt.toml", include_str!("../../plates/pt.toml")),
    ("ro.toml", include_str!("../../plates/ro.toml")),
    ("rs.toml", include_str!("../../plates/rs.toml")),
    ("se.toml", include_str!("../../plates/se.toml")),
    ("si.toml", include_str!("../../plates/si.toml")),
    ("sk.toml", include_str!("../../plates/sk.toml")),
    ("tr.toml", include_str!("../../plates/tr.toml")),
    ("ua.toml", include_str!("../../plates/ua.toml")),
    ("us.toml", include_str!("../../plates/us.toml")),
    ("vn.toml", include_str!("../../plates/vn.toml")),
];

static SHIPPED: LazyLock<Vec<Pack>> = LazyLock::new(|| {
    let parse =
        |(file, text): (&str, &str)| Pack::parse(file, text).expect("a test reads every shipped file");
    FILES.into_iter().map(parse).collect()
});

impl Pack {
    fn is_code(&self, name: &str) -> bool {
        self.country.eq_ignore_ascii_case(name) || self.region.eq_ignore_ascii_case(name)
    }

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

/// The shipped packs of a country or of all countries of a region; case and spaces around the name do not matter, and
/// other common names do as well (`uk`, `D`, `Germany`).
pub fn named(name: &str) -> Vec<&'static Pack> {
    let name = name.trim();
    let codes: Vec<&Pack> = shipped().iter().filter(|pack| pack.is_code(name)).collect();
    if !codes.is_empty() {
        return codes;
    }
    shipped().iter().filter(|pack| pack.names.iter().any(|known| known.eq_ignore_ascii_case(name))).collect()
}

/// Countries with shipped packs, sorted.
pub fn countries() -> Vec<&'static str> {
    shipped().iter().map(|pack| pack.country.as_str()).collect()
}
