//! An offline list that is still arriving, part by part.

use boomgate_schemas::bytes::Octets;
use boomgate_schemas::down::{ListTerms, SyncPart};

/// An offline list that is still arriving.
pub(super) struct PartialList {
    pub version: u64,
    parts: u32,
    pub key: Octets<32>,
    arrived: Vec<u32>,
    pub entries: Vec<ListTerms>,
}

impl PartialList {
    /// Takes a part in. A part of another version begins anew; the list is given back once it is whole.
    pub(super) fn add(list: &mut Option<Self>, part: SyncPart) -> Option<Self> {
        let SyncPart { version, parts, key, .. } = part;
        let begun = list.take().filter(|list| list.version == version && list.parts == parts);
        let mut current =
            begun.unwrap_or_else(|| Self { version, parts, key, arrived: Vec::new(), entries: Vec::new() });
        if !current.arrived.contains(&part.part) {
            current.arrived.push(part.part);
            current.entries.extend(part.entries.into_iter().map(ListTerms::from));
            current.entries.extend(part.terms);
        }
        if current.arrived.len() < current.parts as usize {
            *list = Some(current);
            return None;
        }
        Some(current)
    }
}
