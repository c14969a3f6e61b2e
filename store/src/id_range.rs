//! Ids are UUIDv7, so what was made about the same time lies together in the primary key.

use jiff::Timestamp;
use uuid::Uuid;

/// The ids made from `before_ms` before to `after_ms` after another; none where that one carries no time.
#[must_use]
pub(crate) fn around(id: Uuid, before_ms: u64, after_ms: u64) -> Option<(Uuid, Uuid)> {
    let (seconds, nanoseconds) = id.get_timestamp()?.to_unix();
    let at = seconds.saturating_mul(1000).saturating_add(u64::from(nanoseconds / 1_000_000));
    let first = |ms: u64| Uuid::from_u128(u128::from(ms) << 80);
    Some((first(at.saturating_sub(before_ms)), first(at.saturating_add(after_ms))))
}

/// The first id that could have been made at this time.
#[must_use]
pub(crate) fn since(at: Timestamp) -> Uuid {
    let ms = u64::try_from(at.as_millisecond()).unwrap_or(0);
    Uuid::from_u128(u128::from(ms) << 80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_lies_in_the_range_around_it_and_not_in_an_earlier_one() {
        let id: Uuid = "019381d4-5a00-7000-8000-000000000001".parse().unwrap();
        let (from, upto) = around(id, 1000, 1000).unwrap();
        assert!(from < id && id < upto);
        let later: Uuid = "019381d4-6a00-7000-8000-000000000001".parse().unwrap();
        assert!(later > upto);
        assert_eq!(around(Uuid::nil(), 1, 1), None);
    }
}
