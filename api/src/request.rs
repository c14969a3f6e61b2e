//! What every handler is given of a request: its headers, its peer, and a body read within limits.

use std::net::IpAddr;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http::header::HeaderMap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use warp::reply::Response;
use warp::{Filter, Rejection};

use crate::error::ApiError;
use crate::server::Peer;

/// A whole body must come within this time.
const BODY_TIME: Duration = Duration::from_secs(15);

/// Largest JSON body, in bytes.
pub(crate) const JSON_BYTES: usize = 64 * 1024;

/// Headers and peer of one request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) headers: HeaderMap,
    pub(crate) peer: Peer,
    pub(crate) method: http::Method,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn address(&self) -> IpAddr {
        self.peer.address.ip()
    }
}

pub(crate) fn asked() -> impl Filter<Extract = (Asked,), Error = Rejection> + Clone {
    warp::header::headers_cloned()
        .and(warp::ext::get::<Peer>())
        .and(warp::method())
        .map(|headers, peer, method| Asked { headers, peer, method })
}

/// The body, at most `limit` bytes. What is wrong with it is an answer, not a rejection.
pub(crate) fn body(limit: usize) -> impl Filter<Extract = (Result<Bytes, ApiError>,), Error = Rejection> + Clone {
    warp::body::stream().then(move |stream| async move {
        timeout(BODY_TIME, collect(stream, limit)).await.unwrap_or(Err(ApiError::SlowBody))
    })
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
    serde_json::from_slice(bytes).map_err(|error| ApiError::invalid("body", error.to_string()))
}

/// A JSON reply that nobody caches.
pub(crate) fn reply<T: Serialize>(status: http::StatusCode, body: &T) -> Result<Response, ApiError> {
    let bytes = serde_json::to_vec(body).map_err(ApiError::internal)?;
    let mut response = Response::new(bytes.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    headers.insert(http::header::CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    Ok(response)
}

pub(crate) fn ok<T: Serialize>(body: &T) -> Result<Response, ApiError> {
    reply(http::StatusCode::OK, body)
}
