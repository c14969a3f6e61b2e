//! Who did what: rows of ids and salted commitments, sealed into a chain per site by a job.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{columns, execute, query, query_opt, row};

pub(crate) const INSERT_MANY: &str = include_str!("../queries/audit/insert_many.sql");
pub(crate) const SECRETS_MANY: &str = include_str!("../queries/audit_secrets/insert_many.sql");

/// Who acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    Server,
    Device(Uuid),
    User(Uuid),
    Job,
}

/// One line of the audit. `detail` holds ids, codes and numbers only; a plate goes into `personal`.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAudit {
    pub site_id: Uuid,
    pub id: Uuid,
    pub at: Timestamp,
    pub actor: Actor,
    pub action: &'static str,
    pub lane_id: Option<Uuid>,
    pub arrival_id: Option<Uuid>,
    pub stay_id: Option<Uuid>,
    pub command_id: Option<Uuid>,
    pub detail: Value,
    /// What must be erasable, with 16 random bytes of salt: only its commitment stands in the chain.
    pub personal: Option<([u8; 16], String)>,
}

struct Line<'a> {
    site_id: Uuid,
    id: Uuid,
    at: Timestamp,
    actor_kind: &'static str,
    actor_id: Option<Uuid>,
    action: &'static str,
    lane_id: Option<Uuid>,
    arrival_id: Option<Uuid>,
    stay_id: Option<Uuid>,
    command_id: Option<Uuid>,
    detail: &'a Value,
    commitment: Option<Vec<u8>>,
}

struct Secret<'a> {
    site_id: Uuid,
    audit_id: Uuid,
    salt: &'a [u8],
    value: &'a str,
}

/// SHA-256 of salt and value: proves what was erased to whoever still holds both, tells nobody else anything.
#[must_use]
pub fn commitment(salt: &[u8; 16], value: &str) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(value.as_bytes()).finalize().into()
}

/// Writes lines and their secrets.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn insert_many(tx: &impl GenericClient, rows: &[NewAudit]) -> Result<(), StoreError> {
    let lines: Vec<Line<'_>> = rows.iter().map(line).collect();
    let secrets: Vec<Secret<'_>> = rows.iter().filter_map(secret).collect();
    execute(
        tx,
        INSERT_MANY,
        columns!(lines; site_id, id, at, actor_kind, actor_id, action, lane_id, arrival_id,
        stay_id, command_id, detail, commitment),
    )
    .await?;
    if !secrets.is_empty() {
        execute(tx, SECRETS_MANY, columns!(secrets; site_id, audit_id, salt, value)).await?;
    }
    Ok(())
}

/// Seals at most `most` waiting lines of every site into its chain; how many it was. `tx` must be alone at this
/// (`jobs::begin`).
///
/// # Errors
/// [`StoreError::Database`].
pub async fn seal(tx: &impl GenericClient, most: i32) -> Result<u64, StoreError> {
    row! {
        pub struct Sealed {
            pub sealed: i64,
        }
    }
    let sealed: Option<Sealed> = query_opt(tx, include_str!("../queries/audit/seal.sql"), &[&most]).await?;
    Ok(sealed.map_or(0, |row| row.sealed.unsigned_abs()))
}

row! {
    /// A site's chain, looked through from its first line.
    pub struct Chain {
        /// Code of the site.
        pub code: String,
        pub sealed: i64,
        /// Number of the first line that is not what was sealed, or is gone.
        pub broken_at: Option<i64>,
    }
}

/// Computes every site's chain anew. Reads the whole audit, and so may take longer than a statement otherwise may.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn chains(client: &mut impl GenericClient) -> Result<Vec<Chain>, StoreError> {
    let tx = client.transaction().await?;
    tx.batch_execute("set local statement_timeout = '10min'").await?;
    query(&tx, include_str!("../queries/audit/chains.sql"), &[]).await
}

fn line(row: &NewAudit) -> Line<'_> {
    let (actor_kind, actor_id) = match row.actor {
        Actor::Server => ("server", None),
        Actor::Device(id) => ("device", Some(id)),
        Actor::User(id) => ("user", Some(id)),
        Actor::Job => ("job", None),
    };
    Line {
        site_id: row.site_id,
        id: row.id,
        at: row.at,
        actor_kind,
        actor_id,
        action: row.action,
        lane_id: row.lane_id,
        arrival_id: row.arrival_id,
        stay_id: row.stay_id,
        command_id: row.command_id,
        detail: &row.detail,
        commitment: row.personal.as_ref().map(|(salt, value)| commitment(salt, value).to_vec()),
    }
}

fn secret(row: &NewAudit) -> Option<Secret<'_>> {
    let (salt, value) = row.personal.as_ref()?;
    Some(Secret { site_id: row.site_id, audit_id: row.id, salt, value })
}
