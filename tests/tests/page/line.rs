//! A line between browser and server that can fall silent without anything being closed, as a dead radio link does.

use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Carries every connection to one server; ends with this value.
pub struct Line {
    pub at: SocketAddr,
    silent: watch::Sender<bool>,
    carrying: tokio::task::JoinHandle<()>,
}

impl Line {
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (silent, silenced) = watch::channel(false);
        Self { at, silent, carrying: tokio::spawn(carry_all(listener, server, silenced)) }
    }

    /// While silent, connections are taken and stay open, and nothing goes through them.
    pub fn set_silent(&self, silent: bool) {
        self.silent.send_replace(silent);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.carrying.abort();
    }
}

async fn carry_all(listener: TcpListener, server: SocketAddr, silent: watch::Receiver<bool>) {
    while let Ok((browser, _)) = listener.accept().await {
        let Ok(server) = TcpStream::connect(server).await else { continue };
        let (up, down) = (browser.into_split(), server.into_split());
        tokio::spawn(carry(up.0, down.1, silent.clone()));
        tokio::spawn(carry(down.0, up.1, silent.clone()));
    }
}

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut silent: watch::Receiver<bool>,
) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if silent.wait_for(|silent| !silent).await.is_err() || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
    // The other side learns of the end, once anything goes through again.
    drop(silent.wait_for(|silent| !silent).await);
    drop(to.shutdown().await);
}
