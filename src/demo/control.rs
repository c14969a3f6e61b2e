//! The other end of a simulated lane's control socket: orders to the yard, reports from it.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedReadHalf;
use tokio::sync::{broadcast, mpsc};
use uuid::Uuid;

/// Orders and reports may run this far ahead of a reader before it misses some.
const BACKLOG: usize = 65_536;

/// What is asked of a simulated lane.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Order {
    Car {
        car: String,
        plate: String,
        country: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        photo: Option<String>,
        drive: Drive,
        patience_ms: u64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Drive {
    Through,
    BackOut,
    Tailgate,
}

/// What a simulated lane reports, as far as the demo cares.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Report {
    Hello {},
    Arrived {
        car: String,
    },
    Arrival {
        car: String,
        arrival: Uuid,
    },
    Read {
        car: Option<String>,
        arrival: Uuid,
        text: String,
        verdict: String,
        frames: u32,
    },
    Decision {
        car: Option<String>,
        arrival: Option<Uuid>,
        code: String,
        outcome: String,
        local: bool,
        loop_to_command_ms: Option<i64>,
        publish_to_command_ms: Option<i64>,
    },
    Sign {
        code: String,
        text: String,
        amount: Option<Amount>,
    },
    Boom {
        state: String,
    },
    Passed {
        car: String,
        arrival: Option<Uuid>,
    },
    Left {
        car: String,
        why: String,
    },
    Drive {
        request: String,
        command: Option<Uuid>,
        rule: Option<String>,
        safety: String,
    },
    Status {},
    Error {
        message: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Amount {
    pub minor: i64,
    pub currency: String,
}

/// A report with its lane and time.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Told {
    #[serde(default, skip_deserializing)]
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
pub type Reports = broadcast::Sender<Told>;

pub fn reports() -> Reports {
    broadcast::channel(BACKLOG).0
}

impl Control {
    /// Connects to the socket of `lane`, waiting until its agent has opened it.
    pub async fn connect(lane: &str, path: &Path, reports: Reports, limit: Duration) -> Result<Self> {
        let stream = wait_for_socket(path, limit).await.with_context(|| format!("lane {lane}"))?;
        let (read, mut write) = stream.into_split();
        let (orders, mut pending) = mpsc::unbounded_channel::<Order>();
        tokio::spawn(hear(lane.to_owned(), read, reports));
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

async fn hear(lane: String, read: OwnedReadHalf, reports: Reports) {
    let mut lines = BufReader::new(read).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        match serde_json::from_str::<Told>(&line) {
            Ok(told) => drop(reports.send(Told { lane: lane.clone(), ..told })),
            Err(error) => tracing::warn!(lane, %error, "a report of a lane cannot be read"),
        }
    }
}
