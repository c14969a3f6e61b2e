//! The language of texts for people, by `Accept-Language` (RFC 9110, 12.5.4).

use boomgate_domain::reason::Lang;

/// The language that is wanted most of those there are; English where none is.
pub(crate) fn wanted(header: Option<&str>) -> Lang {
    let ranges = header.unwrap_or_default().split(',').filter_map(range);
    let best = ranges.filter(|(weight, _)| *weight > 0).reduce(|best, next| {
        // Of equals the first.
        if next.0 > best.0 { next } else { best }
    });
    best.map_or(Lang::En, |(_, lang)| lang)
}

/// Weight in thousandths and language of `vi-VN;q=0.8`.
fn range(text: &str) -> Option<(u16, Lang)> {
    let (tag, parameter) = text.split_once(';').unwrap_or((text, ""));
    let lang = match tag.trim().split('-').next()?.to_ascii_lowercase().as_str() {
        "vi" => Lang::Vi,
        "en" | "*" => Lang::En,
        _ => return None,
    };
    let weight = match parameter.trim().strip_prefix("q=") {
        None => 1000.0,
        Some(weight) => weight.parse::<f32>().ok().filter(|q| (0.0..=1.0).contains(q))? * 1000.0,
    };
    Some((weight as u16, lang))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_wanted_most_is_taken() {
        for (header, lang) in [
            (None, Lang::En),
            (Some("vi"), Lang::Vi),
            (Some("vi-VN,vi;q=0.9,en;q=0.8"), Lang::Vi),
            (Some("de, en;q=0.3, vi;q=0.5"), Lang::Vi),
            (Some("en;q=0.5, vi;q=0.5"), Lang::En),
            (Some("vi;q=0, *"), Lang::En),
            (Some("fr;q=x,,;;"), Lang::En),
        ] {
            assert_eq!(wanted(header), lang, "{header:?}");
        }
    }
}
