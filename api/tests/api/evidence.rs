//! Pictures: put by the lane's own device, shown to those who watch its site.

use reqwest::{Certificate, Client, Identity, Response};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::test_app::{Authority, TestApp, authority, certificate, good, problem};

fn jpeg(size: usize) -> Vec<u8> {
    let mut picture = vec![0xab; size];
    picture[..3].copy_from_slice(&[0xff, 0xd8, 0xff]);
    picture
}

fn name(picture: &[u8]) -> String {
    hex::encode(Sha256::digest(picture))
}

/// A device with a certificate of `ca` for `uri`; without one, a stranger.
fn device(app: &TestApp, ca: &Authority, uri: Option<&str>) -> Client {
    let roots = Certificate::from_pem(app.ca.pem().as_bytes()).unwrap();
    let builder = Client::builder().tls_certs_only([roots]).resolve("localhost", app.devices);
    let Some(uri) = uri else { return builder.build().unwrap() };
    let (cert, key) = certificate(ca, rcgen::SanType::URI(uri.try_into().unwrap()));
    builder.identity(Identity::from_pem(format!("{cert}{key}").as_bytes()).unwrap()).build().unwrap()
}

async fn put(app: &TestApp, client: &Client, name: &str, body: Vec<u8>) -> reqwest::Result<Response> {
    let url = format!("https://localhost:{}/device/v1/evidence/{name}", app.devices.port());
    client.put(url).body(body).send().await
}

#[tokio::test]
async fn a_device_puts_a_picture_and_watchers_of_the_site_see_it() {
    let app = TestApp::open().await;
    let pi = device(&app, &app.ca, Some("boomgate://north/out-1/pi-1"));
    let picture = jpeg(256 * 1024);
    let name = name(&picture);
    let stored = good(put(&app, &pi, &name, picture.clone()).await.unwrap(), 201).await;
    assert_eq!(
        (stored["sha256"].as_str(), stored["bytes"].as_u64()),
        (Some(name.as_str()), Some(256 * 1024))
    );
    good(put(&app, &pi, &name.to_uppercase(), picture.clone()).await.unwrap(), 200).await;
    let query = format!(
        "select count(*) from live_feed where kind = 'picture' and lane_id = '{}' and body ->> 'evidence' = '{name}'",
        app.exit
    );
    assert_eq!(app.count(&query).await, 1, "screens are told of a new picture once");
    let path = format!("/api/v1/evidence/{name}");
    let guard = app.person("guard").await;
    let shown = app.get(&path, &guard).send().await.unwrap();
    assert_eq!(shown.headers()["content-type"], "image/jpeg");
    assert_eq!(shown.headers()["cache-control"], "private, max-age=3600, immutable");
    assert_eq!(shown.bytes().await.unwrap(), picture);
    for (person, status) in [
        (app.stranger().await, 404),
        (app.person_of(app.tenant, Some(app.annex().await), "guard").await, 404),
        (app.person("resident").await, 403),
    ] {
        problem(app.get(&path, &person).send().await.unwrap(), status).await;
    }
    problem(app.get("/api/v1/evidence/xyz", &guard).send().await.unwrap(), 404).await;
}

#[tokio::test]
async fn what_is_not_the_named_jpeg_is_refused() {
    let app = TestApp::open().await;
    let pi = device(&app, &app.ca, Some("boomgate://north/out-1/pi-1"));
    let (good_one, text) = (jpeg(100), b"<html>".to_vec());
    let large = jpeg(256 * 1024 + 1);
    for (name, body, status, words) in [
        (name(b"other"), good_one.clone(), 422, "SHA-256"),
        (name(&text), text, 422, "not a JPEG"),
        (name(b""), Vec::new(), 422, "not a JPEG"),
        (name(&large), large, 413, "262144"),
        ("abc".to_owned(), good_one, 400, "64 hex"),
    ] {
        let refused: Value = problem(put(&app, &pi, &name, body).await.unwrap(), status).await;
        assert!(refused["message"].as_str().unwrap().contains(words), "{refused}");
    }
    assert_eq!(app.count("select count(*) from evidence").await, 0);
}

#[tokio::test]
async fn only_the_live_device_of_its_lane_may_speak() {
    let app = TestApp::open().await;
    let picture = jpeg(100);
    let name = name(&picture);
    let other_ca = authority();
    for (ca, uri) in [(&app.ca, None), (&other_ca, Some("boomgate://north/out-1/pi-1"))] {
        let refused = put(&app, &device(&app, ca, uri), &name, picture.clone()).await;
        assert!(refused.is_err(), "{uri:?}: {refused:?}");
    }
    for uri in [
        "boomgate://north/out-1/pi-2",
        "boomgate://north/in-1/pi-1",
        "boomgate://south/out-1/pi-1",
        "https://north/out-1/pi-1",
    ] {
        let client = device(&app, &app.ca, Some(uri));
        problem(put(&app, &client, &name, picture.clone()).await.unwrap(), 403).await;
    }
    let pi = device(&app, &app.ca, Some("boomgate://north/out-1/pi-1"));
    let health = pi.get(format!("https://localhost:{}/device/v1/health", app.devices.port()));
    assert_eq!(good(health.send().await.unwrap(), 200).await["device"], "pi-1");
    // One enrolled before ends were noted: the certificate itself says when.
    assert_eq!(app.count("select count(*) from devices where certificate_until is null").await, 0);
    app.run("update devices set revoked_at = now()").await;
    // The connection is still open; the next request on it is refused all the same.
    problem(put(&app, &pi, &name, picture.clone()).await.unwrap(), 403).await;
}

#[tokio::test]
async fn a_replaced_certificate_is_refused() {
    let app = TestApp::open().await;
    app.run("update devices set certificate_sha256 = decode(repeat('00', 32), 'hex')").await;
    let pi = device(&app, &app.ca, Some("boomgate://north/out-1/pi-1"));
    let picture = jpeg(100);
    problem(put(&app, &pi, &name(&picture), picture).await.unwrap(), 403).await;
}

#[tokio::test]
async fn the_devices_listener_has_no_route_of_people() {
    let app = TestApp::open().await;
    let pi = device(&app, &app.ca, Some("boomgate://north/out-1/pi-1"));
    let at = |path: &str| format!("https://localhost:{}{path}", app.devices.port());
    problem(pi.get(at("/api/v1/lanes")).send().await.unwrap(), 404).await;
    problem(pi.get(at("/")).send().await.unwrap(), 404).await;
    problem(pi.post(at("/device/v1/health")).send().await.unwrap(), 405).await;
}
