//! The private PostgreSQL against what really happens to it: killed parents, killed servers, foreign folders, root.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

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

/// A zombie process is not alive.
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
    let reported_pid =
        lines.map_while(Result::ok).find_map(|line| line.split_once("pid ").map(|(_, pid)| pid.to_owned()));
    reported_pid.unwrap().trim().parse().unwrap()
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

/// Waits until the cluster's first restart is counted and it answers; how long that took. The server may answer a
/// moment before its supervisor has noted its number.
async fn until_it_answers_again(cluster: &Cluster) -> Duration {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(30) {
        if cluster.restarts() > 0 && Address::of_cluster(cluster).connect().await.is_ok() {
            return begun.elapsed();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("PostgreSQL does not come back");
}

fn kill(pid: i32) {
    Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
}

#[tokio::test]
async fn a_killed_server_is_started_again_at_once_though_its_orphans_are_busy() {
    let dir = Scratch::new();
    let cluster = Cluster::start(ClusterConfig::new(&dir.0)).await.unwrap();
    let client = Address::of_cluster(&cluster).connect().await.unwrap();
    client.batch_execute("create table t (n integer); insert into t values (7)").await.unwrap();
    // A backend that computes does not notice that its server is gone, and keeps the shared memory.
    let busy = Address::of_cluster(&cluster).connect().await.unwrap();
    busy.batch_execute("set statement_timeout = 0").await.unwrap();
    let computing = tokio::spawn(async move {
        busy.batch_execute("select count(*) from generate_series(1, 1000000000::bigint) n").await
    });
    let is_busy = "select from pg_stat_activity where state = 'active' and query like '%1000000000%' and pid <> pg_backend_pid()";
    while client.query_opt(is_busy, &[]).await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let killed = cluster.pid().unwrap();
    kill(killed);
    let took = until_it_answers_again(&cluster).await;
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(computing.await.unwrap().is_err(), "the orphan is gone");
    let client = Address::of_cluster(&cluster).connect().await.unwrap();
    assert_eq!(client.query_one("select n from t", &[]).await.unwrap().get::<_, i32>(0), 7);
    assert_eq!(cluster.restarts(), 1);
    let pid = cluster.pid().unwrap();
    assert_ne!(pid, killed);
    cluster.stop().unwrap();
    assert!(!is_alive(pid), "the one that was started again is stopped with its cluster");
}

#[tokio::test]
async fn a_number_in_a_stale_pid_file_that_is_somebody_elses_now_keeps_no_server_from_starting() {
    let dir = Scratch::new();
    let cluster = Cluster::start(ClusterConfig::new(&dir.0)).await.unwrap();
    let pid = cluster.pid().unwrap();
    // Some other live process of the server's own user: PostgreSQL itself would refuse to start beside it.
    let user = fs::metadata(dir.0.join("pgdata")).unwrap();
    let mut other = Command::new("sleep");
    std::os::unix::process::CommandExt::uid(&mut other, std::os::unix::fs::MetadataExt::uid(&user));
    let mut other = other.arg("60").spawn().unwrap();
    let path = dir.0.join("pgdata/postmaster.pid");
    let text = fs::read_to_string(&path).unwrap().replacen(&pid.to_string(), &other.id().to_string(), 1);
    fs::write(&path, text).unwrap();
    kill(pid);
    until_it_answers_again(&cluster).await;
    assert!(cluster.pid().is_some_and(|new| new != pid));
    cluster.stop().unwrap();
    assert!(is_alive(i32::try_from(other.id()).unwrap()), "nobody else was harmed");
    other.kill().unwrap();
    other.wait().unwrap();
}

#[tokio::test]
async fn a_killed_backend_ends_all_connections_and_the_pool_is_well_again_by_itself() {
    let dir = Scratch::new();
    let cluster = Cluster::start(ClusterConfig::new(&dir.0)).await.unwrap();
    let pool = Address::of_cluster(&cluster).pool(4).unwrap();
    let server = cluster.pid();
    let backend: i32 =
        pool.get().await.unwrap().query_one("select pg_backend_pid()", &[]).await.unwrap().get(0);
    kill(backend);
    let begun = Instant::now();
    loop {
        let answer = async { pool.get().await.ok()?.query_one("select 42", &[]).await.ok() };
        if answer.await.is_some() {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(15), "the pool stays broken");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!((cluster.restarts(), cluster.pid()), (0, server), "the server restarts its own backends");
}

/// PostgreSQL's own programs, libraries and texts, copied so that they can be harmed.
fn copied_postgresql(dir: &Path) -> PathBuf {
    let pgdata = dir.join("pgdata");
    let bin = fs::read_link(format!("/proc/{}/exe", server_of(&pgdata))).unwrap();
    let root = bin.parent().and_then(Path::parent).unwrap().to_owned();
    let copy = dir.join("copy");
    let share = Command::new(root.join("bin/pg_config")).arg("--sharedir").output();
    let share = share.map(|out| String::from_utf8(out.stdout).unwrap().trim().to_owned());
    let major = root.file_name().unwrap().to_str().unwrap();
    let share = share.unwrap_or_else(|_| format!("/usr/share/postgresql/{major}"));
    // The places the programs look for relative to themselves.
    let lib = copy.join("lib/postgresql").join(major);
    fs::create_dir_all(&lib).unwrap();
    fs::create_dir_all(copy.join("share/postgresql")).unwrap();
    for (from, to) in [
        (root.join("bin"), lib.join("bin")),
        (root.join("lib"), lib.join("lib")),
        (PathBuf::from(share), copy.join("share/postgresql").join(major)),
    ] {
        assert!(Command::new("cp").arg("-aL").arg(&from).arg(&to).status().unwrap().success(), "{from:?}");
    }
    lib.join("bin")
}

fn server_of(pgdata: &Path) -> i32 {
    fs::read_to_string(pgdata.join("postmaster.pid")).unwrap().lines().next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn libraries_replaced_underneath_by_an_upgrade_break_no_connection() {
    let (dir, other) = (Scratch::new(), Scratch::new());
    let first = Cluster::start(ClusterConfig::new(&other.0)).await.unwrap();
    fs::create_dir_all(&dir.0).unwrap();
    let binaries = copied_postgresql(&other.0);
    first.stop().unwrap();
    let config = ClusterConfig { binaries: Some(binaries.clone()), ..ClusterConfig::new(&dir.0) };
    let cluster = Cluster::start(config).await.unwrap();
    let own = fs::read_link(format!("/proc/{}/exe", cluster.pid().unwrap())).unwrap();
    assert!(own.starts_with(&other.0), "{} is not the copy", own.display());
    let before = Address::of_cluster(&cluster).connect().await.unwrap();
    before.batch_execute("create extension pg_trgm").await.unwrap();
    before
        .batch_execute("create function one() returns integer language plpgsql as 'begin return 1; end'")
        .await
        .unwrap();
    // As dpkg does it: a new file under the same name. What is in it does not fit the server that runs.
    for library in ["plpgsql.so", "pg_trgm.so"] {
        let place = binaries.join("../lib").join(library);
        let new = place.with_extension("dpkg-new");
        fs::write(&new, b"a library of another version").unwrap();
        fs::rename(&new, &place).unwrap();
    }
    let after = Address::of_cluster(&cluster).connect().await.unwrap();
    for client in [&before, &after] {
        assert_eq!(client.query_one("select one()", &[]).await.unwrap().get::<_, i32>(0), 1);
        let alike = client.query_one("select similarity('BA123AB', 'BA123A8')", &[]).await.unwrap();
        assert!(alike.get::<_, f32>(0) > 0.3);
    }
}
