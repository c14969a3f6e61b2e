//! The line to the server: MQTT 3.1.1 over mutual TLS, signed both ways.
//!
//! One task owns the session, another only polls the client (a publish from the polling task can lock up rumqttc). A
//! PUBACK means nothing here: an event counts as delivered when the server's own ack says it is committed. A session that
//! ends is never resumed: a fresh client is made and everything unacked goes out again. Knows nothing of what a command
//! means; it passes on what carries the server's signature.

mod ack;
pub mod certificate;
mod connection;
mod event;
mod incoming;
pub mod keys;
mod line;
mod session;
pub mod window;

use std::time::{Duration, Instant};

pub use event::{LaneSnapshot, UplinkEvent};
pub use line::{Identity, Uplink, UplinkChannels};
use rand::Rng;
use tracing::info;

use connection::Ended;
use session::Session;

const FIRST_PAUSE: Duration = Duration::from_millis(300);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

impl Uplink {
    /// Keeps the line up until the program ends.
    pub async fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let begun = Instant::now();
            let ended = self.session().await;
            if matches!(ended, Ended::Ending) {
                return;
            }
            if begun.elapsed() > LONGEST_PAUSE {
                pause = FIRST_PAUSE;
            }
            let wait = pause.mul_f64(rand::rng().random_range(0.5..1.5));
            info!(reason = %ended, retry_ms = wait.as_millis() as u64, "disconnected from the server");
            if self.uplink_events.send(UplinkEvent::Down { why: ended.to_string() }).await.is_err() {
                return;
            }
            if !self.wait_offline(wait).await {
                return;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Waits, letting live events go by: they are in the spool. False if the program ends.
    async fn wait_offline(&mut self, wait: Duration) -> bool {
        let end = tokio::time::Instant::now() + wait;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(end) => return true,
                event = self.live.recv() => if event.is_none() { return false },
            }
        }
    }

    async fn session(&mut self) -> Ended {
        let (client, packets, polling) = self.connect();
        let ended = Session::new(self, client).run(packets).await;
        polling.abort();
        ended
    }
}
