//! The MQTT client: how it connects, the task that polls it, and why a connection ends.

use std::sync::Arc;
use std::time::Duration;

use boomgate_schemas::MAX_PAYLOAD;
use rumqttc::{
    AsyncClient, ConnectReturnCode, Event as MqttEvent, EventLoop, MqttOptions, NetworkOptions, Packet,
    TlsConfiguration, Transport,
};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::line::Uplink;

/// Largest MQTT packet either way: payload, topic, headers.
const PACKET: usize = MAX_PAYLOAD + 1024;
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const REQUESTS: usize = 64;
/// Heartbeats that may go unanswered before the line counts as dead.
pub(super) const MAX_MISSED_HEARTBEATS: u32 = 3;

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    #[error("{0}")]
    Connection(Box<rumqttc::ConnectionError>),
    #[error("the server refused the connection: {0:?}")]
    Refused(ConnectReturnCode),
    #[error("the server refused a subscription")]
    Subscription,
    #[error("no answer to {MAX_MISSED_HEARTBEATS} greetings")]
    Silent,
    #[error("the client's queue is full")]
    Congested,
    #[error("the program is ending")]
    Ending,
}

impl Uplink {
    pub(super) fn connect(&self) -> (AsyncClient, mpsc::Receiver<Polled>, JoinHandle<()>) {
        let mut options = MqttOptions::new(self.identity.device.as_str(), &self.address.0, self.address.1);
        options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(Arc::clone(&self.tls))));
        options.set_max_packet_size(PACKET, PACKET).set_keep_alive(KEEP_ALIVE);
        options.set_clean_session(true).set_inflight(100);
        // Tells the broker whether a second connection of this device is this very run of the program.
        options.set_credentials(hex::encode(self.identity.epoch.0), "");
        let (client, mut eventloop) = AsyncClient::new(options, REQUESTS);
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        network.set_connection_timeout(5);
        eventloop.set_network_options(network);
        let (sender, packets) = mpsc::channel(REQUESTS);
        (client, packets, tokio::spawn(poll(eventloop, sender)))
    }
}

pub(super) type Polled = Result<Packet, rumqttc::ConnectionError>;

/// Polls until the first error; the session decides what comes then.
async fn poll(mut eventloop: EventLoop, packets: mpsc::Sender<Polled>) {
    loop {
        let polled = match eventloop.poll().await {
            Ok(MqttEvent::Incoming(packet)) => Ok(packet),
            Ok(MqttEvent::Outgoing(_)) => continue,
            Err(error) => Err(error),
        };
        let failed = polled.is_err();
        if packets.send(polled).await.is_err() || failed {
            return;
        }
    }
}
