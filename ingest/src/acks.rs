//! Receipts: what is committed, or rejected with a code, and nothing less.

use std::sync::Arc;

use boomgate_schemas::down::{Ack, Rejected};
use boomgate_schemas::envelope::{self, Header};
use boomgate_schemas::topic::Leaf;
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
}

/// Seals a receipt and hands it to the bus.
pub(crate) fn send(sender: &Sender, key: &SigningKey, receipt: Receipt, now: Timestamp) {
    let Receipt { device, upto, rejected, echo, above } = receipt;
    let topic = device.topic(Leaf::Ack);
    let ack = Ack { upto, rejected, echo, now_ms: now.as_millisecond(), above };
    let bytes = envelope::seal(&topic, &Header::server(), ack.encode(), key);
    sender.publish(topic, bytes);
}
