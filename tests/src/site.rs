//! A whole site in processes of its own: PostgreSQL, `boomgate serve`, and lanes as the story wants them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use boomgate::config::Config;
use boomgate::demo::api_client::ApiClient;
use boomgate::demo::site::{self as demo_site, DemoSite};
use boomgate::pki::Pki;
use boomgate::serve::Database;
use boomgate_domain::ids::{BlockId, SiteId, SubscriptionId};
use boomgate_domain::plate::TypedPlate;
use boomgate_operations::passwords;
use boomgate_store::Pool;
use boomgate_store::blocklist::{self, NewBlock};
use boomgate_store::subscriptions::{self, Kind as SubscriptionKind, NewSubscription};
use serde_json::Value;
use uuid::Uuid;

use crate::journal::Journal;
use crate::lanes::Lane;
use crate::postgres::{Kind, Postgres};
use crate::programs::{Process, program};
use crate::scratch::Scratch;
use crate::wait;

/// What a story wants its site to be like.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Half lead in, half out; of three, two lead in.
    pub lanes: usize,
    pub postgres: Kind,
    pub capacity: Option<i32>,
    /// Simulated seconds per second.
    pub speed: f64,
    /// How long a lane waits for the server before it decides alone. Long, unless a story is about just that: a loaded
    /// machine must not change a story's end.
    pub decision_timeout_ms: u64,
    /// Another broker than the server's own.
    pub external_broker: Option<ExternalBroker>,
}

/// How another broker is reached.
#[derive(Clone, Debug)]
pub struct ExternalBroker {
    /// Its port for devices.
    pub devices: u16,
    /// The server's table `[broker.external]`.
    pub config: String,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            lanes: 2,
            postgres: Kind::Shared,
            capacity: None,
            speed: 10.0,
            decision_timeout_ms: 15_000,
            external_broker: None,
        }
    }
}

/// Where the server listens; the same after every restart.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    pub api: SocketAddr,
    pub device_https: SocketAddr,
    pub mqtt: u16,
}

pub struct Site {
    // Dropped in this order: nobody may write while the folder goes.
    pub(crate) server: Option<Process>,
    pool: Pool,
    pub postgres: Postgres,
    pub journal: Journal,
    pub api: ApiClient,
    pub ports: Ports,
    pub demo: DemoSite,
    pub pki: Pki,
    plan: Plan,
    pub(crate) dir: Scratch,
}

impl Site {
    pub async fn open(plan: Plan) -> Self {
        let dir = Scratch::new();
        Self::open_in(dir, plan).await
    }

    /// As [`Site::open`], where keys were made before (for a broker that needs them).
    pub async fn open_in(dir: Scratch, plan: Plan) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let postgres = Postgres::start(plan.postgres, dir.path()).await;
        std::fs::create_dir_all(dir.path().join("run")).unwrap();
        write_config(dir.path(), &postgres, &plan, None);
        let config = Config::load(&config_path(dir.path())).unwrap();
        let password = passwords::new();
        let (demo, pki) = populate(&config, &plan, &password).await;
        let (server, ports) = start_server(dir.path()).await;
        let ports =
            Ports { mqtt: plan.external_broker.as_ref().map_or(ports.mqtt, |other| other.devices), ..ports };
        write_config(dir.path(), &postgres, &plan, Some(ports));
        let api =
            ApiClient::log_in(&format!("http://{}", ports.api), demo_site::ADMIN, &password).await.unwrap();
        let pool = postgres.pool();
        Self {
            server: Some(server),
            pool,
            postgres,
            journal: Journal::new(),
            api,
            ports,
            demo,
            pki,
            plan,
            dir,
        }
    }

    pub fn id(&self) -> SiteId {
        self.demo.id
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The server's configuration file.
    pub fn config(&self) -> PathBuf {
        config_path(self.dir.path())
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The folder with a lane's keys.
    pub fn lane_folder(&self, lane: &str) -> PathBuf {
        self.data().join("lanes").join(lane)
    }

    /// A plate with a subscription. Lanes that run already learn of it only when they ask the server.
    pub async fn subscribe(&self, plate: &str) {
        let new = NewSubscription {
            site: self.id(),
            id: SubscriptionId::from_uuid(Uuid::now_v7()),
            plate: TypedPlate::parse(plate).unwrap(),
            kind: SubscriptionKind::Subscription,
            holder: format!("holder of {plate}"),
            valid_from: None,
            valid_until: None,
        };
        subscriptions::insert(&self.pool.get().await.unwrap(), &new).await.unwrap();
    }

    pub async fn block(&self, plate: &str) {
        let new = NewBlock {
            site: self.id(),
            id: BlockId::from_uuid(Uuid::now_v7()),
            plate: TypedPlate::parse(plate).unwrap(),
            reason: "left without paying".into(),
            valid_from: None,
            valid_until: None,
            by: None,
        };
        blocklist::insert(&self.pool.get().await.unwrap(), &new).await.unwrap();
    }

    /// Starts a lane and waits until the server has heard it.
    pub async fn lane(&self, code: &str) -> Lane {
        self.lane_behind(code, self.ports.mqtt).await
    }

    /// As [`Site::lane`], over another way to the broker.
    pub async fn lane_behind(&self, code: &str, mqtt: u16) -> Lane {
        self.lane_between(code, mqtt, self.ports.device_https.port()).await
    }

    /// As [`Site::lane`], over other ways to the broker and to the server that takes pictures.
    pub async fn lane_between(&self, code: &str, mqtt: u16, https: u16) -> Lane {
        let (config, socket) = self.write_agent(code, mqtt, https);
        let lane = Lane::start(code, config, socket, self.journal.clone()).await;
        self.heard(code).await;
        lane
    }

    fn write_agent(&self, code: &str, mqtt: u16, https: u16) -> (PathBuf, PathBuf) {
        let one = DemoSite {
            id: self.demo.id,
            tenant: self.demo.tenant,
            lanes: self.demo.lanes.iter().filter(|lane| lane.code.as_str() == code).map(copy).collect(),
        };
        let run = self.dir.path().join("run");
        let made =
            demo_site::configure(&one, &self.pki, &run, mqtt, https, self.plan.speed, "\"SK\"").unwrap();
        let (_, config, socket) =
            made.into_iter().next().unwrap_or_else(|| panic!("the site has no lane {code}"));
        let text = std::fs::read_to_string(&config).unwrap();
        let timings = format!("\n[timings]\ndecision_timeout_ms = {}\n", self.plan.decision_timeout_ms);
        std::fs::write(&config, text + &timings).unwrap();
        (config, socket)
    }

    /// A request to the api by the site's admin: status and body.
    pub async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Vec<u8>) {
        let request = self.api.request(method.parse().unwrap(), path);
        let request = body.into_iter().fold(request, |request, body| request.json(body));
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
    }

    /// The same, of what is done and answered in JSON.
    pub async fn done(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let (status, answer) = self.call(method, path, body).await;
        let text = String::from_utf8_lossy(&answer);
        assert!((200..300).contains(&status), "{method} {path}: {status} {text}");
        serde_json::from_slice(&answer).unwrap()
    }

    /// Waits until the server has heard this start of a lane.
    pub async fn heard(&self, code: &str) {
        wait::until(&format!("the server has heard {code}"), async || {
            let lanes = self.api.lanes().await.ok()?;
            let lane = lanes.into_iter().find(|lane| lane.code == code)?;
            lane.device.filter(|device| device.connected).map(drop)
        })
        .await;
    }

    /// Asks PostgreSQL one number of this site; `$1` is the site.
    pub async fn number(&self, query: &str) -> i64 {
        let client = self.pool.get().await.unwrap();
        client.query_one(query, &[&self.id().as_uuid()]).await.unwrap().get(0)
    }

    /// How many stays of this site fit.
    pub async fn stays(&self, condition: &str) -> i64 {
        self.number(&format!("select count(*) from stays where site_id = $1 and {condition}")).await
    }

    pub async fn until_stays(&self, condition: &str, wanted: i64) {
        let what = format!("{wanted} stays where {condition}");
        wait::until(&what, async || (self.stays(condition).await == wanted).then_some(())).await;
    }

    /// Waits until the one car inside is there long enough to owe something: seconds are counted whole.
    pub async fn until_due(&self) {
        self.until_stays("state = 'open' and entered_at <= clock_timestamp() - interval '1 second'", 1).await;
    }

    /// SIGKILL to the server: nothing is told, nothing is tidied.
    pub fn kill_server(&mut self) {
        self.server.take().expect("the server runs").kill();
    }

    /// Starts the server again, at the same addresses.
    pub async fn restart_server(&mut self) {
        let (server, _) = start_server(self.dir.path()).await;
        self.server = Some(server);
    }

    /// Whether the server is still the process it was.
    pub fn server_runs(&mut self) -> bool {
        self.server.as_mut().is_some_and(|server| server.has_ended().is_none())
    }

    /// Resident memory of the server, in KiB.
    pub fn server_kib(&self) -> u64 {
        let pid = self.server.as_ref().expect("the server runs").pid();
        let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
    }

    pub fn server_log(&self) -> String {
        self.server.as_ref().map(Process::log).unwrap_or_default()
    }
}

fn copy(lane: &demo_site::DemoLane) -> demo_site::DemoLane {
    demo_site::DemoLane {
        code: lane.code.clone(),
        direction: lane.direction,
        identity: lane.identity.clone(),
        folder: lane.folder.clone(),
    }
}

fn config_path(dir: &Path) -> PathBuf {
    dir.join("boomgate.toml")
}

/// Port 0 at the first start, the ports found then at every later one.
fn write_config(dir: &Path, postgres: &Postgres, plan: &Plan, ports: Option<Ports>) {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let mqtt = ports.filter(|_| plan.external_broker.is_none()).map_or(0, |ports| ports.mqtt);
    let mut text = format!(
        "data = \"data\"\n[log]\njson = true\n[broker]\nlisten = \"127.0.0.1:{mqtt}\"\n[api]\nlisten = \"{}\"\n[device_https]\nlisten = \"{}\"\n[metrics]\nlisten = \"127.0.0.1:0\"\n",
        ports.map_or(any, |ports| ports.api),
        ports.map_or(any, |ports| ports.device_https),
    );
    if let Some(url) = postgres.url() {
        text.push_str(&format!("[database]\nurl = {}\nconnections = 8\n", toml::Value::from(url)));
    }
    if let Some(other) = &plan.external_broker {
        text.push_str(&format!("[broker.external]\n{}", other.config));
    }
    std::fs::write(config_path(dir), text).unwrap();
}

/// Site, lanes with keys, and the administrator; on a private PostgreSQL that runs only meanwhile.
async fn populate(config: &Config, plan: &Plan, password: &str) -> (DemoSite, Pki) {
    let database = Database::open(config).await.unwrap();
    let pki = Pki::open_or_create(&config.pki, &[]).unwrap();
    let demo = demo_site::prepare(&database.pool, &config.pki, &config.data, plan.lanes).await.unwrap();
    let mut client = database.pool.get().await.unwrap();
    demo_site::admin(&mut client, password).await.unwrap();
    let capacity = "update sites set capacity = $2 where id = $1";
    client.execute(capacity, &[&demo.id.as_uuid(), &plan.capacity]).await.unwrap();
    drop(client);
    database.close().await.unwrap();
    (demo, pki)
}

async fn start_server(dir: &Path) -> (Process, Ports) {
    let log = dir.join("serve.log");
    let before = std::fs::read_to_string(&log).unwrap_or_default().len();
    let mut command = Command::new(program("boomgate"));
    let mut server = Process::start(command.arg("serve").arg("--config").arg(config_path(dir)), &log);
    let ports = wait::until("the server serves", async || {
        let text = server.log();
        if let Some(status) = server.has_ended() {
            panic!("boomgate serve ended: {status}; {}", &text[before..]);
        }
        text.get(before..)?.lines().find_map(serving)
    })
    .await;
    (server, ports)
}

/// The addresses in the log line that says so.
fn serving(line: &str) -> Option<Ports> {
    let line: Value = serde_json::from_str(line).ok()?;
    let fields = line.get("fields").filter(|fields| fields["message"] == "serving")?;
    let mqtt = fields["mqtt"].as_str()?.trim_start_matches("Some(").trim_end_matches(')');
    Some(Ports {
        api: fields["api"].as_str()?.parse().ok()?,
        device_https: fields["device_https"].as_str()?.parse().ok()?,
        mqtt: mqtt.parse::<SocketAddr>().map_or(0, |address| address.port()),
    })
}
