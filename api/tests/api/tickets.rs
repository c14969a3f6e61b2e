//! Tickets: given, found, shown at the exit, lost.

use boomgate_domain::ticket::TicketNumber;
use boomgate_store::sites;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::test_app::{TestApp, TestUser, good, problem};

fn exit(app: &TestApp, number: &str, by: &TestUser, body: &Value) -> RequestBuilder {
    app.post(&format!("/api/v1/tickets/{number}/exit"), by, body)
}

async fn ticket(app: &TestApp, number: &str, by: &TestUser) -> Value {
    good(app.get(&format!("/api/v1/tickets/{number}"), by).send().await.unwrap(), 200).await
}

async fn inside(app: &TestApp) -> i32 {
    sites::state(&app.db.pool.get().await.unwrap(), app.site).await.unwrap().inside
}

fn cash() -> Value {
    json!({ "payment": { "method": "cash" } })
}

#[tokio::test]
async fn a_ticket_given_by_hand_is_a_stay_from_its_number_to_its_money() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let body = json!({ "plate": "ba-123 ab", "vehicle_type": "van" });
    let given = good(app.post("/api/v1/tickets", &ann, &body).send().await.unwrap(), 201).await;
    let number = given["number"].as_str().unwrap();
    assert!(TicketNumber::parse(number).is_ok(), "{number}");
    assert_eq!((&given["state"], &given["plate"]), (&json!("inside"), &json!("BA123AB")));
    assert_eq!((&given["vehicle_type"], &given["issued_by"]), (&json!("van"), &json!(ann.name)));
    assert_eq!(inside(&app).await, 1, "it takes a space");
    assert_eq!(app.audited("ticket.issued").await["detail"]["number"], number);
    assert_eq!(app.count("select count(*) from live_feed where kind = 'ticket'").await, 1);
    app.run("update stays set entered_at = now() - interval '90 minutes'").await;
    // As it is read aloud.
    let typed = format!("{}-{}", &number[..7].to_lowercase(), &number[7..]);
    let shown = ticket(&app, &typed, &ann).await;
    assert_eq!(shown["charge"]["due"]["minor"], 200);
    let unpaid = problem(exit(&app, number, &ann, &json!({})).send().await.unwrap(), 409).await;
    assert_eq!(unpaid["code"], "TICKET-UNPAID");
    assert!(unpaid["message"].as_str().unwrap().contains("2.00 EUR"), "{unpaid}");
    let out = good(exit(&app, number, &ann, &cash()).send().await.unwrap(), 200).await;
    assert_eq!((&out["ticket"]["state"], &out["opens"]), (&json!("left"), &Value::Null));
    assert_eq!(out["ticket"]["payment_method"], "cash");
    assert_eq!(inside(&app).await, 0);
    let closed =
        "select count(*) from stays where state = 'closed' and charged_minor = 200 and paid_minor = 200";
    assert_eq!(app.count(closed).await, 1);
    assert_eq!(app.count("select coalesce(sum(amount_minor), 0)::bigint from postings").await, 0);
    let again = problem(exit(&app, number, &ann, &cash()).send().await.unwrap(), 409).await;
    assert_eq!(again["code"], "TICKET-OVER");
}

#[tokio::test]
async fn the_rules_of_an_entry_hold_for_a_ticket() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let give = |plate: &str| app.post("/api/v1/tickets", &ann, &json!({ "plate": plate })).send();
    good(give("BA123AB").await.unwrap(), 201).await;
    let twice = problem(give("BA123AB").await.unwrap(), 409).await;
    assert_eq!(twice["code"], "DENY-PASSBACK");
    let sql = "insert into blocklist (site_id, id, plate, reason) select id, gen_random_uuid(), 'BA666XX', 'debts' from sites";
    app.run(sql).await;
    assert_eq!(problem(give("BA666XX").await.unwrap(), 409).await["code"], "DENY-BLOCKLISTED");
    app.run("update sites set capacity = 1").await;
    assert_eq!(problem(give("BA777XX").await.unwrap(), 409).await["code"], "DENY-FULL");
    assert_eq!(app.count("select count(*) from tickets").await, 1);
    problem(give("***").await.unwrap(), 400).await;
}

#[tokio::test]
async fn an_unread_car_at_an_entry_is_let_in_by_a_ticket_which_is_that_of_its_stay() {
    let app = TestApp::open().await;
    let (gus, ann) = (app.person("guard").await, app.person("operator").await);
    let car = app.refused_at_exit(None, None).await;
    let at_exit = json!({ "arrival": car });
    let wrong = problem(app.post("/api/v1/tickets", &gus, &at_exit).send().await.unwrap(), 409).await;
    assert_eq!(wrong["code"], "NOT-AN-ENTRY");
    let sql =
        format!("update arrivals set direction = 'entry', lane_id = '{}' where id = '{car}'", app.entry);
    app.run(&sql).await;
    let given = good(app.post("/api/v1/tickets", &gus, &at_exit).send().await.unwrap(), 201).await;
    let number = given["number"].as_str().unwrap();
    assert_eq!((&given["state"], &given["stay"]), (&json!("waiting"), &Value::Null));
    let ordered = "select count(*) from commands where action = 'open' and code = 'OPEN-TICKET'";
    assert_eq!(app.count(ordered).await, 1, "let in by the usual way");
    let early = problem(exit(&app, number, &ann, &cash()).send().await.unwrap(), 409).await;
    assert_eq!(early["code"], "TICKET-NOT-IN");
    // The passage opens the stay of this arrival.
    let stay = app.stay("NONE1", 90).await;
    let sql = format!("update stays set plate = null, entry_arrival_id = '{car}' where id = '{}'", stay.id);
    app.run(&sql).await;
    app.run(&format!("delete from arrivals where id = '{car}'")).await;
    assert_eq!(ticket(&app, number, &gus).await["stay"], json!(stay.id));
    // Unread at the exit as well: the ticket says which stay it is.
    let leaving = app.refused_at_exit(None, None).await;
    let shown = json!({ "arrival": leaving });
    let asked = good(exit(&app, number, &gus, &shown).send().await.unwrap(), 200).await;
    assert_eq!((&asked["outcome"], &asked["amount"]["minor"]), (&json!("charge"), &json!(200)));
    assert_eq!((&asked["ticket"]["state"], &asked["opens"]), (&json!("inside"), &Value::Null));
    let paid = json!({ "arrival": leaving, "payment": { "method": "cash" } });
    let forbidden = exit(&app, number, &gus, &paid).send().await.unwrap();
    assert_eq!(forbidden.status(), 403, "a guard takes no money");
    let out = good(exit(&app, number, &ann, &paid).send().await.unwrap(), 200).await;
    assert_eq!((&out["opens"], &out["ticket"]["state"]), (&json!("out-1"), &json!("settled")));
    assert_eq!(out["code"], "OPEN-PAID");
    assert_eq!(app.count("select count(*) from stays where state = 'open'").await, 1, "its passage ends it");
}

#[tokio::test]
async fn a_lost_ticket_costs_what_the_tariff_says_on_a_stay_of_its_own() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let car = app.refused_at_exit(None, None).await;
    let body = json!({ "arrival": car, "plate": "BA123AB" });
    let lost = |body: &Value| app.post("/api/v1/tickets/lost", &ann, body).send();
    let no_price = problem(lost(&body).await.unwrap(), 409).await;
    assert_eq!(no_price["code"], "NO-LOST-TICKET-PRICE");
    app.price_of_lost_tickets().await;
    let asked = good(lost(&body).await.unwrap(), 201).await;
    assert_eq!((&asked["outcome"], &asked["amount"]["minor"]), (&json!("charge"), &json!(2000)));
    assert_eq!((&asked["ticket"]["kind"], &asked["ticket"]["plate"]), (&json!("lost"), &json!("BA123AB")));
    assert_eq!(asked["ticket"]["charge"]["lines"][0]["kind"], "lost-ticket");
    let number = asked["ticket"]["number"].as_str().unwrap();
    let out = good(exit(&app, number, &ann, &cash()).send().await.unwrap(), 200).await;
    assert_eq!((&out["opens"], &out["ticket"]["state"]), (&json!("out-1"), &json!("left")));
    // Nobody waits at a lane: it must be paid at once.
    let unpaid = problem(lost(&json!({})).await.unwrap(), 409).await;
    assert_eq!(unpaid["code"], "TICKET-UNPAID");
    let out = good(lost(&cash()).await.unwrap(), 201).await;
    assert_eq!(out["ticket"]["state"], "left");
    assert_eq!(app.count("select sum(paid_minor)::bigint from stays").await, 4000);
}

#[tokio::test]
async fn tickets_are_found_by_number_by_plate_and_by_a_scan() {
    let app = TestApp::open().await;
    let gus = app.person("guard").await;
    let (first, second) = (app.ticket("BA123AB").await, app.ticket("KE900AA").await);
    let found = async |q: &str| -> Vec<String> {
        let path = format!("/api/v1/tickets?q={q}");
        let page = good(app.get(&path, &gus).send().await.unwrap(), 200).await;
        let items = page["items"].as_array().unwrap().clone();
        items.iter().map(|one| one["number"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(found(&first).await, [&*first]);
    assert_eq!(found(&first[..7].to_lowercase()).await, [&*first]);
    assert_eq!(found("ke-9o0").await, [&*second], "a plate, with O for 0");
    assert_eq!(found("").await, [second.clone(), first.clone()], "the newest first");
    let page = good(app.get("/api/v1/tickets?limit=1", &gus).send().await.unwrap(), 200).await;
    let next = format!("/api/v1/tickets?limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
    let next = good(app.get(&next, &gus).send().await.unwrap(), 200).await;
    assert_eq!((&next["items"][0]["number"], &next["next_cursor"]), (&json!(first), &Value::Null));
    let over = good(app.get("/api/v1/tickets?state=over", &gus).send().await.unwrap(), 200).await;
    assert_eq!(over["items"], json!([]));
    problem(app.get("/api/v1/tickets/PS-00000000Z", &gus).send().await.unwrap(), 404).await;
    problem(app.get(&format!("/api/v1/tickets/{}", Uuid::now_v7()), &gus).send().await.unwrap(), 404).await;
}

#[tokio::test]
async fn a_ticket_is_printed_on_every_paper_in_the_language_of_the_site() {
    let app = TestApp::open().await;
    let gus = app.person("guard").await;
    let number = app.ticket("BA123AB").await;
    let print = async |query: &str| {
        let path = format!("/api/v1/tickets/{number}/pdf{query}");
        let answer = app.get(&path, &gus).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        assert_eq!(answer.headers()["content-type"], "application/pdf");
        answer.bytes().await.unwrap()
    };
    let narrow = print("?format=58mm").await;
    assert!(narrow.starts_with(b"%PDF"));
    assert_eq!(narrow, print("?format=58mm&language=en").await, "the same each time");
    let vietnamese = print("?format=58mm&language=vi").await;
    assert_ne!(narrow, vietnamese);
    app.run("update sites set languages = '{vi,en}'").await;
    assert_eq!(print("?format=58mm").await, vietnamese);
    assert_ne!(print("?format=a6").await, print("").await);
    let path = format!("/api/v1/tickets/{number}/pdf?format=letter");
    problem(app.get(&path, &gus).send().await.unwrap(), 400).await;
}
