//! `boomgate demo` as a person starts it, ends it, kills it and starts it again.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use boomgate_tests::postgres::Postgres;
use boomgate_tests::programs::{self, Process, program};
use boomgate_tests::scratch::Scratch;
use boomgate_tests::wait;
use nix::sys::signal::Signal;
use serde_json::Value;

const WHOLE_RUN: Duration = Duration::from_secs(120);
/// Where a cluster goes that was asked for in a folder its user cannot reach.
const ELSEWHERE: &str = "/var/lib/boomgate";

fn demo(dir: &Scratch, log: &str, arguments: &[&str]) -> Process {
    let mut command = Command::new(program("boomgate"));
    command.arg("demo").args(arguments).current_dir(dir.path()).env("TMPDIR", dir.path());
    Process::start(&mut command, &dir.path().join(log))
}

fn entries(dir: &str) -> usize {
    std::fs::read_dir(dir).map_or(0, Iterator::count)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unattended_demo_says_in_its_last_line_that_everything_held() {
    let dir = Scratch::new();
    let before = entries(ELSEWHERE);
    let mut demo = demo(&dir, "demo.log", &["--cars", "12", "--lanes", "2", "--speed", "10", "--json"]);
    let status = wait::within(WHOLE_RUN, "twelve cars", async || demo.has_ended()).await;
    let output = demo.output();
    assert!(status.success(), "{status}: {output}\n{}", demo.log());
    let verdict: Value = serde_json::from_str(output.lines().last().unwrap()).unwrap();
    let numbers = [
        "stays_opened",
        "stays_closed",
        "charged",
        "paid",
        "plates_exact",
        "plates_wrong",
        "lost",
        "duplicated",
    ];
    assert!(numbers.iter().all(|key| verdict[key].is_u64()), "{verdict:#}");
    assert_eq!(
        (&verdict["cars"], &verdict["lost"], &verdict["duplicated"]),
        (&12.into(), &0.into(), &0.into())
    );
    assert!(verdict["decisions"].as_object().is_some_and(|codes| !codes.is_empty()), "{verdict:#}");
    for of in ["loop_to_command", "publish_to_command"] {
        assert!(
            ["p50", "p95", "p99"].iter().all(|part| verdict["decision_ms"][of][part].as_u64() > Some(0)),
            "{verdict:#}"
        );
    }
    for invariant in ["I1", "I2", "I3", "I4", "I5", "I6"] {
        assert_eq!(verdict["invariants"][invariant], true, "{verdict:#}");
    }
    dir.assert_no_panic();
    let left: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "only this story's own two logs are left: {left:?}");
    assert_eq!(entries(ELSEWHERE), before, "no cluster is left behind in {ELSEWHERE}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_minds_ports_and_folders_and_comes_back_after_a_kill() {
    let dir = Scratch::new();
    let data = dir.path().join("elsewhere");
    let postgres = Postgres::Private { dir: data.join("postgres") };
    let arguments = ["--data", "elsewhere", "--lanes", "2", "--listen", "127.0.0.1:0", "--speed", "10"];
    refused_at_a_taken_port(&dir).await;

    let mut first = demo(&dir, "demo.log", &arguments);
    runs(&mut first, 1).await;
    let mut second = demo(&dir, "second.log", &arguments);
    let status = second.ended().await;
    assert!(!status.success() && second.log().contains("another demo is running"), "{}", second.log());
    assert!(first.log().contains("http://127.0.0.1:") && first.log().contains("password"), "{}", first.log());
    let used = format!("{} is used again next time", data.canonicalize().unwrap().display());
    assert!(first.log().contains(&used), "the banner names another folder: {}", first.log());
    assert_eq!(lanes(&data).len(), 2);

    first.kill();
    wait::until("the lanes end without their demo", async || lanes(&data).is_empty().then_some(())).await;
    let orphan = Postgres::private_pid(&data.join("postgres")).expect("PostgreSQL outlives a killed demo");

    let mut third = demo(&dir, "demo.log", &arguments);
    runs(&mut third, 2).await;
    assert_eq!(Postgres::private_pid(&data.join("postgres")), Some(orphan), "the orphan is adopted");
    third.signal(Signal::SIGINT);
    let status = third.ended().await;
    assert!(status.success(), "{status} after Ctrl-C: {}", third.log());
    assert!(!programs::is_alive(orphan) && lanes(&data).is_empty(), "Ctrl-C leaves nothing running");
    dir.assert_no_panic();
    drop(postgres);
}

async fn refused_at_a_taken_port(dir: &Scratch) {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut refused = demo(dir, "refused.log", &["--data", "elsewhere", "--listen", &address]);
    let status = refused.ended().await;
    let log = refused.log();
    assert!(
        !status.success() && log.contains(&address) && log.contains("in use") && log.contains("--listen"),
        "{log}"
    );
}

/// Waits until the demo has announced itself so many times in its log.
async fn runs(demo: &mut Process, times: usize) {
    wait::within(WHOLE_RUN, "the demo runs", async || {
        let ended = demo.has_ended();
        assert!(ended.is_none(), "{ended:?}: {}", demo.log());
        (demo.log().matches("Boomgate demo is running").count() == times).then_some(())
    })
    .await;
}

/// Processes of this demo's lanes.
fn lanes(data: &Path) -> Vec<i32> {
    programs::mentioning(&data.join("lanes"))
}

/// The folder a running demo made for itself.
async fn own_folder(dir: &Scratch) -> PathBuf {
    wait::within(WHOLE_RUN, "the demo's PostgreSQL runs", async || {
        let mut entries = std::fs::read_dir(dir.path()).unwrap().flatten().map(|entry| entry.path());
        let folder = entries.find(|path| path.join("data/postgres").exists())?;
        Postgres::private_pid(&folder.join("data/postgres")).map(|_| folder)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_demo_left_folders_and_a_running_postgresql_in_the_temporary_folder() {
    let dir = Scratch::new();
    let killed = demo(&dir, "killed.log", &["--cars", "50", "--lanes", "2"]);
    let folder = own_folder(&dir).await;
    let postgres = Postgres::private_pid(&folder.join("data/postgres")).unwrap();
    killed.kill();
    assert!(programs::is_alive(postgres), "an orphan");
    let mut next = demo(&dir, "next.log", &["--cars", "2", "--lanes", "2", "--speed", "10", "--json"]);
    let status = wait::within(WHOLE_RUN, "two cars", async || next.has_ended()).await;
    assert!(status.success(), "{status}: {}", next.log());
    assert!(!programs::is_alive(postgres));
    let left = std::fs::read_dir(dir.path()).unwrap().flatten().filter(|entry| entry.path().is_dir());
    assert_eq!(left.map(|entry| entry.path()).collect::<Vec<_>>(), Vec::<PathBuf>::new());
}
