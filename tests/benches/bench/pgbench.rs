//! The yardstick of decisions: PostgreSQL's own pgbench, running the statements of one batch with one car in it.
//!
//! The statements are read from `store/queries`, in the order in which a batch runs them, on rows of the same kind and
//! under the planner settings of a batch. Each client has a site and a lane of its own, so that none waits for another.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use boomgate_store::Pool;
use boomgate_store::cluster::{DATABASE, SUPERUSER};
use tokio_postgres::config::Host;

pub const CLIENTS: u32 = 8;

/// As in `store::batch`.
const PLANNING: &str = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c enable_bitmapscan=off \
    -c plan_cache_mode=force_generic_plan";

/// Sites and lanes for pgbench alone; their ids end in the client's number.
const YARD: &str = "
    insert into tenants (id, name) select '00000000-0000-7000-8000-00000000c000', 'yardstick';
    insert into sites (id, tenant_id, code, name, time_zone, currency, list_key)
        select ('00000000-0000-7000-8000-00000000a00' || n)::uuid, '00000000-0000-7000-8000-00000000c000', 'yard-' || n,
            'yard', 'Europe/Vienna', 'EUR', decode(repeat('00', 32), 'hex') from generate_series(0, 7) n;
    insert into site_state (site_id) select id from sites where name = 'yard';
    insert into lanes (site_id, id, code, name, direction)
        select ('00000000-0000-7000-8000-00000000a00' || n)::uuid, ('00000000-0000-7000-8000-00000000b00' || n)::uuid,
            'yard', 'yard', 'entry' from generate_series(0, 7) n;
    insert into devices (site_id, id, lane_id, code, signing_key)
        select site_id, id, id, 'yard-' || right(id::text, 1), decode(repeat('00', 32), 'hex') from lanes where name = 'yard';
    insert into device_state (site_id, device_id) select site_id, id from lanes where name = 'yard'";

/// One run of pgbench.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub tps: f64,
    pub latency_ms: f64,
}

/// pgbench against the database of a bench.
pub struct Pgbench {
    program: PathBuf,
    socket: PathBuf,
    /// One round trip for each statement.
    plain: PathBuf,
    /// Round trips as `store::batch` makes them: facts, writes, commit.
    pipelined: PathBuf,
}

impl Pgbench {
    /// Makes room for it in the database, and writes its scripts into `dir`.
    pub async fn prepare(pool: &Pool, connection: &tokio_postgres::Config, dir: &Path) -> Result<Self> {
        pool.get().await?.batch_execute(YARD).await.context("sites for pgbench")?;
        let Some(Host::Unix(socket)) = connection.get_hosts().first() else {
            bail!("the cluster has no socket")
        };
        let (plain, pipelined) = (dir.join("plain.sql"), dir.join("pipelined.sql"));
        fs::write(&plain, script("", "")?)?;
        fs::write(&pipelined, script("\\startpipeline\n", "\\endpipeline\n")?)?;
        Ok(Self { program: find()?, socket: socket.clone(), plain, pipelined })
    }

    pub async fn run(&self, clients: u32, seconds: u64) -> Result<Run> {
        self.run_script(&self.plain, clients, seconds).await
    }

    pub async fn run_pipelined(&self, clients: u32, seconds: u64) -> Result<Run> {
        self.run_script(&self.pipelined, clients, seconds).await
    }

    async fn run_script(&self, script: &Path, clients: u32, seconds: u64) -> Result<Run> {
        let mut command = tokio::process::Command::from(Command::new(&self.program));
        command.args([
            "-n",
            "--verbose-errors",
            "-M",
            "prepared",
            "-T",
            &seconds.to_string(),
            "-c",
            &clients.to_string(),
        ]);
        command.args(["-j", &clients.min(2).to_string(), "-U", SUPERUSER]).arg("-f").arg(script);
        command.arg("-h").arg(&self.socket).arg(DATABASE).env("PGOPTIONS", PLANNING).kill_on_drop(true);
        let output = command.output().await.context("pgbench")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        let failed = text
            .lines()
            .find(|line| line.starts_with("number of failed"))
            .is_some_and(|line| !line.contains(": 0 "));
        match (value(&text, "tps"), value(&text, "latency average")) {
            (Some(tps), Some(latency_ms)) if output.status.success() && !failed => {
                Ok(Run { tps, latency_ms })
            }
            _ => bail!("pgbench failed: {}\n{text}", errors.lines().take(3).collect::<Vec<_>>().join("\n")),
        }
    }
}

/// `name = 12.3 ...`
fn value(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split('=').nth(1)?.split_whitespace().next()?.parse().ok()
}

/// The newest of the machine.
fn find() -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin/pgbench")))
        })
        .filter(|(_, path)| path.exists())
        .collect();
    found.sort();
    let on_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|dir| dir.join("pgbench")).find(|path| path.exists())
    };
    found
        .pop()
        .map(|(_, path)| path)
        .or_else(on_path)
        .context("pgbench is not installed (apt-get install postgresql)")
}

fn script(open: &str, close: &str) -> Result<String> {
    let parts = [facts()?, writes()?].map(|part| format!("{open}{part}{close}"));
    Ok(format!("\\set n random(1, 2000000000)\n{}commit;\n", parts.concat()))
}

/// The site, lane and device of a client.
const SITE: &str = "array[('00000000-0000-7000-8000-00000000a00' || :client_id)::uuid]";
const LANE: &str = "array[('00000000-0000-7000-8000-00000000b00' || :client_id)::uuid]";
const PLATE: &str = "array['B' || :n]";
const ARRIVAL: &str = "array[md5('a' || :n)::uuid]";
const COMMAND: &str = "array[md5('c' || :n)::uuid]";
const FRESH: &str = "array[gen_random_uuid()]";
const NOW: &str = "array[now()]";
const TEXT: &str = "array['some text']";
const NULL: &str = "array[null]";
const ZERO: &str = "array[0]";
const ONE: &str = "array[1]";
const NO: &str = "array[false]";
/// As long as the body of an arrival.
const JSON: &str = "array['{\"arrival\": \"0197a3c2-8b7e-7c31-9d2f-3b1f0c6a5e42\", \"direction\": \"entry\", \"reading\": \
    {\"plate\": \"B0123456789\", \"raw\": \"B0123456789\", \"chars\": [990, 990, 990, 990, 990, 990, 990, 990, 990], \
    \"margin\": 900, \"frames\": 3, \"verdict\": \"accept\"}}'::jsonb]";
const SHORT_JSON: &str = "array['{\"code\": \"OPEN-VISITOR\", \"plate\": \"B0123456789\"}'::jsonb]";
const SIGNED: &str = "array[decode(repeat('00', 300), 'hex')]";

fn facts() -> Result<String> {
    let (site, lane, plate) = (SITE, LANE, PLATE);
    Ok([
        "begin;\n".to_owned(),
        fill("sites/lock.sql", &["array[:client_id]"])?,
        fill("sites/facts.sql", &[site, "now()"])?,
        fill("lanes/lock_many.sql", &[site, lane])?,
        fill("device_state/load_many.sql", &[site, lane])?,
        fill("inbox/load_many.sql", &[site, lane])?,
        fill("arrivals/load_many.sql", &[site, lane])?,
        fill("commands/unsettled.sql", &[site, lane])?,
        fill("subscriptions/match_many.sql", &[site, plate, "now()"])?,
        fill("blocklist/match_many.sql", &[site, plate, "now()"])?,
        fill("stays/load_many.sql", &[site, plate, site, ARRIVAL])?,
    ]
    .concat())
}

fn writes() -> Result<String> {
    let (site, lane) = (SITE, LANE);
    let event = [site, FRESH, lane, lane, ONE, ONE, TEXT, ARRIVAL, NOW, TEXT, ONE, NOW, JSON];
    let answer = [site, FRESH, lane, lane, ONE, ONE, TEXT, NULL, NOW, TEXT, ONE, NOW, SHORT_JSON];
    let arrival = [
        site,
        ARRIVAL,
        lane,
        "array['entry']",
        PLATE,
        JSON,
        NULL,
        NULL,
        NOW,
        NOW,
        FRESH,
        "array['open']",
        TEXT,
        NULL,
        NULL,
        NULL,
        NULL,
    ];
    let decision = [site, FRESH, ARRIVAL, lane, TEXT, TEXT, SHORT_JSON, NO, NO, NULL, NULL, NULL, NOW];
    let command = [
        site,
        COMMAND,
        lane,
        ARRIVAL,
        FRESH,
        TEXT,
        TEXT,
        SHORT_JSON,
        NULL,
        NULL,
        NULL,
        NULL,
        NULL,
        NULL,
        "array['sent']",
        "array[:n]",
        "array['\\x00'::bytea]",
        ONE,
        lane,
        SIGNED,
        ONE,
        NOW,
        NOW,
        NULL,
    ];
    let audit =
        [site, FRESH, NOW, "array['server']", NULL, TEXT, lane, ARRIVAL, NULL, NULL, SHORT_JSON, NULL];
    let live = [site, "array[:n]", NOW, TEXT, lane, SHORT_JSON];
    Ok([
        // The mark stays where it is: the table refuses a writer that found it elsewhere.
        fill("device_state/keep_many.sql", &[site, lane, ZERO, ZERO, NOW])?,
        fill("inbox/prune_many.sql", &[site, lane, ONE])?,
        fill("events/insert_many.sql", &event)?,
        fill("events/insert_many.sql", &answer)?,
        fill("arrivals/upsert_many.sql", &arrival)?,
        // A batch removes the arrival before; here it is the same one.
        fill("arrivals/delete_many.sql", &[site, ARRIVAL])?,
        fill("decisions/insert_many.sql", &decision)?,
        fill("commands/insert_many.sql", &command)?,
        // A batch settles the order before; here it is the same one.
        fill("commands/settle_many.sql", &[site, COMMAND, "array['done']", NULL, NOW])?,
        fill("lanes/count_many.sql", &[site, lane, "array[:n]"])?,
        fill("audit/insert_many.sql", &audit)?,
        fill("audit/insert_many.sql", &audit)?,
        format!(
            "{} on conflict do nothing;\n",
            fill("live_feed/insert_many.sql", &live)?.trim_end().trim_end_matches(';')
        ),
        fill("site_state/update_many.sql", &[site, ONE, "array[:n]"])?,
    ]
    .concat())
}

/// A statement file with values for its parameters, on one line.
fn fill(name: &str, values: &[&str]) -> Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/queries").join(name);
    let mut text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    for (number, value) in values.iter().enumerate().rev() {
        text = text.replace(&format!("${}", number + 1), value);
    }
    if text.contains('$') {
        bail!("{name} has more parameters than this bench knows; it must be brought up to date");
    }
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
    Ok(format!("{};\n", lines.join(" ").trim()))
}
