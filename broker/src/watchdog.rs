//! A heartbeat through the router: its thread can die without anybody noticing, so somebody must ask.

use std::time::Duration;

use rumqttd::Notification;
use tokio::time::{interval, timeout};

use crate::error::BrokerError;
use crate::router::{Link, Linker, WATCHDOG_TOPIC};

const EVERY: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(2);
const MISSES: u32 = 3;

/// Ends with an error when the router has missed three beats.
pub(crate) async fn run(linker: Linker) -> Result<(), BrokerError> {
    let mut link = linker.link("@watchdog").await?;
    link.tx.subscribe(WATCHDOG_TOPIC).map_err(|_| BrokerError::RouterSilent)?;
    let mut beat = interval(EVERY);
    let (mut number, mut missed) = (0_u64, 0_u32);
    loop {
        beat.tick().await;
        number = number.wrapping_add(1);
        missed = if heard(&mut link, number).await { 0 } else { missed.saturating_add(1) };
        metrics::gauge!("boomgate_broker_watchdog_missed").set(f64::from(missed));
        if missed >= MISSES {
            tracing::error!(missed, "the router does not answer");
            return Err(BrokerError::RouterSilent);
        }
    }
}

async fn heard(link: &mut Link, number: u64) -> bool {
    if link.tx.try_publish(WATCHDOG_TOPIC, number.to_be_bytes().to_vec()).is_err() {
        return false;
    }
    timeout(PATIENCE, echo(link, number)).await.unwrap_or(false)
}

async fn echo(link: &mut Link, number: u64) -> bool {
    loop {
        match link.rx.next().await {
            Ok(Some(Notification::Forward(forward)))
                if forward.publish.payload[..] == number.to_be_bytes() =>
            {
                return true;
            }
            Ok(Some(Notification::Unschedule)) => drop(link.rx.ready()),
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}
