//! Which events of a batch are new and in their turn, and what becomes of the others.

use boomgate_domain::reason::Reason;
use boomgate_schemas::up::{Event, EventBody};
use boomgate_store::StoreError;
use boomgate_store::dead_letters::NewDeadLetter;
use jiff::{SignedDuration, Timestamp};

use super::held_messages::GAP_WAIT;
use super::messages::events;
use crate::clock;
use crate::fair_queue::LaneKey;
use crate::handle::BatchState;
use crate::inbound::{Content, Received};

/// An arrival that happened this lately is decided on at once, whatever is still missing before it.
const LIVE_WINDOW: SignedDuration = SignedDuration::from_secs(10);

/// What the fold did not put into the batch's state.
#[derive(Default)]
pub(super) struct Folded {
    /// Messages that cannot be decoded.
    pub letters: Vec<NewDeadLetter>,
    /// What waits for something before it.
    pub held: Vec<Received>,
    pub complaints: Vec<(LaneKey, &'static str)>,
}

/// Applies every event that is new and in its turn.
pub(super) fn fold(
    batch_state: &mut BatchState<'_>,
    batch: &[Received],
    now: Timestamp,
) -> Result<Folded, StoreError> {
    let mut folded = Folded::default();
    for message in batch {
        if must_wait(batch_state, message, now) {
            folded.held.push(message.clone());
            continue;
        }
        match &message.content {
            Content::Events(events) => {
                let mut complaint = None;
                for event in events {
                    let one = take(batch_state, message, event)?;
                    complaint = complaint.or(one);
                }
                // One a message: a store that is behind brings many such events at once and means no harm.
                folded.complaints.extend(complaint.map(|kind| (LaneKey::of(&message.topic), kind)));
            }
            Content::Rejected(reason) => {
                if let Some(letter) = take_dead_letter(batch_state, message, reason, &folded.letters) {
                    folded.complaints.push((LaneKey::of(&message.topic), reason.code()));
                    folded.letters.push(letter);
                }
            }
        }
    }
    Ok(folded)
}

/// Takes one event in, unless it is known or has no room; what is to be complained of.
fn take(
    batch_state: &mut BatchState<'_>,
    message: &Received,
    event: &Event,
) -> Result<Option<&'static str>, StoreError> {
    let (device, seq) = (&message.device, event.seq.cast_signed());
    let known = batch_state.is_kept(device, event);
    let Some(view) = batch_state.devices.get_mut(&device.id.as_uuid()) else { return Ok(None) };
    let numbered = view.kept.contains(seq);
    if known || numbered {
        metrics::counter!("boomgate_ingest_duplicates_total").increment(1);
        if !known {
            batch_state.number_is_taken(device, event, message.received_at);
            return Ok(Some("number_taken"));
        }
        if !numbered && view.kept.has_room_for(&ranges(event)) {
            view.keep(&ranges(event), i64::from(event.boot));
            batch_state.renumbered(device, event, message.received_at);
        }
        return Ok(None);
    }
    if !view.kept.has_room_for(&ranges(event)) {
        metrics::counter!("boomgate_ingest_dropped_total", "why" => "holes").increment(1);
        return Ok(Some("holes"));
    }
    view.keep(&ranges(event), i64::from(event.boot));
    batch_state.apply(device, event, message.received_at)?;
    Ok(None)
}

/// The numbers an event answers for.
fn ranges(event: &Event) -> Vec<(i64, i64)> {
    let seq = event.seq.cast_signed();
    let mut ranges = Vec::new();
    if let EventBody::Gap(gap) = &event.body {
        ranges.push((gap.first.cast_signed(), gap.last.cast_signed()));
    }
    ranges.push((seq, seq));
    ranges
}

/// What comes after a hole waits a little for what is missing, unless a car stands there now.
fn must_wait(batch_state: &BatchState<'_>, message: &Received, now: Timestamp) -> bool {
    let Some(view) = batch_state.devices.get(&message.device.id.as_uuid()) else { return false };
    let mut kept = view.kept.clone();
    kept.add(message.first.cast_signed(), message.last.cast_signed());
    for (first, last) in events(message).iter().flat_map(ranges) {
        kept.add(first, last);
    }
    if kept.upto() >= message.last.cast_signed() {
        return false;
    }
    let gap_wait = SignedDuration::try_from(GAP_WAIT).unwrap_or(LIVE_WINDOW);
    now.duration_since(message.received_at) < gap_wait
        && !events(message).iter().any(|event| is_live(batch_state, message, event, now))
}

fn is_live(batch_state: &BatchState<'_>, message: &Received, event: &Event, now: Timestamp) -> bool {
    let at = batch_state.occurred_at(&message.device, event, message.received_at);
    matches!(event.body, EventBody::Arrival(_)) && now.duration_since(at) < LIVE_WINDOW
}

/// An unreadable message counts as kept, so that the lane can let go of it.
fn take_dead_letter(
    batch_state: &mut BatchState<'_>,
    message: &Received,
    reason: &Reason,
    before: &[NewDeadLetter],
) -> Option<NewDeadLetter> {
    let (first, last) = (message.first.cast_signed(), message.last.cast_signed());
    let id = Some(message.device.id.as_uuid());
    let again = before.iter().any(|letter| letter.device_id == id && letter.seq == Some((first, last)));
    let known = again || batch_state.is_dead_letter_stored(&message.device, first);
    let view = batch_state.devices.get_mut(&message.device.id.as_uuid())?;
    if known || (first..=last).all(|seq| view.kept.contains(seq)) {
        if !known {
            view.number_taken(first);
        }
        return None;
    }
    if !view.kept.has_room_for(&[(first, last)]) {
        return None;
    }
    view.kept.add(first, last);
    metrics::counter!("boomgate_ingest_dead_letters_total", "code" => reason.code()).increment(1);
    Some(NewDeadLetter {
        site_id: message.device.site.as_uuid(),
        id: clock::new_id(),
        device_id: Some(message.device.id.as_uuid()),
        seq: Some((first, last)),
        topic: message.topic.to_string(),
        code: reason.code().to_owned(),
        detail: reason.params().into_values().collect::<Vec<_>>().join("; "),
        payload: message.bytes.to_vec(),
        received_at: message.received_at,
    })
}
