//! Messages of the server: opened, verified and passed on.

use boomgate_schemas::down::{Command, SyncPart};
use boomgate_schemas::envelope;
use boomgate_schemas::topic::{Leaf, Topic};
use sha2::{Digest, Sha256};
use tracing::warn;

use super::event::UplinkEvent;
use super::session::Session;

impl Session<'_> {
    pub(super) async fn hear(&mut self, topic: &str, bytes: &[u8]) {
        let Ok(topic) = topic.parse::<Topic>() else {
            warn!("dropped a message on an unknown topic");
            return;
        };
        let opened = match envelope::open(&topic, bytes, envelope::SERVER, &self.line.identity.server) {
            Ok(opened) if topic.with_leaf(Leaf::Up) == self.line.identity.topic.with_leaf(Leaf::Up) => opened,
            Ok(_) => return self.forged(&topic, "addressed to another lane".into()).await,
            Err(error) => return self.forged(&topic, error.to_string()).await,
        };
        match topic.leaf {
            Leaf::Ack => self.take_ack(&opened.payload).await,
            Leaf::Cmd => self.take_command(&opened.payload, bytes).await,
            Leaf::List => self.take_list(&opened.payload).await,
            Leaf::Up | Leaf::Hello | Leaf::Sync => warn!("dropped a message on a topic of lanes"),
        }
    }

    async fn forged(&self, topic: &Topic, why: String) {
        warn!(leaf = topic.leaf.as_str(), why, "dropped a message that is not the server's");
        if topic.leaf == Leaf::Cmd {
            let _ = self.line.uplink_events.send(UplinkEvent::Forged { why }).await;
        }
    }

    async fn take_command(&self, payload: &[u8], bytes: &[u8]) {
        let command = match Command::decode(payload) {
            Ok(command) => Box::new(command),
            Err(error) => return warn!(%error, "a command of the server cannot be read"),
        };
        if command.device != self.line.identity.device.as_str() {
            let _ = self
                .line
                .uplink_events
                .send(UplinkEvent::Forged { why: "addressed to another device".into() })
                .await;
            return;
        }
        let digest = Sha256::digest(bytes).into();
        let _ = self.line.uplink_events.send(UplinkEvent::Command { command, digest }).await;
    }

    async fn take_list(&self, payload: &[u8]) {
        match SyncPart::decode(payload) {
            Ok(part) => drop(self.line.uplink_events.send(UplinkEvent::ListPart(Box::new(part))).await),
            Err(error) => warn!(%error, "a part of the offline list cannot be read"),
        }
    }
}
