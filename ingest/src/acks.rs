//! Receipts: what is committed, or rejected with a code, and nothing less.

use boomgate_schemas::down::{Ack, Rejected};
use boomgate_schemas::envelope::{self, Header};
use boomgate_schemas::topic::Leaf;
use ed25519_dalek::SigningKey;
use jiff::Timestamp;

use crate::bus::Sender;
use crate::directory::Device;

/// Tells `device` that everything up to `upto` is kept or rejected. `echo` answers a hello.
pub(crate) fn send(
    sender: &Sender,
    key: &SigningKey,
    device: &Device,
    upto: u64,
    rejected: Vec<Rejected>,
    echo: Option<u64>,
    now: Timestamp,
) {
    let topic = device.topic(Leaf::Ack);
    let ack = Ack { upto, rejected, echo, now_ms: now.as_millisecond(), above: None };
    let bytes = envelope::seal(&topic, &Header::server(), ack.encode(), key);
    sender.publish(topic, bytes);
}
