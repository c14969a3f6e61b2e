//! One use case in one transaction: begin, recognise a repeated request, commit, notify those who wait.

use std::sync::{Mutex, PoisonError};

use boomgate_domain::ids::{LaneId, SiteId};
use boomgate_store::audit::RequestedBy;
use boomgate_store::idempotency::{self, StoredAnswer};
use boomgate_store::pool::{Object, Transaction};
use boomgate_store::{StoreError, commands, live_feed};
use jiff::Timestamp;
use serde_json::Value;

/// Recognises a repeated request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// The actor; the same text of another actor is another key.
    pub actor: RequestedBy,
    /// As the client chose it.
    pub key: String,
    /// Over method, path and body: another request under the same key is a mistake.
    pub request_hash: Vec<u8>,
}

/// An answer with the status it is given under.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Of HTTP.
    pub status: u16,
    /// As JSON.
    pub body: Value,
    /// Holds a secret: shown once, never stored.
    pub secret: bool,
}

/// What came of a request with a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Idempotency {
    /// Done now.
    Done(Answer),
    /// Done before; this was the answer.
    Repeated(Answer),
    /// Done before, and its answer held a secret.
    SecretShownOnce,
    /// The key was used for another request.
    KeyReused,
}

/// The transaction of a use case, and who is to be woken once it is committed.
pub struct Unit<'a> {
    tx: Transaction<'a>,
    woken: Mutex<Woken>,
}

#[derive(Default)]
struct Woken {
    lanes: Vec<(SiteId, LaneId)>,
    sites: Vec<SiteId>,
}

impl<'a> Unit<'a> {
    async fn begin(client: &'a mut Object) -> Result<Self, StoreError> {
        Ok(Self { tx: client.transaction().await?, woken: Mutex::default() })
    }

    /// For reading and writing as part of it.
    pub const fn tx(&self) -> &Transaction<'a> {
        &self.tx
    }

    /// After the commit, the sender of this lane's commands is notified.
    pub fn wake_lane(&self, site: SiteId, lane: LaneId) {
        self.woken.lock().unwrap_or_else(PoisonError::into_inner).lanes.push((site, lane));
    }

    /// After the commit, this site's live sockets are notified.
    pub fn wake_site(&self, site: SiteId) {
        self.woken.lock().unwrap_or_else(PoisonError::into_inner).sites.push(site);
    }

    async fn commit(self) -> Result<Woken, StoreError> {
        self.tx.commit().await.map_err(StoreError::of_commit)?;
        Ok(self.woken.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Woken {
    /// A failed notification does not fail the request: readers also poll.
    async fn wake(self, client: &Object) {
        for (site, lane) in self.lanes {
            commands::wake(client, site, lane).await;
        }
        if !self.sites.is_empty() {
            let sites: Vec<_> = self.sites.iter().map(SiteId::as_uuid).collect();
            live_feed::wake(client, &sites).await;
        }
    }
}

/// Does `work` in one transaction; with an error nothing has happened.
///
/// # Errors
/// Those of `work`, and the database's.
pub async fn run<T, E: From<StoreError>>(
    client: &mut Object,
    work: impl AsyncFnOnce(&Unit<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let unit = Unit::begin(client).await?;
    let done = work(&unit).await?;
    let woken = unit.commit().await?;
    woken.wake(client).await;
    Ok(done)
}

/// Does `work` in one transaction, once for each key: its answer is stored with what it did and given again to a
/// repetition.
///
/// # Errors
/// Those of `work`, and the database's.
pub async fn run_idempotent<E: From<StoreError>>(
    client: &mut Object,
    key: &RequestKey,
    work: impl AsyncFnOnce(&Unit<'_>) -> Result<Answer, E>,
) -> Result<Idempotency, E> {
    let unit = Unit::begin(client).await?;
    if let Some(before) = idempotency::begin(unit.tx(), &key.actor, &key.key).await? {
        if before.request_hash != key.request_hash {
            return Ok(Idempotency::KeyReused);
        }
        // What we stored fits; 200 is what a repetition of anything is at least.
        let status = u16::try_from(before.status).unwrap_or(200);
        if before.response.is_null() {
            return Ok(Idempotency::SecretShownOnce);
        }
        return Ok(Idempotency::Repeated(Answer { status, body: before.response, secret: false }));
    }
    let answer = work(&unit).await?;
    let stored = StoredAnswer {
        request_hash: key.request_hash.clone(),
        status: answer.status.into(),
        response: if answer.secret { Value::Null } else { answer.body.clone() },
    };
    idempotency::record(unit.tx(), &key.actor, &key.key, &stored, Timestamp::now()).await?;
    let woken = unit.commit().await?;
    woken.wake(client).await;
    Ok(Idempotency::Done(answer))
}
