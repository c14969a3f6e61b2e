//! The broker: rumqttd's router and codec, embedded in this process behind our own listener.
//!
//! ```text
//!  lanes ══TLS══► front_door ──► identity ──► Directory (who is this, may it live)
//!                     │ one task a connection, every wait limited
//!                     ▼
//!                device_link ◄── rights (pure: what may this device publish and receive)
//!                     │ LinkTx / LinkRx
//!                     ▼
//!                 rumqttd Router (a thread) ◄── in-process links: ingest, watchdog
//! ```
//!
//! rumqttd's own `Server` is not used: it waits for handshakes inside its accept loop, knows no rights and answers
//! late (Nagle). Its router is sound as long as nothing makes it drop a connection behind our back, so everything that
//! would is checked here first, and a link is never woken after its end. This crate knows topics and identities; it
//! must not know what messages mean.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod config;
mod context;
mod device_link;
mod directory;
mod error;
mod identity;
mod limits;
mod link_end;
mod listener;
mod meter;
pub mod rights;
mod router;
mod sessions;
mod watchdog;

use std::net::SocketAddr;
use std::sync::Arc;

use boomgate_domain::ids::{DeviceCode, LaneCode, SiteCode};
use tokio::net::TcpListener;

pub use config::{BrokerConfig, Limits, TlsListener};
pub use directory::{Alarm, Claim, Directory, Refusal};
pub use error::BrokerError;
pub use identity::{TlsError, server_config};
pub use meter::Rate;
pub use router::{Link, LinkFailed, Linker};
pub use sessions::EndReason;

/// A running broker. Dropping it closes the listeners and every session.
pub struct Broker {
    linker: Linker,
    sessions: Arc<sessions::Sessions>,
    listening: Listening,
    tasks: tokio::task::JoinSet<Result<(), BrokerError>>,
}

/// The addresses really bound (a configured port 0 becomes a real one).
#[derive(Clone, Copy, Debug, Default)]
pub struct Listening {
    pub tls: Option<SocketAddr>,
    pub plain: Option<SocketAddr>,
}

impl Broker {
    /// Starts the router, binds the listeners and begins to accept.
    pub async fn start(config: BrokerConfig, directory: Arc<dyn Directory>) -> Result<Self, BrokerError> {
        let linker = router::start(config.limits.connections);
        let sessions = Arc::new(sessions::Sessions::default());
        let mut broker = Self {
            linker: linker.clone(),
            sessions: Arc::clone(&sessions),
            listening: Listening::default(),
            tasks: tokio::task::JoinSet::new(),
        };
        let context =
            Arc::new(context::BrokerContext::new(config.limits.clone(), linker.clone(), sessions, directory));
        broker.open_listeners(&config, &context).await?;
        broker.tasks.spawn(watchdog::run(linker));
        Ok(broker)
    }

    async fn open_listeners(
        &mut self,
        config: &BrokerConfig,
        context: &Arc<context::BrokerContext>,
    ) -> Result<(), BrokerError> {
        if config.tls.is_none() && config.plain.is_none() {
            return Err(BrokerError::NoListener);
        }
        if let Some(tls) = &config.tls {
            let listener = bind(tls.listen).await?;
            self.listening.tls = listener.local_addr().ok();
            let transport =
                listener::Transport::Tls(tokio_rustls::TlsAcceptor::from(Arc::clone(&tls.config)));
            self.tasks.spawn(listener::accept(listener, transport, Arc::clone(context)));
        }
        if let Some(address) = config.plain {
            if !address.ip().is_loopback() {
                return Err(BrokerError::PlainBeyondLoopback(address));
            }
            let listener = bind(address).await?;
            self.listening.plain = listener.local_addr().ok();
            self.tasks.spawn(listener::accept(listener, listener::Transport::Plain, Arc::clone(context)));
        }
        Ok(())
    }

    pub fn listening(&self) -> Listening {
        self.listening
    }

    /// Makes in-process links, for ingest.
    pub fn linker(&self) -> Linker {
        self.linker.clone()
    }

    /// Ends the live session of a device at once (revocation). `false` if it had none.
    pub async fn disconnect(&self, device: &DeviceCode, reason: EndReason) -> bool {
        self.sessions.end(device, reason).await
    }

    /// Ends the sessions of a lane and bans their devices for a while. `false` if none is connected.
    pub async fn cut_off(&self, site: &SiteCode, lane: &LaneCode, why: &'static str) -> bool {
        let mut any = false;
        for device in self.sessions.of_lane(site, lane).await {
            self.sessions.ban(&device, why, tokio::time::Instant::now());
            any |= self.sessions.end(&device, EndReason::Flooding).await;
        }
        any
    }

    /// Waits for the end of a task that must not end; the process should then end too.
    pub async fn failed(&mut self) -> BrokerError {
        match self.tasks.join_next().await {
            Some(Ok(Err(error))) => error,
            Some(Ok(Ok(())) | Err(_)) | None => BrokerError::RouterSilent,
        }
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, BrokerError> {
    TcpListener::bind(address).await.map_err(|source| BrokerError::Listen { address, source })
}
