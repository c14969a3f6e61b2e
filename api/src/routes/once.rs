//! Idempotency-Key: what creates something is done once per key, and answered alike ever after.

use boomgate_operations::access::Actor;
use boomgate_store::GenericClient;
use boomgate_store::idempotency::{self, Answered};
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use warp::reply::Response;

use crate::error::ApiError;
use crate::request::{Asked, reply};

pub(crate) enum Once {
    /// Not seen before: do it, then [`Key::finish`] in the same transaction.
    New(Key),
    /// Done before: this was the answer.
    Done(Response),
}

pub(crate) struct Key {
    user: boomgate_domain::ids::UserId,
    key: String,
    request_hash: Vec<u8>,
}

/// Takes the key of the request, locked until the transaction ends.
pub(crate) async fn begin(
    tx: &impl GenericClient,
    asked: &Asked,
    actor: &Actor,
    body: &[u8],
) -> Result<Once, ApiError> {
    let key = asked.header("idempotency-key").ok_or_else(|| {
        ApiError::invalid("Idempotency-Key", "this header is needed: a text of yours, new for each new wish")
    })?;
    if key.is_empty() || key.len() > 255 {
        return Err(ApiError::invalid("Idempotency-Key", "1 to 255 characters"));
    }
    let request_hash = fingerprint(asked, body);
    match idempotency::begin(tx, actor.id, key).await? {
        None => Ok(Once::New(Key { user: actor.id, key: key.to_owned(), request_hash })),
        Some(before) if before.request_hash == request_hash => {
            let status =
                u16::try_from(before.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
            Ok(Once::Done(reply(status.unwrap_or(StatusCode::OK), &before.response)?))
        }
        Some(_) => Err(ApiError::Unprocessable("this Idempotency-Key was used for another request".into())),
    }
}

/// The same body at another address is another request: opening one lane is not opening the next.
fn fingerprint(asked: &Asked, body: &[u8]) -> Vec<u8> {
    let head = format!("{} {}\n", asked.method, asked.path);
    Sha256::new().chain_update(head).chain_update(body).finalize().to_vec()
}

impl Key {
    /// Keeps the answer with the work it answers for.
    pub(crate) async fn finish<T: Serialize>(
        self,
        tx: &impl GenericClient,
        status: StatusCode,
        body: &T,
        now: Timestamp,
    ) -> Result<Response, ApiError> {
        let response = serde_json::to_value(body).map_err(ApiError::internal)?;
        let answered =
            Answered { request_hash: self.request_hash, status: i32::from(status.as_u16()), response };
        idempotency::record(tx, self.user, &self.key, &answered, now).await?;
        reply(status, &answered.response)
    }
}
