//! Idempotency-Key: a request that creates something is executed once per key; repetitions get the same answer.

use boomgate_operations::access::{Authorized, Grant};
use boomgate_operations::unit::{Answer, Idempotency, RequestKey};
use http::StatusCode;
use serde::Serialize;
use sha2::{Digest, Sha256};
use warp::reply::Response;

use crate::error::ApiError;
use crate::request::{RequestContext, reply};

/// The key of a request, from its header.
pub(crate) fn key<G: Grant>(
    context: &RequestContext,
    by: &Authorized<G>,
    body: &[u8],
) -> Result<RequestKey, ApiError> {
    let key = context.header("idempotency-key").ok_or_else(|| {
        ApiError::invalid("Idempotency-Key", "this header is needed: a text of yours, new for each new wish")
    })?;
    if key.is_empty() || key.len() > 255 {
        return Err(ApiError::invalid("Idempotency-Key", "1 to 255 characters"));
    }
    Ok(RequestKey { actor: by.requested_by(), key: key.to_owned(), request_hash: fingerprint(context, body) })
}

/// The same body at another address is another request: opening one lane is not opening the next.
fn fingerprint(context: &RequestContext, body: &[u8]) -> Vec<u8> {
    let head = format!("{} {}\n", context.method, context.path);
    Sha256::new().chain_update(head).chain_update(body).finalize().to_vec()
}

/// What is stored and answered.
pub(crate) fn answer<T: Serialize>(status: StatusCode, body: &T) -> Result<Answer, ApiError> {
    let body = serde_json::to_value(body).map_err(ApiError::internal)?;
    Ok(Answer { status: status.as_u16(), body, secret: false })
}

/// What is answered once and not stored: it holds a secret.
pub(crate) fn secret_answer<T: Serialize>(status: StatusCode, body: &T) -> Result<Answer, ApiError> {
    Ok(Answer { secret: true, ..answer(status, body)? })
}

/// The reply to a request with a key, whether it was done now or before.
pub(crate) fn reply_idempotent(done: &Idempotency) -> Result<Response, ApiError> {
    match done {
        Idempotency::Done(answer) | Idempotency::Repeated(answer) => {
            reply(StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK), &answer.body)
        }
        Idempotency::SecretShownOnce => Err(ApiError::Conflict {
            code: "SECRET-SHOWN-ONCE",
            why: "this was done, and its answer held a secret that is shown once only".into(),
        }),
        Idempotency::KeyReused => Err(ApiError::Unprocessable {
            code: "KEY-REUSED",
            why: "this Idempotency-Key was used for another request".into(),
        }),
    }
}
