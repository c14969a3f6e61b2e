//! Two lanes, one bay.

use boomgate_tests::site::{Plan, Site};
use boomgate_tests::wait;

#[tokio::test(flavor = "multi_thread")]
async fn of_two_cars_for_the_last_bay_exactly_one_gets_in() {
    let site = Site::open(Plan { lanes: 4, capacity: Some(1), ..Plan::default() }).await;
    let (one, other) = (site.lane("in-1").await, site.lane("in-2").await);
    one.impatient_car("eve", "BA111XY", 40_000);
    other.impatient_car("finn", "BA222XY", 40_000);
    let decisions = [site.journal.decision("in-1", "eve").await, site.journal.decision("in-2", "finn").await];
    let mut codes = decisions.map(|decision| decision.code);
    codes.sort();
    assert_eq!(codes, ["DENY-FULL", "OPEN-VISITOR"]);
    let both_gone = async || {
        let inside = [site.journal.has_passed("in-1", "eve"), site.journal.has_passed("in-2", "finn")];
        inside.contains(&true).then_some(inside)
    };
    let [eve, finn] = wait::until("one of them passes", both_gone).await;
    assert_ne!(eve, finn);
    let (lane, loser) = if eve { ("in-2", "finn") } else { ("in-1", "eve") };
    assert_eq!(site.journal.left(lane, loser).await, "gave_up");
    assert_eq!(site.journal.drives(lane, "open"), 0);
    let verdict = site.end([one, other]).await;
    assert_eq!(verdict.stays_opened, 1);
}
