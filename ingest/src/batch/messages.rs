//! The messages of a batch: how many of each device, in which order, and what is in them.

use std::collections::HashMap;

use boomgate_domain::ids::DeviceId;
use boomgate_schemas::up::Event;

use crate::inbound::{Content, Received};

/// Most events of one device in one transaction: whoever comes next waits for no more than that.
const MAX_DEVICE_EVENTS: usize = 64;
/// The messages of the next transaction, and those whose device has enough in it already.
pub(super) fn fair_share(waiting: Vec<Received>) -> (Vec<Received>, Vec<Received>) {
    let mut events_of: HashMap<DeviceId, usize> = HashMap::new();
    waiting.into_iter().partition(|message| {
        let events = events_of.entry(message.device.id).or_default();
        let first = *events == 0;
        *events = events.saturating_add(events_in(message));
        first || *events <= MAX_DEVICE_EVENTS
    })
}

fn events_in(message: &Received) -> usize {
    events(message).len().max(1)
}

/// Messages of one device by their first seq, each device's at the places where its messages stood: across devices the
/// order of receiving stays, for it is nearest to the order of happening.
pub(super) fn in_device_order(batch: &mut [Received]) {
    let mut places: HashMap<DeviceId, Vec<usize>> = HashMap::new();
    for (place, message) in batch.iter().enumerate() {
        places.entry(message.device.id).or_default().push(place);
    }
    for places in places.values().filter(|places| places.len() > 1) {
        let mut messages: Vec<Received> = places.iter().map(|place| batch[*place].clone()).collect();
        messages.sort_by_key(|message| message.first);
        places.iter().zip(messages).for_each(|(place, message)| batch[*place] = message);
    }
}

pub(super) fn events(message: &Received) -> &[Event] {
    match &message.content {
        Content::Events(events) => events,
        Content::Rejected(_) => &[],
    }
}

/// The events of a message as messages of one event each.
pub(super) fn singles(message: &Received) -> Vec<Received> {
    match &message.content {
        Content::Rejected(_) => vec![message.clone()],
        Content::Events(events) => events
            .iter()
            .map(|event| Received {
                first: event.seq,
                last: event.seq,
                content: Content::Events(vec![event.clone()]),
                ..message.clone()
            })
            .collect(),
    }
}
