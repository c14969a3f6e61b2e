//! What a server needs, looked at from outside: `boomgate doctor`.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Result, anyhow};
use boomgate_store::jobs::{self, JobRow};
use boomgate_store::{Pool, audit};
use jiff::Timestamp;

use crate::commands::{all_sites, line};
use crate::config::Config;
use crate::database::Database;
use crate::pki::Pki;
use crate::pki::expiry::{self, Certificates, Expiry};
use crate::{output, private};

/// Failures of a job in a row that are more than bad luck.
const FAILURES: i32 = 3;

/// Says of each thing whether it is well, and what to do where it is not.
struct Findings {
    well: bool,
}

impl Findings {
    fn check(&mut self, what: &str, found: Result<String>) {
        match found {
            Ok(found) => output::result(format!("  ok       {what}: {found}")),
            Err(error) => {
                self.well = false;
                output::result(format!("  missing  {what}: {error:#}"));
            }
        }
    }

    /// What is not broken yet.
    fn warn(what: &str, text: &str) {
        output::result(format!("  soon     {what}: {text}"));
    }

    fn certificate(&mut self, one: &Expiry) {
        let (what, days) = (format!("certificate of {}", one.of), one.days_left(Timestamp::now()));
        let text = format!("ends in {days} days, on {}; {}", one.until.strftime("%F"), one.advice);
        if days < 0 {
            self.check(&what, Err(anyhow!("ended on {}; {}", one.until.strftime("%F"), one.advice)));
        } else if days <= expiry::WARN_DAYS {
            Self::warn(&what, &text);
        } else {
            self.check(&what, Ok(format!("good for {days} days")));
        }
    }
}

/// Looks at everything. Whether all is well; what merely ends soon is.
pub async fn examine(config: &Config, file: &Path) -> Result<bool> {
    let mut findings = Findings { well: true };
    findings.check("keys", keys(config));
    let database = Database::reach(config).await;
    let version = database.as_ref().map(|_| "answers and is in shape".to_owned());
    findings.check("database", version.map_err(|error| anyhow!("{error:#}")));
    let mut certificates = of_files(config).unwrap_or_default();
    if let Ok(database) = &database {
        sites(&mut findings, &database.pool).await;
        chains(&mut findings, &database.pool).await;
        findings.check("jobs", jobs(&database.pool).await);
        certificates.extend(expiry::of_devices(&database.pool).await.unwrap_or_default());
    }
    certificates.iter().for_each(|one| findings.certificate(one));
    for leak in private::leaks(config, file) {
        findings.check("private files", Err(anyhow!("{leak}")));
    }
    listeners(&mut findings, config, database.as_ref().is_ok_and(Database::is_of_server));
    if let Ok(database) = database {
        database.close().await?;
    }
    Ok(findings.well)
}

/// Whether the folder is complete and its files are what they are called.
fn keys(config: &Config) -> Result<String> {
    let pki = Pki::open(&config.pki)?;
    pki.shown()?;
    pki.signing_key()?;
    Ok(config.pki.display().to_string())
}

fn of_files(config: &Config) -> Result<Vec<Expiry>> {
    let people = config.api.tls.as_ref().map(|(cert, _)| cert.clone());
    Certificates { pki: config.pki.clone(), people, hosts: config.hosts.clone() }.of_files()
}

/// Whether each site's settings can be used: no event of one with another is ever decided.
async fn sites(findings: &mut Findings, pool: &Pool) {
    let looked = async { anyhow::Ok(all_sites(&pool.get().await?).await?) };
    let sites = match looked.await {
        Ok(sites) => sites,
        Err(error) => return findings.check("sites", Err(error)),
    };
    for site in sites {
        let wrong = boomgate_operations::sites::faults(&site).into_iter().next();
        let found = wrong.map_or_else(
            || Ok(format!("{}, {}", site.time_zone, site.currency)),
            |wrong| Err(anyhow!(line(&wrong))),
        );
        findings.check(&format!("site {}", site.code), found);
    }
}

/// Whether each site's audit is what was sealed.
async fn chains(findings: &mut Findings, pool: &Pool) {
    let looked = async { Ok::<_, anyhow::Error>(audit::chains(&mut pool.get().await?).await?) };
    let chains = match looked.await {
        Ok(chains) => chains,
        Err(error) => return findings.check("audit", Err(error)),
    };
    for chain in chains {
        let whole = match chain.broken_at {
            None => Ok(format!("chain of {} lines is whole", chain.sealed)),
            Some(no) => {
                Err(anyhow!("line {no} is not what was sealed: somebody changed the database by hand"))
            }
        };
        findings.check(&format!("audit of {}", chain.code), whole);
    }
}

/// Whether the server's jobs succeed.
async fn jobs(pool: &Pool) -> Result<String> {
    let rows = jobs::list(&pool.get().await?).await?;
    let failing: Vec<String> = rows.iter().filter(|row| row.failures() >= FAILURES).map(failing).collect();
    if !failing.is_empty() {
        return Err(anyhow!(failing.join("; ")));
    }
    let again: Vec<&str> =
        rows.iter().filter(|row| row.failures() > 0).map(|row| row.name.as_str()).collect();
    Ok(match (rows.len(), again.as_slice()) {
        (0, _) => "none was run yet".to_owned(),
        (count, []) => format!("{count}, none of them failing"),
        (count, again) => format!("{count}; tried again: {}", again.join(", ")),
    })
}

fn failing(row: &JobRow) -> String {
    let why = row.last_error.as_deref().unwrap_or("its process ended in the middle");
    format!("{} did not succeed {} times in a row: {why}", row.name, row.failures())
}

fn listeners(findings: &mut Findings, config: &Config, server_runs: bool) {
    for (what, address) in config.listeners() {
        findings.check(what, listener(address, server_runs));
    }
}

/// An address is free, or it is the running server that listens there.
fn listener(address: SocketAddr, server_runs: bool) -> Result<String> {
    match std::net::TcpListener::bind(address) {
        Ok(_) => Ok(format!("{address} is free")),
        Err(error) if server_runs && error.kind() == std::io::ErrorKind::AddrInUse => {
            Ok(format!("{address} is in use by the server that runs"))
        }
        Err(error) => Err(anyhow!("{address}: {error} (is the server running already?)")),
    }
}

#[cfg(test)]
mod tests {
    use boomgate_store::testing::TestDatabase;

    use super::*;

    #[tokio::test]
    async fn a_job_that_fails_again_and_again_is_named_with_its_error() {
        let database = TestDatabase::new().await;
        assert_eq!(jobs(&database.pool).await.unwrap(), "none was run yet");
        let rows = "insert into jobs (name, period_ms, limit_ms, due_at, attempts, last_outcome, last_error)
            values ('audit', 1, 1, now(), 0, 'succeeded', null), ('evidence', 1, 1, now(), 1, 'failed', 'disk full')";
        let client = database.pool.get().await.unwrap();
        client.batch_execute(rows).await.unwrap();
        assert_eq!(jobs(&database.pool).await.unwrap(), "2; tried again: evidence");
        client.batch_execute("update jobs set attempts = 3 where name = 'evidence'").await.unwrap();
        let error = jobs(&database.pool).await.unwrap_err().to_string();
        assert_eq!(error, "evidence did not succeed 3 times in a row: disk full");
        client.batch_execute("update jobs set attempts = 0").await.unwrap();
        assert_eq!(jobs(&database.pool).await.unwrap(), "2, none of them failing");
    }
}
