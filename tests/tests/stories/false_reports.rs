//! Checks the verdict of the stories itself: each kind of false report must be noticed.

use boomgate_schemas::yard::Report;
use boomgate_tests::site::{Plan, Site};
use boomgate_tests::verdict;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_event_a_changed_book_and_a_boom_nobody_ordered_are_noticed() {
    let site = Site::open(Plan::default()).await;
    let (entry, exit) = (site.lane("in-1").await, site.lane("out-1").await);
    entry.car("quin", "BA123XY");
    site.journal.passed("in-1", "quin").await;
    site.until_due().await;
    exit.car("quin", "BA123XY");
    let decision = site.journal.decision("out-1", "quin").await;
    site.api.take_cash("out-1", decision.arrival).await.unwrap().expect("something is due");
    site.journal.passed("out-1", "quin").await;
    verdict::converged(&site).await;

    let drive = |request: &str, command: Option<Uuid>, safety: &str| Report::Drive {
        request: request.into(),
        command,
        rule: command.is_none().then(|| "story".into()),
        safety: safety.into(),
    };
    site.journal.note("in-1", drive("open", Some(Uuid::now_v7()), "clear"));
    site.journal.note("in-1", drive("close", None, "unknown"));
    change(
        &site,
        "delete from events where site_id = $1 and kind = 'passage' and body ->> 'direction' = 'exit'",
    )
    .await;
    change(
        &site,
        "update postings set amount_minor = amount_minor + 1 where site_id = $1 and amount_minor > 0",
    )
    .await;
    lies_are_noticed(&site).await;
    // The lies are this story's own; there is no good end to wait for.
    entry.stop().await;
    exit.stop().await;
}

/// Past every rule of the product: as somebody with the database in hand would.
async fn change(site: &Site, statement: &str) {
    let mut client = site.pool().get().await.unwrap();
    let change = client.transaction().await.unwrap();
    change.batch_execute("set local session_replication_role = replica").await.unwrap();
    assert_ne!(change.execute(statement, &[&site.id().as_uuid()]).await.unwrap(), 0, "{statement}");
    change.commit().await.unwrap();
}

async fn lies_are_noticed(site: &Site) {
    let verdict = verdict::now(site).await.unwrap();
    let broken: Vec<&str> =
        verdict.invariants.iter().filter(|(_, holds)| !**holds).map(|(name, _)| *name).collect();
    assert_eq!(broken, ["I1", "I3", "I4", "I5", "I6"], "{verdict:?}");
    assert_eq!(verdict.lost, 1);
    assert!(!verdict.is_good());
}
