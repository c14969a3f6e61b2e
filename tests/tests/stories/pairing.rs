//! A car leaves under a plate that nobody knows: a guard says which of the cars inside it is.

use boomgate_tests::site::{Plan, Site};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_misread_car_is_found_among_those_inside_pays_and_leaves_as_itself() {
    let site = Site::open(Plan::default()).await;
    let (entry, exit) = (site.lane("in-1").await, site.lane("out-1").await);
    for (car, plate) in [("anna", "BA123XY"), ("bert", "KE900AA")] {
        entry.car(car, plate);
        site.journal.passed("in-1", car).await;
    }
    site.until_stays("state = 'open' and entered_at <= clock_timestamp() - interval '1 second'", 2).await;
    // The same car, but its plate is read with another letter.
    exit.car("anna", "BA123XZ");
    let refused = site.journal.decision("out-1", "anna").await;
    assert_eq!((refused.code.as_str(), refused.outcome.as_str()), ("DENY-NEAR-STAY", "deny"));
    let arrival = refused.arrival;
    let found = site.done("GET", &format!("/api/v1/arrivals/{arrival}/candidates"), None).await;
    let near = &found["items"][0];
    assert_eq!((&near["plate"], &near["likeness"]), (&json!("BA123XY"), &json!("near")), "{found}");
    let picture = format!("/api/v1/evidence/{}", near["evidence"].as_str().unwrap());
    boomgate_tests::wait::until("the entry's picture is there", async || {
        (site.call("GET", &picture, None).await.0 == 200).then_some(())
    })
    .await;
    let body = json!({ "stay": near["stay"] });
    let paired = site.done("POST", &format!("/api/v1/arrivals/{arrival}/pair"), Some(&body)).await;
    assert_eq!(paired["outcome"], "charge", "{paired}");
    assert_eq!(site.journal.drives("out-1", "open"), 0, "nothing opens before it is paid");
    assert!(site.api.take_cash("out-1", arrival).await.unwrap().is_some());
    site.journal.passed("out-1", "anna").await;
    site.until_stays("state = 'closed' and plate = 'BA123XY' and paid_minor > 0", 1).await;
    assert_eq!(site.stays("state = 'open' and plate = 'KE900AA'").await, 1, "nobody else left");
    assert_eq!(site.stays("state = 'exit_only'").await, 0);
    let counts = "select sum(corrected)::bigint from reading_counts where site_id = $1";
    assert_eq!(site.number(counts).await, 1);
    site.end([entry, exit]).await;
}
