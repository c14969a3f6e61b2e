//! Which events of a batch are kept already under whatever number: asked only of those whose number is not new, or that
//! say that they had another one before.

use std::collections::HashSet;

use boomgate_store::batch::Facts;
use boomgate_store::dead_letters::{self, Unreadable};
use boomgate_store::devices::DeviceFacts;
use boomgate_store::events::{self, EventKey};
use boomgate_store::{GenericClient, StoreError};
use uuid::Uuid;

use crate::inbound::{Content, Received};

/// What is kept already, by device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StoredEvents {
    /// Events by their ids.
    pub events: HashSet<(Uuid, Uuid)>,
    /// Messages that cannot be decoded, by their first number.
    pub letters: HashSet<(Uuid, i64)>,
}

/// Looks up what may be known.
pub(super) async fn look_up(
    client: &impl GenericClient,
    facts: &Facts,
    batch: &[Received],
) -> Result<StoredEvents, StoreError> {
    let mut kept = StoredEvents::default();
    let keys: Vec<EventKey> = batch.iter().flat_map(|message| doubtful(facts, message)).collect();
    if !keys.is_empty() {
        let known = events::known(client, &keys).await?;
        kept.events = known.into_iter().map(|event| (event.device_id, event.id)).collect();
    }
    let unreadable: Vec<Unreadable<'_>> =
        batch.iter().filter_map(|message| unreadable(facts, message)).collect();
    if !unreadable.is_empty() {
        let same = dead_letters::same(client, &unreadable).await?;
        kept.letters = same.into_iter().map(|letter| (letter.device_id, letter.first_seq)).collect();
    }
    Ok(kept)
}

/// The events of a message that may be kept, under the numbers they may be kept under.
fn doubtful(facts: &Facts, message: &Received) -> Vec<EventKey> {
    let (site_id, device_id) = (message.device.site.as_uuid(), message.device.id.as_uuid());
    let Content::Events(events) = &message.content else { return Vec::new() };
    let Some(device) = facts.devices.iter().find(|device| device.device_id == device_id) else {
        return Vec::new();
    };
    let key = |id: Uuid, seq: u64| EventKey { site_id, device_id, id, seq: seq.cast_signed() };
    let is_doubtful = |seq: u64| is_known(facts, device, seq.cast_signed());
    let mut keys = Vec::new();
    for event in events {
        if event.was.is_some() || is_doubtful(event.seq) {
            keys.push(key(event.id, event.seq));
        }
        keys.extend(event.was.map(|was| key(event.id, was)));
    }
    keys
}

fn is_known(facts: &Facts, device: &DeviceFacts, seq: i64) -> bool {
    let in_range = || {
        let own = facts.inbox.iter().filter(|range| range.device_id == device.device_id);
        own.into_iter().any(|range| (range.seq..=range.last_seq).contains(&seq))
    };
    seq <= device.kept_upto || seq <= device.ids_until || in_range()
}

fn unreadable<'a>(facts: &Facts, message: &'a Received) -> Option<Unreadable<'a>> {
    let Content::Rejected(_) = message.content else { return None };
    let device = facts.devices.iter().find(|device| device.device_id == message.device.id.as_uuid())?;
    is_known(facts, device, message.first.cast_signed()).then(|| Unreadable {
        site_id: message.device.site.as_uuid(),
        device_id: message.device.id.as_uuid(),
        first_seq: message.first.cast_signed(),
        last_seq: message.last.cast_signed(),
        payload: &message.bytes,
    })
}
