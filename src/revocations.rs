//! Follows the database's notifications about devices, so that a revoked one is disconnected at once.

use std::time::Duration;

use boomgate_broker::{Broker, EndReason};
use boomgate_domain::ids::DeviceCode;
use boomgate_store::pool::within;
use boomgate_store::{Address, Pool, devices};
use tokio::sync::mpsc;

/// Changes beyond this are found by the broker's regular check of each session.
const WAITING: usize = 64;
const RECONNECT_INTERVAL: Duration = Duration::from_secs(1);
const POLL_INTERVAL: Duration = Duration::from_secs(3);

/// Codes of changed devices. The broker's regular check finds what is missed while the database is away.
pub fn changes(address: Address) -> mpsc::Receiver<DeviceCode> {
    let (sender, changed) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        while !sender.is_closed() {
            tokio::select! {
                () = follow(&address, &sender) => tokio::time::sleep(RECONNECT_INTERVAL).await,
                () = sender.closed() => {}
            }
        }
    });
    changed
}

async fn follow(address: &Address, sender: &mpsc::Sender<DeviceCode>) {
    let Ok(mut listener) = address.listen(&[devices::CHANNEL]).await else { return };
    while let Some((_, payload)) = listener.next().await {
        if let Ok(code) = payload.parse() {
            // A full queue is a missed change, see above.
            drop(sender.try_send(code));
        }
    }
}

/// Disconnects a device that is revoked.
pub async fn end_if_revoked(broker: &Broker, pool: &Pool, code: &DeviceCode) {
    let look = within(POLL_INTERVAL, async { devices::by_code(&pool.get().await?, code).await });
    let revoked = match look.await {
        Ok(row) => row.is_none_or(|row| row.revoked_at.is_some()),
        Err(error) => {
            return tracing::debug!(%error, device = %code, "cannot look up a changed device");
        }
    };
    if revoked && broker.disconnect(code, EndReason::Revoked).await {
        tracing::info!(device = %code, "disconnected a revoked device");
    }
}
