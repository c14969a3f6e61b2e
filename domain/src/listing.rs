//! The offline list: rights and blocks under a keyed hash of the canonical plate, and what a lane finds in it.
//!
//! A stolen lane must not reveal the plates on its list: a plain hash of a plate is reversed by trying all plates, a keyed
//! one is not without the site's key. Server and lane derive the same tag; only canonical plates are ever tagged.

use std::collections::BTreeMap;
use std::fmt;

use hmac::{Hmac, Mac};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::decide::{
    BlockMatch, MatchSource, Matches, OfflinePolicy, ReservationMatch, SiteState, SubscriptionMatch,
};
use crate::plate::Plate;

/// The secret under which a site's plates are tagged.
#[derive(Clone, PartialEq, Eq)]
pub struct ListingKey([u8; 32]);

impl ListingKey {
    /// The key of these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key's bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// HMAC-SHA256 (RFC 2104) of the plate's text, first 16 bytes.
    pub fn tag(&self, plate: &Plate) -> PlateTag {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(plate.as_str().as_bytes());
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        PlateTag(std::array::from_fn(|index| whole[index]))
    }

    /// The tag under which a block of this plate, or of any twin of it (0 for O, 1 for I), is listed. A right listed there
    /// is another plate's.
    pub fn block_tag(&self, plate: &Plate) -> PlateTag {
        self.tag(&plate.twin_key())
    }
}

impl fmt::Debug for ListingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ListingKey(..)")
    }
}

/// A plate as the list knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PlateTag([u8; 16]);

impl PlateTag {
    /// The tag of these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The tag's bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for PlateTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What the list says about one plate.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listed {
    /// A block of the plate or of a twin of it.
    pub block: Option<BlockMatch>,
    /// A subscription of the plate.
    pub subscription: Option<SubscriptionMatch>,
    /// A reservation of the plate.
    pub reservation: Option<ReservationMatch>,
}

impl Listed {
    /// Whether the entry says anything; one that does not is removed from the list.
    pub const fn is_empty(&self) -> bool {
        self.block.is_none() && self.subscription.is_none() && self.reservation.is_none()
    }
}

/// A lane's list in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    entries: BTreeMap<PlateTag, Listed>,
}

impl Listing {
    /// Replaces the entry of a plate; an empty entry removes it.
    pub fn set(&mut self, tag: PlateTag, listed: Listed) {
        if listed.is_empty() {
            self.entries.remove(&tag);
        } else {
            self.entries.insert(tag, listed);
        }
    }

    /// The entry under this tag.
    pub fn get(&self, tag: &PlateTag) -> Option<&Listed> {
        self.entries.get(tag)
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// The matches of an arrival's plate in the lane's own list.
pub fn offline_matches(
    listed: Option<&Listed>,
    site: SiteState,
    policy: OfflinePolicy,
    time_zone: TimeZone,
) -> Matches {
    let listed = listed.cloned().unwrap_or_default();
    Matches {
        source: MatchSource::Offline(policy),
        site,
        block: listed.block,
        subscription: listed.subscription,
        reservation: listed.reservation,
        ..Matches::none(time_zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::Validity;
    use crate::ids::SubscriptionId;
    use uuid::Uuid;

    #[test]
    fn a_tag_is_the_first_half_of_hmac_sha256() {
        // RFC 4231 gives no case with a 32-byte key; this value is from Python's hmac module.
        let tag = ListingKey::from_bytes([7; 32]).tag(&Plate::parse("ABC123").unwrap());
        assert_eq!(tag.to_string(), "9b8f6320ffa8c819d73a04969ad06274");
    }

    #[test]
    fn keys_and_plates_make_different_tags() {
        let (one, two) = (ListingKey::from_bytes([1; 32]), ListingKey::from_bytes([2; 32]));
        let (a, b) = (Plate::parse("ABC123").unwrap(), Plate::parse("ABC124").unwrap());
        assert_ne!(one.tag(&a), two.tag(&a));
        assert_ne!(one.tag(&a), one.tag(&b));
        let (read, blocked) = (Plate::parse("IABC123").unwrap(), Plate::parse("1ABC123").unwrap());
        assert_eq!(one.block_tag(&read), one.block_tag(&blocked), "a block holds for twins");
        assert_ne!(one.tag(&read), one.tag(&blocked), "a right does not");
        assert_eq!(format!("{one:?}"), "ListingKey(..)");
    }

    #[test]
    fn an_emptied_entry_leaves_the_list() {
        let mut listing = Listing::default();
        let tag = ListingKey::from_bytes([1; 32]).tag(&Plate::parse("ABC123").unwrap());
        let validity = Validity { from: jiff::Timestamp::UNIX_EPOCH, until: None };
        let id = SubscriptionId::from_uuid(Uuid::from_u128(1));
        let subscription = Some(SubscriptionMatch::plain(id, validity));
        listing.set(tag, Listed { subscription: subscription.clone(), ..Listed::default() });
        let found =
            offline_matches(listing.get(&tag), SiteState::default(), OfflinePolicy::default(), TimeZone::UTC);
        assert_eq!(found.subscription, subscription);
        listing.set(tag, Listed::default());
        assert!(listing.is_empty());
    }
}
