//! One PostgreSQL for all tests of a run, a database of its own for each test.
//!
//! nextest runs every test in a process of its own, so the server must outlive them: the first test starts it, each
//! holds a shared lock on `users`, and a watcher that gets the exclusive lock for itself (nobody used it for a while)
//! stops the server and removes the folder. `BOOMGATE_TEST_DATABASE_URL` names a server to use instead.

pub mod rows;

use std::env;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::unistd::Uid;
use uuid::Uuid;

use crate::cluster::{Cluster, ClusterConfig};
use crate::pool::{Address, Pool};

/// How long the shared server waits for the next test.
const IDLE_SECONDS: u32 = 45;
/// How long a server that is ending may take.
const LONGEST_END: Duration = Duration::from_secs(15);
const POOL_SIZE: usize = 12;

/// A migrated, empty database; dropped with this value.
#[derive(Debug)]
pub struct TestDatabase {
    pub pool: Pool,
    pub address: Address,
    /// Where and which to drop; `None` for a database that ends with its cluster.
    drop: Option<(Address, String)>,
    _users: Option<File>,
}

impl TestDatabase {
    /// A fresh copy of the migrated template.
    ///
    /// # Panics
    /// When no PostgreSQL can be had: a test without its database must fail, not pass.
    pub async fn new() -> Self {
        let (server, users) = server().await;
        let name = format!("t_{}", Uuid::now_v7().simple());
        copy_template(&server, &name).await;
        let address = server.with_database(&name);
        let pool = address.pool(POOL_SIZE).expect("pool settings are constant");
        Self { pool, address, drop: Some((server, name)), _users: users }
    }

    /// Its address in the form libpq and [`Address::parse`] read, for child processes.
    #[must_use]
    pub fn url(&self) -> String {
        self.address.text()
    }

    /// A database of a cluster that the test itself started.
    #[must_use]
    pub fn of(address: Address, pool: Pool) -> Self {
        Self { pool, address, drop: None, _users: None }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        self.pool.close();
        let Some((server, name)) = self.drop.take() else { return };
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                if let Ok(client) = server.connect().await {
                    let statement = format!("drop database if exists {name} with (force)");
                    if let Err(error) = client.batch_execute(&statement).await {
                        tracing::warn!(%error, name, "test database was left behind");
                    }
                }
            });
            Ok::<(), std::io::Error>(())
        });
        drop(dropping.join());
    }
}

async fn server() -> (Address, Option<File>) {
    match env::var("BOOMGATE_TEST_DATABASE_URL") {
        Ok(url) => (Address::parse(&url).expect("BOOMGATE_TEST_DATABASE_URL is an address"), None),
        Err(_) => {
            let (address, users) = shared().await;
            (address, Some(users))
        }
    }
}

/// The run's server, started by the first test.
async fn shared() -> (Address, File) {
    let root = env::temp_dir().join(format!("boomgate-tests-{}", Uid::effective().as_raw()));
    let root_of_blocking = root.clone();
    let (users, starting) =
        tokio::task::spawn_blocking(move || take_locks(&root_of_blocking)).await.expect("locks are taken");
    let config =
        ClusterConfig { durable: false, max_connections: 400, ..ClusterConfig::new(root.join("postgres")) };
    let cluster = start(config).await;
    let address = Address::of_cluster(&cluster);
    if !cluster.was_adopted() {
        watch_idleness(&root, cluster.pid().expect("a started cluster has a process"));
    }
    cluster.abandon();
    drop(starting);
    (address, users)
}

/// A server of the run before may still be on its way out, and holds the socket's lock until it is gone.
async fn start(config: ClusterConfig) -> Cluster {
    let begun = Instant::now();
    loop {
        match Cluster::start(config.clone()).await {
            Ok(cluster) => return cluster,
            Err(error) if begun.elapsed() > LONGEST_END => panic!("PostgreSQL for the tests: {error}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// The shared lock says "in use"; the exclusive one lets one process at a time start the server.
fn take_locks(root: &Path) -> (File, File) {
    loop {
        fs::create_dir_all(root).expect("a folder under the temporary one");
        let users = lock_file(&root.join("users"));
        users.lock_shared().expect("shared lock");
        // The watcher may have removed the folder while we waited for it, and another test made a new one.
        let same =
            |held: fs::Metadata, there: fs::Metadata| (held.dev(), held.ino()) == (there.dev(), there.ino());
        let is_there = fs::metadata(root.join("users")).ok().zip(users.metadata().ok());
        if is_there.is_some_and(|(there, held)| same(held, there)) {
            let starting = lock_file(&root.join("starting"));
            starting.lock().expect("exclusive lock");
            return (users, starting);
        }
    }
}

fn lock_file(path: &Path) -> File {
    let opened = File::options().create(true).truncate(false).write(true).open(path);
    opened.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A shell in a session of its own: it must survive the test that starts it, and inherit nothing of it.
fn watch_idleness(root: &Path, postgres: i32) {
    let script = r#"
        while sleep "$3"; do
            flock --nonblock --exclusive "$1/users" sh -c '
                kill -INT "$2" 2>/dev/null
                for _ in $(seq 300); do [ -e "$1/postgres/pgdata/postmaster.pid" ] || break; sleep 0.1; done
                mv "$1" "$1.$$" && rm -rf "$1.$$"' sh "$1" "$2" && exit 0
            [ -e "$1/postgres/pgdata/postmaster.pid" ] || exit 0
        done"#;
    let mut command = Command::new("setsid");
    command.args(["--fork", "sh", "-c", script, "boomgate-tests"]).arg(root);
    command.arg(postgres.to_string()).arg(IDLE_SECONDS.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    command.status().expect("setsid and sh are on every Linux");
}

async fn copy_template(server: &Address, name: &str) {
    let template = template_name();
    let client = server.connect().await.expect("the test server answers");
    client.batch_execute("set statement_timeout = '60s'").await.expect("a setting");
    client.execute("select pg_advisory_lock(7)", &[]).await.expect("the template's lock");
    let known = client.query_opt("select from pg_database where datname = $1", &[&template]).await;
    if known.expect("the catalogue is readable").is_none() {
        make_template(server, &client, &template).await;
    }
    let copy = format!("create database {name} template {template}");
    client.batch_execute(&copy).await.expect("a copy of the template");
    client.execute("select pg_advisory_unlock(7)", &[]).await.expect("the template's lock");
}

/// Named by what the schema is made of, so that another version of it makes its own.
fn template_name() -> String {
    format!("template_{:016x}", boomgate_migrations::fingerprint())
}

async fn make_template(server: &Address, client: &tokio_postgres::Client, template: &str) {
    let unfinished = format!("{template}_new");
    client.batch_execute(&format!("drop database if exists {unfinished}")).await.expect("no leftover");
    client
        .batch_execute(&format!("create database {unfinished}"))
        .await
        .expect("a database for the template");
    let mut own = server.with_database(&unfinished).connect().await.expect("the template answers");
    boomgate_migrations::run(&mut own).await.expect("migrations on an empty database");
    drop(own);
    wait_alone(client, &unfinished).await;
    client
        .batch_execute(&format!("alter database {unfinished} rename to {template}"))
        .await
        .expect("a rename");
}

/// A database can only be renamed or copied when no connection to it is left.
async fn wait_alone(client: &tokio_postgres::Client, database: &str) {
    for _ in 0..500 {
        let busy = client.query_opt("select from pg_stat_activity where datname = $1", &[&database]).await;
        if busy.expect("the activity view is readable").is_none() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{database} is still in use");
}

/// A scratch folder whose cluster an unprivileged server may reach, also when the tests run as root.
#[must_use]
pub fn scratch() -> PathBuf {
    env::temp_dir().join(format!("boomgate-scratch-{}", Uuid::now_v7().simple()))
}
