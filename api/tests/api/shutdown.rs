//! The end of the server: within bounds, and with a word to those who follow.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::live;
use crate::test_app::TestApp;

#[tokio::test]
async fn idle_connections_open_requests_and_screens_end_in_time() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    let mut live_socket = live::follow(&app, &guard, "").await;
    live::next(&mut live_socket).await;
    let mut idle = TcpStream::connect(app.people).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(idle.read(&mut [0; 4096]).await.unwrap() > 0);
    let mut stuck = TcpStream::connect(app.people).await.unwrap();
    stuck.write_all(b"POST /api/v1/login HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{").await.unwrap();
    let _silent = TcpStream::connect(app.devices).await.unwrap();
    let begun = Instant::now();
    app.stop.send(true).unwrap();
    let bye = loop {
        match timeout(Duration::from_secs(5), live_socket.next()).await.unwrap() {
            Some(Ok(Message::Close(frame))) => break frame.unwrap(),
            Some(Ok(_)) => {}
            other => panic!("{other:?} instead of a goodbye"),
        }
    };
    assert_eq!(u16::from(bye.code), 1012);
    let closed = timeout(Duration::from_secs(1), idle.read(&mut [0; 64])).await.unwrap();
    assert!(matches!(closed, Ok(0)), "an idle connection is closed at once: {closed:?}");
    timeout(Duration::from_secs(5), app.serving).await.expect("the server ends").unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(TcpStream::connect(app.people).await.is_err(), "nobody is let in any more");
}
