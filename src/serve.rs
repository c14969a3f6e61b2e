//! The server in one process: private or external PostgreSQL, broker, ingest and api, started in order, ended in reverse.
//!
//! A part that ends by itself ends the server; a supervisor starts it again.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use boomgate_api::{Api, ApiConfig, Reach, RequestLimits};
use boomgate_broker::{Broker, BrokerConfig, Limits, Listening, TlsListener};
use boomgate_ingest::bus::{Bus, LinkBus, MqttBus, MqttConfig};
use boomgate_ingest::{CutOff, Health, IngestConfig};
use boomgate_operations::mail::Mailer;
use boomgate_store::{Address, Pool, tariffs};
use ed25519_dalek::SigningKey;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

pub use crate::database::Database;

use crate::config::{self, Config, External};
use crate::directory::StoredDevices;
use crate::jobs::{self, JobContext};
use crate::mail::Smtp;
use crate::pki::Pki;
use crate::pki::expiry::Certificates;
use crate::pki::reloading::ReloadedCertificate;
use crate::{memory, private, revocations};

/// How long the parts may take to end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(8);

/// Lanes to be cut off that wait for it.
const OFFENDERS: usize = 16;

/// The running parts, until [`Server::stop`].
pub struct Server {
    pub addresses: Addresses,
    database: Database,
    parts: JoinSet<anyhow::Error>,
    shutdown_sender: watch::Sender<bool>,
}

/// Where the listeners really are.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    pub api: SocketAddr,
    pub device_https: SocketAddr,
    pub metrics: Option<SocketAddr>,
    /// None with an external broker.
    pub mqtt: Option<SocketAddr>,
    pub mqtt_plain: Option<SocketAddr>,
}

impl Server {
    /// Starts every part; when it returns, the listeners accept.
    pub async fn start(config: &Config) -> Result<Self> {
        let people = bind("api.listen", config.api.listen).await?;
        let devices = bind("device_https.listen", config.device_https).await?;
        let database = Database::open(config).await?;
        warn_of_free_sites(&database.pool).await?;
        Self::with_database(config, people, devices, database).await
    }

    /// As [`Server::start`], on a database and listeners that are open already.
    pub async fn with_database(
        config: &Config,
        people: TcpListener,
        devices: TcpListener,
        database: Database,
    ) -> Result<Self> {
        let pki = Pki::open_or_create(&config.pki, &config.hosts)?;
        let certificate = pki.shown()?;
        let (shutdown_sender, shutdown) = watch::channel(false);
        let mut parts = JoinSet::new();
        let (health, ready) = watch::channel(Health::default());
        let work = IngestConfig { health, ..IngestConfig::default() };
        let mqtt =
            start_messages(config, (&pki, &certificate), &database, work, &mut parts, &shutdown).await?;
        let ready = is_working(ready);
        let pictures = pictures(config)?;
        let context = JobContext {
            keep: config.keep,
            evidence: config.evidence,
            pictures: Arc::clone(&pictures),
            mailer: config.mail.as_ref().map(mailer).transpose()?,
        };
        parts.spawn(run_jobs(database.pool.clone(), context, shutdown.clone()));
        parts.spawn(trim_memory(shutdown.clone()));
        parts.spawn(watch_certificates(config, database.pool.clone(), shutdown.clone()));
        let numbers = match config.metrics.listen {
            Some(address) => Some(bind("metrics.listen", address).await?),
            None => None,
        };
        let addresses = Addresses {
            api: people.local_addr()?,
            device_https: devices.local_addr()?,
            metrics: numbers.as_ref().map(TcpListener::local_addr).transpose()?,
            mqtt: mqtt.tls,
            mqtt_plain: mqtt.plain,
        };
        let listeners = Listeners { people, devices, metrics: numbers };
        start_api(
            config,
            (&pki, certificate),
            &database,
            (ready, pictures),
            listeners,
            &mut parts,
            shutdown,
        )?;
        Ok(Self { addresses, database, parts, shutdown_sender })
    }

    pub fn pool(&self) -> &Pool {
        &self.database.pool
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Waits for the end of a part that must not end.
    pub async fn failed(&mut self) -> anyhow::Error {
        match self.parts.join_next().await {
            Some(Ok(error)) => error,
            Some(Err(error)) => anyhow!(error).context("a part of the server panicked"),
            None => anyhow!("nothing is running"),
        }
    }

    /// Ends all parts, then the private cluster.
    pub async fn stop(mut self) -> Result<()> {
        self.shutdown_sender.send_replace(true);
        drop(timeout(SHUTDOWN_TIMEOUT, async { while self.parts.join_next().await.is_some() {} }).await);
        self.parts.abort_all();
        self.database.close().await
    }
}

/// Warns about sites without a tariff: leaving is free there, which may not be intended.
async fn warn_of_free_sites(pool: &Pool) -> Result<()> {
    let free = tariffs::sites_without(&pool.get().await?, jiff::Timestamp::now()).await?;
    if !free.is_empty() {
        let sites = free.join(", ");
        tracing::warn!(
            sites,
            "sites without a tariff: leaving is free there until `boomgate tariff set` sets one"
        );
    }
    Ok(())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "an enum of another crate with many kinds")]
async fn bind(field: &str, address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            anyhow!("{field}: {address} is in use by another program; stop it or choose another address")
        }
        _ => anyhow!(error).context(format!("{field}: cannot listen on {address}")),
    })
}

/// The broker (unless another one is used) and ingest behind it.
async fn start_messages(
    config: &Config,
    (pki, certificate): (&Pki, &Arc<ReloadedCertificate>),
    database: &Database,
    work: IngestConfig,
    parts: &mut JoinSet<anyhow::Error>,
    shutdown: &watch::Receiver<bool>,
) -> Result<Listening> {
    let key = pki.signing_key()?;
    if let Some(external) = &config.broker.external {
        let bus = MqttBus::connect(mqtt_config(external)?);
        parts.spawn(ingest(work, database.address.clone(), bus, key, shutdown.clone()));
        return Ok(Listening::default());
    }
    let broker = start_broker(config, (pki, certificate), &database.pool).await?;
    let listening = broker.listening();
    let link = broker.linker().link("@ingest").await?;
    let bus = LinkBus::subscribe(link.tx, link.rx).await?;
    let (cutter, to_cut) = mpsc::channel::<CutOff>(OFFENDERS);
    let work = IngestConfig { offenders: Some(cutter), ..work };
    parts.spawn(ingest(work, database.address.clone(), bus, key, shutdown.clone()));
    parts.spawn(keep_broker(
        broker,
        to_cut,
        database.address.clone(),
        database.pool.clone(),
        shutdown.clone(),
    ));
    Ok(listening)
}

/// Holds the broker until the end, and disconnects revoked devices.
async fn keep_broker(
    mut broker: Broker,
    mut to_cut: mpsc::Receiver<CutOff>,
    address: Address,
    pool: Pool,
    mut shutdown: watch::Receiver<bool>,
) -> anyhow::Error {
    let mut changed = revocations::changes(address);
    loop {
        tokio::select! {
            error = broker.failed() => return anyhow!(error).context("broker"),
            () = end(&mut shutdown) => return anyhow!("broker was told to end"),
            Some(lane) = to_cut.recv() => {
                broker.cut_off(&lane.site, &lane.lane, lane.why).await;
            }
            Some(code) = changed.recv() => revocations::end_if_revoked(&broker, &pool, &code).await,
        }
    }
}

async fn start_broker(
    config: &Config,
    (pki, certificate): (&Pki, &Arc<ReloadedCertificate>),
    pool: &Pool,
) -> Result<Broker> {
    let broker = BrokerConfig {
        tls: Some(TlsListener { listen: config.broker.listen, config: mutual_tls(pki, certificate)? }),
        plain: config.broker.plain,
        limits: limits(&config.broker),
    };
    Ok(Broker::start(broker, Arc::new(StoredDevices::new(pool.clone()))).await?)
}

fn mutual_tls(pki: &Pki, certificate: &Arc<ReloadedCertificate>) -> Result<Arc<rustls::ServerConfig>> {
    let (ca, cert, key) = (pki.ca_pem()?, pki.server_pem()?, pki.server_key_pem()?);
    let config = boomgate_broker::server_config(ca.as_bytes(), cert.as_bytes(), key.as_bytes())?;
    Ok(certificate.show_by(config))
}

async fn keep_reloaded(
    certificate: Arc<ReloadedCertificate>,
    mut shutdown: watch::Receiver<bool>,
) -> anyhow::Error {
    tokio::select! {
        () = certificate.watch() => anyhow!("the watch over a certificate ended by itself"),
        () = end(&mut shutdown) => anyhow!("the watch over a certificate was told to end"),
    }
}

async fn ingest(
    work: IngestConfig,
    address: Address,
    bus: impl Bus,
    key: SigningKey,
    mut shutdown: watch::Receiver<bool>,
) -> anyhow::Error {
    match boomgate_ingest::run(work, address, bus, key, async move { end(&mut shutdown).await }).await {
        Ok(()) => anyhow!("ingest was told to end"),
        Err(error) => anyhow!(error).context("ingest"),
    }
}

async fn end(shutdown: &mut watch::Receiver<bool>) {
    drop(shutdown.wait_for(|end| *end).await);
}

async fn run_jobs(pool: Pool, context: JobContext, shutdown: watch::Receiver<bool>) -> anyhow::Error {
    jobs::run(pool, context, shutdown).await;
    anyhow!("the jobs ended")
}

async fn trim_memory(mut shutdown: watch::Receiver<bool>) -> anyhow::Error {
    tokio::select! {
        () = memory::keep_trimmed() => anyhow!("the watch over memory ended by itself"),
        () = end(&mut shutdown) => anyhow!("the watch over memory was told to end"),
    }
}

fn watch_certificates(
    config: &Config,
    pool: Pool,
    mut shutdown: watch::Receiver<bool>,
) -> impl Future<Output = anyhow::Error> + use<> {
    let people = config.api.tls.as_ref().map(|(cert, _)| cert.clone());
    let certificates = Certificates { pki: config.pki.clone(), people, hosts: config.hosts.clone() };
    async move {
        tokio::select! {
            () = certificates.watch(pool) => anyhow!("the watch over certificates ended by itself"),
            () = end(&mut shutdown) => anyhow!("the watch over certificates was told to end"),
        }
    }
}

/// The store of the pictures.
fn pictures(config: &Config) -> Result<Arc<dyn ObjectStore>> {
    let evidence = config.data.join("evidence");
    private::folder(&evidence)?;
    Ok(Arc::new(LocalFileSystem::new_with_prefix(&evidence)?))
}

/// Whether ingest works, for /readyz.
fn is_working(mut health: watch::Receiver<Health>) -> watch::Receiver<bool> {
    let (sender, ready) = watch::channel(false);
    tokio::spawn(async move {
        loop {
            // Before the first message ingest is idle, not ill.
            let well = !matches!(*health.borrow_and_update(), Health::Degraded { .. });
            sender.send_replace(well);
            if health.changed().await.is_err() {
                return sender.send_replace(false);
            }
        }
    });
    ready
}

fn limits(broker: &config::Broker) -> Limits {
    Limits {
        connections: broker.connections,
        connections_per_address: broker.connections_per_address,
        ..Limits::default()
    }
}

fn mqtt_config(external: &External) -> Result<MqttConfig> {
    let tls = external.tls.as_ref().map(|tls| client_tls(&tls.ca, tls.client.as_ref())).transpose()?;
    Ok(MqttConfig {
        host: external.host.clone(),
        port: external.port,
        client_id: external.client_id.clone(),
        credentials: external.login.clone(),
        tls,
    })
}

fn client_tls(ca: &str, client: Option<&(String, String)>) -> Result<Arc<rustls::ClientConfig>> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca.as_bytes()) {
        roots.add(certificate.context("broker.external.ca")?)?;
    }
    let builder = rustls::ClientConfig::builder().with_root_certificates(roots);
    let config = match client {
        None => builder.with_no_client_auth(),
        Some((cert, key)) => {
            let chain = CertificateDer::pem_slice_iter(cert.as_bytes()).collect::<Result<_, _>>();
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).context("broker.external.key")?;
            builder.with_client_auth_cert(chain.context("broker.external.cert")?, key)?
        }
    };
    Ok(Arc::new(config))
}

struct Listeners {
    people: TcpListener,
    devices: TcpListener,
    metrics: Option<TcpListener>,
}

fn start_api(
    config: &Config,
    (pki, certificate): (&Pki, Arc<ReloadedCertificate>),
    database: &Database,
    (ready, evidence): (watch::Receiver<bool>, Arc<dyn ObjectStore>),
    listeners: Listeners,
    parts: &mut JoinSet<anyhow::Error>,
    shutdown: watch::Receiver<bool>,
) -> Result<()> {
    let Listeners { people, devices, metrics: numbers } = listeners;
    let api = ApiConfig {
        pool: database.pool.clone(),
        address: database.address.clone(),
        evidence,
        metrics: metrics()?,
        ready,
        people: config.api.front.clone(),
        devices: config.device_front.clone(),
        reach: Reach {
            public_url: config.api.public_url.clone(),
            allowed_origins: config.api.allowed_origins.clone(),
            limits: RequestLimits::per_minute(config.api.requests_per_minute),
        },
        mailer: config.mail.as_ref().map(mailer).transpose()?,
        token_key: pki.token_key()?,
    };
    let people_certificate =
        config.api.tls.as_ref().map(|(cert, key)| ReloadedCertificate::load(cert, key)).transpose()?;
    let people_tls = people_certificate.as_ref().map(people_tls);
    let device_tls = mutual_tls(pki, &certificate)?;
    for shown in people_certificate.into_iter().chain([certificate]) {
        parts.spawn(keep_reloaded(shown, shutdown.clone()));
    }
    let api = Arc::new(Api::new(api, shutdown));
    let (other, third) = (Arc::clone(&api), Arc::clone(&api));
    if let Some(listener) = numbers {
        let token = config.metrics.token.clone();
        parts.spawn(async move {
            third.serve_metrics(listener, token).await;
            anyhow!("the metrics' listener ended")
        });
    }
    parts.spawn(async move {
        api.serve_people(people, people_tls).await;
        anyhow!("the people's listener ended")
    });
    parts.spawn(async move {
        other.serve_devices(devices, TlsAcceptor::from(device_tls)).await;
        anyhow!("the devices' listener ended")
    });
    Ok(())
}

fn mailer(config: &config::Mail) -> Result<Arc<dyn Mailer>> {
    Ok(Arc::new(Smtp::new(config)?))
}

fn people_tls(certificate: &Arc<ReloadedCertificate>) -> TlsAcceptor {
    let resolver = Arc::<ReloadedCertificate>::clone(certificate);
    let mut config = rustls::ServerConfig::builder().with_no_client_auth().with_cert_resolver(resolver);
    config.alpn_protocols = boomgate_api::PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    TlsAcceptor::from(Arc::new(config))
}

/// One recorder for the process, however many servers tests start in it.
fn metrics() -> Result<PrometheusHandle> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let handle = PrometheusBuilder::new().install_recorder().context("metrics")?;
    Ok(HANDLE.get_or_init(|| handle).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn https_offers_http2_first_and_http1_to_whoever_knows_nothing_newer() {
        drop(rustls::crypto::ring::default_provider().install_default());
        let dir = tempfile::tempdir().unwrap();
        let pki = Pki::open_or_create(dir.path(), &[]).unwrap();
        let acceptor = people_tls(&pki.shown().unwrap());
        let newer = vec![b"http/1.1".to_vec(), b"h2".to_vec()];
        for (offered, agreed) in [(newer, &b"h2"[..]), (vec![b"http/1.1".to_vec()], b"http/1.1")] {
            let mut client = Arc::unwrap_or_clone(client_tls(&pki.ca_pem().unwrap(), None).unwrap());
            client.alpn_protocols = offered;
            let (ours, theirs) = tokio::io::duplex(64 * 1024);
            let connector = tokio_rustls::TlsConnector::from(Arc::new(client));
            let name = "localhost".try_into().unwrap();
            let (server, _client) = tokio::join!(acceptor.accept(ours), connector.connect(name, theirs));
            assert_eq!(server.unwrap().get_ref().1.alpn_protocol(), Some(agreed));
        }
    }
}
