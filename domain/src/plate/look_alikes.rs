//! Signs that people and cameras take for each other. For search only: nothing is decided by them.

use super::Plate;

/// The function `look_alike_key` of the database must agree.
const SAME: [(u8, u8); 8] = [
    (b'O', b'0'),
    (b'D', b'0'),
    (b'Q', b'0'),
    (b'I', b'1'),
    (b'Z', b'2'),
    (b'S', b'5'),
    (b'B', b'8'),
    (b'G', b'6'),
];

/// Equal for plates, and parts of plates, that can be taken for each other: `BO0` and `8QD`.
pub fn look_alike_key(plate: &Plate) -> String {
    let same =
        |symbol: u8| SAME.iter().find(|(letter, _)| *letter == symbol).map_or(symbol, |(_, digit)| *digit);
    plate.as_str().bytes().map(same).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_alike_has_one_key() {
        let key = |text: &str| look_alike_key(&Plate::parse(text).unwrap());
        assert_eq!(key("BO0-ISZG"), "800 1526".replace(' ', ""));
        assert_eq!(key("8QD1526"), key("BO0ISZG"));
        assert_ne!(key("A1"), key("4I"));
    }
}
