//! The private PostgreSQL against what really happens to it: killed parents, killed servers, foreign folders, root.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use boomgate_store::Address;
use boomgate_store::cluster::{Cluster, ClusterConfig, ClusterError};
use boomgate_store::testing::scratch;

const DIR: &str = "BOOMGATE_CLUSTER_TEST_DIR";

struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        Self(scratch())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

async fn answers(cluster: &Cluster) -> i32 {
    let client = Address::of_cluster(cluster).connect().await.unwrap();
    client.query_one("select 41 + 1", &[]).await.unwrap().get(0)
}

/// A zombie nobody reaped is not alive.
fn is_alive(pid: i32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    !status.is_empty() && !status.contains("State:\tZ")
}

#[tokio::test]
async fn a_cluster_is_made_used_stopped_and_started_again() {
    let dir = Scratch::new();
    let config = ClusterConfig::new(&dir.0);
    let cluster = Cluster::start(config.clone()).await.unwrap();
    assert_eq!(answers(&cluster).await, 42);
    let client = Address::of_cluster(&cluster).connect().await.unwrap();
    let encoding: String = client.query_one("show server_encoding", &[]).await.unwrap().get(0);
    let listening: String = client.query_one("show listen_addresses", &[]).await.unwrap().get(0);
    assert_eq!((encoding.as_str(), listening.as_str()), ("UTF8", ""));
    let pid = cluster.pid().unwrap();
    cluster.stop().unwrap();
    assert!(!is_alive(pid));

    let again = Cluster::start(config).await.unwrap();
    assert!(!again.was_adopted());
    assert_eq!(answers(&again).await, 42);
    let pid = again.pid().unwrap();
    drop(again);
    assert!(!is_alive(pid), "a dropped cluster is stopped");
}

#[tokio::test]
async fn the_server_of_a_killed_parent_is_adopted() {
    let dir = Scratch::new();
    let mut parent = start_parent(&dir.0);
    let orphan = first_number(&mut parent);
    let second = Cluster::start(ClusterConfig::new(&dir.0)).await;
    assert!(matches!(second, Err(ClusterError::InUse { .. })), "{second:?}");
    parent.kill().unwrap();
    parent.wait().unwrap();
    assert!(is_alive(orphan));

    let cluster = Cluster::start(ClusterConfig::new(&dir.0)).await.unwrap();
    assert!(cluster.was_adopted());
    assert_eq!(cluster.pid(), Some(orphan));
    assert_eq!(answers(&cluster).await, 42);
    cluster.stop().unwrap();
    assert!(!is_alive(orphan));
}

/// Not a test of its own: the parent that the test above kills.
#[tokio::test]
#[ignore = "run by the_server_of_a_killed_parent_is_adopted"]
async fn parent_to_be_killed() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let cluster = Cluster::start(ClusterConfig::new(PathBuf::from(dir))).await.unwrap();
    fs::write("/dev/stdout", format!("pid {}\n", cluster.pid().unwrap())).unwrap();
    std::future::pending::<()>().await;
}

fn start_parent(dir: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "parent_to_be_killed", "--nocapture"])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn first_number(parent: &mut Child) -> i32 {
    let lines = BufReader::new(parent.stdout.take().unwrap()).lines();
    let told =
        lines.map_while(Result::ok).find_map(|line| line.split_once("pid ").map(|(_, pid)| pid.to_owned()));
    told.unwrap().trim().parse().unwrap()
}

#[tokio::test]
async fn a_killed_server_recovers_what_it_committed() {
    let dir = Scratch::new();
    let cluster = Cluster::start(ClusterConfig::new(&dir.0)).await.unwrap();
    let client = Address::of_cluster(&cluster).connect().await.unwrap();
    client.batch_execute("create table t (n integer); insert into t values (7)").await.unwrap();
    Command::new("kill").args(["-9", &cluster.pid().unwrap().to_string()]).status().unwrap();
    drop(cluster);

    let again = Cluster::start(ClusterConfig::new(&dir.0)).await.unwrap();
    let client = Address::of_cluster(&again).connect().await.unwrap();
    assert_eq!(client.query_one("select n from t", &[]).await.unwrap().get::<_, i32>(0), 7);
}

#[tokio::test]
async fn a_foreign_folder_is_refused() {
    let dir = Scratch::new();
    fs::create_dir_all(&dir.0).unwrap();
    fs::write(dir.0.join("PG_VERSION"), "15\n").unwrap();
    let error = Cluster::start(ClusterConfig::new(&dir.0)).await.unwrap_err();
    assert!(matches!(error, ClusterError::ForeignFolder { .. }), "{error}");
    assert_eq!(fs::read_dir(&dir.0).unwrap().count(), 1, "nothing was added");
}

#[tokio::test]
async fn a_cluster_of_another_version_is_refused_with_advice() {
    let dir = Scratch::new();
    Cluster::start(ClusterConfig::new(&dir.0)).await.unwrap().stop().unwrap();
    fs::write(dir.0.join("pgdata/PG_VERSION"), "14\n").unwrap();
    let error = Cluster::start(ClusterConfig::new(&dir.0)).await.unwrap_err();
    assert!(error.to_string().contains("install postgresql-14"), "{error}");
}

#[tokio::test]
async fn started_as_root_the_server_runs_as_somebody_else() {
    let dir = Scratch::new();
    let cluster = Cluster::start(ClusterConfig::new(&dir.0)).await.unwrap();
    let status = fs::read_to_string(format!("/proc/{}/status", cluster.pid().unwrap())).unwrap();
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap();
    assert_ne!(uid.split_whitespace().next(), Some("0"), "{uid}");
}
