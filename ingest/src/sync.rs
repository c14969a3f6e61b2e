//! The offline list: keyed tags of plates, sent in parts to a lane whose version is older.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use boomgate_domain::listing::{ListingKey, PlateTag};
use boomgate_domain::plate::Plate;
use boomgate_schemas::bytes::Octets;
use boomgate_schemas::down::{ListEntry, ListKind, MAX_ENTRIES, SyncPart};
use boomgate_schemas::envelope::{self, Header};
use boomgate_schemas::topic::Leaf;
use boomgate_schemas::up::SyncRequest;
use boomgate_store::pool::within;
use boomgate_store::subscriptions::{self, Listed};
use boomgate_store::{Pool, StoreError, sites};
use ed25519_dalek::SigningKey;
use jiff::Timestamp;

use crate::bus::{Incoming, Sender};
use crate::clock;
use crate::complaints::Complaints;
use crate::directory::{Device, Directory};
use crate::fair_queue::LaneKey;
use crate::guard::caught;
use crate::health::HealthReporter;
use crate::inbound::{self, Refusal};
use crate::intake::{Arrived, refused};
use crate::latest_queue::LatestQueue;

const LIMIT: Duration = Duration::from_secs(10);

/// What the answers are made of.
pub(crate) struct Lists {
    pub directory: Directory,
    pub pool: Pool,
    pub sender: Sender,
    pub key: SigningKey,
    pub health: HealthReporter,
    pub complaints: Arc<Complaints>,
}

/// Answers one request after the other until the queue is closed.
pub(crate) async fn run(lists: Lists, messages: Arc<LatestQueue<Arrived>>) {
    loop {
        let (message, _) = messages.pop().await;
        let key = LaneKey::of(&message.topic);
        let answer = within(LIMIT, async { Ok(lists.answer(&message).await) });
        match caught(answer).await {
            Ok(answered) => {
                if let Err(refusal) = answered.unwrap_or_else(|timeout| Err(timeout.into())) {
                    refused(&key, &refusal, &lists.health, &lists.complaints);
                }
            }
            Err(panicked) => {
                tracing::error!(lane.code = %key, %panicked, "list request dropped: its handler panicked")
            }
        }
    }
}

impl Lists {
    async fn answer(&self, message: &Incoming) -> Result<(), Refusal> {
        let signed = inbound::verify(&self.directory, message).await?;
        let request = SyncRequest::decode(&signed.payload.unwrap_or_default()).map_err(Refusal::Malformed)?;
        for part in self.parts(&signed.device, request.have, clock::now()).await? {
            let topic = signed.device.topic(Leaf::List);
            let bytes = envelope::seal(&topic, &Header::server(), part.encode(), &self.key);
            self.sender.publish(topic, bytes);
        }
        Ok(())
    }

    /// Nothing when the lane has the newest version already.
    async fn parts(&self, device: &Device, have: u64, now: Timestamp) -> Result<Vec<SyncPart>, StoreError> {
        let client = self.pool.get().await?;
        let state = sites::state(&client, device.site).await?;
        let version = state.list_version.unsigned_abs();
        if have >= version {
            return Ok(Vec::new());
        }
        let site = sites::get(&client, device.site).await?;
        let key = site.and_then(|site| Octets::<32>::from_slice(&site.list_key));
        let key = key.ok_or_else(|| StoreError::NotFound { what: "site", id: device.site.to_string() })?;
        let listed = subscriptions::listed(&client, device.site, now).await?;
        Ok(cut(version, key, &listed))
    }
}

fn cut(version: u64, key: Octets<32>, listed: &[Listed]) -> Vec<SyncPart> {
    let entries = entries(&ListingKey::from_bytes(key.0), listed);
    let mut chunks: Vec<Vec<ListEntry>> = entries.chunks(MAX_ENTRIES).map(<[ListEntry]>::to_vec).collect();
    if chunks.is_empty() {
        chunks.push(Vec::new());
    }
    let parts = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
    (0..).zip(chunks).map(|(part, entries)| SyncPart { version, part, parts, key, entries }).collect()
}

/// One entry of a tag and a kind: the one that holds longest.
fn entries(tags: &ListingKey, listed: &[Listed]) -> Vec<ListEntry> {
    let mut longest: BTreeMap<(PlateTag, bool), Option<i64>> = BTreeMap::new();
    for one in listed {
        let Ok(plate) = Plate::parse(&one.plate) else { continue };
        let until_ms = one.valid_until.map(Timestamp::as_millisecond);
        let is_block = one.kind == "block";
        let twins = is_block.then(|| tags.block_tag(&plate));
        for tag in twins.into_iter().chain([tags.tag(&plate)]) {
            longest
                .entry((tag, is_block))
                .and_modify(|known| *known = known.zip(until_ms).map(|(known, new)| known.max(new)))
                .or_insert(until_ms);
        }
    }
    let kind = |is_block| if is_block { ListKind::Block } else { ListKind::Subscription };
    let entry = |((tag, is_block), until_ms): ((PlateTag, bool), _)| ListEntry {
        tag: Octets(*tag.as_bytes()),
        kind: kind(is_block),
        until_ms,
    };
    longest.into_iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_cut_and_an_empty_one_is_still_told() {
        let one = |number: usize| Listed {
            plate: format!("W{number}"),
            kind: "subscription".into(),
            valid_until: None,
        };
        let listed: Vec<Listed> = (0..MAX_ENTRIES + 1).map(one).collect();
        let parts = cut(4, Octets([1; 32]), &listed);
        assert_eq!(parts.iter().map(|part| part.entries.len()).collect::<Vec<_>>(), [MAX_ENTRIES, 1]);
        assert!(parts.iter().all(|part| SyncPart::decode(&part.encode()).is_ok()));
        assert_eq!(cut(4, Octets([1; 32]), &[]).len(), 1);
    }

    #[test]
    fn a_block_was_listed_for_one_spelling_of_its_plate_only() {
        let listed = |plate: &str, kind: &str, until: Option<i64>| Listed {
            plate: plate.into(),
            kind: kind.into(),
            valid_until: until.map(|second| Timestamp::from_second(second).unwrap()),
        };
        let tags = ListingKey::from_bytes([1; 32]);
        let plate = |text: &str| Plate::parse(text).unwrap();
        let tag = |text: &str| Octets(*tags.tag(&plate(text)).as_bytes());
        let blocks = [listed("WPI1234", "block", Some(9)), listed("WP11234", "block", Some(5))];
        let found = entries(&tags, &blocks);
        let until = |text: &str| found.iter().find(|one| one.tag == tag(text)).and_then(|one| one.until_ms);
        assert_eq!((found.len(), until("WPI1234"), until("WP11234")), (2, Some(9_000), Some(9_000)));
        let right = entries(&tags, &[listed("WPI1234", "subscription", None)]);
        assert_eq!(right.iter().map(|one| one.tag).collect::<Vec<_>>(), [tag("WPI1234")]);
    }
}
