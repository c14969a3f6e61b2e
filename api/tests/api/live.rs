//! The live feed: numbered, complete, and closed to whoever may not see it any more.

use std::time::{Duration, Instant};

use boomgate_store::live_event::LiveEvent;
use boomgate_store::live_feed;
use futures_util::StreamExt;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::test_app::{TestApp, TestUser};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub async fn follow(app: &TestApp, by: &TestUser, query: &str) -> Socket {
    let url = format!("ws://{}/api/v1/live{query}", app.people);
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {}", by.token).parse().unwrap());
    connect_async(request).await.unwrap().0
}

/// The next frame with content; beats and pings are not.
pub async fn next(socket: &mut Socket) -> Value {
    loop {
        let frame = next_of_any_kind(socket).await;
        if frame["kind"] != "beat" {
            return frame;
        }
    }
}

async fn next_of_any_kind(socket: &mut Socket) -> Value {
    loop {
        let message = timeout(Duration::from_secs(10), socket.next()).await.expect("a frame in time");
        match message.unwrap().unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?} instead of a frame"),
        }
    }
}

/// Writes a decision of this body, as far as it says anything.
async fn append(app: &TestApp, body: Value) -> i64 {
    let id = uuid::Uuid::nil();
    let mut whole =
        json!({ "arrival": id, "decision": id, "outcome": "open", "code": "OPEN-FREE", "local": false });
    whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    let event = LiveEvent::from_row("decision", &whole).unwrap();
    let mut client = app.db.pool.get().await.unwrap();
    let tx = client.transaction().await.unwrap();
    boomgate_store::sites::lock(&tx, app.site).await.unwrap();
    let no = live_feed::append(&tx, app.site, Timestamp::now(), Some(app.exit), event).await.unwrap();
    tx.commit().await.unwrap();
    live_feed::wake(&client, &[app.site.as_uuid()]).await;
    no
}

#[tokio::test]
async fn rows_come_as_they_happen() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    append(&app, json!({ "before": true })).await;
    let mut socket = follow(&app, &guard, "").await;
    assert_eq!(next(&mut socket).await, json!({ "kind": "start", "no": 1, "last": 1, "missed": false }));
    // The listener for wake-ups connects in the background; from then on nothing waits for the slow look.
    wait_for_listener(&app).await;
    let begun = Instant::now();
    append(&app, json!({ "code": "OPEN-FREE", "params": {}, "outcome": "open" })).await;
    let row = next(&mut socket).await;
    assert!(begun.elapsed() < Duration::from_secs(1), "woken, not polled: {:?}", begun.elapsed());
    assert_eq!((&row["no"], &row["kind"], &row["lane"]), (&json!(2), &json!("decision"), &json!(app.exit)));
    assert_eq!(
        (&row["data"]["code"], &row["text"]),
        (&json!("OPEN-FREE"), &json!("Nothing to pay. Goodbye."))
    );
}

#[tokio::test]
async fn a_page_heard_nothing_on_a_quiet_site_and_could_not_tell_it_from_a_dead_line() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    append(&app, json!({ "before": true })).await;
    let mut socket = follow(&app, &guard, "").await;
    assert_eq!(next_of_any_kind(&mut socket).await["kind"], "start");
    let begun = Instant::now();
    for _ in 0..3 {
        assert_eq!(next_of_any_kind(&mut socket).await, json!({ "kind": "beat", "no": 1 }));
    }
    assert!(begun.elapsed() > Duration::from_secs(3), "not more often than needed: {:?}", begun.elapsed());
}

async fn wait_for_listener(app: &TestApp) {
    for _ in 0..100 {
        let sql = "select count(*) from pg_stat_activity where datname = current_database() and query ilike 'listen %'";
        if app.count(sql).await > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("nobody listens");
}

#[tokio::test]
async fn who_comes_back_with_a_number_misses_nothing_and_gets_nothing_twice() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    let mut seen = Vec::new();
    let mut last = 0;
    for round in 0..4 {
        // Some rows while nobody follows, more than one page of them in the last round.
        for _ in 0..if round == 3 { 250 } else { 5 } {
            append(&app, json!({ "round": round })).await;
        }
        let mut socket = follow(&app, &guard, &format!("?since={last}")).await;
        let start = next(&mut socket).await;
        assert_eq!((&start["no"], &start["missed"]), (&json!(last), &json!(false)));
        append(&app, json!({ "while": "following" })).await;
        let upto = app.count("select max(no) from live_feed").await;
        while last < upto {
            last = next(&mut socket).await["no"].as_i64().unwrap();
            seen.push(last);
        }
    }
    assert_eq!(seen, (1..=269).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_number_that_cannot_be_continued_is_said_so() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    for _ in 0..5 {
        append(&app, json!({})).await;
    }
    app.run("delete from live_feed where no < 4").await;
    for (since, no, missed) in
        [(1, 1, true), (3, 3, false), (5, 5, false), (9, 5, true), (i64::MAX, 5, true), (-7, 0, true)]
    {
        let start = next(&mut follow(&app, &guard, &format!("?since={since}")).await).await;
        assert_eq!((&start["no"], &start["missed"]), (&json!(no), &json!(missed)), "since {since}");
    }
}

#[tokio::test]
async fn who_sits_down_is_shown_the_last_few_rows_first() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    for back in [3, 0, 5] {
        for _ in 0..5 {
            append(&app, json!({})).await;
        }
        let mut socket = follow(&app, &guard, &format!("?back={back}")).await;
        let start = next(&mut socket).await;
        let last = app.count("select max(no) from live_feed").await;
        assert_eq!((&start["no"], &start["missed"]), (&json!(last - back), &json!(false)), "back {back}");
        for no in last - back + 1..=last {
            assert_eq!(next(&mut socket).await["no"], json!(no));
        }
    }
    let start = next(&mut follow(&app, &guard, "?back=50").await).await;
    assert_eq!(
        (&start["no"], &start["missed"]),
        (&json!(0), &json!(false)),
        "as far back as there is anything"
    );
}

#[tokio::test]
async fn the_feed_of_one_site_holds_nothing_of_another() {
    let app = TestApp::open().await;
    let stranger = app.stranger().await;
    let mut socket = follow(&app, &stranger, "").await;
    next(&mut socket).await;
    append(&app, json!({ "plate": "BA123AB" })).await;
    let nothing = timeout(Duration::from_secs(4), next(&mut socket));
    assert!(nothing.await.is_err());
}

#[tokio::test]
async fn a_disabled_user_and_one_who_lost_the_site_are_shown_out_within_five_seconds() {
    let app = TestApp::open().await;
    let (ann, bob, eve) =
        (app.person("guard").await, app.person("operator").await, app.person("guard").await);
    let mut sockets =
        [follow(&app, &ann, "").await, follow(&app, &bob, "").await, follow(&app, &eve, "").await];
    for socket in &mut sockets {
        next(socket).await;
    }
    app.run(&format!("update users set disabled_at = now() where id = '{}'", ann.id)).await;
    app.run(&format!("delete from memberships where user_id = '{}'", bob.id)).await;
    let begun = Instant::now();
    for socket in &mut sockets[..2] {
        let close = loop {
            match timeout(Duration::from_secs(10), socket.next()).await.unwrap() {
                Some(Ok(Message::Close(frame))) => break frame,
                Some(Ok(_)) => {}
                other => panic!("{other:?} instead of a goodbye"),
            }
        };
        assert_eq!(u16::from(close.unwrap().code), 1008);
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    append(&app, json!({ "plate": "STILLHERE" })).await;
    assert_eq!(next(&mut sockets[2]).await["data"]["plate"], "STILLHERE");
}

#[tokio::test]
async fn a_page_of_another_site_cannot_follow_with_the_cookie() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    let dial = async |origin: Option<String>| {
        let mut request = format!("ws://{}/api/v1/live", app.people).into_client_request().unwrap();
        let headers = request.headers_mut();
        headers.insert("cookie", format!("boomgate={}", guard.token).parse().unwrap());
        if let Some(origin) = origin {
            headers.insert("origin", origin.parse().unwrap());
        }
        connect_async(request).await
    };
    for origin in [Some("https://evil.example".to_owned()), None] {
        match dial(origin).await {
            Err(tungstenite::Error::Http(response)) => assert_eq!(response.status(), 403),
            other => panic!("{other:?} instead of 403"),
        }
    }
    let (mut socket, _) = dial(Some(format!("http://{}", app.people))).await.unwrap();
    assert_eq!(next(&mut socket).await["kind"], "start");
}

#[tokio::test]
async fn a_passage_says_the_plate_of_its_stay() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    let stay = app.stay("BA123AB", 10).await;
    let mut client = app.db.pool.get().await.unwrap();
    let tx = client.transaction().await.unwrap();
    boomgate_store::sites::lock(&tx, app.site).await.unwrap();
    for body in [
        json!({ "direction": "entry", "kind": "passed", "stay": stay.id }),
        json!({ "direction": "entry", "kind": "backed_out", "stay": null }),
        json!({ "direction": "entry", "kind": "passed", "stay": uuid::Uuid::now_v7() }),
    ] {
        let event = LiveEvent::from_row("passage", &body).unwrap();
        live_feed::append(&tx, app.site, Timestamp::now(), Some(app.entry), event).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut socket = follow(&app, &guard, "?since=0").await;
    next(&mut socket).await;
    let known = next(&mut socket).await;
    assert_eq!((&known["data"]["plate"], &known["data"]["kind"]), (&json!("BA123AB"), &json!("passed")));
    for _ in 0..2 {
        assert_eq!(next(&mut socket).await["data"]["plate"], Value::Null, "nobody knows");
    }
}

#[tokio::test]
async fn one_person_took_all_the_room_for_screens() {
    let app = TestApp::open().await;
    let (guard, other) = (app.person("guard").await, app.person("operator").await);
    let mut screens = Vec::new();
    for _ in 0..8 {
        screens.push(follow(&app, &guard, "").await);
    }
    let mut request = format!("ws://{}/api/v1/live", app.people).into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {}", guard.token).parse().unwrap());
    match connect_async(request.clone()).await {
        Err(tungstenite::Error::Http(response)) => {
            assert_eq!(response.status(), 429);
            assert!(response.headers().contains_key("retry-after"));
        }
        other => panic!("{other:?} instead of 429"),
    }
    next(&mut follow(&app, &other, "").await).await;
    // A screen that is closed makes room for another.
    drop(screens.pop());
    let begun = Instant::now();
    while connect_async(request.clone()).await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(15), "the place of a closed screen stays taken");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
