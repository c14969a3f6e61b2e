//! A look through the camera of a lane: asked for, shown while it is new, and never kept.

use boomgate_domain::ids::CommandId;
use boomgate_operations::error::OperationError;
use boomgate_operations::previews;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::test_app::{TestApp, good, problem};

#[tokio::test]
async fn a_look_is_one_order_and_one_line_of_the_audit_and_its_newest_picture_is_shown() {
    let app = TestApp::open().await;
    let gus = app.person("guard").await;
    let path = format!("/api/v1/lanes/{}/preview", app.exit);
    problem(app.get(&path, &gus).send().await.unwrap(), 404).await;
    let request = || app.request("POST", &path).bearer_auth(&gus.token).header("idempotency-key", "look");
    let asked = good(request().send().await.unwrap(), 202).await;
    assert_eq!(good(request().send().await.unwrap(), 202).await, asked, "asked once");
    assert_eq!(app.count("select count(*) from commands where action = 'preview'").await, 1);
    assert_eq!(app.count("select count(*) from audit").await, 1);
    assert_eq!(app.audited("command.ordered").await["detail"]["action"], "preview");
    let command: CommandId = asked["command"]["id"].as_str().unwrap().parse().unwrap();
    let client = app.db.pool.get().await.unwrap();
    for last in [1, 2] {
        let jpeg = vec![0xff, 0xd8, 0xff, last];
        previews::take(&client, (app.site, app.exit), command, jpeg).await.unwrap();
    }
    let shown = app.get(&path, &gus).send().await.unwrap();
    assert_eq!(shown.headers()["content-type"], "image/jpeg");
    assert_eq!(shown.headers()["cache-control"], "no-store", "nobody keeps it");
    assert!(shown.headers().contains_key("x-preview-taken-at"));
    assert_eq!(shown.bytes().await.unwrap().last(), Some(&2));
    assert_eq!(app.count("select count(*) from audit").await, 1, "pictures are not counted, the asking is");
    // A moment later it is gone.
    app.run("update preview_frames set taken_at = now() - interval '11 seconds'").await;
    problem(app.get(&path, &gus).send().await.unwrap(), 404).await;
    app.run("update preview_frames set taken_at = now() - interval '3 minutes'").await;
    assert_eq!(previews::prune(&client).await.unwrap(), 1);
}

#[tokio::test]
async fn pictures_that_nobody_asked_for_are_not_taken() {
    let app = TestApp::open().await;
    let gus = app.person("guard").await;
    let path = format!("/api/v1/lanes/{}/preview", app.exit);
    let asked = good(app.post(&path, &gus, &Value::Null).send().await.unwrap(), 202).await;
    let command: CommandId = asked["command"]["id"].as_str().unwrap().parse().unwrap();
    let client = app.db.pool.get().await.unwrap();
    let jpeg = || vec![0xff, 0xd8, 0xff];
    let refused = |outcome: Result<(), OperationError>| {
        matches!(outcome, Err(OperationError::Conflict { code: "PREVIEW-OVER", .. }))
    };
    let stranger = CommandId::from_uuid(Uuid::now_v7());
    assert!(refused(previews::take(&client, (app.site, app.exit), stranger, jpeg()).await));
    assert!(refused(previews::take(&client, (app.site, app.entry), command, jpeg()).await), "another lane's");
    app.run("update commands set wished_at = now() - interval '2 minutes'").await;
    assert!(refused(previews::take(&client, (app.site, app.exit), command, jpeg()).await));
    let opened = json!({ "action": "open", "reason": "ambulance" });
    let path = format!("/api/v1/lanes/{}/commands", app.exit);
    let opened = good(app.post(&path, &gus, &opened).send().await.unwrap(), 202).await;
    let opened: CommandId = opened["command"]["id"].as_str().unwrap().parse().unwrap();
    assert!(refused(previews::take(&client, (app.site, app.exit), opened, jpeg()).await));
}
