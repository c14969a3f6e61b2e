//! Built-in plate series per country. A country's police prints these; a site adds its own as data.
//!
//! Sources: the registration rules of each country as commonly published; district codes are not checked.

use super::grammar::Series;

struct BuiltIn {
    country: &'static str,
    name: &'static str,
    patterns: &'static [&'static str],
    letters: &'static str,
    serials: &'static str,
}

const ALL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

const SERIES: &[BuiltIn] = &[
    BuiltIn { country: "AT", name: "standard", patterns: &["L{1,2}D{1,5}L{1,3}"], letters: ALL, serials: "" },
    BuiltIn { country: "BR", name: "mercosur", patterns: &["LLLDLDD"], letters: ALL, serials: "" },
    BuiltIn { country: "BR", name: "old", patterns: &["LLLDDDD"], letters: ALL, serials: "" },
    BuiltIn {
        country: "CZ",
        name: "standard",
        patterns: &["DLADDDD"],
        letters: "ABCDEFHIJKLMNPRSTUVXYZ",
        serials: "",
    },
    BuiltIn {
        country: "DE",
        name: "standard",
        patterns: &["L{2,4}D{1,4}", "LLLLLD{1,3}"],
        letters: ALL,
        serials: "",
    },
    BuiltIn {
        country: "DE",
        name: "suffixed",
        patterns: &["L{2,3}D{1,4}[EH]", "LLLLD{1,3}[EH]"],
        letters: ALL,
        serials: "",
    },
    BuiltIn {
        country: "ES",
        name: "standard",
        patterns: &["DDDDLLL"],
        letters: "BCDFGHJKLMNPRSTVWXYZ",
        serials: "",
    },
    BuiltIn {
        country: "FR",
        name: "standard",
        patterns: &["LLDDDLL"],
        letters: "ABCDEFGHJKLMNPQRSTVWXYZ",
        serials: "",
    },
    BuiltIn { country: "GB", name: "current", patterns: &["LLDDLLL"], letters: ALL, serials: "" },
    BuiltIn { country: "GB", name: "prefix", patterns: &["LD{1,3}LLL"], letters: ALL, serials: "" },
    BuiltIn { country: "GB", name: "suffix", patterns: &["LLLD{1,3}L"], letters: ALL, serials: "" },
    BuiltIn {
        country: "IT",
        name: "standard",
        patterns: &["LLDDDLL"],
        letters: "ABCDEFGHJKLMNPRSTVWXYZ",
        serials: "",
    },
    BuiltIn { country: "NO", name: "standard", patterns: &["LLDDDDD"], letters: ALL, serials: "" },
    BuiltIn {
        country: "PL",
        name: "two-letter",
        patterns: &["LLDDDDD", "LLDDDDK", "LLDDDKK", "LLDKDDD", "LLDKKDD"],
        letters: ALL,
        serials: "ACEFGHJKLMNPRSTUVWXY",
    },
    BuiltIn {
        country: "PL",
        name: "three-letter",
        patterns: &[
            "LLLKDDD", "LLLDDKK", "LLLDKDD", "LLLDDKD", "LLLDKKD", "LLLKKDD", "LLLDDDDD", "LLLDDDDK",
            "LLLDDDKK",
        ],
        letters: ALL,
        serials: "ACEFGHJKLMNPRSTUVWXY",
    },
    BuiltIn { country: "SK", name: "standard", patterns: &["LLDDDLL"], letters: ALL, serials: "" },
    BuiltIn {
        country: "US",
        name: "serial",
        patterns: &["LLLDDDD", "LLLDDD", "DDDLLL", "DLLLDDD", "DDDDLL", "LLDDDDD", "DDLLLDD", "DDDLLLL"],
        letters: ALL,
        serials: "",
    },
    // Vanity plates: any text has this form, so that nothing American is ever folded.
    BuiltIn { country: "US", name: "vanity", patterns: &["A{2,8}"], letters: ALL, serials: "" },
    BuiltIn {
        country: "VN",
        name: "car",
        patterns: &["DDLD{4,5}", "DDLLDDDDD"],
        letters: "ABCDEFGHKLMNPRSTUVXYZ",
        serials: "",
    },
    BuiltIn {
        country: "VN",
        name: "motorcycle",
        patterns: &["DDLDD{4,5}", "DDLLDDDDD"],
        letters: "ABCDEFGHKLMNPRSTUVXYZ",
        serials: "",
    },
];

/// The built-in series of `country`; empty if there are none.
pub fn series_of(country: &str) -> Vec<Series> {
    SERIES.iter().filter(|series| series.country == country).map(owned).collect()
}

/// Countries with built-in series, sorted.
pub fn known() -> Vec<&'static str> {
    let mut countries: Vec<_> = SERIES.iter().map(|series| series.country).collect();
    countries.dedup();
    countries
}

fn owned(series: &BuiltIn) -> Series {
    Series {
        country: series.country.to_owned(),
        name: series.name.to_owned(),
        patterns: series.patterns.iter().map(|pattern| (*pattern).to_owned()).collect(),
        letters: series.letters.to_owned(),
        serials: series.serials.to_owned(),
    }
}
