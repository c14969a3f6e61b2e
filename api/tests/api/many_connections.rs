//! Many connections that say nothing: nobody else waits for them, not even at their own address.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::test_app::TestApp;

async fn dial(to: SocketAddr, from: [u8; 4]) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((from, 0))).unwrap();
    socket.connect(to).await.unwrap()
}

/// How long `GET /healthz` takes over a new connection.
async fn asks(to: SocketAddr, from: [u8; 4]) -> Duration {
    let begun = Instant::now();
    let mut stream = dial(to, from).await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    timeout(Duration::from_secs(30), stream.read_to_string(&mut answer)).await.expect("an answer").unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn thirteen_hundred_idle_connections_of_one_address_starved_everybody() {
    let app = TestApp::open().await;
    let mut silent = Vec::new();
    for number in 0..1300 {
        let mut stream = dial(app.people, [127, 0, 0, 2]).await;
        // Every third has got as far as half a request.
        if number % 3 == 0 {
            drop(stream.write_all(b"GET /healthz HTTP/1.1\r\nho").await);
        }
        silent.push(stream);
    }
    for from in [[127, 0, 0, 3], [127, 0, 0, 2], [127, 0, 0, 1]] {
        let took = asks(app.people, from).await;
        assert!(took < Duration::from_secs(2), "{from:?} waited for {took:?}");
    }
    // The devices' listener counts for itself, before any TLS.
    for _ in 0..1300 {
        silent.push(dial(app.devices, [127, 0, 0, 2]).await);
    }
    let mut kept = 0;
    for stream in &mut silent[1300..] {
        kept += usize::from(timeout(Duration::from_millis(1), stream.read(&mut [0; 1])).await.is_err());
    }
    assert!(kept <= 256, "{kept} silent connections of one address are kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_addresses_that_fill_the_listener_do_not_keep_a_newcomer_out() {
    let app = TestApp::open().await;
    let mut silent = Vec::new();
    for host in 10..30 {
        for _ in 0..64 {
            silent.push(dial(app.people, [127, 0, 0, host]).await);
        }
    }
    let took = asks(app.people, [127, 0, 0, 3]).await;
    assert!(took < Duration::from_secs(2), "{took:?}");
}
