//! rumqttd's router, set up so that nothing a client does can make it drop a connection or grow without bound.

use std::sync::Arc;

use boomgate_schemas::topic::Leaf;
use rumqttd::local::{LinkBuilder, LinkRx, LinkTx};
use rumqttd::{Router, RouterConfig};

/// Filter of the watchdog's own message, outside every lane's topics.
pub(crate) const WATCHDOG_TOPIC: &str = "bg/watchdog";

/// The router's smallest useful log per filter, in bytes; two of them are kept. What a slow reader misses, the lane or
/// the outbox sends again.
const SEGMENT_BYTES: usize = 256 * 1024;

/// A connection to the router inside this process.
pub struct Link {
    pub tx: LinkTx,
    pub rx: LinkRx,
}

#[derive(Clone, Debug, thiserror::Error)]
#[error("router refused a link for {client}: {why}")]
pub struct LinkFailed {
    client: String,
    why: String,
}

type MakeLink = dyn Fn(&str) -> Result<Link, LinkFailed> + Send + Sync;

/// Makes links; clones share the router.
#[derive(Clone)]
pub struct Linker {
    make: Arc<MakeLink>,
}

impl Linker {
    /// A clean link. In-process clients take a name with a leading `@`, which no device code can have.
    pub async fn link(&self, client: &str) -> Result<Link, LinkFailed> {
        let (make, client) = (Arc::clone(&self.make), client.to_owned());
        let failed = LinkFailed { client: client.clone(), why: "the task was cancelled".into() };
        tokio::task::spawn_blocking(move || make(&client)).await.unwrap_or(Err(failed))
    }
}

/// Starts the router thread.
pub(crate) fn start(connections: usize) -> Linker {
    let router = Router::new(0, router_config(connections)).spawn();
    let make = move |client: &str| {
        let (tx, rx, _) = LinkBuilder::new(client, router.clone())
            .build()
            .map_err(|error| LinkFailed { client: client.to_owned(), why: error.to_string() })?;
        Ok(Link { tx, rx })
    };
    Linker { make: Arc::new(make) }
}

/// Every topic of ours has a log from the start: rumqttd disconnects a client that publishes where no client ever subscribed.
fn router_config(connections: usize) -> RouterConfig {
    let filters = Leaf::ALL.into_iter().map(Leaf::every_lane).chain([WATCHDOG_TOPIC.to_owned()]);
    RouterConfig {
        max_connections: connections.saturating_mul(2).saturating_add(16),
        max_outgoing_packet_count: 200,
        max_segment_size: SEGMENT_BYTES,
        max_segment_count: 2,
        custom_segment: Some(from_lanes_kept_longer()),
        initialized_filters: Some(filters.collect()),
        shared_subscriptions_strategy: rumqttd::Strategy::RoundRobin,
    }
}

/// What is read at once needs little room, and what a flood puts here is memory that stays with the router.
fn from_lanes_kept_longer() -> std::collections::HashMap<String, rumqttd::SegmentConfig> {
    let room = |leaf| match leaf {
        Leaf::Up => rumqttd::SegmentConfig { max_segment_size: 1024 * 1024, max_segment_count: 4 },
        Leaf::Hello | Leaf::Ack | Leaf::Cmd | Leaf::Sync | Leaf::List => {
            rumqttd::SegmentConfig { max_segment_size: 1024 * 1024, max_segment_count: 2 }
        }
    };
    [Leaf::Up, Leaf::Hello, Leaf::Sync].into_iter().map(|leaf| (leaf.every_lane(), room(leaf))).collect()
}
