//! What lanes are for, through the whole system: wished by the api, obeyed by the lane with and without a server.

use boomgate_schemas::yard::Report;
use boomgate_tests::site::{Plan, Site};
use boomgate_tests::wait;

async fn obeys(site: &Site, lane: &str, mode: &str) {
    wait::until(&format!("{lane} says that it is {mode}"), async || {
        let lanes = site.api.lanes().await.ok()?;
        let lane = lanes.into_iter().find(|one| one.code == lane)?;
        (lane.reported_mode.as_deref() == Some(mode)).then_some(())
    })
    .await;
}

/// Waits until the sign of a lane that has just started says this.
async fn shows(site: &Site, lane: &str, code: &str, times: usize) {
    wait::until(&format!("the sign of {lane} says {code}"), async || {
        let shown = site
            .journal
            .count(lane, |report| matches!(report, Report::Sign { code: said, .. } if said == code));
        (shown >= times).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mode_holds_without_a_server_and_over_a_restart_of_the_lane_until_people_end_it() {
    let mut site = Site::open(Plan { decision_timeout_ms: 700, ..Plan::default() }).await;
    let mut entry = site.lane("in-1").await;
    site.api.set_mode("in-1", "closed_to_all", "a storm").await.unwrap();
    obeys(&site, "in-1", "closed_to_all").await;
    shows(&site, "in-1", "DENY-CLOSED-TO-ALL", 1).await;
    entry.impatient_car("told", "BA100XY", 30_000);
    assert_eq!(site.journal.decision("in-1", "told").await.code, "DENY-CLOSED-TO-ALL");
    site.journal.left("in-1", "told").await;

    // Server and broker gone, the lane killed: it starts with what it knew.
    site.kill_server();
    entry.kill();
    entry.run().await;
    entry.impatient_car("alone", "BA200XY", 30_000);
    let alone = site.journal.decision("in-1", "alone").await;
    assert_eq!((alone.code.as_str(), alone.local), ("DENY-CLOSED-TO-ALL", true));
    site.journal.left("in-1", "alone").await;
    assert_eq!(site.journal.drives("in-1", "open"), 0);

    site.restart_server().await;
    site.heard("in-1").await;
    obeys(&site, "in-1", "closed_to_all").await;
    site.api.set_mode("in-1", "open", "the storm is over").await.unwrap();
    obeys(&site, "in-1", "open").await;
    entry.car("after", "BA300XY");
    site.journal.passed("in-1", "after").await;
    site.until_stays("state = 'open'", 1).await;
    let verdict = site.end([entry]).await;
    assert_eq!((verdict.stays_opened, verdict.stays_closed), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn cars_flow_freely_through_one_entry_and_are_counted() {
    let site = Site::open(Plan { lanes: 4, ..Plan::default() }).await;
    let (free, other) = (site.lane("in-1").await, site.lane("in-2").await);
    site.api.set_mode("in-1", "free_flow", "a match").await.unwrap();
    let refused = site.api.set_mode("in-2", "free_flow", "a match").await.unwrap_err();
    assert!(refused.to_string().contains("HOLD-ALL-NEEDED"), "{refused:#}");
    obeys(&site, "in-1", "free_flow").await;
    for (car, plate) in [("a", "BA100XY"), ("b", "BA200XY"), ("c", "BA300XY")] {
        free.car(car, plate);
        site.journal.passed("in-1", car).await;
    }
    assert_eq!(site.journal.drives("in-1", "close"), 0, "the boom stayed up");
    site.api.set_mode("in-1", "open", "the match is over").await.unwrap();
    obeys(&site, "in-1", "open").await;
    wait::until("the boom comes down", async || (site.journal.drives("in-1", "close") > 0).then_some(()))
        .await;
    site.end([free, other]).await;
}
