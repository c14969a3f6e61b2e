//! The offline list of one lane, cut into messages: what holds now without more as plain entries, the rest with its terms.

use std::collections::BTreeMap;

use boomgate_domain::listing::{ListingKey, PlateTag};
use boomgate_domain::plate::Plate;
use boomgate_schemas::bytes::Octets;
use boomgate_schemas::down::{
    ListEntry, ListKind, ListPause, ListTerms, ListWindow, MAX_ENTRIES, MAX_WINDOWS, SyncPart,
};
use boomgate_store::subscriptions::{self, Listed};
use jiff::Timestamp;
use uuid::Uuid;

/// Encoded bytes of a part's entries, about; an envelope and more fit beside.
const PART_BYTES: usize = 48 * 1024;
/// Of an entry without windows, at most.
const ENTRY_BYTES: usize = 160;
const WINDOW_BYTES: usize = 32;

/// The parts of a version for one lane. An empty list is one part: it takes the place of the one before.
pub(crate) fn cut(
    version: u64,
    key: Octets<32>,
    tags: &ListingKey,
    listed: &[Listed],
    lane: Uuid,
    now: Timestamp,
) -> Vec<SyncPart> {
    let (entries, terms) = entries(tags, listed, lane, now);
    let plain = entries.chunks(MAX_ENTRIES).map(|chunk| (chunk.to_vec(), Vec::new()));
    let with_terms = fitting(terms).into_iter().map(|chunk| (Vec::new(), chunk));
    let mut chunks: Vec<(Vec<ListEntry>, Vec<ListTerms>)> = plain.chain(with_terms).collect();
    if chunks.is_empty() {
        chunks.push((Vec::new(), Vec::new()));
    }
    let parts = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
    let part = |(part, (entries, terms))| SyncPart { version, part, parts, key, entries, terms };
    (0..).zip(chunks).map(part).collect()
}

/// One plain entry of a tag and a kind: the one that holds longest. Those with terms all.
fn entries(
    tags: &ListingKey,
    listed: &[Listed],
    lane: Uuid,
    now: Timestamp,
) -> (Vec<ListEntry>, Vec<ListTerms>) {
    let mut longest: BTreeMap<(PlateTag, bool), Option<i64>> = BTreeMap::new();
    let mut terms = Vec::new();
    for one in listed {
        let Ok(plate) = Plate::parse(&one.plate) else { continue };
        let is_block = one.kind == "block";
        let twins = is_block.then(|| tags.block_tag(&plate)).filter(|twins| *twins != tags.tag(&plate));
        for tag in twins.into_iter().chain([tags.tag(&plate)]) {
            let entry = with_terms(one, tag, lane, now);
            match entry.plain() {
                Some(plain) => {
                    longest
                        .entry((tag, is_block))
                        .and_modify(|known| {
                            *known = known.zip(plain.until_ms).map(|(known, new)| known.max(new))
                        })
                        .or_insert(plain.until_ms);
                }
                None => terms.push(entry),
            }
        }
    }
    let plain = longest.into_iter().map(|((tag, is_block), until_ms)| ListEntry {
        tag: Octets(*tag.as_bytes()),
        kind: kind(is_block),
        until_ms,
    });
    (plain.collect(), terms)
}

const fn kind(is_block: bool) -> ListKind {
    if is_block { ListKind::Block } else { ListKind::Subscription }
}

/// What a lane must know of a right or a block; a plain one looks like an entry without terms.
fn with_terms(one: &Listed, tag: PlateTag, lane: Uuid, now: Timestamp) -> ListTerms {
    let windows = subscriptions::windows(&one.windows).into_iter().take(MAX_WINDOWS).map(|window| {
        ListWindow { days: window.days.bits(), from: window.from_minute, to: window.to_minute }
    });
    let pause = one.paused_from.filter(|_| one.paused_until.is_none_or(|until| until > now));
    let entry = ListTerms {
        tag: Octets(*tag.as_bytes()),
        kind: kind(one.kind == "block"),
        from_ms: one.valid_from.filter(|from| *from > now).map(Timestamp::as_millisecond),
        until_ms: one.valid_until.map(Timestamp::as_millisecond),
        windows: windows.collect(),
        pause: pause.map(|from| ListPause {
            from_ms: from.as_millisecond(),
            until_ms: one.paused_until.map(Timestamp::as_millisecond),
        }),
        refuse: false,
        counted: one.counted,
        elsewhere: !one.lanes.is_empty() && !one.lanes.contains(&lane),
    };
    // What says nothing else refuses nobody.
    let refuse = one.outside_terms == "refuse" && entry.plain().is_none();
    ListTerms { refuse, ..entry }
}

fn fitting(terms: Vec<ListTerms>) -> Vec<Vec<ListTerms>> {
    let (mut parts, mut bytes) = (Vec::new(), usize::MAX);
    for entry in terms {
        let size = WINDOW_BYTES.saturating_mul(entry.windows.len()).saturating_add(ENTRY_BYTES);
        if bytes.saturating_add(size) > PART_BYTES {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes = bytes.saturating_add(size);
        if let Some(part) = parts.last_mut() {
            part.push(entry);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use boomgate_domain::subscription::{WeekWindow, Weekdays};
    use boomgate_schemas::MAX_PAYLOAD;
    use serde_json::json;

    use super::*;

    const KEY: [u8; 32] = [1; 32];

    fn listed(plate: &str, kind: &str, until: Option<i64>) -> Listed {
        Listed {
            plate: plate.into(),
            kind: kind.into(),
            valid_from: None,
            valid_until: until.map(|second| Timestamp::from_second(second).unwrap()),
            windows: json!([]),
            lanes: Vec::new(),
            paused_from: None,
            paused_until: None,
            outside_terms: "refuse".into(),
            counted: false,
        }
    }

    fn cut_for(lane: Uuid, listed: &[Listed]) -> Vec<SyncPart> {
        cut(4, Octets(KEY), &ListingKey::from_bytes(KEY), listed, lane, Timestamp::UNIX_EPOCH)
    }

    fn tag(text: &str) -> Octets<16> {
        Octets(*ListingKey::from_bytes(KEY).tag(&Plate::parse(text).unwrap()).as_bytes())
    }

    #[test]
    fn a_long_list_is_cut_and_an_empty_one_is_still_told() {
        let mut all: Vec<Listed> =
            (0..MAX_ENTRIES + 1).map(|number| listed(&format!("W{number}"), "subscription", None)).collect();
        let sizes = |parts: &[SyncPart]| parts.iter().map(|part| part.entries.len()).collect::<Vec<_>>();
        let parts = cut_for(Uuid::nil(), &all);
        assert_eq!(sizes(&parts), [MAX_ENTRIES, 1]);
        assert_eq!(cut_for(Uuid::nil(), &[]).len(), 1);

        let days = Weekdays::ALL;
        let windows: Vec<WeekWindow> =
            (0..32).map(|hour| WeekWindow { days, from_minute: 700 + hour, to_minute: 1400 }).collect();
        for one in &mut all {
            (one.windows, one.counted) = (json!(windows), true);
        }
        let parts = cut_for(Uuid::nil(), &all);
        assert_eq!(parts.iter().map(|part| part.terms.len()).sum::<usize>(), MAX_ENTRIES + 1);
        for part in &parts {
            let bytes = part.encode();
            assert!(bytes.len() < MAX_PAYLOAD - 1024 && SyncPart::decode(&bytes).is_ok(), "{}", bytes.len());
        }
    }

    #[test]
    fn a_block_is_listed_for_every_spelling_of_its_plate_as_long_as_the_longest() {
        let blocks = [listed("WPI1234", "block", Some(9)), listed("WP11234", "block", Some(5))];
        let found = cut_for(Uuid::nil(), &blocks).remove(0).entries;
        let until = |text: &str| found.iter().find(|one| one.tag == tag(text)).and_then(|one| one.until_ms);
        assert_eq!((found.len(), until("WPI1234"), until("WP11234")), (2, Some(9_000), Some(9_000)));
        let right = cut_for(Uuid::nil(), &[listed("WPI1234", "subscription", None)]).remove(0).entries;
        assert_eq!(right.iter().map(|one| one.tag).collect::<Vec<_>>(), [tag("WPI1234")]);
    }

    #[test]
    fn what_holds_later_at_times_or_elsewhere_is_listed_with_its_terms() {
        let (here, there) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let second = |second| Some(Timestamp::from_second(second).unwrap());
        let plain = listed("W1", "subscription", Some(9));
        let all = [
            plain.clone(),
            Listed { valid_from: second(5), ..listed("W2", "block", None) },
            Listed { lanes: vec![here], ..listed("W3", "subscription", None) },
            Listed { paused_from: second(5), paused_until: second(7), ..listed("W4", "subscription", None) },
            Listed { counted: true, ..listed("W5", "subscription", None) },
        ];
        let part = cut_for(here, &all).into_iter().reduce(|mut all, one| {
            all.entries.extend(one.entries);
            all.terms.extend(one.terms);
            all
        });
        let part = part.unwrap();
        let plain: Vec<_> = part.entries.iter().map(|entry| entry.tag).collect();
        assert!(plain.contains(&tag("W1")) && plain.contains(&tag("W3")) && plain.len() == 2);
        let later = part.terms.iter().find(|one| one.tag == tag("W2")).unwrap();
        assert_eq!((later.kind, later.from_ms), (ListKind::Block, Some(5_000)));
        let paused = part.terms.iter().find(|one| one.tag == tag("W4")).unwrap();
        assert_eq!(paused.pause, Some(ListPause { from_ms: 5_000, until_ms: Some(7_000) }));
        assert!(paused.refuse && part.terms.iter().any(|one| one.tag == tag("W5") && one.counted));
        let elsewhere = cut_for(there, &all).into_iter().flat_map(|part| part.terms);
        assert!(elsewhere.into_iter().any(|one| one.tag == tag("W3") && one.elsewhere));
    }
}
