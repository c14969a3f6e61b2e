//! The other end of a simulated lane's control socket: orders to the yard, reports from it.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use boomgate_schemas::yard::{Order, Report, Stamped};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedReadHalf;
use tokio::sync::{broadcast, mpsc};

/// Orders and reports may run this far ahead of a reader before it misses some.
const BACKLOG: usize = 65_536;

/// A report with its lane and time.
#[derive(Clone, Debug, Serialize)]
pub struct LaneReport {
    pub lane: String,
    /// Unix milliseconds.
    pub t_ms: i64,
    #[serde(flatten)]
    pub report: Report,
}

/// A connected lane.
#[derive(Clone)]
pub struct Control {
    orders: mpsc::UnboundedSender<Order>,
}

/// The reports of all lanes, in the order they came.
pub type Reports = broadcast::Sender<LaneReport>;

pub fn reports() -> Reports {
    broadcast::channel(BACKLOG).0
}

impl Control {
    /// Connects to the socket of `lane`, waiting until its agent has opened it.
    pub async fn connect(lane: &str, path: &Path, reports: Reports, limit: Duration) -> Result<Self> {
        let stream = wait_for_socket(path, limit).await.with_context(|| format!("lane {lane}"))?;
        let (read, mut write) = stream.into_split();
        let (orders, mut pending) = mpsc::unbounded_channel::<Order>();
        tokio::spawn(read_reports(lane.to_owned(), read, reports));
        tokio::spawn(async move {
            while let Some(order) = pending.recv().await {
                let Ok(mut line) = serde_json::to_vec(&order) else { continue };
                line.push(b'\n');
                if write.write_all(&line).await.is_err() {
                    break;
                }
            }
        });
        Ok(Self { orders })
    }

    pub fn order(&self, order: Order) {
        // A lane that is gone takes no orders; its end is reported by whoever watches the process.
        drop(self.orders.send(order));
    }
}

async fn wait_for_socket(path: &Path, limit: Duration) -> Result<UnixStream> {
    let deadline = tokio::time::Instant::now() + limit;
    loop {
        match UnixStream::connect(path).await {
            Ok(stream) => return Ok(stream),
            Err(_) if tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(50)).await
            }
            Err(error) => bail!("no control socket at {} within {limit:?}: {error}", path.display()),
        }
    }
}

async fn read_reports(lane: String, read: OwnedReadHalf, reports: Reports) {
    let mut lines = BufReader::new(read).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        match serde_json::from_str(&line) {
            Ok(Stamped { t_ms, report }) => {
                drop(reports.send(LaneReport { lane: lane.clone(), t_ms, report }))
            }
            Err(error) => tracing::warn!(lane, %error, "cannot read a lane's report"),
        }
    }
}
