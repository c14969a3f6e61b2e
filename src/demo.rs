//! `boomgate demo`: a whole car park on one machine, with real parts: PostgreSQL, the server, and lanes as processes.
//!
//! ```text
//!  traffic (cars, drivers, an operator) ──control sockets──► edge-agent × lanes ══TLS══► server ──► PostgreSQL
//!          └──────────── REST, like anybody ───────────────────────────────────────────┘
//! ```
//!
//! What the simulator sees is its own journal; an unattended run ends by comparing it with what PostgreSQL says.

pub mod agents;
pub mod api_client;
pub mod control;
pub mod leftovers;
pub mod site;
pub mod traffic;
pub mod verdict;

use std::fs::{File, TryLockError};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use boomgate_domain::decide::Direction;
use boomgate_domain::ids::UserId;
use boomgate_operations::passwords;
use boomgate_schemas::yard::Report;
use boomgate_store::Pool;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::sleep;

use agents::Agent;
use api_client::ApiClient;
use control::{Control, LaneReport, Reports};
use leftovers::Scratch;
use site::DemoSite;
use traffic::{Car, Fleet, Gate, Outcome, Traffic};
use verdict::{Journal, Verdict};

use crate::config::Config;
use crate::pki::Pki;
use crate::serve::{Database, Server};
use crate::{output, private};

/// How long an agent may take to open its control socket; it loads its models first.
const AGENT_START: Duration = Duration::from_secs(60);
/// How long the rest may take to arrive after the last car.
const SETTLE: Duration = Duration::from_secs(60);
/// Cars of an endless demo are made in rounds of this many.
const ROUND: usize = 200;
/// Cars inside and on the ramps at a time, per lane.
const AT_A_TIME: usize = 4;

/// The options of the demo.
#[derive(Clone, Debug)]
pub struct Options {
    /// Cars of an unattended run; none runs until it is stopped.
    pub cars: Option<usize>,
    pub lanes: usize,
    pub seed: u64,
    /// Simulated seconds per real second.
    pub speed: f64,
    pub json: bool,
    pub photos: Option<PathBuf>,
    pub listen: Option<SocketAddr>,
    pub data: Option<PathBuf>,
}

/// Runs the demo. An unattended run returns whether all held.
pub async fn run(options: Options) -> Result<bool> {
    leftovers::remove();
    let scratch = Scratch::new()?;
    let data = match (&options.data, options.cars) {
        (Some(data), _) => data.clone(),
        (None, None) => PathBuf::from("data"),
        (None, Some(_)) => scratch.path().join("data"),
    };
    let fleet = Fleet::new(options.seed, options.cars.unwrap_or(ROUND), options.photos.as_deref())?;
    let program = agents::program()?;
    private::data_folder(&data)?;
    private::restrict_umask();
    let data = std::fs::canonicalize(&data)?;
    let _lock = lock(&data)?;
    let people = listen(&options).await?;
    let mut demo = Demo::start(&options, &data, people, &program, &fleet, scratch).await?;
    let done = demo.drive(&options, fleet).await;
    let stopped = demo.stop().await;
    let holds = done?;
    stopped?;
    Ok(holds)
}

/// One demo per folder.
fn lock(data: &Path) -> Result<File> {
    let path = data.join("demo.lock");
    let file = File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(&path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!(
                "another demo is running in {}; stop it (Ctrl-C there), or choose another folder with --data",
                data.display()
            )
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "an enum of another crate with many kinds")]
async fn listen(options: &Options) -> Result<TcpListener> {
    let default = if options.cars.is_some() { 0 } else { 8480 };
    let address = options.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], default)));
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            let next = SocketAddr::new(address.ip(), address.port().wrapping_add(1));
            anyhow!("{address} is in use by another program; choose another address: boomgate demo --listen {next}")
        }
        _ => anyhow!(error).context(format!("cannot listen on {address}")),
    })
}

/// All reports so far, for the verdict.
type SharedReports = Arc<Mutex<Vec<LaneReport>>>;

struct Demo {
    server: Server,
    site: DemoSite,
    agents: Vec<Agent>,
    traffic: Arc<Traffic>,
    admin: UserId,
    lane_reports: SharedReports,
    data: PathBuf,
    _scratch: Scratch,
}

impl Demo {
    async fn start(
        options: &Options,
        data: &Path,
        people: TcpListener,
        program: &Path,
        fleet: &Fleet,
        scratch: Scratch,
    ) -> Result<Self> {
        let config = Config::parse(
            "[api]\nrequests_per_minute = 100000\n[broker]\nlisten = \"127.0.0.1:0\"\n[device_https]\nlisten = \"127.0.0.1:0\"\n[metrics]\nlisten = \"127.0.0.1:0\"\n",
            data,
            "the demo's own configuration",
        )?;
        let config = Config { data: data.to_owned(), pki: data.join("pki"), ..config };
        output::note("Starting a private PostgreSQL …");
        let devices = TcpListener::bind(config.device_https).await?;
        let database = Database::open(&config).await?;
        let pki = Pki::open_or_create(&config.pki, &[])?;
        let site = site::prepare(&database.pool, &config.pki, data, options.lanes).await?;
        let password = passwords::new();
        let admin = site::admin(&mut database.pool.get().await?, &password).await?;
        site::admit(&database.pool, site.id, fleet, admin).await?;
        let server = Server::with_database(&config, people, devices, database).await?;
        let mqtt = server.addresses.mqtt.context("the demo's broker does not listen")?.port();
        let countries = if options.photos.is_some() { site::PHOTO_COUNTRIES } else { site::COUNTRIES };
        let lanes = site::configure(
            &site,
            &pki,
            scratch.path(),
            mqtt,
            server.addresses.device_https.port(),
            options.speed,
            countries,
        )?;
        output::note(format!("Starting {} lanes …", lanes.len()));
        let reports = control::reports();
        let lane_reports = SharedReports::default();
        tokio::spawn(keep(reports.subscribe(), data.join("journal.jsonl"), Arc::clone(&lane_reports)));
        let agents = lanes
            .iter()
            .map(|(lane, config, _)| Agent::start(program, lane, config))
            .collect::<Result<_>>()?;
        let api =
            ApiClient::log_in(&format!("http://{}", reachable(server.addresses.api)), site::ADMIN, &password)
                .await?;
        let traffic = open_traffic(&site, &lanes, reports, api, options.speed).await;
        let traffic =
            traffic.with_context(|| format!("see agent.log under {}", data.join("lanes").display()))?;
        announce(options, server.addresses.api, &password, data);
        let data = data.to_owned();
        Ok(Self {
            server,
            site,
            agents,
            traffic: Arc::new(traffic),
            admin,
            lane_reports,
            data,
            _scratch: scratch,
        })
    }

    async fn drive(&mut self, options: &Options, fleet: Fleet) -> Result<bool> {
        let (traffic, pool) = (Arc::clone(&self.traffic), self.server.pool().clone());
        tokio::select! {
            done = drive(traffic, pool, &self.site, self.admin, options, fleet, &self.lane_reports) => done,
            error = self.server.failed() => Err(error.context("the server ended")),
            ended = any_ended(&mut self.agents) => Err(anyhow!("{ended}; see agent.log in its folder under {}", self.data.join("lanes").display())),
            () = interrupted() => {
                output::note("\nStopping …");
                Ok(true)
            }
        }
    }

    /// Lanes first, then the server, then its database.
    async fn stop(self) -> Result<()> {
        let stopping: FuturesUnordered<_> = self.agents.into_iter().map(Agent::stop).collect();
        stopping.collect::<Vec<_>>().await;
        self.server.stop().await
    }
}

/// Where a listener on all addresses is reached from this machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() { SocketAddr::from(([127, 0, 0, 1], address.port())) } else { address }
}

async fn open_traffic(
    site: &DemoSite,
    lanes: &[(Arc<str>, PathBuf, PathBuf)],
    reports: Reports,
    api: ApiClient,
    speed: f64,
) -> Result<Traffic> {
    let (mut entries, mut exits) = (Vec::new(), Vec::new());
    for (lane, (code, _, socket)) in site.lanes.iter().zip(lanes) {
        let control = Control::connect(code, socket, reports.clone(), AGENT_START).await?;
        let gate = Gate::new(code.to_string(), control);
        match lane.direction {
            Direction::Entry => entries.push(gate),
            Direction::Exit => exits.push(gate),
        }
    }
    let api = Arc::new(api);
    wait_for_lanes(&api, lanes.len()).await?;
    Ok(Traffic { entries, exits, reports, api, speed })
}

/// Starts the cars when the server has a hello of every lane.
async fn wait_for_lanes(api: &ApiClient, lanes: usize) -> Result<()> {
    let deadline = Instant::now() + AGENT_START;
    loop {
        let received = api
            .lanes()
            .await?
            .iter()
            .filter(|lane| lane.device.as_ref().is_some_and(|device| device.connected))
            .count();
        if received >= lanes {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("only {received} of {lanes} lanes were heard by the server within {AGENT_START:?}");
        }
        sleep(Duration::from_millis(200)).await;
    }
}

fn announce(options: &Options, api: SocketAddr, password: &str, data: &Path) {
    if options.cars.is_some() {
        return;
    }
    let address = reachable(api);
    output::note(format!(
        "\n  Boomgate demo is running.\n\n    page      http://{address}/\n    name      {}\n    password  {password}   (for this run)\n\n  \
         From another machine: ssh -L {port}:{address} <this machine>, then open http://localhost:{port}/\n  \
         (or start with --listen 0.0.0.0:{port} on a network you trust)\n  Ctrl-C stops it; {data} is used again next time.\n",
        site::ADMIN,
        data = data.display(),
        port = address.port(),
    ));
}

async fn any_ended(agents: &mut [Agent]) -> String {
    let mut ends: FuturesUnordered<_> = agents.iter_mut().map(Agent::ended).collect();
    ends.next().await.unwrap_or_else(|| "no lane is running".into())
}

/// Ctrl-C, or the polite end of a supervisor.
pub async fn interrupted() {
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}

/// Writes the lanes' reports to the journal, and collects them for the verdict.
async fn keep(mut received: broadcast::Receiver<LaneReport>, file: PathBuf, journal: SharedReports) {
    use std::io::Write;
    let mut out = File::create(file).map(std::io::LineWriter::new).ok();
    loop {
        match received.recv().await {
            Ok(report) => {
                if let (Some(out), Ok(line)) = (out.as_mut(), serde_json::to_string(&report)) {
                    drop(writeln!(out, "{line}"));
                }
                journal.lock().unwrap_or_else(PoisonError::into_inner).push(report);
            }
            Err(RecvError::Lagged(missed)) => tracing::error!(missed, "the journal lost reports"),
            Err(RecvError::Closed) => return,
        }
    }
}

async fn drive(
    traffic: Arc<Traffic>,
    pool: Pool,
    site: &DemoSite,
    admin: UserId,
    options: &Options,
    fleet: Fleet,
    lane_reports: &SharedReports,
) -> Result<bool> {
    if options.cars.is_none() {
        return endless(traffic, &pool, site, admin, options, fleet).await;
    }
    let started = Instant::now();
    let outcomes = visit_all(&traffic, &fleet.cars, options).await?;
    let mut journal = Journal { lane_reports: Vec::new(), outcomes, payments: traffic.api.payments() };
    let verdict = settle(&pool, site, &fleet.cars, lane_reports, &mut journal, started).await?;
    report(&verdict, options.json)?;
    Ok(verdict.is_good())
}

/// Sends cars in rounds until interrupted, and prints what happens.
async fn endless(
    traffic: Arc<Traffic>,
    pool: &Pool,
    site: &DemoSite,
    admin: UserId,
    options: &Options,
    fleet: Fleet,
) -> Result<bool> {
    let printing = tokio::spawn(print_reports(traffic.reports.clone()));
    let mut fleet = fleet;
    let mut seed = options.seed;
    loop {
        visit_all(&traffic, &fleet.cars, options).await?;
        seed = seed.wrapping_add(1);
        fleet = Fleet::new(seed, ROUND, options.photos.as_deref())?;
        site::admit(pool, site.id, &fleet, admin).await?;
        if printing.is_finished() {
            bail!("the demo lost its reports");
        }
    }
}

async fn print_reports(reports: Reports) {
    let mut received = reports.subscribe();
    loop {
        match received.recv().await {
            Ok(report) => drop(line(&report).map(output::note)),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "reports that say nothing to a spectator have no line")]
fn line(report: &LaneReport) -> Option<String> {
    let lane = &report.lane;
    match &report.report {
        Report::Arrived { car } => Some(format!("  {lane:>6}  {car} drives up")),
        Report::Sign { text, .. } if !text.is_empty() => Some(format!("  {lane:>6}  sign: {text}")),
        Report::Passed { car, .. } => Some(format!("  {lane:>6}  {car} passed")),
        Report::Left { car, why } => Some(format!("  {lane:>6}  {car} left ({})", why.replace('_', " "))),
        _ => None,
    }
}

/// All cars, a limited number at a time, in the order of the fleet.
async fn visit_all(traffic: &Arc<Traffic>, cars: &[Car], options: &Options) -> Result<Vec<Outcome>> {
    let lanes = traffic.entries.len() + traffic.exits.len();
    let mut running = FuturesUnordered::new();
    let mut outcomes = Vec::with_capacity(cars.len());
    let mut said = Instant::now();
    for (number, car) in cars.iter().enumerate() {
        while running.len() >= lanes * AT_A_TIME {
            outcomes.extend(running.next().await.transpose()?);
        }
        let (traffic, car) = (Arc::clone(traffic), car.clone());
        running.push(async move { traffic.visit(&car, number).await });
        if options.cars.is_some() && said.elapsed() > Duration::from_secs(5) {
            output::note(format!("{} of {} cars are through", outcomes.len(), cars.len()));
            said = Instant::now();
        }
    }
    while let Some(outcome) = running.next().await {
        outcomes.push(outcome?);
    }
    Ok(outcomes)
}

/// Judges as soon as the lanes have sent everything, or after [`SETTLE`]; then the verdict says so.
async fn settle(
    pool: &Pool,
    site: &DemoSite,
    cars: &[Car],
    lane_reports: &SharedReports,
    journal: &mut Journal,
    started: Instant,
) -> Result<Verdict> {
    let ended = Instant::now();
    loop {
        sleep(Duration::from_millis(500)).await;
        let settled = verdict::is_settled(pool, site.id).await?;
        lane_reports.lock().unwrap_or_else(PoisonError::into_inner).clone_into(&mut journal.lane_reports);
        let seconds = ended.duration_since(started).as_secs_f64();
        let verdict = verdict::judge(pool, site.id, cars, journal, seconds).await?;
        if (settled && verdict.is_good()) || ended.elapsed() > SETTLE {
            return Ok(verdict);
        }
    }
}

fn report(verdict: &Verdict, json: bool) -> Result<()> {
    for broken in &verdict.broken {
        output::note(format!("broken: {broken}"));
    }
    if json {
        output::result(serde_json::to_string(verdict)?);
    } else {
        output::result(serde_json::to_string_pretty(verdict)?);
    }
    Ok(())
}
