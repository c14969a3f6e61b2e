//! The records of a server on a real PostgreSQL and a real key folder.

use std::path::{Path, PathBuf};

use boomgate_domain::decide::Direction;
use boomgate_store::testing::TestDatabase;
use boomgate_store::{Pool, devices as stored_devices, lanes as stored_lanes};
use serde_json::Value;
use tempfile::TempDir;

use boomgate_operations::access::SettingsWrite;
use boomgate_operations::devices::{self, AddDevice, DeviceAdded};
use boomgate_operations::error::OperationError;
use boomgate_operations::fault::Change;
use boomgate_operations::lanes::{self, LaneSet, SetLane};
use boomgate_operations::sites::{self, SetSite, SiteSet};
use boomgate_operations::unit;

use super::*;
use crate::commands::{command_line, line};
use crate::pki::expiry;

/// A database, a key folder, and a place for devices' folders.
struct Server {
    database: TestDatabase,
    dir: TempDir,
}

impl Server {
    async fn new() -> Self {
        Self { database: TestDatabase::new().await, dir: tempfile::tempdir().unwrap() }
    }

    fn pool(&self) -> &Pool {
        &self.database.pool
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    async fn add(&self, change: impl FnOnce(&mut Request)) -> Result<(DeviceAdded, Made), OperationError> {
        let mut request =
            Request { new: device(), server: "gate.example.org".into(), out: self.path("pi-1") };
        change(&mut request);
        let agent = AgentSettings {
            server: request.server,
            hosts: &[],
            mqtt_port: 8883,
            https_port: 8444,
            hardware: "",
        };
        let keys = self.path("pki");
        let mut issuer = FolderIssuer::new(&keys, request.out, Some(agent));
        let mut client = self.pool().get().await.unwrap();
        let by = command_line(&client).await.unwrap();
        let added = devices::add(&mut client, &by, &request.new, &mut issuer).await?;
        Ok((added, issuer.made))
    }

    async fn set_site(&self, request: &SetSite) -> Result<SiteSet, OperationError> {
        let mut client = self.pool().get().await.unwrap();
        let by = command_line::<SettingsWrite>(&client).await.unwrap();
        unit::run(&mut client, async |unit| sites::set(unit, &by, request).await).await
    }

    async fn set_lane(&self, request: &SetLane) -> Result<LaneSet, OperationError> {
        let mut client = self.pool().get().await.unwrap();
        let by = command_line::<SettingsWrite>(&client).await.unwrap();
        unit::run(&mut client, async |unit| lanes::set(unit, &by, request).await).await
    }

    /// What is stored, in words: sites, lanes, devices.
    async fn book(&self) -> String {
        let sql = "select coalesce(string_agg(line, ' ' order by line), '') from (
            select 's:' || code || ',' || time_zone || ',' || currency || ',' || name as line from sites
            union all select 'l:' || code || ',' || direction || ',' || name from lanes
            union all select 'd:' || code || case when revoked_at is null then '' else ',revoked' end from devices) all_of_it";
        self.pool().get().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
    }

    async fn run(&self, sql: &str) {
        self.pool().get().await.unwrap().batch_execute(sql).await.unwrap();
    }

    async fn audited(&self, action: &str) -> Value {
        let sql = "select detail from audit where action = $1 order by at desc limit 1";
        self.pool().get().await.unwrap().query_one(sql, &[&action]).await.unwrap().get(0)
    }
}

/// What is asked for, and where its keys go.
struct Request {
    new: AddDevice,
    server: String,
    out: PathBuf,
}

/// pi-1 at the entry in-1 of north.
fn device() -> AddDevice {
    AddDevice {
        site: "north".parse().unwrap(),
        lane: "in-1".parse().unwrap(),
        lane_name: None,
        device: "pi-1".parse().unwrap(),
        direction: Direction::Entry,
        time_zone: None,
        currency: None,
    }
}

fn reasons(error: &OperationError) -> Vec<String> {
    let lines: Vec<String> = error.faults().iter().map(line).collect();
    assert!(!lines.is_empty(), "{error}");
    lines
}

#[tokio::test]
async fn what_differs_from_a_known_site_and_lane_was_ignored_or_stored_beside_it() {
    let server = Server::new().await;
    let (added, _) = server.add(|_| {}).await.unwrap();
    assert_eq!(added.made_site, Some(("Europe/Bratislava".into(), "EUR".into())));
    let (before, out) = (server.book().await, server.path("pi-2"));
    let refused = server
        .add(|request| {
            request.new.device = "pi-1".parse().unwrap();
            request.new.direction = Direction::Exit;
            request.new.time_zone = Some("Europe/Vienna".parse().unwrap());
            request.new.currency = Some("HUF".parse().unwrap());
            request.out = "/proc/pi-2".into();
        })
        .await
        .unwrap_err();
    let reasons = reasons(&refused);
    for (number, words) in [
        ["--device: pi-1 is known already, at north/in-1", "boomgate device renew pi-1"],
        [
            "--time-zone: Europe/Vienna is given, but site north has Europe/Bratislava",
            "boomgate site set --site north --time-zone Europe/Vienna",
        ],
        ["--currency: HUF is given, but site north has EUR", "boomgate site set --site north --currency HUF"],
        [
            "--direction: exit is given, but lane in-1 of site north has entry",
            "boomgate lane set --site north --lane in-1 --direction exit",
        ],
        ["--out: /proc/pi-2 cannot be written", ""],
    ]
    .iter()
    .enumerate()
    {
        assert!(words.iter().all(|word| reasons[number].contains(word)), "{words:?}: {reasons:?}");
    }
    assert_eq!((reasons.len(), server.book().await), (5, before));
    // What is the same may be given; the file says what is stored.
    server.run("update sites set time_zone = 'Asia/Saigon'").await;
    let (added, made) = server
        .add(|request| {
            request.new.device = "pi-2".parse().unwrap();
            request.new.currency = Some("EUR".parse().unwrap());
            request.out = out.clone();
        })
        .await
        .unwrap();
    assert_eq!(added.replaced.as_deref(), Some("pi-1"));
    let file = fs::read_to_string(made.file.unwrap()).unwrap();
    assert!(file.contains("time_zone = \"Asia/Saigon\""), "{file}");
    assert!(server.book().await.contains("d:pi-1,revoked d:pi-2"), "{}", server.book().await);
}

#[tokio::test]
async fn a_folder_that_could_not_be_written_revoked_the_device_that_worked() {
    let server = Server::new().await;
    server.add(|_| {}).await.unwrap();
    let (before, file) = (server.book().await, server.path("file"));
    fs::write(&file, "").unwrap();
    let used = server.path("pi-1");
    for out in ["/proc/pi-2".into(), file.clone(), file.join("pi-2"), used] {
        let refused = server
            .add(|request| {
                request.new.device = "pi-2".parse().unwrap();
                request.out = out.clone();
            })
            .await
            .unwrap_err();
        assert!(reasons(&refused)[0].contains(&out.display().to_string()), "{refused}");
        assert_eq!(server.book().await, before);
    }
}

#[tokio::test]
async fn nothing_is_stored_when_the_last_step_fails_and_no_file_is_left() {
    let server = Server::new().await;
    server.add(|_| {}).await.unwrap();
    let (before, out) = (server.book().await, server.path("deep/pi-2"));
    // The database refuses at the end, when the files are written already.
    server
        .run(
            "create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
              create constraint trigger refused after insert on devices deferrable initially deferred
              for each row execute function refuse()",
        )
        .await;
    let failed = server
        .add(|request| {
            request.new.device = "pi-2".parse().unwrap();
            request.out = out.clone();
        })
        .await;
    failed.unwrap_err();
    assert_eq!(server.book().await, before);
    assert!(!server.path("deep").exists(), "the folder was made and left");
}

#[tokio::test]
async fn a_second_name_of_the_server_goes_into_its_certificate_or_is_refused() {
    let server = Server::new().await;
    assert!(!server.add(|_| {}).await.unwrap().1.new_host);
    let (second, third) = (server.path("pi-2"), server.path("pi-3"));
    let (_, made) = server
        .add(|request| {
            request.new.device = "pi-2".parse().unwrap();
            request.server = "2001:db8::7".into();
            request.out = second;
        })
        .await
        .unwrap();
    assert!(made.new_host);
    let file = fs::read_to_string(made.file.unwrap()).unwrap();
    assert!(file.contains("mqtt = \"[2001:db8::7]:8883\""), "{file}");
    assert!(file.contains("https = \"https://[2001:db8::7]:8444\""), "{file}");
    let pki = Pki::open(&server.path("pki")).unwrap();
    let names = expiry::names(&pki.server_pem().unwrap()).unwrap();
    assert!(names.ends_with(&["gate.example.org".into(), "2001:db8::7".into()]), "{names:?}");
    // Where the CA's key is elsewhere no certificate can be issued, and the device that works stays.
    fs::rename(server.path("pki/ca.key"), server.path("ca.key")).unwrap();
    let before = server.book().await;
    let refused = server
        .add(|request| {
            request.new.device = "pi-3".parse().unwrap();
            request.out = third.clone();
        })
        .await
        .unwrap_err();
    assert!(reasons(&refused)[0].contains("ca.key is missing"), "{refused}");
    assert_eq!(server.book().await, before);
    assert!(!third.exists());
}

#[tokio::test]
async fn a_lost_key_of_the_server_was_made_anew_in_its_place() {
    let server = Server::new().await;
    server.add(|_| {}).await.unwrap();
    let (pki, out) = (server.path("pki"), server.path("pi-2"));
    for name in ["ca.pem", "server.key", "server.pem"] {
        let (file, away) = (pki.join(name), server.path("away"));
        fs::rename(&file, &away).unwrap();
        let files = fs::read_dir(&pki).unwrap().count();
        let refused = server
            .add(|request| {
                request.new.device = "pi-2".parse().unwrap();
                request.out = out.clone();
            })
            .await
            .unwrap_err();
        assert!(reasons(&refused)[0].contains(&format!("{name} is missing")), "{refused}");
        assert_eq!(fs::read_dir(&pki).unwrap().count(), files, "{name}");
        fs::rename(&away, &file).unwrap();
    }
}

#[tokio::test]
async fn nothing_could_correct_a_site() {
    let server = Server::new().await;
    server.add(|_| {}).await.unwrap();
    server.run("update sites set time_zone = 'Europe/Bratislavia'").await;
    let out = server.path("pi-2");
    let refused = server
        .add(|request| {
            request.new.device = "pi-2".parse().unwrap();
            request.out = out.clone();
        })
        .await
        .unwrap_err();
    assert!(reasons(&refused)[0].contains("\"Europe/Bratislavia\", which nobody knows"), "{refused}");
    let set = SetSite {
        site: "north".parse().unwrap(),
        name: Some("North".into()),
        time_zone: Some("Europe/Vienna".parse().unwrap()),
        currency: Some("HUF".parse().unwrap()),
        languages: None,
        capacity: None,
    };
    let done = server.set_site(&set).await.unwrap();
    assert_eq!(
        done.changes.iter().map(|change| change.field).collect::<Vec<_>>(),
        ["name", "time_zone", "currency"]
    );
    assert_eq!(done.devices[0].code, "pi-1");
    assert!(server.book().await.contains("s:north,Europe/Vienna,HUF,North"), "{}", server.book().await);
    assert_eq!(server.audited("site.set").await["currency"], serde_json::json!(["EUR", "HUF"]));
    assert_eq!(server.set_site(&set).await.unwrap().changes, []);
    let unknown = server.set_site(&SetSite { site: "south".parse().unwrap(), ..set }).await.unwrap_err();
    assert_eq!(unknown.to_string(), "no site south is known; there are: north");
}

#[tokio::test]
async fn a_currency_is_not_corrected_once_something_was_counted_in_it() {
    let server = Server::new().await;
    server.add(|_| {}).await.unwrap();
    server
        .run(
            "insert into stays (site_id, id, plate, state, entered_at, currency)
              select id, gen_random_uuid(), 'BA123XY', 'open', now(), currency from sites",
        )
        .await;
    let set = SetSite {
        site: "north".parse().unwrap(),
        name: None,
        time_zone: None,
        currency: Some("HUF".parse().unwrap()),
        languages: None,
        capacity: None,
    };
    let refused = server.set_site(&set).await.unwrap_err();
    let words = "HUF is given, but site north has counted in EUR: 1 cars are inside, 0 entries";
    assert!(reasons(&refused)[0].contains(words), "{refused}");
    assert!(server.book().await.contains("s:north,Europe/Bratislava,EUR"));
}

#[tokio::test]
async fn a_tariff_in_another_currency_than_the_sites_is_not_in_force() {
    let server = Server::new().await;
    server.add(|_| {}).await.unwrap();
    let client = server.pool().get().await.unwrap();
    let code: boomgate_domain::ids::SiteCode = "north".parse().unwrap();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/provisioning/tariff.example.toml");
    let tariff = crate::tariff::read(Path::new(file)).unwrap();
    crate::tariff::set(server.pool(), &code, Path::new(file), tariff).await.unwrap();
    let site = boomgate_store::sites::by_code(&client, &code).await.unwrap().unwrap().id;
    let free = async |client: &boomgate_store::pool::Object| {
        let current = boomgate_store::tariffs::current(client, site, jiff::Timestamp::now()).await.unwrap();
        let free = boomgate_store::tariffs::sites_without(client, jiff::Timestamp::now()).await.unwrap();
        assert_eq!(current.is_none(), free == ["north"]);
        current.is_none()
    };
    assert!(!free(&client).await);
    for (currency, is_free) in [("HUF", true), ("EUR", false)] {
        let currency = Some(currency.parse().unwrap());
        let set = SetSite {
            site: code.clone(),
            name: None,
            time_zone: None,
            currency,
            languages: None,
            capacity: None,
        };
        server.set_site(&set).await.unwrap();
        assert_eq!(free(&client).await, is_free);
    }
}

#[tokio::test]
async fn nothing_could_correct_a_lane() {
    let server = Server::new().await;
    server.add(|_| {}).await.unwrap();
    let client = server.pool().get().await.unwrap();
    let set = SetLane {
        site: "north".parse().unwrap(),
        lane: "in-1".parse().unwrap(),
        name: Some("Out by the river".into()),
        direction: Some(Direction::Exit),
    };
    let done = server.set_lane(&set).await.unwrap();
    assert_eq!(done.changes[1], Change { field: "direction", before: "entry".into(), after: "exit".into() });
    assert_eq!(done.device.unwrap().code, "pi-1");
    assert!(server.book().await.contains("l:in-1,exit,Out by the river"), "{}", server.book().await);
    let device = stored_devices::by_code(&client, &"pi-1".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(device.direction, stored_lanes::direction_name(Direction::Exit));
    assert_eq!(server.audited("lane.set").await["direction"], serde_json::json!(["entry", "exit"]));
    let unknown = server.set_lane(&SetLane { lane: "in-9".parse().unwrap(), ..set }).await.unwrap_err();
    assert_eq!(unknown.to_string(), "site north has no lane in-9; it has: in-1");
}
