//! Receipts: what is committed, or rejected with a code, and nothing less.

use std::sync::Arc;

use boomgate_schemas::down::{Ack, Rejected, WantedMode};
use boomgate_schemas::envelope::{self, Header};
use boomgate_schemas::topic::{Leaf, Topic};
use ed25519_dalek::SigningKey;
use jiff::Timestamp;

use crate::bus::Sender;
use crate::directory::Device;

/// An ack: which events of a device are stored or rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Receipt {
    pub device: Arc<Device>,
    /// Everything up to here is kept or rejected.
    pub upto: u64,
    pub rejected: Vec<Rejected>,
    /// Answers a hello.
    pub echo: Option<u64>,
    /// Numbers up to here are taken by other events than the device's.
    pub above: Option<u64>,
    /// What the lane is to be for, where it does not know.
    pub wanted: Option<WantedMode>,
}

/// Seals a receipt and hands it to the bus.
pub(crate) fn send(sender: &Sender, key: &SigningKey, receipt: Receipt, now: Timestamp) {
    let Receipt { device, upto, rejected, echo, above, wanted } = receipt;
    let topic = device.topic(Leaf::Ack);
    let ack = Ack { upto, rejected, echo, now_ms: now.as_millisecond(), above, wanted };
    let bytes = envelope::seal(&topic, &Header::server(), ack.encode(), key);
    sender.publish(topic, bytes);
}

/// Tells a lane at once what it is to be for; of its events this says nothing.
pub(crate) fn send_mode(sender: &Sender, key: &SigningKey, topic: Topic, wanted: WantedMode, now: Timestamp) {
    let (now_ms, wanted) = (now.as_millisecond(), Some(wanted));
    let ack = Ack { upto: 0, rejected: Vec::new(), echo: None, now_ms, above: None, wanted };
    let bytes = envelope::seal(&topic, &Header::server(), ack.encode(), key);
    sender.publish(topic, bytes);
}
