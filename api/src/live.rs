//! The live feed by WebSocket: everything since a number the client names, then everything as it happens.
//!
//! The database numbers the rows of a site without holes, so a client that comes back with its last number misses
//! nothing, whichever process serves it. A NOTIFY starts a query at once; without one the feed is polled.
#![expect(unused_qualifications, reason = "utoipa's attribute writes them")]

use std::time::Duration;

use boomgate_domain::ids::SiteId;
use boomgate_operations::access::{Authorized, LanesRead, SiteRef};
use boomgate_store::live_feed;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, interval, timeout};
use utoipa::IntoParams;
use uuid::Uuid;
use warp::Reply;
use warp::reply::Response;
use warp::ws::{Message, WebSocket};

use crate::app::App;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::model::live::LiveFrame;
use crate::query;
use crate::request::{Request, RequestContext};
use crate::server::shutdown_requested;

const ROWS: i64 = 200;
/// Largest message of a client; only pings and closes are expected.
const CLIENT_BYTES: usize = 4096;
/// How soon a revoked session or a lost NOTIFY is noticed.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_secs(3);
/// How often a heartbeat is sent, whether or not there are events.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(2);
pub(crate) const WRITE: Duration = Duration::from_secs(10);
/// A client that has sent nothing for so long, not even a pong, is disconnected.
pub(crate) const CLIENT_TIMEOUT: Duration = Duration::from_secs(45);

/// Close codes: of RFC 6455, "policy violation" and, registered later, "service restart".
pub(crate) const CLOSE_POLICY_VIOLATION: u16 = 1008;
pub(crate) const CLOSE_SERVICE_RESTART: u16 = 1012;

/// Upgrades to a WebSocket that follows one site. `since` is the last number the client has; without it the feed begins
/// `back` rows ago, or now.
#[utoipa::path(get, path = "/api/v1/live", tag = "live",
    params(LiveQuery),
    responses((status = 101, description = "A WebSocket of text frames, each a `LiveFrame` as JSON", body = LiveFrame),
        (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 426, body = crate::Problem), (status = 429, body = crate::Problem), (status = 503, body = crate::Problem)))]
pub(crate) async fn follow(
    app: App,
    by: Authorized<LanesRead>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let ws = request.websocket()?;
    let LiveQuery { site, since, back: Back(back) } = query::read(&request.query)?;
    let from = since.map_or(Start::Back(back), Start::Since);
    let site = by.site(&app.client().await?, site.as_ref()).await?.id;
    let permit = app.socket_limit.acquire(by.actor().user().ok_or(ApiError::NotLoggedIn)?)?;
    let context = request.context;
    let ws = ws.max_message_size(CLIENT_BYTES).max_frame_size(CLIENT_BYTES);
    Ok(ws
        .on_upgrade(move |socket| async move {
            let _permit = permit;
            metrics::gauge!("boomgate_live_sockets").increment(1.0);
            let mut live_socket =
                LiveSocket { socket, app, context, site, last: 0, last_received: Instant::now() };
            if let Err(error) = live_socket.run(from).await {
                tracing::debug!(error = format!("{error:#}"), "live feed ended");
            }
            metrics::gauge!("boomgate_live_sockets").decrement(1.0);
        })
        .into_response())
}

/// Where a feed begins.
#[derive(Clone, Copy)]
enum Start {
    /// After the last number the client has.
    Since(i64),
    /// So many rows ago.
    Back(i64),
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LiveQuery {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
    /// The last number the client has.
    since: Option<i64>,
    /// Without `since`: how many rows ago the feed begins.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 0, maximum = 200)]
    back: Back,
}

/// So many rows ago: 0 to [`ROWS`].
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(try_from = "i64")]
struct Back(i64);

impl TryFrom<i64> for Back {
    type Error = String;

    fn try_from(rows: i64) -> Result<Self, Self::Error> {
        if (0..=ROWS).contains(&rows) { Ok(Self(rows)) } else { Err(format!("must be 0 to {ROWS}")) }
    }
}

/// One open socket.
struct LiveSocket {
    socket: WebSocket,
    app: App,
    context: RequestContext,
    site: SiteId,
    /// Number of the last row sent.
    last: i64,
    /// When the client last sent a message.
    last_received: Instant,
}

impl LiveSocket {
    async fn run(&mut self, from: Start) -> anyhow::Result<()> {
        let mut notifications = self.app.notifications.subscribe();
        let mut shutdown = self.app.shutdown.clone();
        let (mut check, mut heartbeat) = (interval(POLL_INTERVAL), interval(HEARTBEAT_INTERVAL));
        self.begin(from).await?;
        loop {
            self.send_new().await?;
            tokio::select! {
                () = wait_for_change(&mut notifications, self.site) => {}
                _ = heartbeat.tick() => self.send_heartbeat().await?,
                _ = check.tick() => if !self.may_stay().await? { return Ok(()) },
                message = self.socket.next() => match message {
                    Some(Ok(message)) if !message.is_close() => self.last_received = Instant::now(),
                    _ => return Ok(()),
                },
                () = shutdown_requested(&mut shutdown) => {
                    return self.close(CLOSE_SERVICE_RESTART, "the server restarts; come back with your last number").await;
                }
            }
        }
    }

    /// The first frame says where this socket starts and whether anything before is lost.
    async fn begin(&mut self, from: Start) -> anyhow::Result<()> {
        let bounds = live_feed::bounds(&self.app.client().await?, self.site).await?;
        let (after, missed) = match from {
            // A number from the future is one of another history: the database was restored.
            Start::Since(no) => (no, no > bounds.last_no || no.saturating_add(1) < bounds.first_no),
            Start::Back(rows) => (bounds.last_no.saturating_sub(rows), false),
        };
        self.last = after.clamp(0, bounds.last_no);
        self.feed(&LiveFrame::start(self.last, bounds.last_no, missed)).await?;
        self.flush().await
    }

    /// A browser does not pass pings on to its page, so the page needs a frame to detect a broken connection.
    async fn send_heartbeat(&mut self) -> anyhow::Result<()> {
        self.feed(&LiveFrame::heartbeat(self.last)).await?;
        self.flush().await
    }

    async fn send_new(&mut self) -> anyhow::Result<()> {
        loop {
            let rows = live_feed::since(&self.app.client().await?, self.site, self.last, ROWS).await?;
            let count = rows.len();
            for row in rows {
                self.last = row.no;
                self.feed(&LiveFrame::of(row, self.context.language())).await?;
            }
            self.flush().await?;
            if i64::try_from(count)? < ROWS {
                return Ok(());
            }
        }
    }

    /// Whether the session still has access to this site and the client still answers; pings it.
    async fn may_stay(&mut self) -> anyhow::Result<bool> {
        if self.last_received.elapsed() > CLIENT_TIMEOUT {
            return Ok(false);
        }
        match allowed(&self.app, &self.context, self.site).await {
            Ok(()) => {
                self.socket.feed(Message::ping(Vec::new())).await?;
                Ok(true)
            }
            Err(ApiError::Unavailable(error)) => Err(error.into()),
            Err(error) => {
                self.close(CLOSE_POLICY_VIOLATION, &error.to_string()).await?;
                Ok(false)
            }
        }
    }

    async fn feed(&mut self, frame: &LiveFrame) -> anyhow::Result<()> {
        let text = serde_json::to_string(frame)?;
        Ok(timeout(WRITE, self.socket.feed(Message::text(text))).await??)
    }

    async fn flush(&mut self) -> anyhow::Result<()> {
        Ok(timeout(WRITE, self.socket.flush()).await??)
    }

    async fn close(&mut self, code: u16, why: &str) -> anyhow::Result<()> {
        let bye = Message::close_with(code, why.to_owned());
        Ok(timeout(WRITE, self.socket.send(bye)).await??)
    }
}

async fn allowed(app: &App, context: &RequestContext, site: SiteId) -> Result<(), ApiError> {
    let by = Authorized::<LanesRead>::admit(app, context).await?;
    Ok(by.site(&app.client().await?, Some(&SiteRef::Id(site))).await.map(drop)?)
}

/// Until something happened at `site`, or so much elsewhere that it may have been missed.
async fn wait_for_change(notifications: &mut broadcast::Receiver<Uuid>, site: SiteId) {
    loop {
        match notifications.recv().await {
            Ok(changed) if changed != site.as_uuid() => {}
            Ok(_) | Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
