//! What every handler is given of a request: its headers, its peer, and a body read within limits.

use std::net::IpAddr;
use std::ops::Deref;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use warp::reply::Response;
use warp::{Filter, Rejection};

use crate::error::ApiError;
use crate::proxies::Origin;
use crate::server::Peer;

/// A whole body must come within this time.
const BODY_TIME: Duration = Duration::from_secs(10);

/// Largest JSON body, in bytes.
pub(crate) const JSON_BYTES: usize = 64 * 1024;

/// Headers and peer of one request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) headers: HeaderMap,
    pub(crate) peer: Peer,
    pub(crate) origin: Origin,
    pub(crate) method: http::Method,
    /// Without the query.
    pub(crate) path: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Of whoever asks, also behind a proxy of ours.
    pub(crate) fn address(&self) -> IpAddr {
        self.origin.address
    }

    /// Whether whoever asks came by HTTPS.
    pub(crate) fn secure(&self) -> bool {
        self.origin.secure
    }

    /// The host they asked for.
    pub(crate) fn host(&self) -> Option<&str> {
        self.origin.host.as_deref()
    }
}

pub(crate) fn asked() -> impl Filter<Extract = (Asked,), Error = Rejection> + Clone {
    warp::header::headers_cloned()
        .and(warp::ext::get::<Peer>())
        .and(warp::ext::get::<Origin>())
        .and(warp::method())
        .and(warp::path::full())
        .map(|headers, peer, origin, method, path: warp::path::FullPath| Asked {
            headers,
            peer,
            origin,
            method,
            path: path.as_str().to_owned(),
        })
}

/// The body, at most `limit` bytes. What is wrong with it is an answer, not a rejection.
pub(crate) fn body(
    limit: usize,
) -> impl Filter<Extract = (Result<Bytes, ApiError>,), Error = Rejection> + Clone {
    warp::header::headers_cloned().and(warp::body::stream()).then(
        move |headers: HeaderMap, stream| async move {
            if announced(&headers).is_some_and(|length| length > limit as u64) {
                return Err(ApiError::TooLarge(limit));
            }
            timeout(BODY_TIME, collect(stream, limit)).await.unwrap_or(Err(ApiError::SlowBody))
        },
    )
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(http::header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn collect(
    stream: impl Stream<Item = Result<impl Buf, warp::Error>>,
    limit: usize,
) -> Result<Bytes, ApiError> {
    let mut stream = std::pin::pin!(stream);
    let mut bytes = BytesMut::new();
    while let Some(piece) = stream.next().await {
        let mut piece = piece.map_err(|error| ApiError::invalid("body", error.to_string()))?;
        if bytes.len() + piece.remaining() > limit {
            return Err(ApiError::TooLarge(limit));
        }
        while piece.has_remaining() {
            let chunk = piece.chunk();
            bytes.extend_from_slice(chunk);
            let taken = chunk.len();
            piece.advance(taken);
        }
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
pub(crate) struct Words(String);

impl TryFrom<String> for Words {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.chars().any(char::is_control) { Err("holds a control character") } else { Ok(Self(text)) }
    }
}

impl Deref for Words {
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
