//! Connections: where the database is, how it is reached safely, and a proof that "committed" means flushed.

mod text;

use std::future::poll_fn;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, RecyclingMethod, Runtime};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{AsyncMessage, Client, Connection, NoTls, Notification};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::cluster::{Cluster, DATABASE, RunningCluster};
pub use crate::connect_error::ConnectError;
use crate::error::StoreError;
use text::WantedTls;

pub use text::AddressFault;

pub use deadpool_postgres::{GenericClient, Object, Pool, Transaction};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const KEEPALIVE_IDLE: Duration = Duration::from_secs(10);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(3);
const KEEPALIVE_RETRIES: u32 = 3;
/// A server that hangs takes a caller at most this long (also waited for client-side, see [`within`]).
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);
const OLDEST_SERVER: i32 = 150_000;
/// The bundle most Linux systems keep; `sslrootcert=system`.
const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Where the database is and how it is reached.
#[derive(Clone)]
pub struct Address {
    config: tokio_postgres::Config,
    tls: Option<MakeRustlsConnect>,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").field("config", &self.config).field("tls", &self.tls.is_some()).finish()
    }
}

impl Address {
    /// A `postgresql://` URL or a `key=value` list, as libpq takes them, with `sslmode` and `sslrootcert`.
    ///
    /// Stricter than libpq on purpose: beyond this machine the caller must say what is wanted, and TLS always verifies
    /// the server's name and chain.
    ///
    /// # Errors
    /// Anything malformed or left open.
    pub fn parse(text: &str) -> Result<Self, ConnectError> {
        let (config, wanted) = text::read(text)?;
        Self::of(config, &wanted)
    }

    /// Whether it holds a password.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.config.get_password().is_some()
    }

    /// The private cluster; nothing leaves the machine.
    #[must_use]
    pub fn of_cluster(cluster: &Cluster) -> Self {
        Self { config: with_timeouts(cluster.connection(DATABASE)), tls: None }
    }

    /// A private cluster that another Boomgate keeps running.
    #[must_use]
    pub fn of_running(cluster: &RunningCluster) -> Self {
        Self { config: with_timeouts(cluster.connection(DATABASE)), tls: None }
    }

    fn of(mut config: tokio_postgres::Config, wanted: &WantedTls) -> Result<Self, ConnectError> {
        let tls = match wanted.mode.as_deref() {
            Some("disable") => None,
            Some(mode @ ("require" | "verify-ca" | "verify-full")) => {
                Some(verifying(mode, wanted.roots.as_deref())?)
            }
            Some(other) => return Err(ConnectError::SslMode(other.to_owned())),
            None => match distant_host(&config) {
                Some(host) => return Err(ConnectError::NoSslMode(host)),
                None => None,
            },
        };
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        Ok(Self { config: with_timeouts(config), tls })
    }

    /// The same server, another database.
    #[must_use]
    pub fn with_database(&self, name: &str) -> Self {
        let mut other = self.clone();
        other.config.dbname(name);
        other
    }

    /// As [`Address::parse`] reads it, for child processes of tests; without TLS.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn text(&self) -> String {
        let host = self.config.get_hosts().first().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.display().to_string(),
        });
        let port = self.config.get_ports().first().map(u16::to_string);
        let password =
            self.config.get_password().map(|password| String::from_utf8_lossy(password).into_owned());
        let parts = [
            ("host", host),
            ("port", port),
            ("user", self.config.get_user().map(str::to_owned)),
            ("password", password),
            ("dbname", self.config.get_dbname().map(str::to_owned)),
        ];
        let written = parts.into_iter().filter_map(|(name, value)| Some(format!("{name}='{}'", value?)));
        written.collect::<Vec<_>>().join(" ")
    }

    /// A connection of its own, outside any pool: for migrations. Its driver task ends with it.
    ///
    /// # Errors
    /// The server is away or refuses us.
    pub async fn connect(&self) -> Result<Client, StoreError> {
        match &self.tls {
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await?;
                tokio::spawn(connection);
                Ok(client)
            }
            None => {
                let (client, connection) = self.config.connect(NoTls).await?;
                tokio::spawn(connection);
                Ok(client)
            }
        }
    }

    /// Listens on `channels` over a connection of its own. The stream ends when the connection does: what was said
    /// meanwhile is lost, so a listener that comes back must look at everything once.
    ///
    /// # Errors
    /// The server is away or refuses us.
    pub async fn listen(&self, channels: &[&str]) -> Result<Notifications, StoreError> {
        let (client, notifications) = match &self.tls {
            Some(tls) => spawn_listener(self.config.connect(tls.clone()).await?),
            None => spawn_listener(self.config.connect(NoTls).await?),
        };
        for channel in channels {
            client.batch_execute(&format!("listen {channel}")).await?;
        }
        Ok(Notifications { notifications, _client: client })
    }

    /// A pool of at most `size` connections, none of them made yet.
    ///
    /// # Errors
    /// [`ConnectError::Pool`].
    pub fn pool(&self, size: usize) -> Result<Pool, ConnectError> {
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = match &self.tls {
            Some(tls) => Manager::from_config(self.config.clone(), tls.clone(), recycling),
            None => Manager::from_config(self.config.clone(), NoTls, recycling),
        };
        let pool = Pool::builder(manager)
            .max_size(size)
            .wait_timeout(Some(STATEMENT_TIMEOUT))
            .create_timeout(Some(CONNECT_TIMEOUT))
            .recycle_timeout(Some(CONNECT_TIMEOUT))
            .runtime(Runtime::Tokio1)
            .build()?;
        Ok(pool)
    }

    /// Migrates over a connection of its own, probes the server, and returns a pool of at most `size` connections.
    ///
    /// # Errors
    /// The server is away, too old or not synchronous; a migration failed.
    pub async fn prepare(&self, size: usize) -> Result<Pool, PrepareError> {
        let mut client = self.connect().await?;
        probe(&client).await?;
        boomgate_migrations::run(&mut client).await?;
        Ok(self.pool(size).map_err(StoreError::from)?)
    }
}

/// Notifications of the channels one listens on, in the order of the commits.
#[derive(Debug)]
pub struct Notifications {
    notifications: mpsc::UnboundedReceiver<Notification>,
    _client: Client,
}

impl Notifications {
    /// Channel and payload; `None` when the connection is gone.
    pub async fn next(&mut self) -> Option<(String, String)> {
        let notification = self.notifications.recv().await?;
        Some((notification.channel().to_owned(), notification.payload().to_owned()))
    }
}

fn spawn_listener<S, T>(
    (client, mut connection): (Client, Connection<S, T>),
) -> (Client, mpsc::UnboundedReceiver<Notification>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, notifications) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notification(notification) = message
                && sender.send(notification).is_err()
            {
                return;
            }
        }
    });
    (client, notifications)
}

/// Why a database could not be made ready.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("database schema cannot be brought up to date")]
    Migrate(#[from] boomgate_migrations::MigrateError),
}

/// Proves that the server is new enough and that its commits are flushed before they are reported.
///
/// # Errors
/// [`ConnectError::TooOld`], [`ConnectError::NotSynchronous`], or the connection's own.
pub async fn probe(client: &Client) -> Result<(), StoreError> {
    let row = client.query_one(include_str!("../queries/server/probe.sql"), &[]).await?;
    if row.get::<_, i32>("version_number") < OLDEST_SERVER {
        return Err(ConnectError::TooOld(row.get("version")).into());
    }
    let commit: String = row.get("synchronous_commit");
    if matches!(commit.as_str(), "off" | "local") {
        return Err(ConnectError::NotSynchronous(commit).into());
    }
    if row.get::<_, &str>("fsync") == "off" {
        tracing::warn!("PostgreSQL runs with fsync off: a crash of the machine may lose committed data");
    }
    Ok(())
}

/// Waits for database work at most `limit`, however dead the server or the network is.
///
/// # Errors
/// [`StoreError::Timeout`], or the work's own. After a timeout the connection is in an unknown state: discard it.
pub async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    tokio::time::timeout(limit, work).await.unwrap_or(Err(StoreError::Timeout(limit)))
}

fn distant_host(config: &tokio_postgres::Config) -> Option<String> {
    config.get_hosts().iter().find_map(|host| match host {
        Host::Tcp(name) if !matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1") => Some(name.clone()),
        Host::Tcp(_) | Host::Unix(_) => None,
    })
}

fn verifying(mode: &str, roots: Option<&str>) -> Result<MakeRustlsConnect, ConnectError> {
    let path = match roots {
        None => return Err(ConnectError::NoRoots(mode.to_owned())),
        Some("system") => Path::new(SYSTEM_ROOTS),
        Some(path) => Path::new(path),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(read_roots(path)?)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn read_roots(path: &Path) -> Result<RootCertStore, ConnectError> {
    let refuse = |reason: String| ConnectError::Roots { path: path.to_owned(), reason };
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| refuse(error.to_string()))?;
    let mut store = RootCertStore::empty();
    let (added, _) = store.add_parsable_certificates(certificates.filter_map(Result::ok));
    if added == 0 { Err(refuse("no certificate in PEM form".to_owned())) } else { Ok(store) }
}

fn with_timeouts(mut config: tokio_postgres::Config) -> tokio_postgres::Config {
    let server_side = format!("-c statement_timeout={}", STATEMENT_TIMEOUT.as_millis());
    let options = match config.get_options() {
        Some(given) => format!("{server_side} {given}"),
        None => server_side,
    };
    config
        .options(options)
        .application_name("boomgate")
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_user_timeout(KEEPALIVE_IDLE)
        .keepalives(true)
        .keepalives_idle(KEEPALIVE_IDLE)
        .keepalives_interval(KEEPALIVE_INTERVAL)
        .keepalives_retries(KEEPALIVE_RETRIES);
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distant_host_without_sslmode_is_refused() {
        let error = Address::parse("postgresql://u@db.example/x").unwrap_err();
        assert!(error.to_string().contains("sslmode=verify-full"), "{error}");
        Address::parse("postgresql://u@127.0.0.1/x").unwrap();
        Address::parse("postgresql:///x?host=/run/pg&user=u").unwrap();
    }

    #[test]
    fn tls_without_roots_is_refused() {
        let error = Address::parse("postgresql://u@db/x?sslmode=require").unwrap_err();
        assert!(matches!(error, ConnectError::NoRoots(_)), "{error}");
        let error = Address::parse("postgresql://u@db/x?sslmode=prefer").unwrap_err();
        assert!(matches!(error, ConnectError::SslMode(_)), "{error}");
    }

    #[test]
    fn an_empty_root_file_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let url = format!("postgresql://u@db/x?sslmode=verify-full&sslrootcert={}", file.path().display());
        let error = Address::parse(&url).unwrap_err();
        assert!(error.to_string().contains(&file.path().display().to_string()), "{error}");
    }
}
