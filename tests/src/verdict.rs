//! Whether what PostgreSQL says is what really happened: the invariants at the end of every story.

use std::sync::Mutex;
use std::time::Duration;

use boomgate::demo::verdict::{Journal as SimulatorJournal, Verdict, judge};
use boomgate_store::proof;

use crate::lanes::Lane;
use crate::postgres::Postgres;
use crate::site::Site;
use crate::wait;

/// After the last fault heals, all is converged within this (I9).
const CONVERGED: Duration = Duration::from_secs(60);

impl Site {
    /// The end of every story: all is told and true, every process ends well, and no log knows of a panic.
    pub async fn end(mut self, lanes: impl IntoIterator<Item = Lane>) -> Verdict {
        let verdict = converged(&self).await;
        for lane in lanes {
            lane.stop().await;
        }
        self.server.take().expect("the server runs").stop().await;
        assert_eq!(self.journal.errors(), Vec::<String>::new(), "what the yards complained of");
        self.dir.assert_no_panic();
        if let Postgres::Private { dir } = &self.postgres {
            assert_eq!(Postgres::private_pid(dir), None, "the private PostgreSQL ends with its server");
        }
        verdict
    }
}

/// Waits until every lane has told everything, no order is open, and every invariant holds.
///
/// # Panics
/// With what is broken, when that does not happen in time.
pub async fn converged(site: &Site) -> Verdict {
    let last = Mutex::new(String::from("PostgreSQL does not answer"));
    let found = wait::at_most(CONVERGED, async || look(site, &last).await).await;
    found.unwrap_or_else(|| panic!("not converged within {CONVERGED:?}: {}", last.lock().unwrap()))
}

/// What can be said now, whether it is good or not.
pub async fn now(site: &Site) -> anyhow::Result<Verdict> {
    let seen = SimulatorJournal {
        lane_reports: site.journal.all(),
        outcomes: Vec::new(),
        payments: site.api.payments(),
    };
    judge(site.pool(), site.id(), &[], &seen, 0.0).await
}

async fn look(site: &Site, last: &Mutex<String>) -> Option<Verdict> {
    let client = site.pool().get().await.ok()?;
    let orders = proof::orders(&client, site.id()).await.ok()?;
    let open = orders.iter().filter(|order| order.state.is_open()).count();
    let verdict = now(site).await.ok()?;
    *last.lock().unwrap() = format!("{open} orders are open; {verdict:?}");
    (open == 0 && verdict.is_good()).then_some(verdict)
}
