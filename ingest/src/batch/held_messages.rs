//! What comes after a hole, held back for a little while: bounded per device and in all.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use boomgate_domain::ids::DeviceId;

use crate::inbound::Received;

/// How long what comes after a hole waits for what is missing.
pub(super) const GAP_WAIT: Duration = Duration::from_millis(1500);
/// Most messages of one device; an agent has 32 under way.
const MAX_DEVICE_EVENTS: usize = 64;
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Messages held back for holes; what finds no room is dropped (it will be sent again).
#[derive(Default)]
pub(crate) struct HeldMessages {
    messages: Vec<(Instant, Received)>,
    of_device: HashMap<DeviceId, usize>,
    bytes: usize,
}

impl HeldMessages {
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.messages.iter().filter_map(|(since, _)| since.checked_add(GAP_WAIT)).min()
    }

    /// Takes out what waited long enough, and what waited for a device that spoke again.
    pub(super) fn due(&mut self, spoke: &HashSet<DeviceId>) -> Vec<Received> {
        let due = self.messages.extract_if(.., |(since, message)| {
            since.elapsed() >= GAP_WAIT || spoke.contains(&message.device.id)
        });
        let due: Vec<Received> = due.map(|(_, message)| message).collect();
        for message in &due {
            self.bytes = self.bytes.saturating_sub(message.bytes.len());
            if let Some(count) = self.of_device.get_mut(&message.device.id) {
                *count = count.saturating_sub(1);
            }
        }
        self.of_device.retain(|_, count| *count > 0);
        due
    }

    pub(super) fn hold(&mut self, message: Received) {
        let again = |held: &Received| held.device.id == message.device.id && held.first == message.first;
        if self.messages.iter().any(|(_, held)| again(held)) {
            return;
        }
        let bytes = self.bytes.saturating_add(message.bytes.len());
        let count = self.of_device.entry(message.device.id).or_default();
        if *count >= MAX_DEVICE_EVENTS || bytes > MAX_BYTES {
            metrics::counter!("boomgate_ingest_dropped_total", "why" => "held").increment(1);
            return;
        }
        *count = count.saturating_add(1);
        self.bytes = bytes;
        self.messages.push((Instant::now(), message));
    }
}
