//! A car park in a database of its own, with ingest running on a bus.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use boomgate_domain::direction::Direction;
use boomgate_domain::ids::{BlockId, DeviceId, LaneId, SiteId, SubscriptionId, TenantId, UserId};
use boomgate_domain::plate::TypedPlate;
use boomgate_domain::tariff::Tariff;
use boomgate_ingest::bus::{Bus, LinkBus};
use boomgate_ingest::{Health, IngestConfig, run};
use boomgate_store::audit::RequestedBy;
use boomgate_store::sites::NewSite;
use boomgate_store::subscriptions::{Kind, NewSubscription};
use boomgate_store::testing::{TestDatabase, rows};
use boomgate_store::users::NewUser;
use boomgate_store::{blocklist, devices, lanes, sites, subscriptions, tariffs, users};
use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use rumqttd::local::{LinkBuilder, LinkRx, LinkTx};
use rumqttd::{Router, RouterConfig};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::lane::{Lane, Wire};

pub const TIMEOUT: Duration = Duration::from_secs(20);

type MakeLink = dyn Fn(&str) -> (LinkTx, LinkRx) + Send + Sync;

/// A router of this test alone.
#[derive(Clone)]
pub struct TestRouter(pub Arc<MakeLink>);

impl TestRouter {
    pub fn start() -> Self {
        let topics = ["up", "hello", "sync", "ack", "cmd", "list"].map(|leaf| format!("bg/v1/+/+/{leaf}"));
        let config = RouterConfig {
            max_connections: 100,
            max_outgoing_packet_count: 200,
            max_segment_size: 1024 * 1024,
            max_segment_count: 4,
            initialized_filters: Some(topics.to_vec()),
            ..RouterConfig::default()
        };
        let router = Router::new(0, config).spawn();
        Self(Arc::new(move |client| {
            let (tx, rx, _) = LinkBuilder::new(client, router.clone()).build().unwrap();
            (tx, rx)
        }))
    }
}

pub struct CarPark {
    pub database: TestDatabase,
    pub site: SiteId,
    pub code: String,
    pub server: SigningKey,
    pub health: watch::Receiver<Health>,
    pub operator: UserId,
    router: TestRouter,
    ingest: Option<JoinHandle<()>>,
    lanes: u8,
}

/// What differs from an open site with 100 spaces and no tariff.
#[derive(Clone, Default)]
pub struct Settings {
    pub capacity: Option<u32>,
    pub tariff: bool,
}

impl CarPark {
    pub async fn open(settings: Settings) -> Self {
        let router = TestRouter::start();
        let (tx, rx) = (router.0)("@ingest");
        let mut park = Self::build(settings, router).await;
        park.start(LinkBus::subscribe(tx, rx).await.unwrap());
        park
    }

    /// Everything but a running ingest.
    pub async fn build(settings: Settings, router: TestRouter) -> Self {
        Self::build_in(TestDatabase::new().await, settings, router).await
    }

    /// The same in a database that is already there.
    pub async fn build_in(database: TestDatabase, settings: Settings, router: TestRouter) -> Self {
        init_log();
        let client = database.pool.get().await.unwrap();
        let (tenant, site) = (TenantId::from_uuid(Uuid::now_v7()), SiteId::from_uuid(Uuid::now_v7()));
        let code = format!("north-{}", &site.as_uuid().simple().to_string()[20..]);
        sites::insert_tenant(&client, tenant, "Test").await.unwrap();
        let capacity = Some(settings.capacity.unwrap_or(100));
        let new = NewSite { capacity, ..rows::site(tenant, site, &code) };
        sites::insert(&client, &new).await.unwrap();
        if settings.tariff {
            let from = "2020-01-01T00:00:00Z".parse().unwrap();
            let tariff = Tariff { lost_ticket: Some(3000), ..rows::tariff(250) };
            tariffs::insert(&client, site, &tariff, from, (None, "")).await.unwrap();
        }
        let operator = UserId::from_uuid(Uuid::now_v7());
        let user = NewUser {
            tenant,
            id: operator,
            name: "olga".into(),
            email: None,
            password_hash: "x".into(),
            password_set_at: Some(Timestamp::now()),
        };
        users::insert(&client, &user).await.unwrap();
        let server = SigningKey::from_bytes(&[42; 32]);
        let health = watch::channel(Health::default()).1;
        Self { database, site, code, server, health, operator, router, ingest: None, lanes: 0 }
    }

    /// The operator, as one who orders.
    pub fn by(&self) -> RequestedBy {
        RequestedBy { user: Some(self.operator), name: "olga".into(), key: None, request_id: None }
    }

    pub fn start(&mut self, bus: impl Bus) {
        let (sender, health) = watch::channel(Health::default());
        self.health = health;
        let config = IngestConfig { health: sender, ..IngestConfig::default() };
        let (address, key) = (self.database.address.clone(), self.server.clone());
        self.ingest = Some(tokio::spawn(async move {
            if let Err(error) = run(config, address, bus, key, std::future::pending()).await {
                tracing::error!(?error, "ingest ended");
            }
        }));
    }

    /// Ends ingest in the middle of whatever it does.
    pub async fn kill_ingest(&mut self) {
        if let Some(task) = self.ingest.take() {
            task.abort();
            task.await.ok();
        }
    }

    pub fn is_running(&self) -> bool {
        self.ingest.as_ref().is_some_and(|task| !task.is_finished())
    }

    /// A lane with its device, enrolled and after its first hello.
    pub async fn lane(&mut self, direction: Direction) -> Lane {
        let (tx, rx) = (self.router.0)(&format!("lane-{}", self.lanes));
        let mut lane = self.lane_on(direction, Wire::link(tx, rx)).await;
        lane.send_default_hello().await;
        lane
    }

    /// A lane that has not said anything yet.
    pub async fn lane_on(&mut self, direction: Direction, wire: Wire) -> Lane {
        self.lanes += 1;
        let number = self.lanes;
        let key = SigningKey::from_bytes(&[number; 32]);
        let (lane, device) = (LaneId::from_uuid(Uuid::now_v7()), DeviceId::from_uuid(Uuid::now_v7()));
        let (lane_code, device_code) = (format!("lane-{number}"), format!("pi-{number}-{}", self.code));
        let client = self.database.pool.get().await.unwrap();
        let new = rows::lane(self.site, lane, &lane_code, direction);
        lanes::insert(&client, &new).await.unwrap();
        let new = rows::device(self.site, device, lane, &device_code, key.verifying_key().to_bytes());
        devices::insert(&client, &new).await.unwrap();
        Lane::new(
            lane,
            direction,
            (&self.code, &lane_code, &device_code),
            key,
            self.server.verifying_key(),
            wire,
        )
        .await
    }

    pub async fn subscribe(&self, plate: &str) {
        let client = self.database.pool.get().await.unwrap();
        let new = NewSubscription {
            site: self.site,
            id: SubscriptionId::from_uuid(Uuid::now_v7()),
            plate: TypedPlate::parse(plate).unwrap(),
            kind: Kind::Subscription,
            holder: "Ada".into(),
            valid_from: None,
            valid_until: None,
        };
        subscriptions::insert(&client, &new).await.unwrap();
    }

    pub async fn block(&self, plate: &str) {
        let client = self.database.pool.get().await.unwrap();
        let new = blocklist::NewBlock {
            site: self.site,
            id: BlockId::from_uuid(Uuid::now_v7()),
            plate: TypedPlate::parse(plate).unwrap(),
            reason: "unpaid".into(),
            valid_from: None,
            valid_until: None,
            by: None,
        };
        blocklist::insert(&client, &new).await.unwrap();
    }

    /// One number out of the database.
    pub async fn count(&self, sql: &str) -> i64 {
        let client = self.database.pool.get().await.unwrap();
        client.query_one(&format!("select count(*) from {sql}"), &[]).await.unwrap().get(0)
    }

    pub async fn inside(&self) -> i32 {
        let client = self.database.pool.get().await.unwrap();
        sites::state(&client, self.site).await.unwrap().inside
    }

    /// Waits until `sql` counts to `expected`.
    pub async fn until(&self, sql: &str, expected: i64) {
        let deadline = tokio::time::Instant::now() + TIMEOUT;
        loop {
            let found = self.count(sql).await;
            if found == expected {
                return;
            }
            assert!(tokio::time::Instant::now() < deadline, "{sql}: {found}, expected {expected}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What must hold after every story: I1, I2, I3 and I6 as far as PostgreSQL alone can tell.
    pub async fn check(&self) {
        let twice = "(select device_id, seq from events group by 1, 2 having count(*) > 1) x";
        assert_eq!(self.count(twice).await, 0, "an event is kept twice");
        let gaps = "inbox i join device_state d using (site_id, device_id) where i.last_seq <= d.kept_upto";
        assert_eq!(self.count(gaps).await, 0, "the inbox is not pruned behind the mark");
        let unbalanced =
            "(select entry_id from postings group by 1, currency having sum(amount_minor) <> 0) x";
        assert_eq!(self.count(unbalanced).await, 0, "the ledger does not sum to zero");
        let numbers = "(select site_id from live_feed group by 1 having count(*) <> max(no) - min(no) + 1) x";
        assert_eq!(self.count(numbers).await, 0, "the live feed has holes");
        assert!(self.is_running(), "ingest ended by itself");
    }
}

pub fn now() -> Timestamp {
    Timestamp::now()
}

fn init_log() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        if std::env::var_os("RUST_LOG").is_some() {
            tracing_subscriber::fmt()
                .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
                .init();
        }
    });
}
