//! The live feed by WebSocket: everything since a number the client names, then everything as it happens.
//!
//! The database numbers the rows of a site without holes, so a client that comes back with its last number misses
//! nothing, whichever process serves it. A NOTIFY only says "look"; a slow poll looks anyway.

use std::time::Duration;

use boomgate_domain::ids::SiteId;
use boomgate_store::Address;
use boomgate_store::live_feed::{self, LiveRow};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::{broadcast, watch};
use tokio::time::{interval, timeout};
use uuid::Uuid;
use warp::Reply;
use warp::reply::Response;
use warp::ws::{Message, WebSocket, Ws};

use crate::App;
use crate::auth;
use crate::error::ApiError;
use crate::request::Asked;
use crate::router::Right;
use crate::routes::lanes::words;
use crate::server::told;

const ROWS: i64 = 200;
/// What a client may send: nothing but pings and closes.
const CLIENT_BYTES: usize = 4096;
/// How soon a revoked session or a lost NOTIFY is noticed.
const LOOK: Duration = Duration::from_secs(3);
const WRITE: Duration = Duration::from_secs(10);
const RECONNECT: Duration = Duration::from_secs(1);

/// Wake-ups from the database, for every open socket.
pub(crate) struct Wakes {
    sender: broadcast::Sender<Uuid>,
}

impl Wakes {
    pub(crate) fn follow(address: Address, shutdown: watch::Receiver<bool>) -> Self {
        let (sender, _) = broadcast::channel(256);
        tokio::spawn(listen(address, sender.clone(), shutdown));
        Self { sender }
    }
}

async fn listen(address: Address, sender: broadcast::Sender<Uuid>, mut shutdown: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = hear(&address, &sender) => {}
            () = told(&mut shutdown) => return,
        }
        tokio::time::sleep(RECONNECT).await;
    }
}

async fn hear(address: &Address, sender: &broadcast::Sender<Uuid>) {
    let Ok(mut listener) = address.listen(&[live_feed::CHANNEL]).await else { return };
    while let Some((_, payload)) = listener.next().await {
        if let Ok(site) = payload.parse() {
            // Nobody listening is fine.
            drop(sender.send(site));
        }
    }
}

/// Upgrades to a WebSocket that follows one site. `since` is the last number the client has; without it, now.
#[utoipa::path(get, path = "/api/v1/live", tag = "live",
    params(("site" = Option<Uuid>, Query), ("since" = Option<i64>, Query)),
    responses((status = 101, description = "JSON frames {no, kind, at, lane, data}"), (status = 401, body = crate::Problem)))]
pub(crate) async fn follow(query: String, ws: Ws, app: App, asked: Asked) -> Result<Response, ApiError> {
    let caller = auth::caller(&app, &asked, Right::Watch).await?;
    let (site, since) = wanted(&query)?;
    let site = auth::site_of(&app, &caller, site).await?.id;
    let ws = ws.max_message_size(CLIENT_BYTES).max_frame_size(CLIENT_BYTES);
    Ok(ws.on_upgrade(move |socket| async move {
        metrics::gauge!("boomgate_live_sockets").increment(1.0);
        if let Err(error) = run(socket, &app, &asked, site, since).await {
            tracing::debug!(error = format!("{error:#}"), "live feed ended");
        }
        metrics::gauge!("boomgate_live_sockets").decrement(1.0);
    })
    .into_response())
}

fn wanted(query: &str) -> Result<(Option<SiteId>, Option<i64>), ApiError> {
    let (mut site, mut since) = (None, None);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "site" => site = Some(value.parse().map_err(|_| ApiError::invalid("site", "is not an id"))?),
            "since" => since = Some(value.parse().map_err(|_| ApiError::invalid("since", "is not a number"))?),
            _ => return Err(ApiError::invalid("query", format!("{name:?} is not known; known are site, since"))),
        }
    }
    Ok((site, since))
}

async fn run(mut socket: WebSocket, app: &App, asked: &Asked, site: SiteId, since: Option<i64>) -> anyhow::Result<()> {
    let mut wakes = app.wakes.sender.subscribe();
    let mut shutdown = app.shutdown.clone();
    let mut look = interval(LOOK);
    let mut last = begin(&mut socket, app, site, since).await?;
    loop {
        last = send_new(&mut socket, app, site, last).await?;
        tokio::select! {
            woken = wakes.recv() => drop(woken),
            _ = look.tick() => drop(auth::caller(app, asked, Right::Watch).await?),
            message = socket.next() => match message {
                Some(Ok(message)) if !message.is_close() => {}
                _ => return Ok(()),
            },
            () = told(&mut shutdown) => {
                let bye = Message::close_with(1012u16, "the server restarts; come back with your last number");
                return Ok(timeout(WRITE, socket.send(bye)).await??);
            }
        }
    }
}

/// The first frame says where this socket starts and whether anything before is lost.
async fn begin(socket: &mut WebSocket, app: &App, site: SiteId, since: Option<i64>) -> anyhow::Result<i64> {
    let bounds = live_feed::bounds(&app.client().await?, site).await?;
    let from = since.unwrap_or(bounds.last_no).clamp(0, bounds.last_no);
    let missed = since.is_some_and(|since| since + 1 < bounds.first_no);
    let first = json!({ "kind": "start", "no": from, "last": bounds.last_no, "missed": missed });
    send(socket, &first).await?;
    Ok(from)
}

async fn send_new(socket: &mut WebSocket, app: &App, site: SiteId, mut last: i64) -> anyhow::Result<i64> {
    loop {
        let rows = live_feed::since(&app.client().await?, site, last, ROWS).await?;
        let count = rows.len();
        for row in rows {
            last = row.no;
            send(socket, &frame(&row)).await?;
        }
        if i64::try_from(count)? < ROWS {
            return Ok(last);
        }
    }
}

fn frame(row: &LiveRow) -> Value {
    let text = row.body["code"].as_str().map(|code| words(code, &row.body["params"]));
    json!({ "no": row.no, "kind": row.kind, "at": row.at, "lane": row.lane_id, "data": row.body, "text": text })
}

async fn send(socket: &mut WebSocket, value: &Value) -> anyhow::Result<()> {
    Ok(timeout(WRITE, socket.send(Message::text(value.to_string()))).await??)
}
