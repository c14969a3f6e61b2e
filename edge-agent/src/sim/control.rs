//! The control socket of a simulated lane: JSON lines in, JSON lines out, several clients, every report to all.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use boomgate_schemas::yard::{Order, Report};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{broadcast, mpsc};
use tracing::{debug, warn};

use super::journal::line;
use super::lane::SimLane;

const LONGEST_LINE: u64 = 64 * 1024;

/// Serves the socket until the task is dropped. `quit` receives every `{"do":"quit"}`.
pub fn serve(
    path: &Path,
    lane: SimLane,
    quit: mpsc::Sender<()>,
) -> io::Result<impl Future<Output = ()> + use<>> {
    if path.exists() {
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(accept(listener, lane, quit))
}

async fn accept(listener: UnixListener, lane: SimLane, quit: mpsc::Sender<()>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(client(stream, lane.clone(), quit.clone()))),
            Err(error) => {
                warn!(%error, "the control socket could not take a client");
                tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            }
        }
    }
}

async fn client(stream: UnixStream, lane: SimLane, quit: mpsc::Sender<()>) {
    let (read, write) = stream.into_split();
    let lines = lane.journal().listen();
    let (own, answers) = mpsc::channel(64);
    let hello = Report::Hello { lane: lane.journal().lane().to_owned() };
    let _ = own.send(line(hello)).await;
    tokio::select! {
        () = send(write, lines, answers) => {}
        () = read_orders(read, &lane, &own, &quit) => {}
    }
}

async fn send(
    mut write: OwnedWriteHalf,
    mut lines: broadcast::Receiver<String>,
    mut own: mpsc::Receiver<String>,
) {
    loop {
        let next = tokio::select! {
            Some(line) = own.recv() => line,
            received = lines.recv() => match received {
                Ok(text) => text,
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    line(Report::Error { message: format!("{missed} reports were missed: read faster") })
                }
                Err(broadcast::error::RecvError::Closed) => return,
            },
        };
        if write.write_all(next.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read_orders(
    read: OwnedReadHalf,
    lane: &SimLane,
    own: &mpsc::Sender<String>,
    quit: &mpsc::Sender<()>,
) {
    let mut reader = BufReader::new(read);
    let mut text = Vec::new();
    loop {
        text.clear();
        match (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut text).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        match serde_json::from_slice::<Order>(&text) {
            Ok(Order::Status) => drop(own.send(line(lane.status())).await),
            Ok(Order::Quit) => drop(quit.try_send(())),
            Ok(order) => {
                debug!("order at the control socket");
                lane.order(order);
            }
            Err(error) => {
                let message = format!(
                    "not an order: {error}; known are car, fire, loop, obstruct, button, key, status, quit"
                );
                let _ = own.send(line(Report::Error { message })).await;
            }
        }
    }
}
