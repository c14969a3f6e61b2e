//! The in-process link to rumqttd's router: QoS 1 with our own acknowledgements.
//!
//! The link's own `subscribe` is QoS 0 and loses what a slow reader misses, so a raw SUBSCRIBE is sent. The router
//! wants its PUBACKs in order, stalls a reader that ignores `Unschedule`, and dies of a `ready()` on a link that is
//! over: this is the one owner of both halves and never touches them after the first sign of the end.

use async_trait::async_trait;
use boomgate_schemas::topic::Topic;
use bytes::Bytes;
use rumqttd::Notification;
use rumqttd::local::{LinkRx, LinkTx};
use rumqttd::protocol::{Filter, Packet, PubAck, PubAckReason, Publish, QoS, RetainForwardRule, Subscribe};
use tokio::sync::mpsc;

use super::{Bus, BusError, Incoming, Sender, filters, incoming};

const SUBSCRIBE_ID: u16 = 1;

/// A bus over a link of the embedded broker.
pub struct LinkBus {
    tx: LinkTx,
    rx: LinkRx,
    sender: Sender,
    outgoing: mpsc::Receiver<(Topic, Bytes)>,
    over: bool,
}

enum LinkEvent {
    Outgoing(Topic, Bytes),
    Notification(Option<Notification>),
}

impl LinkBus {
    /// Subscribes to every lane over a fresh link.
    ///
    /// # Errors
    /// The router is gone.
    pub async fn subscribe(mut tx: LinkTx, rx: LinkRx) -> Result<Self, BusError> {
        let filters = filters().map(|path| Filter {
            path,
            qos: QoS::AtLeastOnce,
            nolocal: false,
            preserve_retain: false,
            retain_forward_rule: RetainForwardRule::Never,
        });
        tx.send(Packet::Subscribe(Subscribe { pkid: SUBSCRIBE_ID, filters: filters.collect() }, None))
            .await?;
        let (sender, outgoing) = Sender::channel();
        Ok(Self { tx, rx, sender, outgoing, over: false })
    }

    async fn receive(&mut self) -> Result<Option<Incoming>, BusError> {
        let event = tokio::select! {
            Some((topic, payload)) = self.outgoing.recv() => LinkEvent::Outgoing(topic, payload),
            notification = self.rx.next() => LinkEvent::Notification(notification?),
        };
        match event {
            LinkEvent::Outgoing(topic, payload) => {
                let publish = Publish::new(Bytes::from(topic.to_string()), payload, false);
                self.tx.send(Packet::Publish(publish, None)).await?;
                Ok(None)
            }
            LinkEvent::Notification(notification) => self.notified(notification).await,
        }
    }

    async fn notified(&mut self, notification: Option<Notification>) -> Result<Option<Incoming>, BusError> {
        match notification {
            Some(Notification::Forward(forward)) => {
                let pkid = packet_id(&forward.publish);
                if pkid != 0 {
                    let ack = PubAck { pkid, reason: PubAckReason::Success };
                    self.tx.send(Packet::PubAck(ack, None)).await?;
                }
                let topic = String::from_utf8_lossy(&forward.publish.topic);
                Ok(incoming(&topic, forward.publish.payload.clone()))
            }
            Some(Notification::Unschedule) => {
                self.rx.ready()?;
                Ok(None)
            }
            Some(Notification::Disconnect(disconnect, _)) => Err(BusError::Ended(format!("{disconnect:?}"))),
            _ => Ok(None),
        }
    }
}

/// The field itself is private to rumqttd; its serial form is not.
fn packet_id(publish: &Publish) -> u16 {
    let head = publish.serialize();
    u16::from_be_bytes([head[1], head[2]])
}

#[async_trait]
impl Bus for LinkBus {
    async fn next(&mut self) -> Result<Incoming, BusError> {
        if self.over {
            return Err(BusError::Ended("it was over before".to_owned()));
        }
        loop {
            match self.receive().await {
                Ok(Some(incoming)) => return Ok(incoming),
                Ok(None) => {}
                Err(error) => {
                    self.over = true;
                    return Err(error);
                }
            }
        }
    }

    fn sender(&self) -> Sender {
        self.sender.clone()
    }
}

impl std::fmt::Debug for LinkBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkBus").field("over", &self.over).finish_non_exhaustive()
    }
}
