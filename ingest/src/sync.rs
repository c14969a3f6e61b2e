//! The offline list: keyed tags of plates, sent in parts to a lane whose version is another, because it asks or because the list
//! changed.
//!
//! Every hello names the version that the lane has: what was lost on the way is sent again. A restored database may have an older
//! version than the lanes, and they get that one.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use boomgate_domain::ids::SiteId;
use boomgate_domain::listing::ListingKey;
use boomgate_schemas::bytes::Octets;
use boomgate_schemas::down::SyncPart;
use boomgate_schemas::envelope::{self, Header};
use boomgate_schemas::topic::{Leaf, Topic};
use boomgate_schemas::up::SyncRequest;
use boomgate_store::devices::{self, StaleList};
use boomgate_store::pool::within;
use boomgate_store::subscriptions::{self, Listed};
use boomgate_store::{Pool, StoreError, sites};
use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use uuid::Uuid;

use crate::bus::{Incoming, Sender};
use crate::clock;
use crate::complaints::Complaints;
use crate::directory::{Device, Directory};
use crate::fair_queue::LaneKey;
use crate::guard::caught;
use crate::health::HealthReporter;
use crate::inbound::{self, Refusal};
use crate::intake::{Arrived, refused};
use crate::latest_queue::LatestQueue;
use crate::list_parts::cut;

const LIMIT: Duration = Duration::from_secs(10);
/// How often it is looked which lanes have another version. Changes within it are sent together.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// A lane says within two hellos that it has a list; until then it is not sent again.
const SENT_FOR: Duration = Duration::from_secs(25);

/// What the answers are made of.
pub(crate) struct Lists {
    pub directory: Directory,
    pub pool: Pool,
    pub sender: Sender,
    pub key: SigningKey,
    pub health: HealthReporter,
    pub complaints: Arc<Complaints>,
}

/// Answers one request after the other until the queue is closed.
pub(crate) async fn run(lists: Lists, messages: Arc<LatestQueue<Arrived>>) {
    loop {
        let (message, _) = messages.pop().await;
        let key = LaneKey::of(&message.topic);
        let answer = within(LIMIT, async { Ok(lists.answer(&message).await) });
        match caught(answer).await {
            Ok(answered) => {
                if let Err(refusal) = answered.unwrap_or_else(|timeout| Err(timeout.into())) {
                    refused(&key, &refusal, &lists.health, &lists.complaints);
                }
            }
            Err(panicked) => {
                tracing::error!(lane.code = %key, %panicked, "list request dropped: its handler panicked")
            }
        }
    }
}

/// Sends the list to lanes whose version is another, until it is dropped.
pub(crate) async fn follow(lists: Lists) {
    let mut round = tokio::time::interval(POLL_INTERVAL);
    round.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut sent = HashMap::new();
    loop {
        round.tick().await;
        match caught(within(LIMIT, lists.send_changed(&mut sent))).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "lists could not be sent")
            }
            Err(panicked) => tracing::error!(%panicked, "lists could not be sent: the sender panicked"),
        }
    }
}

/// Which version was sent to a device, and when.
type SentLists = HashMap<Uuid, (i64, std::time::Instant)>;

impl Lists {
    async fn answer(&self, message: &Incoming) -> Result<(), Refusal> {
        let signed = inbound::verify(&self.directory, message).await?;
        let request = SyncRequest::decode(&signed.payload.unwrap_or_default()).map_err(Refusal::Malformed)?;
        let parts = self.parts(&signed.device, request.have, clock::now()).await?;
        self.send(&signed.device.topic(Leaf::List), parts);
        Ok(())
    }

    fn send(&self, topic: &Topic, parts: Vec<SyncPart>) {
        for part in parts {
            let bytes = envelope::seal(topic, &Header::server(), part.encode(), &self.key);
            self.sender.publish(topic.clone(), bytes);
        }
    }

    /// Nothing when the lane has the present version already.
    async fn parts(&self, device: &Device, have: u64, now: Timestamp) -> Result<Vec<SyncPart>, StoreError> {
        let client = self.pool.get().await?;
        let version = sites::state(&client, device.site).await?.list_version.unsigned_abs();
        if have == version {
            return Ok(Vec::new());
        }
        let list = SiteList::read(&client, device.site, version, now).await?;
        Ok(list.parts(device.lane.as_uuid(), now))
    }

    async fn send_changed(&self, sent: &mut SentLists) -> Result<(), StoreError> {
        let now = clock::now();
        let client = self.pool.get().await?;
        let mut stale = devices::stale_lists(&client).await?;
        stale.retain(|lane| {
            let known = sent.get(&lane.device_id);
            !known.is_some_and(|(version, at)| *version == lane.list_version && at.elapsed() < SENT_FOR)
        });
        sent.retain(|_, (_, at)| at.elapsed() < SENT_FOR);
        let mut list: Option<SiteList> = None;
        for lane in stale {
            let (site, version) = (SiteId::from_uuid(lane.site_id), lane.list_version.unsigned_abs());
            if !list.as_ref().is_some_and(|list| list.site == site && list.version == version) {
                list = Some(SiteList::read(&client, site, version, now).await?);
            }
            let Some(topic) = topic_of(&lane) else { continue };
            if let Some(list) = &list {
                self.send(&topic, list.parts(lane.lane_id, now));
            }
            sent.insert(lane.device_id, (lane.list_version, std::time::Instant::now()));
        }
        Ok(())
    }
}

fn topic_of(lane: &StaleList) -> Option<Topic> {
    Some(Topic::new(lane.site_code.parse().ok()?, lane.lane_code.parse().ok()?, Leaf::List))
}

/// What the lists of a site's lanes are cut from.
struct SiteList {
    site: SiteId,
    version: u64,
    key: Octets<32>,
    listed: Vec<Listed>,
}

impl SiteList {
    async fn read(
        client: &impl boomgate_store::GenericClient,
        site: SiteId,
        version: u64,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let row = sites::get(client, site).await?;
        let key = row.and_then(|row| Octets::<32>::from_slice(&row.list_key));
        let key = key.ok_or_else(|| StoreError::NotFound { what: "site", id: site.to_string() })?;
        Ok(Self { site, version, key, listed: subscriptions::listed(client, site, now).await? })
    }

    fn parts(&self, lane: Uuid, now: Timestamp) -> Vec<SyncPart> {
        cut(self.version, self.key, &ListingKey::from_bytes(self.key.0), &self.listed, lane, now)
    }
}
