//! The database of an installation: an external one, a private cluster, or the private cluster of a running server.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use boomgate_store::cluster::{Cluster, ClusterConfig, ClusterError, RunningCluster};
use boomgate_store::{Address, Pool};

use crate::config::Config;

/// How long a command waits for a server that is just starting or ending.
const REACH_TIMEOUT: Duration = Duration::from_secs(20);
const CONNECT_RETRY_INTERVAL: Duration = Duration::from_millis(200);
/// A command needs few; the server's own are not to be taken from it.
const COMMAND_CONNECTIONS: usize = 4;

/// The database, before anything that uses it.
pub struct Database {
    pub address: Address,
    pub pool: Pool,
    cluster: Option<Cluster>,
    /// A server's, which waits with its end until we are done.
    running: Option<RunningCluster>,
}

impl Database {
    /// The external one of the configuration, or a private cluster under its data folder; migrated either way. For the
    /// server: a private cluster that another Boomgate uses is refused.
    pub async fn open(config: &Config) -> Result<Self> {
        let (address, cluster) = match &config.database.address {
            Some(address) => (address.clone(), None),
            None => {
                let cluster = Cluster::start(ClusterConfig::new(folder(config))).await?;
                (Address::of_cluster(&cluster), Some(cluster))
            }
        };
        let pool = address.prepare(config.database.connections).await.context("database")?;
        Ok(Self { address, pool, cluster, running: None })
    }

    /// As [`Database::open`], for a command beside the server: where a server keeps the private cluster running, the
    /// command reaches it through its socket.
    pub async fn reach(config: &Config) -> Result<Self> {
        let deadline = Instant::now() + REACH_TIMEOUT;
        loop {
            let refused = match Self::open(config).await {
                Err(error) if is_in_use(&error) => error,
                opened => return opened,
            };
            if let Some(database) = attach(&folder(config)).await? {
                return Ok(database);
            }
            if Instant::now() > deadline {
                return Err(refused.context("the server that uses the database does not let us in"));
            }
            tokio::time::sleep(CONNECT_RETRY_INTERVAL).await;
        }
    }

    /// Whether a server is using this database at the moment, as far as a private cluster can tell.
    pub fn is_of_server(&self) -> bool {
        self.running.is_some()
    }

    /// Ends the private cluster, if there is one of our own.
    pub async fn close(self) -> Result<()> {
        self.pool.close();
        let Some(cluster) = self.cluster else { return Ok(()) };
        tokio::task::spawn_blocking(move || cluster.stop()).await?.context("stopping PostgreSQL")
    }
}

fn folder(config: &Config) -> std::path::PathBuf {
    config.data.join("postgres")
}

fn is_in_use(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(ClusterError::InUse { .. }))
}

/// The cluster that runs in `folder`; none while it starts or ends.
async fn attach(folder: &Path) -> Result<Option<Database>> {
    let Some(running) = RunningCluster::find(folder)? else { return Ok(None) };
    let address = Address::of_running(&running);
    if address.connect().await.is_err() {
        return Ok(None);
    }
    let pool = address.prepare(COMMAND_CONNECTIONS).await.context("database of the running server")?;
    Ok(Some(Database { address, pool, cluster: None, running: Some(running) }))
}
