//! The PostgreSQL a story may need: the tests' shared one, one of its own to harm, one reached over TLS, or the server's
//! private one.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use boomgate::pki::Pki;
use boomgate_store::cluster::{Cluster, ClusterConfig};
use boomgate_store::testing::TestDatabase;
use boomgate_store::{Address, Pool};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::programs::{self, Process};
use crate::wait;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A database of the server that all tests share: quickest.
    #[default]
    Shared,
    /// A cluster that the story starts, kills and starts again; external for the server under test.
    Own,
    /// On a port of loopback that takes nobody without TLS.
    Tls,
    /// What `boomgate serve` starts without a configured database.
    Private,
}

#[derive(Debug)]
pub enum Postgres {
    Shared(Box<TestDatabase>),
    Own { cluster: Option<Cluster>, dir: PathBuf },
    Tls { process: Process, port: u16, roots: PathBuf },
    Private { dir: PathBuf },
}

const CONNECTIONS: usize = 6;

impl Postgres {
    pub async fn start(kind: Kind, dir: &Path) -> Self {
        match kind {
            Kind::Shared => Self::Shared(Box::new(TestDatabase::new().await)),
            Kind::Own => {
                let dir = dir.join("own-postgres");
                let cluster = Cluster::start(left_dead(&dir)).await.unwrap();
                Self::Own { cluster: Some(cluster), dir }
            }
            Kind::Tls => over_tls(dir).await,
            Kind::Private => Self::Private { dir: dir.join("data/postgres") },
        }
    }

    /// For `[database] url`; none for a private one.
    pub fn url(&self) -> Option<String> {
        match self {
            Self::Shared(database) => Some(database.url()),
            Self::Own { cluster, .. } => cluster.as_ref().map(Cluster::url),
            Self::Tls { port, roots, .. } => Some(tls_url("localhost", *port, roots)),
            Self::Private { .. } => None,
        }
    }

    /// A few connections for the story itself. A private server must be running.
    pub fn pool(&self) -> Pool {
        let address = match self {
            Self::Shared(database) => return database.pool.clone(),
            Self::Own { cluster, .. } => Address::of_cluster(cluster.as_ref().unwrap()),
            Self::Tls { port, roots, .. } => Address::parse(&tls_url("localhost", *port, roots)).unwrap(),
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
        *cluster = Some(Cluster::start(left_dead(dir)).await.unwrap());
    }

    /// Process id of the private server, from its own file.
    pub fn private_pid(dir: &Path) -> Option<i32> {
        postmaster_line(dir, 0)?.trim().parse().ok()
    }
}

/// One that stays dead when it is killed, until the story starts it again.
fn left_dead(dir: &Path) -> ClusterConfig {
    ClusterConfig { keep_running: false, ..ClusterConfig::new(dir) }
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

/// Trusts nobody but who signed `roots`; the server shows a certificate for `localhost`.
pub fn tls_url(host: &str, port: u16, roots: &Path) -> String {
    let roots = roots.display();
    format!("postgresql://boomgate@{host}:{port}/boomgate?sslmode=verify-full&sslrootcert={roots}")
}

/// A cluster made as ours are, then served by hand: our own listen on no port.
async fn over_tls(dir: &Path) -> Postgres {
    let pki = dir.join("data/pki");
    let keys = Pki::open_or_create(&pki, &[]).unwrap();
    let cluster = Cluster::start(ClusterConfig::new(dir.join("tls-postgres"))).await.unwrap();
    let program = fs::read_link(format!("/proc/{}/exe", cluster.pid().unwrap())).unwrap();
    let place = cluster.placement().clone();
    tokio::task::spawn_blocking(|| cluster.stop()).await.unwrap().unwrap();

    let pgdata = place.data_dir.join("pgdata");
    let write = |name: &str, text: &str| {
        let path = pgdata.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        if let Some(user) = &place.run_as {
            chown(&path, Some(user.uid), Some(user.gid)).unwrap();
        }
    };
    write("server.crt", &keys.server_pem().unwrap());
    write("server.key", &keys.server_key_pem().unwrap());
    write("pg_hba.conf", "hostssl all all 127.0.0.0/8 trust\n");

    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = Command::new(program);
    command.arg("-D").arg(&pgdata).args([
        "-k",
        "",
        "-c",
        "ssl=on",
        "-c",
        "listen_addresses=127.0.0.1,127.0.0.2",
    ]);
    command.args(["-c", &format!("port={port}")]).process_group(0);
    if let Some(user) = &place.run_as {
        command.uid(user.uid).gid(user.gid).current_dir("/");
    }
    let process = Process::start(&mut command, &dir.join("tls-postgres.log"));
    let roots = pki.join("ca.pem");
    let address = Address::parse(&tls_url("localhost", port, &roots)).unwrap();
    wait::until("PostgreSQL answers", async || address.connect().await.ok()).await;
    Postgres::Tls { process, port, roots }
}

fn private_address(dir: &Path) -> String {
    let socket = postmaster_line(dir, 4).expect("the private PostgreSQL is running");
    format!("host={} user=boomgate dbname=boomgate", socket.trim())
}

/// `postmaster.pid`: process id, data folder, start time, port, socket folder, ...
fn postmaster_line(dir: &Path, number: usize) -> Option<String> {
    let text = fs::read_to_string(dir.join("pgdata/postmaster.pid")).ok()?;
    text.lines().nth(number).map(str::to_owned)
}
