//! Which events of a batch are new and in their turn, and what becomes of the others.

use boomgate_domain::reason::Reason;
use boomgate_schemas::up::{Event, EventBody};
use boomgate_store::StoreError;
use boomgate_store::dead_letters::NewDeadLetter;
use jiff::{SignedDuration, Timestamp};

use super::held::PATIENCE;
use super::messages::events;
use crate::clock;
use crate::fair_queue::LaneKey;
use crate::handle::World;
use crate::inbound::{Content, Received};

/// An arrival that happened this lately is decided on at once, whatever is still missing before it.
const LIVE: SignedDuration = SignedDuration::from_secs(10);

/// What is not in the picture after the fold.
#[derive(Default)]
pub(super) struct Folded {
    /// What nobody can read.
    pub letters: Vec<NewDeadLetter>,
    /// What waits for something before it.
    pub held: Vec<Received>,
    pub complaints: Vec<(LaneKey, &'static str)>,
}

/// Applies every event that is new and in its turn.
pub(super) fn fold(world: &mut World<'_>, batch: &[Received], now: Timestamp) -> Result<Folded, StoreError> {
    let mut folded = Folded::default();
    for message in batch {
        if must_wait(world, message, now) {
            folded.held.push(message.clone());
            continue;
        }
        match &message.content {
            Content::Events(events) => {
                let mut complaint = None;
                for event in events {
                    let one = take(world, message, event)?;
                    complaint = complaint.or(one);
                }
                // One a message: a store that is behind brings many such events at once and means no harm.
                folded.complaints.extend(complaint.map(|kind| (LaneKey::of(&message.topic), kind)));
            }
            Content::Rejected(reason) => {
                if let Some(letter) = take_letter(world, message, reason, &folded.letters) {
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
    world: &mut World<'_>,
    message: &Received,
    event: &Event,
) -> Result<Option<&'static str>, StoreError> {
    let (device, seq) = (&message.device, event.seq.cast_signed());
    let known = world.is_kept(device, event);
    let Some(view) = world.devices.get_mut(&device.id.as_uuid()) else { return Ok(None) };
    let numbered = view.kept.contains(seq);
    if known || numbered {
        metrics::counter!("boomgate_ingest_duplicates_total").increment(1);
        if !known {
            world.number_is_taken(device, event, message.received_at);
            return Ok(Some("number_taken"));
        }
        if !numbered && view.kept.has_room_for(&ranges(event)) {
            view.keep(&ranges(event), i64::from(event.boot));
            world.renumbered(device, event, message.received_at);
        }
        return Ok(None);
    }
    if !view.kept.has_room_for(&ranges(event)) {
        metrics::counter!("boomgate_ingest_dropped_total", "why" => "holes").increment(1);
        return Ok(Some("holes"));
    }
    view.keep(&ranges(event), i64::from(event.boot));
    world.apply(device, event, message.received_at)?;
    Ok(None)
}

/// The numbers an event answers for.
fn ranges(event: &Event) -> Vec<(i64, i64)> {
    let seq = event.seq.cast_signed();
    let gap = match &event.body {
        EventBody::Gap(gap) => Some((gap.first.cast_signed(), gap.last.cast_signed())),
        _ => None,
    };
    gap.into_iter().chain([(seq, seq)]).collect()
}

/// What comes after a hole waits a little for what is missing, unless a car stands there now.
fn must_wait(world: &World<'_>, message: &Received, now: Timestamp) -> bool {
    let Some(view) = world.devices.get(&message.device.id.as_uuid()) else { return false };
    let mut kept = view.kept.clone();
    kept.add(message.first.cast_signed(), message.last.cast_signed());
    for (first, last) in events(message).iter().flat_map(ranges) {
        kept.add(first, last);
    }
    if kept.upto() >= message.last.cast_signed() {
        return false;
    }
    let patience = SignedDuration::try_from(PATIENCE).unwrap_or(LIVE);
    now.duration_since(message.received_at) < patience
        && !events(message).iter().any(|event| is_live(world, message, event, now))
}

fn is_live(world: &World<'_>, message: &Received, event: &Event, now: Timestamp) -> bool {
    let at = world.occurred_at(&message.device, event, message.received_at);
    matches!(event.body, EventBody::Arrival(_)) && now.duration_since(at) < LIVE
}

/// An unreadable message counts as kept, so that the lane can let go of it.
fn take_letter(
    world: &mut World<'_>,
    message: &Received,
    reason: &Reason,
    before: &[NewDeadLetter],
) -> Option<NewDeadLetter> {
    let (first, last) = (message.first.cast_signed(), message.last.cast_signed());
    let id = Some(message.device.id.as_uuid());
    let again = before.iter().any(|letter| letter.device_id == id && letter.seq == Some((first, last)));
    let known = again || world.is_letter_kept(&message.device, first);
    let view = world.devices.get_mut(&message.device.id.as_uuid())?;
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
