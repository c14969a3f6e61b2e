//! Lanes that exceed their limits for long: they are reported to operators, and the broker cuts them off.

use std::time::Duration;

use boomgate_domain::ids::{LaneCode, SiteCode};
use boomgate_store::audit_action::AuditAction;
use boomgate_store::exceptions::{self, NewException};
use boomgate_store::pool::within;
use boomgate_store::words::ExceptionKind;
use boomgate_store::{Pool, StoreError, lanes, live_feed, sites};
use tokio::sync::mpsc;

use crate::clock;
use crate::complaints::Offender;
use crate::fair_queue::LaneKey;

const LIMIT: Duration = Duration::from_secs(5);

/// A lane to be cut off for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutOff {
    pub site: SiteCode,
    pub lane: LaneCode,
    /// What it does, in one word: `too_much`, `signature`, `holes` and the like.
    pub why: &'static str,
}

/// Runs until the channel of reports is closed.
pub(crate) async fn run(
    pool: Pool,
    mut offenders: mpsc::Receiver<Offender>,
    cutter: Option<mpsc::Sender<CutOff>>,
) {
    while let Some(offender) = offenders.recv().await {
        tracing::error!(lane.code = %offender.lane, why = offender.kind, "lane keeps exceeding its limits; it is reported and cut off");
        metrics::counter!("boomgate_ingest_offenders_total", "why" => offender.kind).increment(1);
        if let Some(cutter) = &cutter {
            let (site, lane) = offender.lane.codes();
            drop(cutter.try_send(CutOff { site: site.clone(), lane: lane.clone(), why: offender.kind }));
        }
        if let Err(error) = within(LIMIT, report(&pool, &offender.lane, offender.kind)).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a flooding lane could not be reported");
        }
    }
    std::future::pending::<()>().await;
}

async fn report(pool: &Pool, lane: &LaneKey, why: &'static str) -> Result<(), StoreError> {
    let mut client = pool.get().await?;
    let (site_code, lane_code) = lane.codes();
    let Some(site) = sites::by_code(&client, site_code).await? else { return Ok(()) };
    let Some(lane) = lanes::by_code(&client, site.id, lane_code).await? else { return Ok(()) };
    let tx = client.transaction().await?;
    let new = NewException {
        site: site.id,
        lane: Some(lane.id),
        id: clock::new_id(),
        at: clock::now(),
        action: AuditAction::DeviceFloods {
            device: None,
            why: Some(why.to_owned()),
            peer: None,
            kept_out_s: None,
        },
        what: ExceptionKind::DeviceFloods,
        can_wait: false,
    };
    exceptions::raise(&tx, &new).await?;
    tx.commit().await?;
    live_feed::wake(&client, &[site.id.as_uuid()]).await;
    Ok(())
}
