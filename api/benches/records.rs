//! A car park that has been open for years: a million vehicles and a million stays. Search, list and import of vehicles, and
//! the numbers of a day, beside PostgreSQL's own pgbench and COPY in the same run.
//!
//! `cargo bench -p boomgate-api --bench records -- --rows 1000000`
#![expect(clippy::print_stdout, reason = "a benchmark's result")]

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use boomgate_api::{Api, ApiConfig, Front, Reach};
use boomgate_domain::ids::{SiteId, TenantId, UserId};
use boomgate_store::memberships::{self, Role};
use boomgate_store::testing::{TestDatabase, rows};
use boomgate_store::users::{self, NewSession, NewUser};
use boomgate_store::{sites, stats};
use futures_util::{SinkExt, StreamExt};
use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::PrometheusBuilder;
use reqwest::Client;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_postgres::config::Host;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use uuid::Uuid;

const TOKEN: &str = "the operator at the desk";
const SEARCHES: usize = 2_000;
/// Letters and digits of drawn plates; every look-alike among them.
const LETTERS: &[u8] = b"ABCDEFGHKLMNPRSTVXYZ";
const NAMES: [&str; 12] = [
    "Nováková",
    "Kováč",
    "Horváth",
    "Nguyễn",
    "Trần",
    "Müller",
    "Schmidt",
    "Rossi",
    "García",
    "Łoś",
    "Øster",
    "Smith",
];

#[tokio::main]
async fn main() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let rows = rows_wanted();
    let database = TestDatabase::new().await;
    let site = build(&database).await;
    let (_stop, shutdown) = watch::channel(false);
    let at = serve(&database, &shutdown).await;
    println!("{:<58} {:>12} {:>12} {:>8}", "", "ours", "yardstick", "ratio");
    import(&database, at, rows).await;
    let yard = Yard::prepare(&database, rows).await;
    search(at, &yard, rows).await;
    list(at, rows).await;
    stays(&database, at, (site, &yard), rows).await;
}

fn rows_wanted() -> usize {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--rows").skip(1);
    arguments.next().and_then(|rows| rows.parse().ok()).unwrap_or(1_000_000)
}

fn print(what: &str, ours: f64, yardstick: f64, unit: &str) {
    println!("{what:<58} {ours:>9.2} {unit:<2} {yardstick:>9.2} {unit:<2} {:>8.2}", ours / yardstick);
}

/// Spread over all plates, the same in every run.
fn plate(number: usize) -> String {
    let mut mixed = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut draw = |many: u64| {
        mixed = mixed.rotate_left(17).wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
        (mixed >> 33) % many
    };
    let mut letter = || char::from(LETTERS[draw(LETTERS.len() as u64) as usize]);
    let front: String = [letter(), letter()].iter().collect();
    let back: String = [letter(), letter()].iter().collect();
    // Unique by its digits, and as long as plates are.
    format!("{front}{number:07}{back}").chars().take(12).collect()
}

fn csv(rows: usize) -> String {
    let mut file = "plate;country;contact_name;phone;owner\n".to_owned();
    for number in 0..rows {
        let name = NAMES[number % NAMES.len()];
        let _ = writeln!(
            file,
            "{};SK;Anna {name} {number};+421 9{:08};Company {}",
            plate(number),
            number * 7,
            number % 5_000
        );
    }
    file
}

async fn import(database: &TestDatabase, at: SocketAddr, rows: usize) {
    let file = csv(rows);
    let client = database.pool.get().await.expect("a connection");
    client.batch_execute("create table yard (like vehicles including all)").await.expect("a table");
    client.batch_execute("set statement_timeout = 0").await.expect("no limit");
    let begun = Instant::now();
    let sql = "copy yard (site_id, id, plate, plate_typed, country, contact_name, phone, owner, people_key) from stdin";
    let sink = client.copy_in(sql).await.expect("a copy");
    tokio::pin!(sink);
    let site = Uuid::now_v7();
    for (number, line) in file.lines().skip(1).enumerate() {
        let values: Vec<&str> = line.split(';').collect();
        let key = format!("{} {} {}", values[2], values[4], values[3]).to_lowercase();
        let row = format!(
            "{site}\t{}\t{}\t{}\tSK\t{}\t{}\t{}\t{key}\n",
            Uuid::from_u128(number as u128),
            values[0],
            values[0],
            values[2],
            values[3],
            values[4]
        );
        sink.send(bytes::Bytes::from(row)).await.expect("a row");
    }
    sink.finish().await.expect("rows");
    let copied = begun.elapsed();
    client.batch_execute("drop table yard").await.expect("no table");
    drop(client);
    let begun = Instant::now();
    let request = Client::new().post(format!("http://{at}/api/v1/vehicles/import")).bearer_auth(TOKEN);
    let answer = request.header("idempotency-key", "records").body(file).send().await.expect("an answer");
    assert_eq!(answer.status(), 201, "{:?}", answer.text().await);
    let imported = begun.elapsed();
    let rate = |time: Duration| rows as f64 / time.as_secs_f64() / 1_000.0;
    print("import, thousand vehicles a second; COPY with the indexes", rate(imported), rate(copied), "");
    let client = database.pool.get().await.expect("a connection");
    client.batch_execute("analyze vehicles").await.expect("statistics");
}

/// pgbench's own single look-up by key, on as many rows.
struct Yard {
    program: PathBuf,
    socket: PathBuf,
    database: String,
    user: String,
}

impl Yard {
    async fn prepare(database: &TestDatabase, rows: usize) -> Self {
        let config = database.address.config();
        let Some(Host::Unix(socket)) = config.get_hosts().first() else { panic!("no socket") };
        let yard = Self {
            program: newest("pgbench"),
            socket: socket.clone(),
            database: config.get_dbname().expect("a name").to_owned(),
            user: config.get_user().expect("a user").to_owned(),
        };
        let scale = (rows / 100_000).max(1).to_string();
        yard.run(&["-i", "-q", "-s", &scale]);
        yard
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = Command::new(&self.program)
            .args(arguments)
            .arg("-h")
            .arg(&self.socket)
            .args(["-U", &self.user, &self.database])
            .output()
            .expect("pgbench");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Average milliseconds of one look-up by key, one client.
    fn look_up(&self) -> f64 {
        value(&self.run(&["-n", "-S", "-M", "prepared", "-c", "1", "-T", "4"]), "latency average")
    }
}

fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find(|line| line.starts_with(name)).expect("a value");
    let number = line.split('=').nth(1).and_then(|rest| rest.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).expect("a number")
}

fn newest(program: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        versions.map(|entry| entry.path().join("bin").join(program)).filter(|path| path.exists()).collect();
    found.sort();
    found.pop().unwrap_or_else(|| program.into())
}

fn percentiles(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort_unstable();
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    (ms(times[times.len() / 2]), ms(times[times.len() * 99 / 100]))
}

/// Over the socket of the live search, one wish after the other.
async fn search(at: SocketAddr, yard: &Yard, rows: usize) {
    let url = format!("ws://{at}/api/v1/vehicles/search/live");
    let mut request = url.into_client_request().expect("a request");
    request.headers_mut().insert("authorization", format!("Bearer {TOKEN}").parse().expect("a header"));
    let (mut socket, _) = connect_async(request).await.expect("a socket");
    let part =
        |number: usize, from: usize, len: usize| plate(number * 37 % rows)[from..from + len].to_owned();
    let kinds: [(&str, &dyn Fn(usize) -> String); 5] = [
        ("two signs, the beginning", &|number| part(number, 0, 2)),
        ("three signs of a plate", &|number| part(number, 1 + number % 6, 3)),
        ("five signs of a plate", &|number| part(number, 1 + number % 5, 5)),
        ("a name", &|number| NAMES[number % NAMES.len()].to_owned()),
        ("five digits of a phone number", &|number| format!("{:05}", number * 7_919 % 100_000)),
    ];
    let look_up = yard.look_up();
    for (what, typed) in kinds {
        let mut times = Vec::new();
        for number in 0..SEARCHES / 4 {
            let begun = Instant::now();
            let wish = json!({ "id": number, "q": typed(number) }).to_string();
            socket.send(Message::text(wish)).await.expect("sent");
            loop {
                if let Message::Text(text) = socket.next().await.expect("open").expect("a frame") {
                    let answer: Value = serde_json::from_str(&text).expect("JSON");
                    assert_eq!(answer["id"], number);
                    break;
                }
            }
            times.push(begun.elapsed());
            // The server answers a wish this long after the one before at the soonest.
            tokio::time::sleep(Duration::from_millis(22)).await;
        }
        let (p50, p99) = percentiles(times);
        print(&format!("search, {what}: p50; pgbench's look-up by key"), p50, look_up, "ms");
        print(&format!("search, {what}: p99; pgbench's look-up by key"), p99, look_up, "ms");
    }
}

async fn list(at: SocketAddr, rows: usize) {
    let client = Client::new();
    let mut times = Vec::new();
    for number in 0..200 {
        let begun = Instant::now();
        let cursor = plate(number * 91 % rows);
        let url = format!("http://{at}/api/v1/vehicles?limit=50&cursor={cursor}");
        let answer = client.get(url).bearer_auth(TOKEN).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        answer.bytes().await.expect("a page");
        times.push(begun.elapsed());
    }
    let (p50, p99) = percentiles(times);
    println!("{:<58} {p50:>9.2} ms {p99:>9.2} ms", "a page of 50 vehicles: p50, p99");
}

/// The numbers of a day among a million stays, by eight clients each.
async fn stays(database: &TestDatabase, at: SocketAddr, (site, yard): (SiteId, &Yard), rows: usize) {
    let client = database.pool.get().await.expect("a connection");
    client.batch_execute("set statement_timeout = 0").await.expect("no limit");
    let fill = format!(
        "insert into stays (site_id, id, plate, state, entered_at, exited_at, currency, charged_minor)
         select '{site}', gen_random_uuid(), 'S' || n, 'closed', now() - n * interval '30 s' - interval '1 h', now() - n * interval '30 s', 'EUR', 200
         from generate_series(1, {rows}) n"
    );
    client.batch_execute(&fill).await.expect("stays");
    client.batch_execute("analyze stays").await.expect("statistics");
    let now = Timestamp::now();
    let day = (now - SignedDuration::from_hours(12), now);
    assert!(stats::day(&client, site, day).await.expect("numbers").processed > 0);
    let script = std::env::temp_dir().join(format!("boomgate-stats-{}.sql", std::process::id()));
    let statement = include_str!("../../store/queries/stats/day.sql").replace("$1", &format!("'{site}'"));
    let statement = statement
        .replace("$2", &format!("'{}'::timestamptz", day.0))
        .replace("$3", &format!("'{}'::timestamptz", day.1));
    let lines: Vec<&str> = statement.lines().filter(|line| !line.starts_with("--")).collect();
    std::fs::write(&script, format!("{};\n", lines.join(" "))).expect("a script");
    let file = script.to_str().expect("a path").to_owned();
    let text = yard.run(&["-n", "-M", "prepared", "-c", "8", "-j", "2", "-T", "4", "-f", &file]);
    drop(std::fs::remove_file(&script));
    let (tps, latency) = (value(&text, "tps"), value(&text, "latency average"));
    let (rate, p99) = load(at, "/api/v1/stats").await;
    print("stats a second, 8 clients; pgbench with its statement", rate, tps, "");
    print("stats p99, 8 clients; pgbench's average", p99, latency, "ms");
    let id: Uuid =
        client.query_one("select id from stays limit 1 offset 1000", &[]).await.expect("a stay").get(0);
    let (rate, p99) = load(at, &format!("/api/v1/stays/{id}")).await;
    println!("{:<58} {rate:>9.2}    {p99:>9.2} ms", "one stay in full: a second, p99");
}

/// Requests a second and the 99th percentile in milliseconds.
async fn load(at: SocketAddr, path: &str) -> (f64, f64) {
    let mut clients = tokio::task::JoinSet::new();
    let begun = Instant::now();
    for _ in 0..8 {
        let url = format!("http://{at}{path}");
        clients.spawn(async move {
            let client = Client::new();
            let mut times = Vec::new();
            while begun.elapsed() < Duration::from_secs(4) {
                let sent = Instant::now();
                let answer = client.get(&url).bearer_auth(TOKEN).send().await.expect("an answer");
                assert_eq!(answer.status(), 200);
                answer.bytes().await.expect("a body");
                times.push(sent.elapsed());
            }
            times
        });
    }
    let times: Vec<Duration> = clients.join_all().await.into_iter().flatten().collect();
    (times.len() as f64 / begun.elapsed().as_secs_f64(), percentiles(times).1)
}

/// A company with one site and an operator who is logged in.
async fn build(database: &TestDatabase) -> SiteId {
    let client = database.pool.get().await.expect("a connection");
    let (tenant, site) = (TenantId::from_uuid(Uuid::now_v7()), SiteId::from_uuid(Uuid::now_v7()));
    sites::insert_tenant(&client, tenant, "North Parking").await.expect("a company");
    sites::insert(&client, &rows::site(tenant, site, "north")).await.expect("a site");
    let (id, now) = (UserId::from_uuid(Uuid::now_v7()), Timestamp::now());
    let password_hash = "none".to_owned();
    let ann =
        NewUser { tenant, id, name: "ann".into(), email: None, password_hash, password_set_at: Some(now) };
    users::insert(&client, &ann).await.expect("a user");
    memberships::put(&client, id, Some(site), Role::Operator).await.expect("a role");
    let session = NewSession {
        id: Uuid::now_v7(),
        token_hash: Sha256::digest(TOKEN).into(),
        user: id,
        kind: "bearer",
        created_at: now,
        expires_at: now + SignedDuration::from_hours(12),
        address: "127.0.0.1".into(),
        agent: "bench".into(),
    };
    users::open_session(&client, &session).await.expect("a session");
    site
}

async fn serve(database: &TestDatabase, shutdown: &watch::Receiver<bool>) -> SocketAddr {
    let config = ApiConfig {
        pool: database.pool.clone(),
        address: database.address.clone(),
        evidence: Arc::new(object_store::memory::InMemory::new()),
        metrics: PrometheusBuilder::new().build_recorder().handle(),
        ready: watch::channel(true).1,
        people: Front::default(),
        devices: Front::default(),
        reach: Reach { requests_per_minute: None, ..Reach::default() },
        mailer: None,
        token_key: ed25519_dalek::SigningKey::from_bytes(&[1; 32]),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let api = Api::new(config, shutdown.clone());
    tokio::spawn(async move { api.serve_people(listener, None).await });
    address
}
