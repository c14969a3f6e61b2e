//! Somebody looks through a lane's camera: nothing else waits for it.

use boomgate_domain::decide::Direction::{Entry, Exit};
use boomgate_domain::ids::CommandId;
use boomgate_schemas::down::Action;
use boomgate_store::manual::{self, ManualOrder};
use boomgate_store::words::CommandAction;
use uuid::Uuid;

use crate::car_park::{CarPark, Settings, now};
use crate::lane::Lane;

async fn order(park: &CarPark, lane: &Lane, action: CommandAction, reason: &str) {
    let order = ManualOrder {
        site: park.site,
        lane: lane.id,
        command: CommandId::from_uuid(Uuid::now_v7()),
        arrival: None,
        action,
        code: "TEST".into(),
        by: park.by(),
        reason: reason.to_owned(),
        at: now(),
    };
    let mut client = park.database.pool.get().await.unwrap();
    let tx = client.transaction().await.unwrap();
    manual::order(&tx, &order).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn an_opening_does_not_wait_for_pictures_that_a_lane_never_answers() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut entry = park.lane(Entry).await;
    entry.send_default_hello().await;
    order(&park, &entry, CommandAction::Preview, "a look").await;
    let asked = entry.command().await;
    assert_eq!(asked.action, Action::Preview);
    // It stays unanswered, and is sent again and again; both openings go out all the same.
    let begun = std::time::Instant::now();
    order(&park, &entry, CommandAction::Open, "ambulance").await;
    let open = entry.command_that(|command| command.action == Action::Open).await;
    assert!(open.counter > asked.counter);
    assert!(begun.elapsed().as_secs() < 5, "not before the preview's time was over");
    entry.obey(&open).await;
    entry.all_acked().await;
    assert_eq!(park.count("commands where action = 'preview' and result_code = 'CMD-SUPERSEDED'").await, 1);
    // A car that comes is decided on as if nobody looked.
    order(&park, &entry, CommandAction::Preview, "a look").await;
    entry.command_that(|command| command.action == Action::Preview).await;
    let arrival = entry.arrive("W1").await;
    let let_in = entry.command_that(|command| command.arrival == Some(arrival)).await;
    assert_eq!(let_in.action, Action::Open);
    entry.obey(&let_in).await;
    entry.pass(arrival).await;
    entry.all_acked().await;
    park.check().await;
}

#[tokio::test]
async fn a_look_through_the_camera_is_one_line_of_the_audit_and_goes_after_what_waits() {
    let mut park = CarPark::open(Settings::default()).await;
    let mut exit = park.lane(Exit).await;
    exit.send_default_hello().await;
    order(&park, &exit, CommandAction::Open, "ambulance").await;
    let open = exit.command().await;
    order(&park, &exit, CommandAction::Preview, "a look").await;
    order(&park, &exit, CommandAction::Close, "it is gone").await;
    exit.obey(&open).await;
    let close = exit.command_that(|command| command.action != Action::Open).await;
    assert_eq!(close.action, Action::Close, "pictures go last");
    exit.obey(&close).await;
    let look = exit.command_that(|command| command.action == Action::Preview).await;
    exit.obey(&look).await;
    exit.all_acked().await;
    park.until("commands where action = 'preview' and state = 'done'", 1).await;
    let lines = "audit a join commands c on c.id = a.command_id where c.action = 'preview'";
    assert_eq!(park.count(lines).await, 1);
    park.check().await;
}
