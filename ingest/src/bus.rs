//! Where messages come from and go to: topics and bytes, nothing else.
//!
//! Correctness rests on nothing here: a bus may lose, repeat and reorder. Lanes resend what is not acknowledged, the
//! outbox resends what is not answered.

mod link;
mod mqtt;

use async_trait::async_trait;
use boomgate_schemas::topic::{Leaf, Topic};
use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

pub use link::LinkBus;
pub use mqtt::{MqttBus, MqttConfig};

/// Outgoing messages that wait for the bus; beyond it the newest is dropped.
const OUTGOING: usize = 4096;

/// A message of a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    pub topic: Topic,
    pub payload: Bytes,
}

/// Why there will be no more messages.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    #[error("the broker ended the link: {0}")]
    Ended(String),
    #[error("link to the broker failed")]
    Link(#[source] Box<rumqttd::local::LinkError>),
    #[error("broker address or TLS setting is not usable: {0}")]
    Setting(String),
}

impl From<rumqttd::local::LinkError> for BusError {
    fn from(error: rumqttd::local::LinkError) -> Self {
        Self::Link(Box::new(error))
    }
}

/// Receives from every lane and sends to each.
#[async_trait]
pub trait Bus: Send + 'static {
    /// The next message of any lane on `up`, `hello` or `sync`. Cancel-safe. Must be polled all the time: an
    /// implementation may do its sending in it.
    ///
    /// # Errors
    /// The bus is over for good; a broker that can come back is no error but a wait.
    async fn next(&mut self) -> Result<Incoming, BusError>;

    /// A handle for sending.
    fn sender(&self) -> Sender;
}

/// Sends to lanes; clones send over the same bus.
#[derive(Clone, Debug)]
pub struct Sender(mpsc::Sender<(Topic, Bytes)>);

impl Sender {
    pub(crate) fn channel() -> (Self, mpsc::Receiver<(Topic, Bytes)>) {
        let (sender, receiver) = mpsc::channel(OUTGOING);
        (Self(sender), receiver)
    }

    /// Hands a message to the bus, or drops it when the bus is choked: it will be sent again.
    pub fn publish(&self, topic: Topic, payload: impl Into<Bytes>) {
        let leaf = topic.leaf.as_str();
        match self.0.try_send((topic, payload.into())) {
            Ok(()) => metrics::counter!("boomgate_bus_sent_total", "leaf" => leaf).increment(1),
            Err(TrySendError::Full(_) | TrySendError::Closed(_)) => {
                metrics::counter!("boomgate_bus_dropped_total", "leaf" => leaf).increment(1);
            }
        }
    }
}

/// What a server subscribes to.
fn filters() -> impl Iterator<Item = String> {
    Leaf::ALL.into_iter().filter(|leaf| leaf.is_from_lane()).map(Leaf::every_lane)
}

/// `None` for a topic that no lane publishes on.
fn incoming(topic: &str, payload: Bytes) -> Option<Incoming> {
    let parsed: Option<Topic> = topic.parse().ok().filter(|topic: &Topic| topic.leaf.is_from_lane());
    if parsed.is_none() {
        metrics::counter!("boomgate_ingest_refused_total", "reason" => "topic").increment(1);
    }
    parsed.map(|topic| Incoming { topic, payload })
}
