//! Cars go in and out, as everybody expects.

use boomgate_domain::decide::Direction::{Entry, Exit};
use boomgate_domain::ids::{CommandId, PaymentId, StayId};
use boomgate_domain::money::{Currency, Money};
use boomgate_schemas::down::Action;
use boomgate_schemas::up::{Answer, Decided, Event, EventBody, Outcome, PassageKind};
use boomgate_store::manual::{self, ManualOrder};
use boomgate_store::payments::{self, Method, Settlement};
use boomgate_store::words::CommandAction;
use boomgate_store::{arrivals, commands, live_feed};
use jiff::SignedDuration;
use uuid::Uuid;

use crate::car_park::{CarPark, Settings, now};
use crate::lane::{arrived, passed};

#[tokio::test]
async fn a_visitor_gets_in_and_only_the_passage_opens_the_stay() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    let arrival = entry.arrive("W12345A").await;
    let command = entry.command().await;
    assert_eq!((command.action, command.code.as_str()), (Action::Open, "OPEN-VISITOR"));
    entry.obey(&command).await;
    entry.all_acked().await;
    assert_eq!((park.count("stays").await, park.inside().await), (0, 0));

    entry.pass(arrival).await;
    entry.all_acked().await;
    assert_eq!(park.count("stays where state = 'open' and plate = 'W12345A'").await, 1);
    assert_eq!((park.count("arrivals").await, park.inside().await), (0, 1));
    assert_eq!(park.count("commands where state = 'done'").await, 1);
    assert_eq!(park.count("audit where action in ('decision.made', 'stay.opened')").await, 2);
    assert_eq!(
        park.count("audit where detail::text like '%W12345A%'").await,
        0,
        "a plate stands in the audit"
    );
    park.check().await;
}

#[tokio::test]
async fn a_subscriber_and_a_blocked_car_are_told_apart() {
    let mut park = CarPark::open(Settings { capacity: Some(0), ..Settings::default() }).await;
    park.subscribe("W1").await;
    park.block("W2").await;
    let mut entry = park.lane(Entry).await;
    entry.arrive_and_wait("W1", "OPEN-SUBSCRIPTION").await;
    entry.arrive_and_wait("W2", "DENY-BLOCKLISTED").await;
    entry.arrive_and_wait("W3", "DENY-FULL").await;
    entry.all_acked().await;
    park.check().await;
}

#[tokio::test]
async fn two_lanes_compete_for_the_last_bay_and_one_gets_it() {
    let mut park = CarPark::open(Settings { capacity: Some(1), ..Settings::default() }).await;
    let (mut left, mut right) = (park.lane(Entry).await, park.lane(Entry).await);
    let (first, second) = (left.arrive("W1").await, right.arrive("W2").await);
    let (one, other) = (left.command().await, right.command().await);
    let mut codes = [one.code.as_str(), other.code.as_str()];
    codes.sort_unstable();
    assert_eq!(codes, ["DENY-FULL", "OPEN-VISITOR"]);

    let (winner, arrival, command) =
        if one.action == Action::Open { (&mut left, first, &one) } else { (&mut right, second, &other) };
    winner.obey(command).await;
    winner.say(vec![passed(Some(arrival), Entry, PassageKind::BackedOut)]).await;
    winner.all_acked().await;
    winner.arrive_and_wait("W3", "OPEN-VISITOR").await;
    winner.all_acked().await;
    assert_eq!((park.count("stays").await, park.inside().await), (0, 0), "backing out is no passage");
    park.check().await;
}

#[tokio::test]
async fn in_and_out_of_one_plate_in_one_message() {
    let mut park = CarPark::open(Settings::default()).await;
    let (mut entry, mut exit) = (park.lane(Entry).await, park.lane(Exit).await);
    let (came, went) = (Uuid::now_v7(), Uuid::now_v7());
    entry.say(vec![arrived(came, Entry, Some("W1")), passed(Some(came), Entry, PassageKind::Passed)]).await;
    exit.say(vec![arrived(went, Exit, Some("W1")), passed(Some(went), Exit, PassageKind::Passed)]).await;
    entry.all_acked().await;
    exit.all_acked().await;
    assert_eq!(park.count("stays where state = 'closed' and entered_at <= exited_at").await, 1);
    assert_eq!((park.count("stays").await, park.inside().await), (1, 0));
    park.check().await;
}

#[tokio::test]
async fn a_charged_car_waits_and_its_payment_opens_the_boom() {
    let mut park = CarPark::open(Settings { tariff: true, ..Settings::default() }).await;
    let (mut entry, mut exit) = (park.lane(Entry).await, park.lane(Exit).await);
    let came = Uuid::now_v7();
    let bodies = [arrived(came, Entry, Some("W1")), passed(Some(came), Entry, PassageKind::Passed)];
    let half_an_hour_ago = now().as_millisecond() - 30 * 60_000;
    // Of an earlier start: within one start the lane's uptime says when it was.
    let events = bodies.map(|body| Event { at_ms: half_an_hour_ago, boot: 0, ..entry.event(body) });
    entry.send_events(events.to_vec()).await;
    entry.all_acked().await;

    let went = exit.arrive("W1").await;
    let charge = exit.command().await;
    assert_eq!((charge.action, charge.code.as_str()), (Action::Charge, "CHARGE-DUE"));
    assert_eq!(
        charge.amount.as_ref().map(|amount| (amount.minor, amount.currency.as_str())),
        Some((250, "EUR"))
    );
    exit.obey(&charge).await;
    exit.all_acked().await;

    pay(&park, 250).await;
    let open = exit.command().await;
    assert_eq!((open.action, open.code.as_str(), open.arrival), (Action::Open, "OPEN-PAID", Some(went)));
    exit.obey(&open).await;
    exit.pass(went).await;
    exit.all_acked().await;
    let closed = "stays where state = 'closed' and paid_minor = 250 and charged_minor = 250 and note = ''";
    assert_eq!(park.count(closed).await, 1);
    assert_eq!((park.count("postings").await, park.inside().await), (2, 0));
    park.check().await;
}

async fn pay(park: &CarPark, minor: i64) {
    let mut client = park.database.pool.get().await.unwrap();
    let id: Uuid = client.query_one("select id from stays", &[]).await.unwrap().get(0);
    let stay = StayId::from_uuid(id);
    let tx = client.transaction().await.unwrap();
    payments::begin(&tx, park.site, stay).await.unwrap();
    let settlement = Settlement {
        site: park.site,
        payment: PaymentId::from_uuid(Uuid::now_v7()),
        stay,
        method: Method::Cash,
        amount: Money::new(minor, Currency::EUR),
        settles: true,
        exit_deadline: now() + SignedDuration::from_mins(15),
        reference: "till 1".into(),
        by: Some(park.by()),
        at: now(),
        command: CommandId::from_uuid(Uuid::now_v7()),
    };
    let settled = payments::settle(&tx, &settlement).await.unwrap();
    tx.commit().await.unwrap();
    let lane = settled.opened.expect("a car waits");
    commands::wake(&client, park.site, lane).await;
    live_feed::wake(&client, &[park.site.as_uuid()]).await;
}

#[tokio::test]
async fn an_operator_opens_with_a_reason_and_the_lane_answers() {
    let mut park = CarPark::open(Settings::default()).await;
    park.block("W2").await;
    let mut entry = park.lane(Entry).await;
    let arrival = entry.arrive_and_wait("W2", "DENY-BLOCKLISTED").await;
    entry.all_acked().await;
    let order = ManualOrder {
        site: park.site,
        lane: entry.id,
        command: CommandId::from_uuid(Uuid::now_v7()),
        arrival: Some(arrival),
        action: CommandAction::Open,
        code: "OPEN-MANUAL".into(),
        by: park.by(),
        reason: "ambulance".into(),
        at: now(),
    };
    let mut client = park.database.pool.get().await.unwrap();
    let tx = client.transaction().await.unwrap();
    manual::order(&tx, &order).await.unwrap();
    tx.commit().await.unwrap();
    let command = entry.command().await;
    assert_eq!((command.by.as_deref(), command.reason.as_deref()), (Some("olga"), Some("ambulance")));
    entry.obey(&command).await;
    entry.pass(arrival).await;
    entry.all_acked().await;
    let row = arrivals::get(&client, park.site, arrival.into()).await.unwrap();
    assert_eq!(row, None);
    assert_eq!(
        park.count("stays where state = 'open' and entry_code = 'OPEN-MANUAL' and plate = 'W2'").await,
        1
    );
    park.check().await;
}

#[tokio::test]
async fn an_order_to_a_lane_that_was_never_heard_is_refused_with_its_reason() {
    let mut park = CarPark::open(Settings::default()).await;
    let wire = crate::lane::Wire::mqtt(1, "nobody");
    let silent = park.lane_on(Entry, wire).await;
    let mut client = park.database.pool.get().await.unwrap();
    let order = ManualOrder {
        site: park.site,
        lane: silent.id,
        command: CommandId::from_uuid(Uuid::now_v7()),
        arrival: None,
        action: CommandAction::Open,
        code: "OPEN-MANUAL".into(),
        by: park.by(),
        reason: "test".into(),
        at: now(),
    };
    let tx = client.transaction().await.unwrap();
    manual::order(&tx, &order).await.unwrap();
    tx.commit().await.unwrap();
    park.until("commands where state = 'refused' and result_code = 'CMD-LANE-NOT-HEARD'", 1).await;
    park.check().await;
}

#[tokio::test]
async fn what_the_lane_decided_itself_stands_and_ours_is_superseded() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    let arrival = entry.arrive("W1").await;
    let command = entry.command().await;
    let decided =
        Decided { arrival, outcome: Outcome::Deny, code: "DENY-OFFLINE".into(), params: Default::default() };
    entry.say(vec![EventBody::Decided(decided)]).await;
    entry.answer(&command, Answer::Ignored).await;
    entry.all_acked().await;
    assert_eq!(park.count("decisions where superseded and not local and code = 'OPEN-VISITOR'").await, 1);
    assert_eq!(park.count("decisions where local and not superseded and code = 'DENY-OFFLINE'").await, 1);
    assert_eq!(park.count("commands where state = 'ignored'").await, 1);
    park.check().await;
}

#[tokio::test]
async fn a_tailgater_is_counted_and_reported() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    let arrival = entry.arrive_and_wait("W1", "OPEN-VISITOR").await;
    entry.pass(arrival).await;
    entry.say(vec![passed(None, Entry, PassageKind::Tailgated)]).await;
    entry.all_acked().await;
    assert_eq!((park.count("stays where state = 'open'").await, park.inside().await), (2, 2));
    assert_eq!(park.count("stays where plate is null and entry_code = 'FAULT-TAILGATE'").await, 1);
    assert_eq!(park.count("live_feed where kind = 'exception' and body->>'what' = 'tailgated'").await, 1);
    park.check().await;
}

#[tokio::test]
async fn the_offline_list_is_sent_to_who_has_an_older_one() {
    let mut park = CarPark::open(Settings::default()).await;
    park.subscribe("W1").await;
    park.block("W2").await;
    let mut entry = park.lane(Entry).await;
    assert_eq!(entry.sent_list().await[0].entries.len(), 2, "its hello says that it has none");
    let parts = entry.ask_list(0).await;
    assert_eq!(parts.len(), 1);
    assert_eq!(parts[0].entries.len(), 2);
    let version = parts[0].version;
    entry.list_version = version;
    entry.hello().await;
    assert!(entry.ask_list(version).await.is_empty());
    let changed = std::time::Instant::now();
    park.subscribe("W3").await;
    assert!(entry.sent_list().await.first().is_some_and(|part| part.version > version));
    assert!(changed.elapsed().as_secs() < 5, "{:?}", changed.elapsed());
}

#[tokio::test]
async fn a_car_against_the_lane_was_known_as_a_fault_only_and_moves_nothing() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    let arrival = entry.arrive("W1").await;
    entry.pass(arrival).await;
    entry.say(vec![passed(None, Entry, PassageKind::WrongWay)]).await;
    entry.all_acked().await;
    assert_eq!((park.count("stays where state = 'open'").await, park.inside().await), (1, 1));
    let passage =
        "live_feed where kind = 'passage' and body->>'kind' = 'wrong_way' and body->>'stay' is null";
    assert_eq!(park.count(passage).await, 1);
    let raised = "live_feed where kind = 'exception' and body->>'what' = 'wrong_way'";
    assert_eq!(park.count(raised).await, 1);
    park.check().await;
}
