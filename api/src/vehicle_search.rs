//! Vehicles found while somebody types, by WebSocket: a wish for each state of the text, an answer to the newest of them.
#![expect(unused_qualifications, reason = "utoipa's attribute writes them")]

use std::time::Duration;

use boomgate_domain::ids::SiteId;
use boomgate_operations::access::{Authorized, SiteRef, VehiclesRead};
use boomgate_operations::vehicles;
use boomgate_store::vehicles as stored;
use futures_util::{FutureExt, SinkExt, StreamExt};
use serde::Deserialize;
use tokio::time::{Instant, interval, timeout};
use utoipa::IntoParams;
use warp::Reply;
use warp::reply::Response;
use warp::ws::{Message, WebSocket};

use crate::app::App;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::live::{CLIENT_TIMEOUT, CLOSE_POLICY_VIOLATION, CLOSE_SERVICE_RESTART, POLL_INTERVAL, WRITE};
use crate::model::vehicles::{FoundVehicles, SearchAnswer, SearchWish};
use crate::query;
use crate::request::{Request, RequestContext};
use crate::routes::vehicles::{LONGEST_SEARCH, MOST_FOUND};
use crate::server::shutdown_requested;

/// Largest wish, in bytes.
const WISH_BYTES: usize = 1024;

/// A wish is answered this long after the answer before at the soonest; quicker than anybody types.
const PAUSE: Duration = Duration::from_millis(20);

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LiveSearchQuery {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
}

/// Upgrades to a WebSocket that searches the vehicles of one site. The client sends `SearchWish`es; of those that wait, the
/// newest is answered. A wish that cannot be read closes the socket with what is wrong.
#[utoipa::path(get, path = "/api/v1/vehicles/search/live", tag = "vehicles", params(LiveSearchQuery),
    responses((status = 101, description = "A WebSocket of text frames: `SearchWish` there, `SearchAnswer` back", body = SearchAnswer),
        (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 426, body = crate::Problem), (status = 429, body = crate::Problem), (status = 503, body = crate::Problem)))]
pub(crate) async fn follow(
    app: App,
    by: Authorized<VehiclesRead>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let ws = request.websocket()?;
    let LiveSearchQuery { site } = query::read(&request.query)?;
    let site = by.site(&app.client().await?, site.as_ref()).await?.id;
    let permit = app.socket_limit.acquire(by.actor().user().ok_or(ApiError::NotLoggedIn)?)?;
    let context = request.context;
    let ws = ws.max_message_size(WISH_BYTES).max_frame_size(WISH_BYTES);
    Ok(ws
        .on_upgrade(move |socket| async move {
            let _permit = permit;
            let mut search = SearchSocket { socket, app, context, site, last_received: Instant::now() };
            if let Err(error) = search.run().await {
                tracing::debug!(error = format!("{error:#}"), "live search ended");
            }
        })
        .into_response())
}

/// The same, at the address that older clients know.
#[utoipa::path(get, path = "/api/v1/ws/vehicles/search", tag = "vehicles", params(LiveSearchQuery),
    responses((status = 101, description = "A WebSocket of text frames: `SearchWish` there, `SearchAnswer` back", body = SearchAnswer),
        (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 426, body = crate::Problem), (status = 429, body = crate::Problem), (status = 503, body = crate::Problem)))]
pub(crate) async fn follow_at_known_address(
    app: App,
    by: Authorized<VehiclesRead>,
    request: Request,
) -> Result<Response, ApiError> {
    follow(app, by, request).await
}

struct SearchSocket {
    socket: WebSocket,
    app: App,
    context: RequestContext,
    site: SiteId,
    /// When the client last sent a message.
    last_received: Instant,
}

impl SearchSocket {
    async fn run(&mut self) -> anyhow::Result<()> {
        let mut shutdown = self.app.shutdown.clone();
        let mut check = interval(POLL_INTERVAL);
        loop {
            tokio::select! {
                _ = check.tick() => if !self.may_stay().await? { return Ok(()) },
                message = self.socket.next() => match message {
                    Some(Ok(message)) if !message.is_close() => {
                        self.last_received = Instant::now();
                        if !self.answer(message).await? { return Ok(()) }
                    }
                    _ => return Ok(()),
                },
                () = shutdown_requested(&mut shutdown) => {
                    return self.close(CLOSE_SERVICE_RESTART, "the server restarts").await;
                }
            }
        }
    }

    /// Answers the newest of the wishes that wait. Whether the socket goes on.
    async fn answer(&mut self, first: Message) -> anyhow::Result<bool> {
        let mut newest = first.is_text().then_some(first);
        while let Some(waiting) = self.socket.next().now_or_never() {
            match waiting {
                Some(Ok(message)) if message.is_close() => return Ok(false),
                Some(Ok(message)) if message.is_text() => newest = Some(message),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Ok(false),
            }
        }
        let Some(message) = newest else { return Ok(true) };
        let wish = match read(&message) {
            Ok(wish) => wish,
            Err(why) => {
                self.close(CLOSE_POLICY_VIOLATION, &why).await?;
                return Ok(false);
            }
        };
        let words = vehicles::words(&wish.q);
        let found = if wish.q.trim().is_empty() {
            Vec::new()
        } else {
            let client = self.app.client().await?;
            stored::search(&client, self.site, &words, i64::from(MOST_FOUND) + 1).await?
        };
        let answer = SearchAnswer { id: wish.id, found: FoundVehicles::of(found, MOST_FOUND)? };
        let text = serde_json::to_string(&answer)?;
        timeout(WRITE, self.socket.send(Message::text(text))).await??;
        tokio::time::sleep(PAUSE).await;
        Ok(true)
    }

    /// Whether the session still has access to this site and the client still answers; pings it.
    async fn may_stay(&mut self) -> anyhow::Result<bool> {
        if self.last_received.elapsed() > CLIENT_TIMEOUT {
            return Ok(false);
        }
        match allowed(&self.app, &self.context, self.site).await {
            Ok(()) => {
                timeout(WRITE, self.socket.send(Message::ping(Vec::new()))).await??;
                Ok(true)
            }
            Err(ApiError::Unavailable(error)) => Err(error.into()),
            Err(error) => {
                self.close(CLOSE_POLICY_VIOLATION, &error.to_string()).await?;
                Ok(false)
            }
        }
    }

    async fn close(&mut self, code: u16, why: &str) -> anyhow::Result<()> {
        let bye = Message::close_with(code, why.to_owned());
        Ok(timeout(WRITE, self.socket.send(bye)).await??)
    }
}

async fn allowed(app: &App, context: &RequestContext, site: SiteId) -> Result<(), ApiError> {
    let by = Authorized::<VehiclesRead>::admit(app, context).await?;
    Ok(by.site(&app.client().await?, Some(&SiteRef::Id(site))).await.map(drop)?)
}

fn read(message: &Message) -> Result<SearchWish, String> {
    let text = message.to_str().unwrap_or_default();
    let wish: SearchWish =
        serde_json::from_str(text).map_err(|_| "a wish is {\"id\": 1, \"q\": \"BO\"}".to_owned())?;
    if wish.q.chars().count() > LONGEST_SEARCH || wish.q.chars().any(char::is_control) {
        return Err(format!("q: at most {LONGEST_SEARCH} characters, none of them a control character"));
    }
    Ok(wish)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_that_cannot_be_read_is_told_what_one_looks_like() {
        let read = |text: &str| read(&Message::text(text.to_owned()));
        assert_eq!(read(r#"{ "id": 3, "q": "bo" }"#).unwrap().q, "bo");
        assert!(read("bo").unwrap_err().contains("a wish is"));
        assert!(read(r#"{ "id": 3, "q": "a\u0000" }"#).unwrap_err().contains("control character"));
        assert!(read(&format!(r#"{{ "id": 3, "q": "{}" }}"#, "x".repeat(101))).unwrap_err().contains("100"));
    }
}
