//! The command line beside a running server that keeps its own PostgreSQL: nothing has to be stopped to change things.

use std::path::Path;
use std::time::{Duration, Instant};

use boomgate::demo::api_client::ApiClient;
use boomgate_schemas::up::Direction::Entry;
use boomgate_tests::client::{Device, arrived, client_tls, now_ms, passed};
use boomgate_tests::postgres::Kind;
use boomgate_tests::programs::program;
use boomgate_tests::site::{Plan, Site};
use boomgate_tests::wait;
use tokio::process::Command;
use uuid::Uuid;

async fn site() -> Site {
    Site::open(Plan { postgres: Kind::Private, ..Plan::default() }).await
}

/// What `boomgate ARGUMENTS` says; it must end well.
async fn command(site: &Site, arguments: &[&str]) -> String {
    let output = run(site, arguments).await;
    let (stdout, noted) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {}\n{stdout}\n{noted}", output.status);
    stdout.into_owned()
}

async fn run(site: &Site, arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new(program("boomgate"));
    command.args(arguments).arg("--config").arg(site.config()).current_dir(site.dir());
    for name in ["DATABASE_URL", "DATABASE_URL_FILE", "RUST_LOG", "BOOMGATE_CONFIG"] {
        command.env_remove(name);
    }
    command.output().await.unwrap()
}

fn copy(from: &Path, to: &Path) {
    for name in ["device.key", "sign.key", "device.pem", "ca.pem"] {
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_are_listed_revoked_and_added_beside_a_running_server_and_it_bites_at_once() {
    let mut site = site().await;
    let device = Device::connect(&site, "in-1").await;
    assert!(command(&site, &["device", "list"]).await.contains("demo-in-1\tdemo/in-1\tentry"));
    let begun = Instant::now();
    command(&site, &["device", "revoke", "demo-in-1"]).await;
    device.cut_off().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "cut off only after {:?}", begun.elapsed());

    let folder = site.dir().join("pi-9");
    let place = ["--site", "demo", "--lane", "in-1", "--direction", "entry", "--device", "pi-9"];
    let out = ["--server", "localhost", "--out", folder.to_str().unwrap()];
    command(&site, &[&["device", "add"], &place[..], &out[..]].concat()).await;
    let listed = command(&site, &["device", "list"]).await;
    assert!(listed.contains("pi-9\tdemo/in-1") && !listed.contains("demo-in-1"), "{listed}");
    copy(&folder, &site.lane_folder("in-1"));
    site.demo.lanes[0].identity.device = "pi-9".parse().unwrap();
    drop(Device::connect(&site, "in-1").await);
    assert!(site.server_runs());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_let_in_and_gets_another_password_beside_a_running_server() {
    let site = site().await;
    let url = format!("http://{}", site.ports.api);
    let password = |stdout: String| stdout.trim().rsplit(' ').next().unwrap().to_owned();
    let first = password(command(&site, &["user", "add", "eva", "--role", "admin"]).await);
    let api = ApiClient::log_in(&url, "eva", &first).await.unwrap();
    api.lanes().await.unwrap();
    let other_role = refused(&site, &["user", "add", "eva", "--role", "guard"]).await;
    assert!(other_role.contains("guard is given, but eva is known as admin"), "{other_role}");
    let stdout = command(&site, &["user", "add", "eva"]).await;
    assert!(stdout.contains("eva is known and stays admin of every site"), "{stdout}");
    let second = password(stdout);
    assert!(api.lanes().await.is_err(), "the sessions of the old password are over");
    assert!(ApiClient::log_in(&url, "eva", &first).await.is_err());
    ApiClient::log_in(&url, "eva", &second).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_of_the_command_line_saw_no_lane_and_is_given_and_taken_a_site_while_logged_in() {
    let site = site().await;
    let url = format!("http://{}", site.ports.api);
    let stdout = command(&site, &["user", "add", "ann"]).await;
    assert!(stdout.contains("sees demo\nann may log in as operator with the password "), "{stdout}");
    let password = stdout.trim().rsplit(' ').next().unwrap();
    let api = ApiClient::log_in(&url, "ann", password).await.unwrap();
    assert_eq!(api.lanes().await.unwrap().len(), 2);
    assert!(
        command(&site, &["user", "set", "ann", "--take", "demo"])
            .await
            .contains("sites is no site, was demo")
    );
    assert_eq!(api.lanes().await.unwrap().len(), 0);
    command(&site, &["user", "set", "ann", "--give", "demo", "--role", "guard"]).await;
    assert_eq!(api.lanes().await.unwrap().len(), 2);
    assert!(command(&site, &["user", "list"]).await.contains("ann\tguard\tdemo\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tariff_is_set_shown_and_listed_beside_a_running_server_and_the_next_car_has_it() {
    let site = site().await;
    let entry = site.lane("in-1").await;
    let file = site.dir().join("prices.toml");
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../provisioning/tariff.demo.toml"), &file).unwrap();
    let stdout = command(&site, &["tariff", "set", "--site", "demo", file.to_str().unwrap()]).await;
    assert!(stdout.contains("version 2 is in force"), "{stdout}");
    assert!(command(&site, &["tariff", "show"]).await.contains("version 2"));
    let listed = command(&site, &["tariff", "list"]).await;
    assert_eq!(listed.lines().count(), 2, "{listed}");
    entry.car("vera", "BA123XY");
    site.journal.passed("in-1", "vera").await;
    site.until_stays("state = 'open'", 1).await;
    let version =
        "select t.version::bigint from stays s join tariffs t on t.site_id = s.site_id and t.id = s.tariff_id
        where s.site_id = $1";
    assert_eq!(site.number(version).await, 2);
    site.end([entry]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_side_by_side_and_the_doctor_work_and_a_second_server_is_refused() {
    let mut site = site().await;
    let list = ["device", "list"];
    let all = tokio::join!(command(&site, &list), command(&site, &list), command(&site, &["migrate"]));
    assert_eq!(all.0, all.1);
    let doctor = command(&site, &["doctor"]).await;
    assert!(doctor.contains("in use by the server that runs") && !doctor.contains("missing"), "{doctor}");
    let second = run(&site, &["serve"]).await;
    assert!(!second.status.success(), "two servers on one folder");
    assert!(site.server_runs());
    site.api.lanes().await.unwrap();
    // Without the server the commands start and stop the database themselves, also two at a time.
    site.kill_server();
    let all = tokio::join!(command(&site, &list), command(&site, &list));
    assert_eq!(all.0, all.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_gets_a_new_certificate_and_the_one_before_is_good_until_it_is_used() {
    let mut site = site().await;
    let folder = site.lane_folder("in-1");
    let (pem, key) = (folder.join("device.pem"), folder.join("device.key"));
    let (old_pem, old_key) = (std::fs::read(&pem).unwrap(), std::fs::read(&key).unwrap());
    drop(Device::connect(&site, "in-1").await);
    let stdout = command(&site, &["device", "renew", "demo-in-1", "--out", folder.to_str().unwrap()]).await;
    assert!(stdout.contains("copy device.pem from"), "{stdout}");
    let new_pem = std::fs::read(&pem).unwrap();
    assert_ne!(new_pem, old_pem);
    assert_eq!(std::fs::read(&key).unwrap(), old_key, "the key in the folder is kept");
    let connect = async |certificate: &[u8]| {
        std::fs::write(&pem, certificate).unwrap();
        let device = Device::dial(&site, "in-1", None);
        wait::until("an answer of the listener", async || {
            device.is_connected().then_some(true).or_else(|| device.why_ended().map(|_| false))
        })
        .await
    };
    assert!(connect(&old_pem).await, "not carried to the lane yet");
    assert!(connect(&new_pem).await);
    wait::until("the one before is good no longer", async || (!connect(&old_pem).await).then_some(())).await;
    // Without the key's folder there is a new key; without an overlap the old certificate ends at once.
    let other = site.dir().join("renewed");
    let arguments =
        ["device", "renew", "demo-in-1", "--overlap-hours", "0", "--out", other.to_str().unwrap()];
    assert!(command(&site, &arguments).await.contains("device.pem and device.key"));
    assert!(!connect(&new_pem).await);
    std::fs::copy(other.join("device.key"), &key).unwrap();
    assert!(connect(&std::fs::read(other.join("device.pem")).unwrap()).await);
    assert!(site.server_runs());
    // Thirty days before the end it is said at every place people look at.
    site.number("with x as (update devices set certificate_until = now() + interval '20 days 1 hour' where site_id = $1 returning 1) select count(*) from x").await;
    let doctor = command(&site, &["doctor"]).await;
    assert!(doctor.contains("soon     certificate of demo-in-1: ends in 20 days"), "{doctor}");
    site.kill_server();
    site.restart_server().await;
    wait::until("the log says it", async || {
        site.server_log().contains("a certificate ends soon").then_some(())
    })
    .await;
}

/// A car that comes and passes at this lane.
async fn visit(lane: &Device, plate: &str) {
    let arrival = Uuid::now_v7();
    let came = lane.event(now_ms(), arrived(arrival, Entry, plate));
    lane.send(lane.seal(vec![came, lane.event(now_ms(), passed(arrival, Entry))])).await;
    lane.all_acked().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_lane_holds_for_the_next_event_of_a_device_that_is_connected() {
    const OPEN: &str = "select count(*) from stays where site_id = $1 and state = 'open'";
    const RAISED: &str = "select count(*) from live_feed where site_id = $1 and kind = 'exception'";
    let site = site().await;
    let lane = Device::connect(&site, "in-1").await;
    visit(&lane, "BA001AA").await;
    assert_eq!((site.number(OPEN).await, site.number(RAISED).await), (1, 0));
    let set = ["lane", "set", "--site", "demo", "--lane", "in-1", "--direction"];
    command(&site, &[&set[..], &["exit"]].concat()).await;
    // The announcement and the event take different ways; the book is right from then on.
    wait::until("the device contradicts its lane", async || {
        visit(&lane, "BA002AA").await;
        (site.number(RAISED).await > 0).then_some(())
    })
    .await;
    let before = site.number(OPEN).await;
    visit(&lane, "BA003AA").await;
    assert_eq!(site.number(OPEN).await, before);
    command(&site, &[&set[..], &["entry"]].concat()).await;
    wait::until("the device agrees with its lane", async || {
        visit(&lane, "BA004AA").await;
        (site.number(OPEN).await > before).then_some(())
    })
    .await;
}

fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions()) & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn every_local_user_could_read_the_pictures() {
    let site = site().await;
    let entry = site.lane("in-1").await;
    entry.car("wilma", "BA123XY");
    site.journal.passed("in-1", "wilma").await;
    let evidence = site.data().join("evidence");
    let pictures = wait::until("a picture is stored", async || {
        let folder = std::fs::read_dir(&evidence).ok()?.flatten().next()?.path();
        let pictures: Vec<_> = std::fs::read_dir(&folder).ok()?.flatten().map(|entry| entry.path()).collect();
        (!pictures.is_empty()).then_some((folder, pictures))
    })
    .await;
    assert_eq!((mode(&evidence), mode(&pictures.0)), (0o700, 0o700));
    assert!(pictures.1.iter().all(|picture| mode(picture) == 0o600), "{pictures:?}");
    assert!(!command(&site, &["doctor"]).await.contains("missing"));
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&evidence, open).unwrap();
    let doctor = run(&site, &["doctor"]).await;
    let stdout = String::from_utf8_lossy(&doctor.stdout).into_owned();
    let advice = format!("chmod 700 {}", evidence.display());
    assert!(!doctor.status.success() && stdout.contains(&advice), "{stdout}");
    site.end([entry]).await;
}

/// As root only: somebody else has to be somebody else.
#[tokio::test(flavor = "multi_thread")]
async fn another_user_of_the_machine_is_not_let_in_through_the_socket() {
    const NOBODY: u32 = 65_534;
    if !nix::unistd::Uid::effective().is_root() {
        return;
    }
    let mut site = site().await;
    let copy = site.dir().join("boomgate");
    std::fs::copy(program("boomgate"), &copy).unwrap();
    let mut command = Command::new(&copy);
    command.args(["device", "list", "--config"]).arg(site.config()).current_dir("/").uid(NOBODY).gid(NOBODY);
    let output = command.output().await.unwrap();
    let noted = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(noted.contains("belongs to the user") && noted.contains("as that user or as root"), "{noted}");
    assert!(site.server_runs());
}

/// What the broker shows of itself to a device that knows it by this name; none while it cannot be trusted by it.
async fn shown_to(site: &Site, name: &'static str) -> Option<Vec<u8>> {
    let tcp = tokio::net::TcpStream::connect(("127.0.0.1", site.ports.mqtt)).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(client_tls(&site.lane_folder("in-1")));
    let stream = connector.connect(name.try_into().unwrap(), tcp).await.ok()?;
    Some(stream.get_ref().1.peer_certificates().unwrap()[0].to_vec())
}

async fn shown_certificate(site: &Site) -> Vec<u8> {
    shown_to(site, "localhost").await.unwrap()
}

/// What a command that must fail says on standard error.
async fn refused(site: &Site, arguments: &[&str]) -> String {
    let output = run(site, arguments).await;
    assert!(!output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistyped_device_add_revoked_the_device_that_worked_and_poisoned_the_site() {
    let mut site = site().await;
    let device = Device::connect(&site, "in-1").await;
    let out = site.dir().join("pi-9");
    let add = |more: &[&'static str]| {
        let given = ["--site", "demo", "--lane", "in-1", "--device", "pi-9"].into_iter();
        let all = ["device", "add"].into_iter().chain(given).chain(more.iter().copied());
        all.map(str::to_owned).collect::<Vec<_>>()
    };
    let out = out.to_str().unwrap();
    for (more, stdout) in [
        (
            &["--direction", "entry", "--server", "localhost", "--time-zone", "Europe/Bratislavia"][..],
            "is not a time zone",
        ),
        (
            &["--direction", "entry", "--server", "localhost", "--time-zone", "Europe/Vienna"],
            "site demo has Europe/Bratislava",
        ),
        (&["--direction", "entry", "--server", "localhost", "--currency", "HUF"], "site demo has EUR"),
        (&["--direction", "exit", "--server", "localhost"], "lane in-1 of site demo has entry"),
        (&["--direction", "entry", "--server", "localhost:8883"], "has a port"),
    ] {
        let arguments = add(more);
        let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        arguments.extend(["--out", out]);
        let noted = refused(&site, &arguments).await;
        assert!(noted.contains(stdout), "{more:?}: {noted}");
    }
    let arguments = add(&["--direction", "entry", "--server", "localhost", "--out", "/proc/pi-9"]);
    let noted = refused(&site, &arguments.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert!(noted.contains("/proc/pi-9 cannot be written"), "{noted}");
    assert!(!Path::new(out).exists());
    assert!(command(&site, &["device", "list"]).await.contains("demo-in-1\tdemo/in-1\tentry"));
    assert!(device.is_connected(), "the device that works was cut off");
    assert!(site.server_runs());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_and_a_lane_are_corrected_and_a_second_name_is_shown_beside_a_running_server() {
    let mut site = site().await;
    assert!(shown_to(&site, "gate-2.example.org").await.is_none());
    let zone = ["site", "set", "--site", "demo", "--time-zone", "europe/vienna", "--name", "Demo"];
    let stdout = command(&site, &zone).await;
    assert!(stdout.contains("time zone is Europe/Vienna, was Europe/Bratislava"), "{stdout}");
    assert_eq!(command(&site, &["site", "list"]).await, "demo\tEurope/Vienna\tEUR\tDemo\n");
    // One that an earlier version stored is named with the command that corrects it.
    site.number("with x as (update sites set time_zone = 'Europe/Wien' where id = $1 returning 1) select count(*) from x").await;
    let doctor = run(&site, &["doctor"]).await;
    let doctor = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(
        doctor.contains("missing  site demo: ") && doctor.contains("boomgate site set --site demo"),
        "{doctor}"
    );
    command(&site, &zone).await;
    let lane = ["lane", "set", "--site", "demo", "--lane", "out-1", "--direction", "entry"];
    let output = run(&site, &lane).await;
    let noted = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(noted.contains("set direction = \"entry\" in the agent.toml of demo-out-1"), "{noted}");
    assert!(command(&site, &["lane", "list"]).await.contains("demo/out-1\tentry\tdemo-out-1\t"));
    let folder = site.dir().join("pi-9");
    let place = ["--site", "demo", "--lane", "out-1", "--direction", "entry", "--device", "pi-9"];
    let out = ["--server", "Gate-2.example.org", "--out", folder.to_str().unwrap()];
    let stdout = command(&site, &[&["device", "add"], &place[..], &out[..]].concat()).await;
    assert!(stdout.contains("demo-out-1 may not speak any more"), "{stdout}");
    wait::until("the second name is shown", async || shown_to(&site, "gate-2.example.org").await).await;
    assert!(shown_to(&site, "localhost").await.is_some(), "the first name is gone");
    let file = std::fs::read_to_string(folder.join("agent.toml")).unwrap();
    assert!(
        file.contains("time_zone = \"Europe/Vienna\"") && file.contains("\"gate-2.example.org:"),
        "{file}"
    );
    assert!(site.server_runs());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_own_certificate_is_renewed_and_shown_without_a_restart() {
    let mut site = site().await;
    let before = shown_certificate(&site).await;
    assert!(command(&site, &["pki", "renew"]).await.contains("shows it within seconds"));
    wait::until("the new certificate is shown", async || {
        (shown_certificate(&site).await != before).then_some(())
    })
    .await;
    drop(Device::connect(&site, "in-1").await);
    assert!(site.server_runs());
}
