//! What the server's acks do: the line is alive, events may be forgotten, what waits must have other numbers, or the lane is
//! to be for something else.

use std::time::Duration;

use boomgate_schemas::down::Ack;
use tracing::warn;

use super::event::UplinkEvent;
use super::session::Session;
use crate::spool::Renumbered;

impl Session<'_> {
    pub(super) async fn take_ack(&mut self, payload: &[u8]) {
        let ack = match Ack::decode(payload) {
            Ok(ack) => ack,
            Err(error) => return warn!(%error, "an ack cannot be read"),
        };
        if let Some(echo) = ack.echo {
            self.take_echo(echo, ack.now_ms).await;
        }
        if let Some(wanted) = ack.wanted {
            let _ = self.line.uplink_events.send(UplinkEvent::WantedMode(wanted)).await;
        }
        if let Some(above) = ack.above {
            // The rest of it is about events that are not ours.
            return self.renumber(above).await;
        }
        if self.line.renumber_above.is_some() {
            // What it is about may be others' events: ours are kept, but what is fresh need not wait for room.
            return self.line.window.complete(ack.upto);
        }
        let now = self.line.clock.uptime_ms();
        if ack.upto < self.line.spool.next_seq() && self.line.window.take_ack(ack.upto, now) {
            self.line.spool.acked(ack.upto, ack.rejected);
        }
    }

    /// The answer to a hello: its round trip and the server's clock.
    async fn take_echo(&mut self, echo: u64, now_ms: i64) {
        self.unanswered = 0;
        let rtt = self.line.clock.uptime_ms().saturating_sub(echo).min(u64::from(u32::MAX)) as u32;
        self.line.rtt_ms = Some(rtt);
        let unsure_ms = u64::from(rtt) / 2;
        let apart_ms = self.line.clock.compare_with_server(now_ms, Duration::from_millis(unsure_ms));
        let _ = self.line.uplink_events.send(UplinkEvent::Clock { apart_ms, unsure_ms }).await;
    }

    /// Tries again what could not be done when the server asked for it.
    pub(super) async fn renumber_if_pending(&mut self) {
        if let Some(above) = self.line.renumber_above {
            self.renumber(above).await;
        }
    }

    async fn renumber(&mut self, above: u64) {
        let above = self.line.renumber_above.map_or(above, |owed| owed.max(above));
        let done = self.line.spool.renumber(above).await;
        if let Renumbered::Above(base) = done {
            self.line.window.begin_above(base, self.line.clock.uptime_ms());
        }
        let failed = done == Renumbered::Failed;
        if failed && self.line.renumber_above.is_none() {
            warn!(above, "cannot renumber the queued events; acks are ignored until that is done");
        }
        self.line.renumber_above = failed.then_some(above);
    }
}
