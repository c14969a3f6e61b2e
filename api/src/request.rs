//! A request as handlers get it: its headers, its peer, and a body read within limits.

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use boomgate_domain::reason::Lang;
use bytes::{Buf, Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use http::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::time::timeout;
use warp::reply::Response;
use warp::ws::Ws;
use warp::{Filter, Rejection};

use crate::error::ApiError;
use crate::language;
use crate::proxies::Origin;
use crate::request_id::RequestId;
use crate::request_limits::Counted;
use crate::server::Peer;

/// A whole body must come within this time.
const BODY_TIME: Duration = Duration::from_secs(10);

/// How long a body that no handler read is read and discarded.
const DISCARD_TIME: Duration = Duration::from_secs(1);

/// Largest JSON body, in bytes.
pub(crate) const JSON_BYTES: usize = 64 * 1024;

/// Headers and peer of one request.
#[derive(Clone, Debug)]
pub(crate) struct RequestContext {
    pub(crate) headers: HeaderMap,
    pub(crate) peer: Peer,
    pub(crate) origin: Origin,
    pub(crate) method: http::Method,
    /// Without the query.
    pub(crate) path: String,
    pub(crate) id: RequestId,
    /// Against which limit it counted.
    pub(crate) counted: Counted,
}

impl RequestContext {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Of the client, also behind a trusted proxy.
    pub(crate) fn address(&self) -> IpAddr {
        self.origin.address
    }

    /// Whether the client came by HTTPS.
    pub(crate) fn secure(&self) -> bool {
        self.origin.secure
    }

    /// In which texts for people are wanted.
    pub(crate) fn language(&self) -> Lang {
        language::wanted(self.header("accept-language"))
    }

    /// The requested host.
    pub(crate) fn host(&self) -> Option<&str> {
        self.origin.host.as_deref()
    }
}

/// One request; its body is read by the handler.
pub(crate) struct Request {
    pub(crate) context: RequestContext,
    /// The parts of the path that are in braces in its declaration.
    pub(crate) parts: Vec<(String, String)>,
    /// Without the question mark; may be empty.
    pub(crate) query: String,
    websocket: Option<Ws>,
    body: Arc<Mutex<BodyStream>>,
}

type BodyStream = BoxStream<'static, Result<Bytes, warp::Error>>;

/// What of a body a handler has left unread.
pub(crate) struct UnreadBody(Arc<Mutex<BodyStream>>);

impl UnreadBody {
    /// Reads on for a moment and throws it away. An HTTP/2 stream whose body is dropped is reset, and a client may take
    /// that for the answer.
    pub(crate) async fn discard(self) {
        let mut body = self.0.lock().await;
        drop(timeout(DISCARD_TIME, collect(&mut body, JSON_BYTES)).await);
    }
}

impl Request {
    /// A part of the path by its name in the declaration.
    pub(crate) fn part(&self, name: &str) -> &str {
        self.parts.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The whole body, at most `limit` bytes, within [`BODY_TIME`].
    pub(crate) async fn body(&mut self, limit: usize) -> Result<Bytes, ApiError> {
        self.body_within(limit, BODY_TIME).await
    }

    /// The whole body, at most `limit` bytes, within `time`.
    pub(crate) async fn body_within(&mut self, limit: usize, time: Duration) -> Result<Bytes, ApiError> {
        if announced(&self.context.headers).is_some_and(|length| length > limit as u64) {
            return Err(ApiError::TooLarge(limit));
        }
        let mut body = self.body.lock().await;
        timeout(time, collect(&mut body, limit)).await.unwrap_or(Err(ApiError::SlowBody))
    }

    /// What will be left of the body once a handler has run.
    pub(crate) fn unread(&self) -> UnreadBody {
        UnreadBody(Arc::clone(&self.body))
    }

    /// The way to a WebSocket, where the client asks for one.
    pub(crate) fn websocket(&mut self) -> Result<Ws, ApiError> {
        self.websocket.take().ok_or(ApiError::Upgrade)
    }
}

/// Everything a handler may want of a request.
pub(crate) fn request() -> impl Filter<Extract = (Request,), Error = Rejection> + Clone {
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    let websocket = warp::ws().map(Some).or(warp::any().map(|| None)).unify();
    context().and(query).and(websocket).and(warp::body::stream()).map(|context, query, websocket, body| {
        let body = StreamExt::map(body, |piece: Result<_, warp::Error>| piece.map(bytes_of)).boxed();
        Request { context, parts: Vec::new(), query, websocket, body: Arc::new(Mutex::new(body)) }
    })
}

fn bytes_of(mut piece: impl Buf) -> Bytes {
    piece.copy_to_bytes(piece.remaining())
}

fn context() -> impl Filter<Extract = (RequestContext,), Error = Rejection> + Clone {
    warp::header::headers_cloned()
        .and(warp::ext::get::<Peer>())
        .and(warp::ext::get::<Origin>())
        .and(warp::method())
        .and(warp::path::full())
        .map(|headers: HeaderMap, peer, origin, method, path: warp::path::FullPath| RequestContext {
            id: RequestId::of(&headers),
            headers,
            peer,
            origin,
            method,
            path: path.as_str().to_owned(),
            counted: Counted::default(),
        })
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(http::header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn collect(stream: &mut BodyStream, limit: usize) -> Result<Bytes, ApiError> {
    let mut bytes = BytesMut::new();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|error| ApiError::invalid("body", error.to_string()))?;
        if bytes.len() + piece.len() > limit {
            return Err(ApiError::TooLarge(limit));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.freeze())
}

/// Reads JSON; the message names the field and what is wrong with it.
pub(crate) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let field = match error.path().to_string() {
            path if path == "." => "body".to_owned(),
            path => path,
        };
        ApiError::invalid(field, error.into_inner().to_string())
    })?;
    reader.end().map_err(|error| ApiError::invalid("body", error.to_string()))?;
    Ok(read)
}

/// Text of a caller. Without control characters: PostgreSQL refuses some of them, and logs suffer from others.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct SafeText(String);

impl TryFrom<String> for SafeText {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.chars().any(char::is_control) { Err("holds a control character") } else { Ok(Self(text)) }
    }
}

impl Deref for SafeText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// A JSON reply.
pub(crate) fn reply<T: Serialize>(status: http::StatusCode, body: &T) -> Result<Response, ApiError> {
    let bytes = serde_json::to_vec(body).map_err(ApiError::internal)?;
    let mut response = Response::new(bytes.into());
    *response.status_mut() = status;
    let kind = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    Ok(response)
}

pub(crate) fn ok<T: Serialize>(body: &T) -> Result<Response, ApiError> {
    reply(http::StatusCode::OK, body)
}
