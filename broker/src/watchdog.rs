//! A heartbeat through the router: its thread can end without an error anywhere, so an echo is sent every second.

use std::time::Duration;

use rumqttd::Notification;
use tokio::time::{interval, timeout};

use crate::error::BrokerError;
use crate::router::{Link, Linker, WATCHDOG_TOPIC};

const PROBE_INTERVAL: Duration = Duration::from_secs(1);
const ECHO_TIMEOUT: Duration = Duration::from_secs(2);
const MISSES: u32 = 3;

/// Ends with an error when the router has missed three beats.
pub(crate) async fn run(linker: Linker) -> Result<(), BrokerError> {
    let mut link = linker.link("@watchdog").await?;
    link.tx.subscribe(WATCHDOG_TOPIC).map_err(|_| BrokerError::RouterSilent)?;
    let mut beat = interval(PROBE_INTERVAL);
    let (mut number, mut missed) = (0_u64, 0_u32);
    loop {
        beat.tick().await;
        number = number.wrapping_add(1);
        missed = if echo_received(&mut link, number).await { 0 } else { missed.saturating_add(1) };
        metrics::gauge!("boomgate_broker_watchdog_missed").set(f64::from(missed));
        if missed >= MISSES {
            tracing::error!(missed, "the MQTT router does not answer");
            return Err(BrokerError::RouterSilent);
        }
    }
}

async fn echo_received(link: &mut Link, number: u64) -> bool {
    if link.tx.try_publish(WATCHDOG_TOPIC, number.to_be_bytes().to_vec()).is_err() {
        return false;
    }
    timeout(ECHO_TIMEOUT, echo(link, number)).await.unwrap_or(false)
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
