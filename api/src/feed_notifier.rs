//! Notifications of the database about new rows of the live feed, passed on to every open socket.

use std::time::Duration;

use boomgate_store::{Address, live_feed};
use tokio::sync::{broadcast, watch};
use uuid::Uuid;

use crate::server::shutdown_requested;

/// Pause before the connection is opened again.
const RECONNECT: Duration = Duration::from_secs(1);

/// Wake-ups from the database, for every open socket.
pub(crate) struct FeedNotifier {
    sender: broadcast::Sender<Uuid>,
}

impl FeedNotifier {
    /// Listens on a connection of its own, and opens it again when it is lost, until shutdown.
    pub(crate) fn follow(address: Address, shutdown: watch::Receiver<bool>) -> Self {
        let (sender, _) = broadcast::channel(256);
        tokio::spawn(listen(address, sender.clone(), shutdown));
        Self { sender }
    }

    /// Receives the site of every change from now on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Uuid> {
        self.sender.subscribe()
    }
}

async fn listen(address: Address, sender: broadcast::Sender<Uuid>, mut shutdown: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = receive_notifications(&address, &sender) => {}
            () = shutdown_requested(&mut shutdown) => return,
        }
        tokio::time::sleep(RECONNECT).await;
    }
}

async fn receive_notifications(address: &Address, sender: &broadcast::Sender<Uuid>) {
    let mut listener = match address.listen(&[live_feed::CHANNEL]).await {
        Ok(listener) => listener,
        Err(error) => return tracing::debug!(%error, "no notifications for the live feed; it polls"),
    };
    while let Some((_, payload)) = listener.next().await {
        if let Ok(site) = payload.parse() {
            // Fails when no socket is open.
            drop(sender.send(site));
        }
    }
}
