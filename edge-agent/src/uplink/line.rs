//! The uplink's state that lasts from one session to the next.

use std::sync::Arc;

use boomgate_domain::ids::DeviceCode;
use boomgate_schemas::bytes::Epoch;
use boomgate_schemas::topic::Topic;
use boomgate_schemas::up::Event;
use ed25519_dalek::{SigningKey, VerifyingKey};
use rustls::ClientConfig;
use tokio::sync::{mpsc, watch};

use super::event::{LaneSnapshot, UplinkEvent};
use super::window::Window;
use crate::clock::Clock;
use crate::config::Config;
use crate::spool::Spool;

/// The line to the server, whether it is up or not.
pub struct Uplink {
    pub(super) identity: Identity,
    pub(super) address: (String, u16),
    pub(super) tls: Arc<ClientConfig>,
    pub(super) clock: Clock,
    pub(super) spool: Spool,
    pub(super) lane: watch::Receiver<LaneSnapshot>,
    pub(super) live: mpsc::Receiver<Event>,
    pub(super) uplink_events: mpsc::Sender<UplinkEvent>,
    pub(super) window: Window,
    /// The server has the numbers up to this one under other events, and ours could not be moved above it yet. Until then
    /// an ack may speak of those other events, so none deletes anything.
    pub(super) renumber_above: Option<u64>,
    pub(super) rtt_ms: Option<u32>,
}

/// The device's identity and keys, and the start of the process.
pub struct Identity {
    pub device: DeviceCode,
    pub topic: Topic,
    pub signing: SigningKey,
    pub server: VerifyingKey,
    pub epoch: Epoch,
}

/// What the line is connected to in the program.
pub struct UplinkChannels {
    pub spool: Spool,
    pub lane: watch::Receiver<LaneSnapshot>,
    pub live: mpsc::Receiver<Event>,
    pub uplink_events: mpsc::Sender<UplinkEvent>,
}

impl Uplink {
    pub fn new(
        config: &Config,
        tls: Arc<ClientConfig>,
        identity: Identity,
        clock: Clock,
        ends: UplinkChannels,
    ) -> Uplink {
        let UplinkChannels { spool, lane, live, uplink_events } = ends;
        let window = Window::new(spool.acked_seq(), clock.uptime_ms());
        let address = (config.server.mqtt_host.clone(), config.server.mqtt_port);
        Uplink {
            identity,
            address,
            tls,
            clock,
            spool,
            lane,
            live,
            uplink_events,
            window,
            renumber_above: None,
            rtt_ms: None,
        }
    }
}
