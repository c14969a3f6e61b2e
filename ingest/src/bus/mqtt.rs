//! An external MQTT 3.1.1 broker, spoken to with rumqttc: clean sessions, QoS 1, resubscribed after every connect.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use boomgate_schemas::MAX_PAYLOAD;
use boomgate_schemas::topic::Topic;
use bytes::Bytes;
use rumqttc::{
    AsyncClient, Event, EventLoop, MqttOptions, NetworkOptions, Packet, QoS, SubscribeFilter,
    TlsConfiguration, Transport,
};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Bus, BusError, Incoming, Sender, filters, incoming};

const KEEP_ALIVE: Duration = Duration::from_secs(15);
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Room for the topic and the packet's head.
const PACKET_HEAD: usize = 1024;
const REQUESTS: usize = 256;
const INCOMING: usize = 256;

/// Which broker, and who we are there.
#[derive(Clone)]
pub struct MqttConfig {
    pub host: String,
    pub port: u16,
    /// One per ingest process: two of the same name throw each other out.
    pub client_id: String,
    pub credentials: Option<(String, String)>,
    /// TLS settings; `None` connects without TLS and is for loopback only.
    pub tls: Option<Arc<rustls::ClientConfig>>,
}

impl std::fmt::Debug for MqttConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MqttConfig")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// A bus over any MQTT broker. Reconnects by itself for ever.
#[derive(Debug)]
pub struct MqttBus {
    sender: Sender,
    incoming: mpsc::Receiver<Incoming>,
    _tasks: JoinSet<()>,
}

impl MqttBus {
    /// Starts connecting; messages come as soon as the broker lets us in.
    #[must_use]
    pub fn connect(config: MqttConfig) -> Self {
        let (client, connection) = AsyncClient::new(options(&config), REQUESTS);
        let (sender, outgoing) = Sender::channel();
        let (incoming_sender, incoming) = mpsc::channel(INCOMING);
        let mut tasks = JoinSet::new();
        tasks.spawn(listen(connection, client.clone(), incoming_sender));
        tasks.spawn(publish_outgoing(client, outgoing));
        Self { sender, incoming, _tasks: tasks }
    }
}

fn options(config: &MqttConfig) -> MqttOptions {
    let mut options = MqttOptions::new(&config.client_id, &config.host, config.port);
    options.set_keep_alive(KEEP_ALIVE).set_clean_session(true);
    options.set_max_packet_size(MAX_PAYLOAD + PACKET_HEAD, MAX_PAYLOAD + PACKET_HEAD);
    if let Some((user, password)) = &config.credentials {
        options.set_credentials(user, password);
    }
    if let Some(tls) = &config.tls {
        options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(Arc::clone(tls))));
    }
    options
}

/// Polls the connection and nothing else: publishing from here would wait for this very task.
async fn listen(mut connection: EventLoop, client: AsyncClient, incoming_sender: mpsc::Sender<Incoming>) {
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    connection.set_network_options(network);
    let mut pause = FIRST_PAUSE;
    loop {
        match connection.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                pause = FIRST_PAUSE;
                resubscribe(&client);
            }
            Ok(Event::Incoming(Packet::Publish(publish))) => {
                let Some(message) = incoming(&publish.topic, publish.payload) else { continue };
                if incoming_sender.send(message).await.is_err() {
                    return;
                }
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "no connection to the broker; it is tried again"
                );
                metrics::counter!("boomgate_bus_reconnects_total").increment(1);
                tokio::time::sleep(pause).await;
                pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
            }
        }
    }
}

fn resubscribe(client: &AsyncClient) {
    let wanted = filters().map(|path| SubscribeFilter::new(path, QoS::AtLeastOnce));
    if let Err(error) = client.try_subscribe_many(wanted) {
        tracing::error!(%error, "cannot subscribe; nothing is received until the next connect");
    }
}

async fn publish_outgoing(client: AsyncClient, mut outgoing: mpsc::Receiver<(Topic, Bytes)>) {
    while let Some((topic, payload)) = outgoing.recv().await {
        if client.publish_bytes(topic.to_string(), QoS::AtLeastOnce, false, payload).await.is_err() {
            return;
        }
    }
}

#[async_trait]
impl Bus for MqttBus {
    async fn next(&mut self) -> Result<Incoming, BusError> {
        let message = self.incoming.recv().await;
        message.ok_or_else(|| BusError::Ended("its task is gone".to_owned()))
    }

    fn sender(&self) -> Sender {
        self.sender.clone()
    }
}
