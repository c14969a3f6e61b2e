//! The three PostgreSQL a story may need: the tests' shared one, one of its own to harm, or the server's private one.

use std::path::{Path, PathBuf};

use boomgate_store::cluster::{Cluster, ClusterConfig};
use boomgate_store::testing::TestDatabase;
use boomgate_store::{Address, Pool};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::programs;
use crate::wait;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A database of the server that all tests share: quickest.
    #[default]
    Shared,
    /// A cluster that the story starts, kills and starts again; external for the server under test.
    Own,
    /// What `boomgate serve` starts without a configured database.
    Private,
}

#[derive(Debug)]
pub enum Postgres {
    Shared(Box<TestDatabase>),
    Own { cluster: Option<Cluster>, dir: PathBuf },
    Private { dir: PathBuf },
}

const CONNECTIONS: usize = 6;

impl Postgres {
    pub async fn start(kind: Kind, dir: &Path) -> Self {
        match kind {
            Kind::Shared => Self::Shared(Box::new(TestDatabase::new().await)),
            Kind::Own => {
                let dir = dir.join("own-postgres");
                let cluster = Cluster::start(ClusterConfig::new(&dir)).await.unwrap();
                Self::Own { cluster: Some(cluster), dir }
            }
            Kind::Private => Self::Private { dir: dir.join("data/postgres") },
        }
    }

    /// For `[database] url`; none for a private one.
    pub fn url(&self) -> Option<String> {
        match self {
            Self::Shared(database) => Some(database.url()),
            Self::Own { cluster, .. } => cluster.as_ref().map(Cluster::url),
            Self::Private { .. } => None,
        }
    }

    /// A few connections for the story itself. A private server must be running.
    pub fn pool(&self) -> Pool {
        let address = match self {
            Self::Shared(database) => return database.pool.clone(),
            Self::Own { cluster, .. } => Address::of_cluster(cluster.as_ref().unwrap()),
            Self::Private { dir } => Address::parse(&private_address(dir)).unwrap(),
        };
        address.pool(CONNECTIONS).unwrap()
    }

    /// SIGKILL to the postmaster; its children follow by themselves.
    ///
    /// # Panics
    /// Unless it is the story's own.
    pub async fn kill(&mut self) {
        let Self::Own { cluster, .. } = self else {
            panic!("only a PostgreSQL of the story's own is harmed")
        };
        let pid = cluster.as_ref().and_then(Cluster::pid).unwrap();
        kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
        wait::until("the end of the killed postmaster", async || (!programs::is_alive(pid)).then_some(()))
            .await;
        let dead = cluster.take();
        tokio::task::spawn_blocking(move || drop(dead)).await.unwrap();
    }

    /// Starts the story's own again, on the same folder.
    ///
    /// # Panics
    /// Unless it is the story's own.
    pub async fn restart(&mut self) {
        let Self::Own { cluster, dir } = self else {
            panic!("only a PostgreSQL of the story's own is restarted")
        };
        *cluster = Some(Cluster::start(ClusterConfig::new(&*dir)).await.unwrap());
    }

    /// Process id of the private server, from its own file.
    pub fn private_pid(dir: &Path) -> Option<i32> {
        postmaster_line(dir, 0)?.trim().parse().ok()
    }
}

impl Drop for Postgres {
    /// A private server outlives a killed `boomgate serve`; a story that failed must not leave it behind.
    fn drop(&mut self) {
        let Self::Private { dir } = self else { return };
        let Some(pid) = Self::private_pid(dir) else { return };
        kill(Pid::from_raw(pid), Signal::SIGINT).ok();
        for _ in 0..200 {
            if !programs::is_alive(pid) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(25));
        }
    }
}

fn private_address(dir: &Path) -> String {
    let socket = postmaster_line(dir, 4).expect("the private PostgreSQL is running");
    format!("host={} user=boomgate dbname=boomgate", socket.trim())
}

/// `postmaster.pid`: process id, data folder, start time, port, socket folder, ...
fn postmaster_line(dir: &Path, number: usize) -> Option<String> {
    let text = std::fs::read_to_string(dir.join("pgdata/postmaster.pid")).ok()?;
    text.lines().nth(number).map(str::to_owned)
}
