//! Evidence on its way: PUT by hash over mutual TLS, kept until the server has it.

#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use std::sync::{Arc, Mutex};

use boomgate_edge_agent::config::Config;
use boomgate_edge_agent::evidence::{EvidenceStore, encode};
use boomgate_edge_agent::uplink::keys;
use image::{Rgb, RgbImage};
use rig::server::Server;
use rig::{Lane, Plan, wait};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What a receiver was sent: path and body.
type Received = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// Answers each request with the next status and closes.
async fn receive(listener: TcpListener, tls: TlsAcceptor, received: Received, statuses: Vec<&'static str>) {
    for status in statuses {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = tls.accept(stream).await.unwrap();
        let mut bytes = Vec::new();
        let (head, length) = loop {
            let mut part = [0; 4096];
            let read = stream.read(&mut part).await.unwrap();
            bytes.extend_from_slice(&part[..read]);
            let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
            if let Some(end) = text.find("\r\n\r\n") {
                let length =
                    text.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap().to_owned();
                break (end + 4, length.parse::<usize>().unwrap());
            }
        };
        while bytes.len() < head + length {
            let mut part = vec![0; 65_536];
            let read = stream.read(&mut part).await.unwrap();
            bytes.extend_from_slice(&part[..read]);
        }
        let path = String::from_utf8_lossy(&bytes).split(' ').nth(1).unwrap().to_owned();
        received.lock().unwrap().push((path, bytes[head..].to_vec()));
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    }
}

fn picture(level: u8) -> RgbImage {
    RgbImage::from_fn(320, 200, |x, y| Rgb([level, (x % 256) as u8, (y % 256) as u8]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_is_sent_until_the_server_has_it_and_one_it_never_takes_is_dropped() {
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    let lane = Lane::prepare(&server, &Plan::default());
    let config = Config::read(&lane.path("agent.toml")).unwrap();
    let tls = keys::tls_config(&config.server).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let https = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let received = Received::default();
    let statuses = vec!["503 Service Unavailable", "201 Created", "413 Payload Too Large"];
    let acceptor = TlsAcceptor::from(server.pki.server_tls());
    tokio::spawn(receive(listener, acceptor, Arc::clone(&received), statuses));

    let evidence_store = EvidenceStore::open(&lane.path("shelf"), 10_000_000);
    let (first, second) = (encode(&picture(1)).unwrap(), encode(&picture(2)).unwrap());
    evidence_store.keep(&first).unwrap();
    let oldest = std::fs::read_dir(lane.path("shelf")).unwrap().next().unwrap().unwrap().path();
    std::fs::File::options().write(true).open(oldest).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    evidence_store.keep(&second).unwrap();
    let sending = tokio::spawn(evidence_store.send_all(tls, https));
    let folder = lane.path("shelf");
    tokio::task::spawn_blocking(move || {
        wait("an empty shelf", || (std::fs::read_dir(&folder).unwrap().count() == 0).then_some(()));
    })
    .await
    .unwrap();
    sending.abort();

    let received = received.lock().unwrap().clone();
    let names: Vec<String> = received.iter().map(|(path, _)| path.clone()).collect();
    let name = |sha: [u8; 32]| format!("/device/v1/evidence/{}", hex::encode(sha));
    assert_eq!(names, [name(first.sha256), name(first.sha256), name(second.sha256)]);
    assert_eq!(<[u8; 32]>::from(Sha256::digest(&received[1].1)), first.sha256);
    tokio::task::spawn_blocking(move || drop((lane, server))).await.unwrap();
}
