//! Ordinary visits: with a subscription, paid, and blocked.

use boomgate_schemas::yard::{Amount, Report};
use boomgate_tests::site::{Plan, Site};

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_goes_in_and_out() {
    let site = Site::open(Plan::default()).await;
    site.subscribe("BA123XY").await;
    let (entry, exit) = (site.lane("in-1").await, site.lane("out-1").await);
    entry.car("anna", "BA123XY");
    let decision = site.journal.decision("in-1", "anna").await;
    assert_eq!((decision.code.as_str(), decision.local), ("OPEN-SUBSCRIPTION", false));
    site.journal.passed("in-1", "anna").await;
    site.until_stays("state = 'open' and plate = 'BA123XY'", 1).await;
    exit.car("anna", "BA123XY");
    let decision = site.journal.decision("out-1", "anna").await;
    assert_eq!((decision.code.as_str(), decision.outcome.as_str()), ("OPEN-SUBSCRIPTION", "open"));
    site.journal.passed("out-1", "anna").await;
    site.until_stays("state = 'closed' and plate = 'BA123XY' and charged_minor = 0", 1).await;
    assert_eq!((site.journal.drives("in-1", "open"), site.journal.drives("out-1", "open")), (1, 1));
    let verdict = site.end([entry, exit]).await;
    assert_eq!((verdict.stays_opened, verdict.stays_closed, verdict.charged), (1, 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_is_charged_at_the_exit_pays_cash_and_is_let_out() {
    let site = Site::open(Plan::default()).await;
    let (entry, exit) = (site.lane("in-1").await, site.lane("out-1").await);
    entry.car("bert", "BA456XY");
    assert_eq!(site.journal.decision("in-1", "bert").await.code, "OPEN-VISITOR");
    site.journal.passed("in-1", "bert").await;
    site.until_due().await;
    exit.car("bert", "BA456XY");
    let decision = site.journal.decision("out-1", "bert").await;
    assert_eq!((decision.outcome.as_str(), decision.local), ("charge", false), "{decision:?}");
    let price = Amount { minor: 150, currency: "EUR".into() };
    let shown = site.journal.wait("out-1", "the sign shows the price", |report| match report {
        Report::Sign { amount: Some(amount), .. } => Some(amount.clone()),
        _ => None,
    });
    assert_eq!(shown.await, price);
    assert_eq!(site.journal.drives("out-1", "open"), 0, "the boom stays down until it is paid");
    assert_eq!(site.api.take_cash("out-1", decision.arrival).await.unwrap(), Some(price));
    site.journal.passed("out-1", "bert").await;
    site.until_stays("state = 'closed' and charged_minor = 150 and paid_minor = 150", 1).await;
    let cash = "select sum(p.amount_minor)::bigint from postings p join accounts a on a.site_id = p.site_id \
                and a.id = p.account_id where p.site_id = $1 and a.kind = 'asset'";
    assert_eq!(site.number(cash).await, 150);
    let verdict = site.end([entry, exit]).await;
    assert_eq!((verdict.stays_opened, verdict.stays_closed, verdict.charged, verdict.paid), (1, 1, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_plate_stays_outside_and_is_told_so() {
    let site = Site::open(Plan::default()).await;
    site.block("BA666XY").await;
    let entry = site.lane("in-1").await;
    entry.impatient_car("carl", "BA666XY", 15_000);
    let decision = site.journal.decision("in-1", "carl").await;
    assert_eq!((decision.code.as_str(), decision.outcome.as_str()), ("DENY-BLOCKLISTED", "deny"));
    let words = site.journal.wait("in-1", "the sign refuses", |report| match report {
        Report::Sign { code, text, .. } if code == "DENY-BLOCKLISTED" => Some(text.clone()),
        _ => None,
    });
    assert!(!words.await.is_empty(), "the driver is told in words");
    assert_eq!(site.journal.left("in-1", "carl").await, "gave_up");
    entry.car("dora", "BA777XY");
    site.journal.passed("in-1", "dora").await;
    assert_eq!(site.journal.drives("in-1", "open"), 1, "the boom moved for dora only");
    let verdict = site.end([entry]).await;
    assert_eq!((verdict.stays_opened, verdict.decisions.get("DENY-BLOCKLISTED")), (1, Some(&1)));
}
