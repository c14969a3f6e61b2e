//! The server's configuration: what serde reads (`Raw…`), and what the program uses once every fault is ruled out.
//!
//! The same keys hold in the file of a package, in docker-compose and in the demo. Environment: `DATABASE_URL` or
//! `DATABASE_URL_FILE` stand in for `[database]`; empty they are as if not set. Secrets are given by path, never in the file
//! itself.

mod broker;
mod check;
mod database;
mod files;
mod front;
mod listeners;
mod mail;
mod unreadable;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use boomgate_api::Front;
use jiff::SignedDuration;
use serde::Deserialize;

use broker::RawBroker;
pub use broker::{Broker, External, ExternalTls};
use check::Check;
pub use database::Database;
use database::{Environment, RawDatabase};
pub use front::Metrics;
use front::{RawFront, RawMetrics};
use mail::RawMail;
pub use mail::{Mail, MailSecurity};

/// As written in TOML. Unknown fields are refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawConfig {
    data: Option<PathBuf>,
    database: RawDatabase,
    broker: RawBroker,
    api: RawApi,
    device_https: RawDeviceHttps,
    metrics: RawMetrics,
    evidence: RawEvidence,
    mail: Option<RawMail>,
    pki: RawPki,
    keep: RawKeep,
    log: RawLog,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawApi {
    listen: Option<String>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    public_url: Option<String>,
    allowed_origins: Vec<String>,
    requests_per_minute: Option<usize>,
    trusted_proxies: Vec<String>,
    proxy_headers: Option<String>,
    proxy_protocol: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawDeviceHttps {
    listen: Option<String>,
    trusted_proxies: Vec<String>,
    proxy_protocol: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawEvidence {
    max_mb: Option<usize>,
    keep_days: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawPki {
    dir: Option<PathBuf>,
    hosts: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawKeep {
    live_feed_days: Option<usize>,
    expired_sessions_days: Option<usize>,
    idempotency_keys_hours: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawLog {
    json: bool,
}

/// Checked configuration of `boomgate serve`.
#[derive(Clone, Debug)]
pub struct Config {
    /// Folder of everything this installation stores on disk.
    pub data: PathBuf,
    pub database: Database,
    pub broker: Broker,
    pub api: Api,
    /// Listener for devices (mutual TLS).
    pub device_https: SocketAddr,
    pub device_front: Front,
    pub metrics: Metrics,
    pub evidence: Evidence,
    /// None: links are only shown.
    pub mail: Option<Mail>,
    pub pki: PathBuf,
    /// Further names and addresses in the server's certificate.
    pub hosts: Vec<String>,
    pub keep: Keep,
    pub log_json: bool,
    /// Whether the file holds what others must not read.
    pub secret_in_file: bool,
}

/// How long old rows stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// A client that was away for longer loads afresh.
    pub live_feed: SignedDuration,
    /// Days that sessions stay after their end, for investigations.
    pub expired_sessions: SignedDuration,
    /// A request repeated later than this is done again.
    pub idempotency_keys: SignedDuration,
}

/// How many pictures stay, the youngest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub max_bytes: u64,
    pub keep: SignedDuration,
}

#[derive(Clone, Debug)]
pub struct Api {
    pub listen: SocketAddr,
    pub front: Front,
    /// Certificate and key files; without them the listener must be on loopback or behind a proxy.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// How people reach it, for links on signs and receipts.
    pub public_url: Option<String>,
    /// Origins of other pages that may use the api with a token.
    pub allowed_origins: Vec<String>,
    /// Of one session or key; five times as many of one address.
    pub requests_per_minute: u32,
}

/// Every fault of a file, each with its path.
#[derive(Debug, thiserror::Error)]
#[error("{file} cannot be used:\n{}", .faults.iter().map(|fault| format!("  {fault}")).collect::<Vec<_>>().join("\n"))]
pub struct BadConfig {
    pub file: String,
    pub faults: Vec<String>,
}

impl Config {
    /// Reads a file and the environment. Relative paths are relative to the file.
    #[expect(clippy::wildcard_enum_match_arm, reason = "an enum of another crate with many kinds")]
    pub fn load(path: &Path) -> Result<Self, BadConfig> {
        let file = path.display().to_string();
        let fail = |fault: String| BadConfig { file: file.clone(), faults: vec![fault] };
        let text = fs::read_to_string(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                fail("is not there; an empty file means a default for every key".into())
            }
            _ => fail(format!("cannot be read: {error}")),
        })?;
        let base = path.parent().unwrap_or(Path::new(".")).to_owned();
        Self::parse(&text, &base, &file)
    }

    /// Configuration of `text` and the environment, with `base` for relative paths.
    pub fn parse(text: &str, base: &Path, file: &str) -> Result<Self, BadConfig> {
        Self::parse_in(text, base, file, Environment::of_process())
    }

    fn parse_in(text: &str, base: &Path, file: &str, environment: Environment) -> Result<Self, BadConfig> {
        let raw: RawConfig = toml::from_str(text).map_err(|error| BadConfig {
            file: file.into(),
            faults: vec![unreadable::describe(&error, text)],
        })?;
        let mut check = Check { base: base.to_owned(), faults: Vec::new() };
        let config = check.config(raw, environment);
        check.listeners(&config);
        if check.faults.is_empty() {
            Ok(config)
        } else {
            Err(BadConfig { file: file.into(), faults: check.faults })
        }
    }
}

/// A scheme and a host, with a port where it is another than usual, and nothing behind.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', '*', ' ']))
}

impl Check {
    fn config(&mut self, raw: RawConfig, environment: Environment) -> Config {
        let data = self.path(raw.data.unwrap_or("data".into()));
        let database = self.database(raw.database, environment);
        let pki = raw.pki.dir.map_or(data.join("pki"), |dir| self.path(dir));
        self.key_folder(&pki);
        Config {
            broker: self.broker(raw.broker),
            api: self.api(raw.api),
            device_https: self.address("device_https.listen", raw.device_https.listen, "0.0.0.0:8444"),
            device_front: self.front(
                "device_https",
                RawFront {
                    trusted_proxies: raw.device_https.trusted_proxies,
                    proxy_headers: None,
                    proxy_protocol: raw.device_https.proxy_protocol,
                },
            ),
            metrics: self.metrics(raw.metrics),
            evidence: self.evidence(raw.evidence),
            mail: raw.mail.map(|mail| self.mail(mail)),
            pki,
            hosts: self.hosts(raw.pki.hosts),
            keep: self.keep(raw.keep),
            log_json: raw.log.json,
            secret_in_file: database.secret_in_file,
            database,
            data,
        }
    }

    fn api(&mut self, raw: RawApi) -> Api {
        let listen = self.address("api.listen", raw.listen, "127.0.0.1:8480");
        let tls = match (raw.cert, raw.key) {
            (Some(cert), Some(key)) => {
                let (cert, key) = (self.path(cert), self.path(key));
                self.certificate(("api.cert", &cert), ("api.key", &key));
                Some((cert, key))
            }
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                self.fault("api.cert", "and api.key go together; one is missing");
                None
            }
        };
        if raw
            .public_url
            .as_ref()
            .is_some_and(|url| !url.starts_with("https://") && !url.starts_with("http://"))
        {
            self.fault("api.public_url", "must begin with https:// or http://");
        }
        for origin in raw.allowed_origins.iter().filter(|origin| !is_origin(origin)) {
            let why = format!("{origin:?} is no origin such as https://kiosk.example.org");
            self.fault("api.allowed_origins", &why);
        }
        let front = RawFront {
            trusted_proxies: raw.trusted_proxies,
            proxy_headers: raw.proxy_headers,
            proxy_protocol: raw.proxy_protocol,
        };
        let requests =
            self.between("api.requests_per_minute", raw.requests_per_minute, 1_200, 60..=1_000_000);
        Api {
            listen,
            front: self.front("api", front),
            tls,
            public_url: raw.public_url,
            allowed_origins: raw.allowed_origins,
            requests_per_minute: u32::try_from(requests).unwrap_or(u32::MAX),
        }
    }

    fn evidence(&mut self, raw: RawEvidence) -> Evidence {
        let days = self.between("evidence.keep_days", raw.keep_days, 30, 1..=3650);
        let megabytes = self.between("evidence.max_mb", raw.max_mb, 20_000, 10..=100_000_000);
        Evidence {
            max_bytes: megabytes as u64 * 1_000_000,
            keep: SignedDuration::from_hours(i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(24)),
        }
    }

    fn keep(&mut self, raw: RawKeep) -> Keep {
        let mut hours = |field: &str, value: Option<usize>, default, range, each: i64| {
            let value = self.between(field, value, default, range);
            SignedDuration::from_hours(i64::try_from(value).unwrap_or(i64::MAX).saturating_mul(each))
        };
        Keep {
            live_feed: hours("keep.live_feed_days", raw.live_feed_days, 7, 1..=365, 24),
            expired_sessions: hours("keep.expired_sessions_days", raw.expired_sessions_days, 7, 0..=365, 24),
            idempotency_keys: hours(
                "keep.idempotency_keys_hours",
                raw.idempotency_keys_hours,
                48,
                1..=720,
                1,
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, BadConfig> {
        Config::parse_in(text, Path::new("/etc/boomgate"), "boomgate.toml", Environment::default())
    }

    #[test]
    fn an_empty_file_gives_sane_defaults() {
        let config = parse("").unwrap();
        assert_eq!(config.data, Path::new("/etc/boomgate/data"));
        assert_eq!(config.pki, Path::new("/etc/boomgate/data/pki"));
        assert!(config.api.listen.ip().is_loopback());
        assert_eq!(config.broker.plain, None);
    }

    #[test]
    fn all_faults_come_at_once_with_their_paths() {
        let text = "
            [broker]
            listen = 'everywhere'
            plain = '0.0.0.0:1883'
            connections = 1
            [api]
            cert = 'api.pem'
            public_url = 'car.park'
            allowed_origins = ['https://kiosk.example.org/app']
            trusted_proxies = ['10.0.0.0/8', 'localhost']
            proxy_headers = 'via'
            [device_https]
            proxy_protocol = true
            [database]
            url_file = 'missing'
            [metrics]
            listen = '0.0.0.0:8481'
            [evidence]
            max_mb = 1
            [keep]
            live_feed_days = 0
        ";
        let error = parse(text).unwrap_err();
        let fields = [
            "broker.listen",
            "broker.plain",
            "broker.connections",
            "api.cert",
            "api.public_url",
            "api.allowed_origins",
            "database.url_file",
            "keep.live_feed_days",
            "api.trusted_proxies",
            "api.proxy_headers",
            "device_https.proxy_protocol",
            "metrics.listen",
            "evidence.max_mb",
        ];
        for field in fields {
            assert!(error.faults.iter().any(|fault| fault.starts_with(field)), "{field} in {error}");
        }
        assert_eq!(error.faults.len(), fields.len(), "{error}");
    }

    #[test]
    fn another_broker_is_not_spoken_to_in_clear_nor_with_half_a_login() {
        let error = parse("[broker.external]\nhost = 'mq.example'\nport = 1883\nusername = 'u'").unwrap_err();
        assert_eq!(error.faults.len(), 2, "{error}");
        for field in ["broker.external.ca: is needed", "broker.external.username: and"] {
            assert!(error.faults.iter().any(|fault| fault.starts_with(field)), "{field} in {error}");
        }
        parse("[broker.external]\nhost = '127.0.0.1'\nport = 1883").unwrap();
    }

    #[test]
    fn the_example_is_good_and_shows_the_defaults() {
        let example = parse(include_str!("../provisioning/boomgate.example.toml")).unwrap();
        assert_eq!(format!("{example:?}"), format!("{:?}", parse("").unwrap()));
    }

    #[test]
    fn an_unknown_field_is_refused_by_name() {
        let error = parse("[api]\nlisten_on = 'x'").unwrap_err().to_string();
        assert!(error.contains("listen_on") && error.contains("boomgate.toml"), "{error}");
    }
}
