//! The listener and its router alone, in a process of its own: what a lane publishes on `up` comes back on `cmd`.
//!
//! The answer is given over the in-process link that ingest uses, with the time at which the message was there. So a
//! message crosses two sockets, as in a broker that hands it from one client to another, and the router twice.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use boomgate::pki::Pki;
use boomgate_broker::{Broker, BrokerConfig, Claim, Directory, Limits, Refusal, TlsListener};
use boomgate_ingest::bus::{Bus, LinkBus};
use boomgate_schemas::identity::DeviceIdentity;
use boomgate_schemas::topic::Leaf;

pub const FLAG: &str = "--front-door";
pub const SITE: &str = "bench";

/// The lane and device of a number.
pub fn identity(number: usize) -> Result<DeviceIdentity> {
    Ok(DeviceIdentity {
        site: SITE.parse()?,
        lane: format!("in-{number}").parse()?,
        device: format!("pi-{number}").parse()?,
    })
}

/// Lets in whom the site's CA knows; over loopback it believes the name.
struct Register;

#[async_trait]
impl Directory for Register {
    async fn admit(&self, claim: &Claim) -> Result<DeviceIdentity, Refusal> {
        match claim {
            Claim::Certificate { identity, .. } => Ok(identity.clone()),
            Claim::Loopback { device } => {
                let number = device.as_str().rsplit('-').next().and_then(|number| number.parse().ok());
                number.and_then(|number| identity(number).ok()).ok_or(Refusal::Unknown)
            }
        }
    }
}

/// What the child process does: says its ports (plain, TLS) on standard output and echoes until it is ended.
pub async fn serve(pki: &Path) -> Result<()> {
    let pki = Pki::open(pki)?;
    let (ca, cert, key) = (pki.ca_pem()?, pki.server_pem()?, pki.server_key_pem()?);
    let any = "127.0.0.1:0".parse()?;
    let tls = boomgate_broker::server_config(ca.as_bytes(), cert.as_bytes(), key.as_bytes())?;
    let config = BrokerConfig {
        tls: Some(TlsListener { listen: any, config: tls }),
        plain: Some(any),
        limits: Limits { connections_per_address: 1000, ..Limits::default() },
    };
    let mut broker = Broker::start(config, Arc::new(Register)).await?;
    let link = broker.linker().link("@bench").await?;
    let bus = LinkBus::subscribe(link.tx, link.rx).await?;
    let listening = broker.listening();
    let ports = [listening.plain, listening.tls].map(|address| address.map_or(0, |address| address.port()));
    println!("{} {}", ports[0], ports[1]);
    std::io::stdout().flush()?;
    tokio::select! {
        ended = echo(bus) => ended,
        error = broker.failed() => Err(error.into()),
        () = orphaned() => Ok(()),
    }
}

async fn echo(mut bus: LinkBus) -> Result<()> {
    let sender = bus.sender();
    loop {
        let message = bus.next().await?;
        if message.topic.leaf == Leaf::Up {
            let stamped = [&message.payload[..], &now_ns().to_be_bytes()].concat();
            sender.publish(message.topic.with_leaf(Leaf::Cmd), stamped);
        }
    }
}

/// Nanoseconds of the machine's clock, the same for every process on it.
pub fn now_ns() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

/// The parent holds the other end of standard input.
async fn orphaned() {
    let end = || std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    drop(tokio::task::spawn_blocking(end).await);
}

/// The child, seen from its parent. Killed when dropped.
pub struct BrokerProcess {
    child: Child,
    pub plain: u16,
    pub tls: u16,
}

impl BrokerProcess {
    pub fn start(pki: &Path) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(FLAG).arg(pki).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("the broker's process")?;
        let mut line = String::new();
        let stdout = child.stdout.take().context("its standard output is a pipe")?;
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line)?;
        let ports: Vec<u16> = line.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        let [plain, tls] = ports[..] else { bail!("the broker printed no ports but {line:?}") };
        Ok(Self { child, plain, tls })
    }

    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap_or(0)
    }
}

impl Drop for BrokerProcess {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
