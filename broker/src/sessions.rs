//! One live session per device: a take-over ends the old task, and its link in the router, before the new one begins.
//!
//! A second connection of the same program (it says so by its epoch) takes over at once. One of another program is
//! another device with the same identity, or the same device started anew: it waits. If the first sends anything in
//! that time it lives, and the second is refused; if it is silent or ends, the second is admitted. Who does not say its
//! epoch is another program for a session that did. Only the newest of those that wait goes on waiting.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use boomgate_domain::ids::{DeviceCode, LaneCode, SiteCode};
use boomgate_schemas::identity::DeviceIdentity;
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, timeout};

use crate::meter::Meter;

/// A session that does not end within this time keeps its place, and the newcomer is refused.
const TAKE_OVER: Duration = Duration::from_secs(5);

/// How long a device that floods is kept out at first; it doubles each time, up to [`LONGEST_BAN`].
const FIRST_BAN: Duration = Duration::from_secs(60);
const LONGEST_BAN: Duration = Duration::from_secs(15 * 60);
/// After so long without a fault it begins anew.
const BAN_RESET: Duration = Duration::from_secs(3600);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The same device connected again.
    TakenOver,
    /// The directory does not know it any more, or an operator said so.
    Revoked,
    /// It does not stop to send more than is taken.
    Flooding,
}

impl EndReason {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::TakenOver => "taken_over",
            Self::Revoked => "revoked",
            Self::Flooding => "flooding",
        }
    }
}

/// Who wants a session.
#[derive(Clone, Debug)]
pub(crate) struct SessionRequest {
    pub(crate) identity: DeviceIdentity,
    pub(crate) peer: SocketAddr,
    /// The start of its program; none for older ones.
    pub(crate) epoch: Option<String>,
}

/// Why it does not get one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionRefusal {
    /// Another program with this identity is connected, from this address.
    Twin(SocketAddr),
    /// The session before it does not end.
    Stuck,
    /// A newer connection of this device waits in its stead.
    Superseded,
}

#[derive(Default)]
pub(crate) struct Sessions {
    live: Mutex<HashMap<DeviceCode, Entry>>,
    bans: std::sync::Mutex<HashMap<DeviceCode, Ban>>,
    /// Of devices that are away: who comes back has what it had left, not a new burst.
    meters: std::sync::Mutex<HashMap<DeviceCode, Meter>>,
    next: AtomicU64,
}

struct Ban {
    until: Instant,
    times: u32,
    why: &'static str,
}

#[derive(Clone)]
struct Entry {
    number: u64,
    request: SessionRequest,
    end: Arc<watch::Sender<Option<EndReason>>>,
    /// Packets of the device so far.
    packets: watch::Receiver<u64>,
    /// Since when another program waits for a packet of this session, and how many packets there were then.
    challenged: Option<(Instant, u64)>,
    /// How many waited for this place: only the last of them still does.
    waiting: Waiting,
}

/// Apart, so that another program cannot push the session's own one out of the queue.
#[derive(Clone, Default)]
struct Waiting {
    same: Arc<watch::Sender<u64>>,
    other: Arc<watch::Sender<u64>>,
}

impl Waiting {
    /// Ends who waited before; ready when a newer one comes.
    fn join(&self, same: bool) -> impl Future<Output = ()> + use<> {
        let newest = Arc::clone(if same { &self.same } else { &self.other });
        newest.send_modify(|number| *number = number.wrapping_add(1));
        let own = *newest.borrow();
        async move { drop(newest.subscribe().wait_for(|number| *number != own).await) }
    }
}

impl Entry {
    /// Whether it is the same program, as far as it can be known: a session of an older one does not say.
    fn is_of(&self, request: &SessionRequest) -> bool {
        self.request.epoch.is_none() || self.request.epoch == request.epoch
    }

    /// Since when it is challenged. An answer given long ago says nothing about now.
    fn challenge(&mut self, hold: Duration) -> (Instant, u64) {
        let packets = *self.packets.borrow();
        let outdated = |(since, then): &(Instant, u64)| since.elapsed() >= hold && *then != packets;
        if self.challenged.as_ref().is_some_and(outdated) {
            self.challenged = None;
        }
        *self.challenged.get_or_insert((Instant::now(), packets))
    }
}

/// Held by the task of a live session; given back by [`Sessions::leave`].
pub(crate) struct Session {
    device: DeviceCode,
    number: u64,
    end: watch::Receiver<Option<EndReason>>,
    packets: watch::Sender<u64>,
}

impl Session {
    /// Waits until the session is to end.
    pub(crate) async fn end_requested(&mut self) -> EndReason {
        match self.end.wait_for(Option::is_some).await {
            Ok(reason) => reason.unwrap_or(EndReason::TakenOver),
            Err(_) => EndReason::TakenOver,
        }
    }

    /// Counts a packet: the device is alive.
    pub(crate) fn note_packet(&self) {
        self.packets.send_modify(|packets| *packets = packets.wrapping_add(1));
    }
}

impl Sessions {
    /// Takes the device's place, ending who has it if it is the same program or silent for `hold`.
    pub(crate) async fn take(
        &self,
        request: &SessionRequest,
        hold: Duration,
    ) -> Result<Session, SessionRefusal> {
        for _ in 0..8 {
            let mut live = self.live.lock().await;
            let Some(old) = live.get_mut(&request.identity.device) else {
                return Ok(self.insert(&mut live, request));
            };
            let same = old.is_of(request);
            let challenge = (!same).then(|| old.challenge(hold));
            let (old, superseded) = (old.clone(), old.waiting.join(same));
            drop(live);
            tokio::select! {
                biased;
                () = superseded => return Err(SessionRefusal::Superseded),
                outlived = self.outlive(&old, challenge, hold) => outlived?,
            }
        }
        Err(SessionRefusal::Stuck)
    }

    /// Waits until the session has ended: at once for its own program, else only if it is silent.
    async fn outlive(
        &self,
        old: &Entry,
        challenge: Option<(Instant, u64)>,
        hold: Duration,
    ) -> Result<(), SessionRefusal> {
        let refusal = match challenge {
            Some(challenge) if lives(old, challenge, hold).await => SessionRefusal::Twin(old.request.peer),
            _ if finished(old, EndReason::TakenOver).await => return Ok(()),
            _ => SessionRefusal::Stuck,
        };
        self.forget_challenge(&old.request.identity.device, old.number).await;
        Err(refusal)
    }

    fn insert(&self, live: &mut HashMap<DeviceCode, Entry>, request: &SessionRequest) -> Session {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, end) = watch::channel(None);
        let (packets, counted) = watch::channel(0);
        let device = request.identity.device.clone();
        let entry = Entry {
            number,
            request: request.clone(),
            end: Arc::new(sender),
            packets: counted,
            challenged: None,
            waiting: Waiting::default(),
        };
        live.insert(device.clone(), entry);
        Session { device, number, end, packets }
    }

    async fn forget_challenge(&self, device: &DeviceCode, number: u64) {
        let mut live = self.live.lock().await;
        if let Some(entry) = live.get_mut(device).filter(|entry| entry.number == number) {
            entry.challenged = None;
        }
    }

    /// Gives the place back, after the link in the router is gone.
    pub(crate) async fn leave(&self, session: Session) {
        let mut live = self.live.lock().await;
        if live.get(&session.device).is_some_and(|entry| entry.number == session.number) {
            live.remove(&session.device);
        }
    }

    /// Ends a device's session. `false` if it has none.
    pub(crate) async fn end(&self, device: &DeviceCode, reason: EndReason) -> bool {
        let entry = self.live.lock().await.get(device).cloned();
        match entry {
            Some(entry) => finished(&entry, reason).await,
            None => false,
        }
    }

    /// The devices with a live session on this lane.
    pub(crate) async fn of_lane(&self, site: &SiteCode, lane: &LaneCode) -> Vec<DeviceCode> {
        let live = self.live.lock().await;
        let of_lane = live.iter().filter(|(_, entry)| {
            entry.request.identity.site == *site && entry.request.identity.lane == *lane
        });
        of_lane.map(|(device, _)| device.clone()).collect()
    }

    /// What the device had left when it went.
    pub(crate) fn take_meter(&self, device: &DeviceCode) -> Option<Meter> {
        self.meters.lock().unwrap_or_else(PoisonError::into_inner).remove(device)
    }

    /// Keeps it until the device comes back, or would have all of its burst again.
    pub(crate) fn keep_meter(&self, device: &DeviceCode, meter: Meter, now: Instant) {
        let mut meters = self.meters.lock().unwrap_or_else(PoisonError::into_inner);
        meters.retain(|_, meter| !meter.is_rested(now));
        meters.insert(device.clone(), meter);
    }

    /// Refuses the device's connections for a while; for how long.
    pub(crate) fn ban(&self, device: &DeviceCode, why: &'static str, now: Instant) -> Duration {
        let mut bans = self.bans.lock().unwrap_or_else(PoisonError::into_inner);
        bans.retain(|_, one| now.saturating_duration_since(one.until) < BAN_RESET);
        let times = bans.get(device).map_or(0, |one| one.times);
        let time = FIRST_BAN.saturating_mul(1_u32 << times.min(4)).min(LONGEST_BAN);
        let until = now.checked_add(time).unwrap_or(now);
        bans.insert(device.clone(), Ban { until, times: times.saturating_add(1), why });
        time
    }

    /// Why the device is refused at present.
    pub(crate) fn ban_of(&self, device: &DeviceCode, now: Instant) -> Option<&'static str> {
        let bans = self.bans.lock().unwrap_or_else(PoisonError::into_inner);
        bans.get(device).filter(|one| one.until > now).map(|one| one.why)
    }
}

/// Whether the session says anything from its first challenge on, within `hold`.
async fn lives(entry: &Entry, (since, packets): (Instant, u64), hold: Duration) -> bool {
    let left = hold.saturating_sub(since.elapsed());
    let mut packet_count = entry.packets.clone();
    // An error means that the session has ended.
    matches!(timeout(left, packet_count.wait_for(|now| *now != packets)).await, Ok(Ok(_)))
}

/// The session's receiver lives as long as its task.
async fn finished(entry: &Entry, reason: EndReason) -> bool {
    entry.end.send_replace(Some(reason));
    timeout(TAKE_OVER, entry.end.closed()).await.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOLD: Duration = Duration::from_millis(200);
    const LONG: Duration = Duration::from_secs(10);

    fn request(epoch: Option<&str>) -> SessionRequest {
        SessionRequest {
            identity: "boomgate://north/in-1/pi-1".parse().unwrap(),
            peer: "127.0.0.1:1".parse().unwrap(),
            epoch: epoch.map(str::to_owned),
        }
    }

    fn device() -> DeviceCode {
        "pi-1".parse().unwrap()
    }

    #[tokio::test]
    async fn a_newcomer_waits_until_the_old_session_has_left() {
        let sessions = Arc::new(Sessions::default());
        let mut old = sessions.take(&request(None), HOLD).await.unwrap();
        let waiting = tokio::spawn({
            let sessions = Arc::clone(&sessions);
            async move { sessions.take(&request(Some("a")), HOLD).await.is_ok() }
        });
        assert_eq!(old.end_requested().await, EndReason::TakenOver);
        assert!(!waiting.is_finished());
        sessions.leave(old).await;
        assert!(waiting.await.unwrap());
    }

    #[tokio::test]
    async fn two_programs_with_one_identity_threw_each_other_out_without_end() {
        let sessions = Arc::new(Sessions::default());
        let old = sessions.take(&request(Some("a")), HOLD).await.unwrap();
        let waiting = tokio::spawn({
            let sessions = Arc::clone(&sessions);
            async move { sessions.take(&request(Some("b")), HOLD).await.err() }
        });
        // The length of time is what is tested.
        tokio::time::sleep(HOLD / 4).await;
        old.note_packet();
        assert_eq!(waiting.await.unwrap(), Some(SessionRefusal::Twin("127.0.0.1:1".parse().unwrap())));
        assert!(old.end.borrow().is_none(), "the living one goes on");
    }

    #[tokio::test]
    async fn a_silent_session_gives_way_though_the_newcomer_had_to_come_twice() {
        let sessions = Arc::new(Sessions::default());
        let mut old = sessions.take(&request(Some("a")), HOLD).await.unwrap();
        // The first attempt gives up before the time is over.
        let first = request(Some("b"));
        drop(timeout(HOLD / 2, sessions.take(&first, HOLD)).await);
        // The length of time is what is tested.
        tokio::time::sleep(HOLD / 2).await;
        let begun = Instant::now();
        let waiting = tokio::spawn({
            let sessions = Arc::clone(&sessions);
            async move { sessions.take(&request(Some("b")), HOLD).await.is_ok() }
        });
        assert_eq!(old.end_requested().await, EndReason::TakenOver);
        assert!(begun.elapsed() < HOLD / 2, "the time before counts");
        sessions.leave(old).await;
        assert!(waiting.await.unwrap());
    }

    #[tokio::test]
    async fn every_newcomer_of_one_device_waited_at_the_same_time() {
        let sessions = Arc::new(Sessions::default());
        let mut old = sessions.take(&request(Some("a")), LONG).await.unwrap();
        let wait = |epoch: &'static str| {
            let sessions = Arc::clone(&sessions);
            tokio::spawn(async move { sessions.take(&request(Some(epoch)), LONG).await.err() })
        };
        let mut last = wait("b");
        for epoch in ["c", "d", "e"] {
            tokio::task::yield_now().await;
            let next = wait(epoch);
            assert_eq!(std::mem::replace(&mut last, next).await.unwrap(), Some(SessionRefusal::Superseded));
        }
        let own = wait("a");
        assert_eq!(old.end_requested().await, EndReason::TakenOver);
        assert!(!last.is_finished());
        sessions.leave(old).await;
        drop((own.await, last.abort()));
    }

    #[tokio::test]
    async fn who_did_not_say_its_epoch_threw_out_a_session_that_did() {
        let sessions = Sessions::default();
        let old = sessions.take(&request(Some("a")), HOLD).await.unwrap();
        let nameless = request(None);
        let waiting = sessions.take(&nameless, HOLD);
        let (refusal, ()) = tokio::join!(waiting, async {
            // The length of time is what is tested.
            tokio::time::sleep(HOLD / 4).await;
            old.note_packet();
        });
        assert_eq!(refusal.err(), Some(SessionRefusal::Twin("127.0.0.1:1".parse().unwrap())));
        assert!(old.end.borrow().is_none(), "the living one goes on");
    }

    #[tokio::test]
    async fn a_challenge_left_behind_by_a_stuck_session_made_the_next_restart_a_twin() {
        let sessions = Sessions::default();
        let old = sessions.take(&request(Some("a")), HOLD).await.unwrap();
        assert_eq!(sessions.take(&request(Some("b")), HOLD).await.err(), Some(SessionRefusal::Stuck));
        assert!(sessions.live.lock().await[&device()].challenged.is_none());
        old.note_packet();
        let restarted = sessions.take(&request(Some("c")), HOLD).await;
        assert_eq!(restarted.err(), Some(SessionRefusal::Stuck), "nothing was said since it came");
    }

    #[tokio::test]
    async fn an_answer_to_who_went_away_long_ago_made_the_next_restart_a_twin() {
        let sessions = Arc::new(Sessions::default());
        let mut old = sessions.take(&request(Some("a")), HOLD).await.unwrap();
        let gone = request(Some("b"));
        drop(timeout(HOLD / 4, sessions.take(&gone, HOLD)).await);
        old.note_packet();
        // The length of time is what is tested.
        tokio::time::sleep(HOLD).await;
        let waiting = tokio::spawn({
            let sessions = Arc::clone(&sessions);
            async move { sessions.take(&request(Some("c")), HOLD).await.err() }
        });
        assert_eq!(timeout(LONG, old.end_requested()).await.ok(), Some(EndReason::TakenOver));
        sessions.leave(old).await;
        assert_eq!(waiting.await.unwrap(), None);
    }

    #[tokio::test]
    async fn ending_who_is_not_there_says_so() {
        let sessions = Sessions::default();
        assert!(!sessions.end(&device(), EndReason::Revoked).await);
    }

    #[test]
    fn who_floods_again_is_kept_out_longer() {
        let (sessions, begun) = (Sessions::default(), Instant::now());
        let ban = |at| sessions.ban(&device(), "flooding", at);
        assert_eq!(sessions.ban_of(&device(), begun), None);
        assert_eq!(ban(begun), FIRST_BAN);
        assert_eq!(sessions.ban_of(&device(), begun), Some("flooding"));
        let later = begun + FIRST_BAN;
        assert_eq!(sessions.ban_of(&device(), later), None);
        assert_eq!(ban(later), FIRST_BAN * 2);
        assert_eq!(ban(later + BAN_RESET + FIRST_BAN * 2), FIRST_BAN);
    }
}
