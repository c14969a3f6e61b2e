//! One live session per device: a take-over ends the old task, and its link in the router, before the new one begins.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use boomgate_domain::ids::DeviceCode;
use tokio::sync::{Mutex, watch};
use tokio::time::timeout;

/// A session that does not end within this time keeps its place, and the newcomer is refused.
const TAKE_OVER: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The same device connected again.
    TakenOver,
    /// The directory does not know it any more, or an operator said so.
    Revoked,
}

impl EndReason {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::TakenOver => "taken_over",
            Self::Revoked => "revoked",
        }
    }
}

#[derive(Default)]
pub(crate) struct Sessions {
    live: Mutex<HashMap<DeviceCode, Entry>>,
    next: AtomicU64,
}

#[derive(Clone)]
struct Entry {
    number: u64,
    end: Arc<watch::Sender<Option<EndReason>>>,
}

/// Held by the task of a live session; given back by [`Sessions::leave`].
pub(crate) struct Session {
    device: DeviceCode,
    number: u64,
    end: watch::Receiver<Option<EndReason>>,
}

impl Session {
    /// Waits until somebody wants this session to end.
    pub(crate) async fn told_to_end(&mut self) -> EndReason {
        match self.end.wait_for(Option::is_some).await {
            Ok(reason) => reason.unwrap_or(EndReason::TakenOver),
            Err(_) => EndReason::TakenOver,
        }
    }
}

impl Sessions {
    /// Takes the device's place, ending who has it. `None` if the old session would not end.
    pub(crate) async fn take(&self, device: &DeviceCode) -> Option<Session> {
        for _ in 0..8 {
            let mut live = self.live.lock().await;
            let Some(old) = live.get(device).cloned() else {
                return Some(self.insert(&mut live, device));
            };
            drop(live);
            if !finished(&old, EndReason::TakenOver).await {
                return None;
            }
        }
        None
    }

    fn insert(&self, live: &mut HashMap<DeviceCode, Entry>, device: &DeviceCode) -> Session {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, end) = watch::channel(None);
        live.insert(device.clone(), Entry { number, end: Arc::new(sender) });
        Session { device: device.clone(), number, end }
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
}

/// The session's receiver lives as long as its task.
async fn finished(entry: &Entry, reason: EndReason) -> bool {
    entry.end.send_replace(Some(reason));
    timeout(TAKE_OVER, entry.end.closed()).await.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_newcomer_waits_until_the_old_session_has_left() {
        let sessions = Arc::new(Sessions::default());
        let device: DeviceCode = "pi-1".parse().unwrap();
        let mut old = sessions.take(&device).await.unwrap();
        let newcomer = tokio::spawn({
            let (sessions, device) = (Arc::clone(&sessions), device.clone());
            async move { sessions.take(&device).await.is_some() }
        });
        assert_eq!(old.told_to_end().await, EndReason::TakenOver);
        assert!(!newcomer.is_finished());
        sessions.leave(old).await;
        assert!(newcomer.await.unwrap());
    }

    #[tokio::test]
    async fn ending_who_is_not_there_says_so() {
        let sessions = Sessions::default();
        assert!(!sessions.end(&"pi-1".parse().unwrap(), EndReason::Revoked).await);
    }
}
