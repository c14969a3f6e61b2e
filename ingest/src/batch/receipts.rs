//! What a batch says to the lanes once it is committed, and what it writes of their numbers.

use std::sync::Arc;

use boomgate_schemas::down::Rejected;
use boomgate_store::StoreError;
use boomgate_store::batch::Session;
use boomgate_store::dead_letters::{self, NewDeadLetter};
use boomgate_store::devices::{InboxRange, Mark};
use jiff::Timestamp;
use uuid::Uuid;

use crate::acks::Receipt;
use crate::handle::BatchState;
use crate::handle::device_view::DeviceView;
use crate::inbound::Received;

/// One receipt per device that was not only held back.
pub(super) fn receipts(
    batch_state: &BatchState<'_>,
    batch: &[Received],
    held: &[Received],
    letters: &[NewDeadLetter],
) -> Vec<Receipt> {
    let mut receipts: Vec<Receipt> = Vec::new();
    for message in batch {
        let id = message.device.id.as_uuid();
        let is_held = held.iter().any(|one| one.device.id == message.device.id && one.first == message.first);
        if is_held || receipts.iter().any(|receipt| receipt.device.id == message.device.id) {
            continue;
        }
        let Some(view) = batch_state.devices.get(&id) else { continue };
        let own = letters.iter().filter(|letter| letter.device_id == Some(id));
        let rejected = own.flat_map(|letter| rejections(letter.seq, &letter.code)).collect();
        let (upto, above) = view.acknowledged();
        receipts.push(Receipt {
            device: Arc::clone(&message.device),
            upto: upto.unsigned_abs(),
            rejected,
            echo: None,
            above: above.map(i64::unsigned_abs),
            wanted: None,
        });
    }
    receipts
}

fn rejections(seq: Option<(i64, i64)>, code: &str) -> Vec<Rejected> {
    let range = seq.map(|(first, last)| first..=last).into_iter().flatten();
    range.map(|seq| Rejected { seq: seq.unsigned_abs(), code: code.to_owned() }).collect()
}

/// A lane that repeats itself missed our answer, and perhaps a rejection in it.
pub(super) async fn reject_again(
    session: &Session,
    batch: &[Received],
    receipts: &mut [Receipt],
) -> Result<(), StoreError> {
    for message in batch {
        let device = &message.device;
        let (first, last) = (message.first.cast_signed(), message.last.cast_signed());
        let Some(receipt) = receipts.iter_mut().find(|receipt| receipt.device.id == device.id) else {
            continue;
        };
        let known = dead_letters::codes(session.client(), device.site, device.id, (first, last)).await?;
        let again = known
            .iter()
            .flat_map(|one| rejections(Some((one.first_seq.max(first), one.last_seq.min(last))), &one.code));
        receipt.rejected.extend(again);
    }
    Ok(())
}

/// The marks that moved, and what lies beyond them.
#[derive(Default)]
pub(super) struct MarkUpdates {
    pub marks: Vec<Mark>,
    pub inbox: Vec<InboxRange>,
    pub inbox_gone: Vec<InboxRange>,
}

pub(super) fn kept(batch_state: &BatchState<'_>, batch: &[Received], now: Timestamp) -> MarkUpdates {
    let mut kept = MarkUpdates::default();
    for (device_id, view) in &batch_state.devices {
        let Some(message) = batch.iter().find(|message| message.device.id.as_uuid() == *device_id) else {
            continue;
        };
        let site_id = message.device.site.as_uuid();
        kept.marks.extend(view.changed_mark(site_id, now));
        let (new, gone) = ranges(view, site_id);
        kept.inbox.extend(new);
        kept.inbox_gone.extend(gone);
    }
    kept
}

fn ranges(view: &DeviceView, site_id: Uuid) -> (Vec<InboxRange>, Vec<InboxRange>) {
    let device_id = view.facts.device_id;
    let range = |(seq, last_seq): (i64, i64)| InboxRange { site_id, device_id, seq, last_seq };
    let new = view.kept.beyond().filter(|(first, last)| view.stored.get(first) != Some(last));
    let gone = view.stored.iter().filter(|(first, _)| !view.kept.begins_at(**first));
    (new.map(range).collect(), gone.map(|(first, last)| range((*first, *last))).collect())
}
