//! From the start of the server's process to the first receipt for an event, with a PostgreSQL that runs already and
//! with the private one (made before; its start is the yardstick).

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use boomgate::config::Config;
use boomgate::pki::Pki;
use boomgate::serve::Database;
use boomgate_schemas::up::{Boom, BoomState, EventBody};
use boomgate_store::cluster::{Cluster, ClusterConfig};
use boomgate_tests::programs::Process;
use boomgate_tests::scratch::Scratch;
use ed25519_dalek::VerifyingKey;
use tokio::net::TcpStream;

use crate::Plan;
use crate::figures::Section;
use crate::line::{Line, now_ms};
use crate::park::{LaneKeys, Park, Server, populate, write_config};

const POLL_INTERVAL: Duration = Duration::from_millis(2);
const TIMEOUT: Duration = Duration::from_secs(60);

/// A lane that waits before the server's door.
struct Waiting<'a> {
    lane: &'a LaneKeys,
    server_key: VerifyingKey,
    port: u16,
    /// Events said so far.
    sent: u64,
}

pub async fn measure(plan: &Plan) -> Result<Section> {
    let mut section =
        Section::new("startup", "milliseconds from the start of the process; initdb was run before");
    let external = External::open().await?;
    let private = Private::open().await?;
    let mut lanes = (external.waiting(), private.waiting());
    for _ in 0..plan.rounds {
        let (ms, server) = lanes.0.first_receipt(external.park.dir()).await?;
        server.stop().await;
        section.add("first_receipt_ms", ms);
        let (ms, server) = lanes.1.first_receipt(private.dir.path()).await?;
        server.stop().await;
        section.add("first_receipt_private_postgres_ms", ms);
        let begun = Instant::now();
        let cluster = Cluster::start(ClusterConfig::new(private.dir.path().join("data/postgres"))).await?;
        section.add("postgres_alone_ms", begun.elapsed().as_secs_f64() * 1e3);
        tokio::task::spawn_blocking(move || cluster.stop()).await??;
    }
    external.park.close().await.map(|()| section)
}

/// A server on a PostgreSQL that keeps running.
struct External {
    park: Park,
    port: u16,
}

impl External {
    async fn open() -> Result<Self> {
        let mut park = Park::open(1).await?;
        let port = park.server().mqtt;
        park.stop_server().await;
        write_config(park.dir(), Some(&park.url()), Some(port))?;
        Ok(Self { park, port })
    }

    fn waiting(&self) -> Waiting<'_> {
        Waiting { lane: &self.park.lanes[0], server_key: self.park.server_key, port: self.port, sent: 0 }
    }
}

/// A server with a PostgreSQL of its own, whose folder is there already.
struct Private {
    lanes: Vec<LaneKeys>,
    server_key: VerifyingKey,
    port: u16,
    dir: Scratch,
}

impl Private {
    async fn open() -> Result<Self> {
        let dir = Scratch::new();
        write_config(dir.path(), None, None)?;
        let config = Config::load(&dir.path().join("boomgate.toml"))?;
        let database = Database::open(&config).await?;
        let pki = Pki::open_or_create(&config.pki, &[])?;
        let lanes = populate(&database.pool, &pki, 1).await?;
        database.close().await?;
        let server = Server::start(dir.path()).await?;
        let port = server.mqtt;
        server.process.stop().await;
        write_config(dir.path(), None, Some(port))?;
        Ok(Self { lanes, server_key: pki.signing_key()?.verifying_key(), port, dir })
    }

    fn waiting(&self) -> Waiting<'_> {
        Waiting { lane: &self.lanes[0], server_key: self.server_key, port: self.port, sent: 0 }
    }
}

impl Waiting<'_> {
    /// Milliseconds to the first receipt, and the process that gave it.
    async fn first_receipt(&mut self, dir: &std::path::Path) -> Result<(f64, Process)> {
        let begun = Instant::now();
        let mut process = Server::launch(dir);
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            if let Some(status) = process.has_ended() {
                anyhow::bail!("boomgate serve ended: {status}; {}", process.log());
            }
            anyhow::ensure!(begun.elapsed() < TIMEOUT, "the server does not listen on port {}", self.port);
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        let mut line = Line::connect(self.lane, self.server_key, self.port).await?;
        line.resume(self.sent);
        let event = line
            .event(now_ms(), EventBody::Boom(BoomState { state: Boom::Closed, cause: "rule:start".into() }));
        line.send(line.seal(vec![event])).await?;
        self.sent = line.seq();
        while line.ack().await.context("the first receipt")? < self.sent {}
        Ok((begun.elapsed().as_secs_f64() * 1e3, process))
    }
}
