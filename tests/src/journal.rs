//! What the yards and the peers saw: the truth outside the system under test.

use std::sync::{Arc, Mutex};

use boomgate::demo::control::{self, LaneReport, Reports};
use boomgate_schemas::yard::Report;
use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;

use crate::wait;

/// Reports of all lanes in the order they came; clones share it.
#[derive(Clone)]
pub struct Journal {
    lane_reports: Arc<Mutex<Vec<LaneReport>>>,
    reports: Reports,
}

/// A decision as the lane shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    pub arrival: Uuid,
    pub code: String,
    pub outcome: String,
    pub local: bool,
}

impl Journal {
    /// An empty one; must be made inside a runtime.
    pub fn new() -> Self {
        let (lane_reports, reports) = (Arc::new(Mutex::new(Vec::new())), control::reports());
        let (stored, mut received) = (Arc::clone(&lane_reports), reports.subscribe());
        tokio::spawn(async move {
            loop {
                match received.recv().await {
                    Ok(report) => stored.lock().unwrap().push(report),
                    Err(RecvError::Lagged(missed)) => panic!("the journal missed {missed} reports"),
                    Err(RecvError::Closed) => return,
                }
            }
        });
        Self { lane_reports, reports }
    }

    pub fn reports(&self) -> Reports {
        self.reports.clone()
    }

    /// What a peer of the story did, as its own yard would report it.
    pub fn note(&self, lane: &str, report: Report) {
        let t_ms = jiff::Timestamp::now().as_millisecond();
        drop(self.reports.send(LaneReport { lane: lane.to_owned(), t_ms, report }));
    }

    pub fn all(&self) -> Vec<LaneReport> {
        self.lane_reports.lock().unwrap().clone()
    }

    pub fn find<T>(&self, lane: &str, found: impl FnMut(&Report) -> Option<T>) -> Option<T> {
        let lane_reports = self.lane_reports.lock().unwrap();
        lane_reports.iter().filter(|one| one.lane == lane).map(|one| &one.report).find_map(found)
    }

    pub fn count(&self, lane: &str, fits: impl Fn(&Report) -> bool) -> usize {
        let lane_reports = self.lane_reports.lock().unwrap();
        lane_reports.iter().filter(|one| one.lane == lane && fits(&one.report)).count()
    }

    /// Waits for a report of `lane`.
    pub async fn wait<T>(&self, lane: &str, what: &str, mut found: impl FnMut(&Report) -> Option<T>) -> T {
        wait::until(&format!("{lane}: {what}"), async || self.find(lane, &mut found)).await
    }

    pub async fn arrived(&self, lane: &str, car: &str) {
        self.wait(lane, &format!("{car} drives up"), |report| is_arrived(report, car).then_some(())).await;
    }

    pub async fn passed(&self, lane: &str, car: &str) {
        self.wait(lane, &format!("{car} passes"), |report| is_passed(report, car).then_some(())).await;
    }

    pub fn has_passed(&self, lane: &str, car: &str) -> bool {
        self.count(lane, |report| is_passed(report, car)) > 0
    }

    /// Waits until the car turns away, and says why.
    #[expect(clippy::wildcard_enum_match_arm, reason = "one kind of report is looked for")]
    pub async fn left(&self, lane: &str, car: &str) -> String {
        self.wait(lane, &format!("{car} leaves"), |report| match report {
            Report::Left { car: id, why } if id == car => Some(why.clone()),
            _ => None,
        })
        .await
    }

    pub async fn decision(&self, lane: &str, car: &str) -> Decided {
        self.wait(lane, &format!("a decision on {car}"), |report| decided(report, car)).await
    }

    /// How often the boom was driven this way.
    pub fn drives(&self, lane: &str, wanted: &str) -> usize {
        self.count(lane, |report| matches!(report, Report::Drive { request, .. } if request == wanted))
    }

    /// What the yards found wrong themselves: a boom on a car, an order nobody understands.
    #[expect(clippy::wildcard_enum_match_arm, reason = "one kind of report is looked for")]
    pub fn errors(&self) -> Vec<String> {
        let lane_reports = self.lane_reports.lock().unwrap();
        let errors = lane_reports.iter().filter_map(|one| match &one.report {
            Report::Error { message } => Some(format!("{}: {message}", one.lane)),
            _ => None,
        });
        errors.collect()
    }
}

impl Default for Journal {
    fn default() -> Self {
        Self::new()
    }
}

fn is_arrived(report: &Report, car: &str) -> bool {
    matches!(report, Report::Arrived { car: id } if id == car)
}

fn is_passed(report: &Report, car: &str) -> bool {
    matches!(report, Report::Passed { car: id, .. } if id == car)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "one kind of report is looked for")]
fn decided(report: &Report, car: &str) -> Option<Decided> {
    match report {
        Report::Decision { car: Some(id), arrival: Some(arrival), code, outcome, local, .. } if id == car => {
            Some(Decided { arrival: *arrival, code: code.clone(), outcome: outcome.clone(), local: *local })
        }
        _ => None,
    }
}
