//! Broadcasts the reports of a simulated lane, line by line.

use boomgate_schemas::yard::{Report, Stamped};
use tokio::sync::broadcast;

use crate::clock;

/// Lines a slow client may lag behind before it misses some.
const BACKLOG: usize = 4096;

/// Where reports go; cheap to clone. Nobody listening is fine.
#[derive(Clone, Debug)]
pub struct Journal {
    lane: String,
    lines: broadcast::Sender<String>,
}

impl Journal {
    pub fn new(lane: &str) -> Journal {
        Journal { lane: lane.to_owned(), lines: broadcast::channel(BACKLOG).0 }
    }

    pub fn send(&self, report: Report) {
        let _ = self.lines.send(line(report));
    }

    /// The lane's code.
    pub fn lane(&self) -> &str {
        &self.lane
    }

    pub fn listen(&self) -> broadcast::Receiver<String> {
        self.lines.subscribe()
    }
}

/// A report with its time, as the socket gives it.
pub fn line(report: Report) -> String {
    let stamped = Stamped { t_ms: clock::wall_ms(), report };
    let mut line = serde_json::to_string(&stamped).expect("reports hold only text and numbers");
    line.push('\n');
    line
}
