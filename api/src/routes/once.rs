//! Idempotency-Key: what creates something is done once per key, and answered alike ever after.

use boomgate_operations::access::{Authorized, Grant};
use boomgate_operations::unit::{Answer, Once, RequestKey};
use http::StatusCode;
use serde::Serialize;
use sha2::{Digest, Sha256};
use warp::reply::Response;

use crate::error::ApiError;
use crate::request::{Asked, reply};

/// The key of a request, from its header.
pub(crate) fn key<G: Grant>(asked: &Asked, by: &Authorized<G>, body: &[u8]) -> Result<RequestKey, ApiError> {
    let key = asked.header("idempotency-key").ok_or_else(|| {
        ApiError::invalid("Idempotency-Key", "this header is needed: a text of yours, new for each new wish")
    })?;
    if key.is_empty() || key.len() > 255 {
        return Err(ApiError::invalid("Idempotency-Key", "1 to 255 characters"));
    }
    Ok(RequestKey { actor: by.requested_by(), key: key.to_owned(), request_hash: fingerprint(asked, body) })
}

/// The same body at another address is another request: opening one lane is not opening the next.
fn fingerprint(asked: &Asked, body: &[u8]) -> Vec<u8> {
    let head = format!("{} {}\n", asked.method, asked.path);
    Sha256::new().chain_update(head).chain_update(body).finalize().to_vec()
}

/// What is stored and answered.
pub(crate) fn answer<T: Serialize>(status: StatusCode, body: &T) -> Result<Answer, ApiError> {
    let body = serde_json::to_value(body).map_err(ApiError::internal)?;
    Ok(Answer { status: status.as_u16(), body })
}

/// The reply to a request with a key, whether it was done now or before.
pub(crate) fn reply_once(done: &Once) -> Result<Response, ApiError> {
    match done {
        Once::Done(answer) | Once::Repeated(answer) => {
            reply(StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK), &answer.body)
        }
        Once::KeyReused => Err(ApiError::Unprocessable {
            code: "KEY-REUSED",
            why: "this Idempotency-Key was used for another request".into(),
        }),
    }
}
