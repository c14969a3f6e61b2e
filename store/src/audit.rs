//! Who did what: rows of ids and salted commitments, sealed into a chain per site by a job.

use boomgate_domain::ids::{ApiKeyId, SiteId, UserId};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::audit_action::AuditAction;
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
    /// A program with a key.
    Key(Uuid),
    Job,
    /// Whoever runs `boomgate` on the server.
    CommandLine,
}

/// A person at a screen, a program that acts for one by a key, or the command line; and the request it came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestedBy {
    /// The person; of a key, whoever made it; none at the command line.
    pub user: Option<UserId>,
    /// As it is shown.
    pub name: String,
    pub key: Option<ApiKeyId>,
    /// Stands in the request's log lines too.
    pub request_id: Option<String>,
}

impl RequestedBy {
    /// Who the audit says acted.
    #[must_use]
    pub fn actor(&self) -> Actor {
        match (self.key, self.user) {
            (Some(key), _) => Actor::Key(key.as_uuid()),
            (None, Some(user)) => Actor::User(user.as_uuid()),
            (None, None) => Actor::CommandLine,
        }
    }

    pub(crate) fn kind_and_id(&self) -> (&'static str, Uuid) {
        match (self.key, self.user) {
            (Some(key), _) => ("key", key.as_uuid()),
            (None, user) => ("user", user.map_or(Uuid::nil(), |user| user.as_uuid())),
        }
    }
}

/// One line of the audit; a plate goes into `personal`.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAudit {
    pub site_id: Uuid,
    pub id: Uuid,
    pub at: Timestamp,
    pub actor: Actor,
    pub action: AuditAction,
    pub lane_id: Option<Uuid>,
    pub arrival_id: Option<Uuid>,
    pub stay_id: Option<Uuid>,
    pub command_id: Option<Uuid>,
    /// Of the request that caused it; stands in the detail under `request_id`.
    pub request_id: Option<String>,
    /// What must be erasable, with 16 random bytes of salt: only its commitment stands in the chain.
    pub personal: Option<([u8; 16], String)>,
}

impl NewAudit {
    /// A line of something that was done now at a site, about nothing further.
    #[must_use]
    pub fn now(site: SiteId, actor: Actor, action: AuditAction) -> Self {
        Self {
            site_id: site.as_uuid(),
            id: Uuid::now_v7(),
            at: Timestamp::now(),
            actor,
            action,
            lane_id: None,
            arrival_id: None,
            stay_id: None,
            command_id: None,
            request_id: None,
            personal: None,
        }
    }
}

struct Line {
    site_id: Uuid,
    id: Uuid,
    at: Timestamp,
    actor_kind: &'static str,
    actor_id: Option<Uuid>,
    action: String,
    lane_id: Option<Uuid>,
    arrival_id: Option<Uuid>,
    stay_id: Option<Uuid>,
    command_id: Option<Uuid>,
    detail: Value,
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
    let lines: Vec<Line> = rows.iter().map(line).collect();
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
    /// A line as it is read.
    pub struct AuditRow {
        pub id: Uuid,
        pub at: Timestamp,
        /// `server`, `device`, `user`, `key` or `job`.
        pub actor_kind: String,
        pub actor_id: Option<Uuid>,
        /// As the actor is called now; empty where there is no name.
        pub actor_name: String,
        pub action: String,
        pub detail: Value,
        /// As the user, key or device of the detail is called now; empty where there is no name.
        pub subject_name: String,
        pub lane_id: Option<Uuid>,
        pub arrival_id: Option<Uuid>,
        pub stay_id: Option<Uuid>,
        pub command_id: Option<Uuid>,
        /// Its number in the chain, once it is sealed.
        pub no: Option<i64>,
    }
}

/// Which lines are read; what is none is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// As stored: `stay.paid`.
    pub action: Option<String>,
    pub actor: Option<Uuid>,
    pub stay: Option<Uuid>,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Time and id of the last line of the page before.
    pub before: Option<(Timestamp, Uuid)>,
}

/// Lines of a site, the newest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn page(
    client: &impl GenericClient,
    site: SiteId,
    filter: &AuditFilter,
    limit: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    let (at, id) = filter.before.unzip();
    let AuditFilter { action, actor, stay, from, until, .. } = filter;
    let sql = include_str!("../queries/audit/page.sql");
    query(client, sql, &[&site.as_uuid(), action, actor, stay, from, until, &at, &id, &limit]).await
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

fn line(row: &NewAudit) -> Line {
    let (action, mut detail) = row.action.to_row();
    if let Some(request) = &row.request_id {
        detail["request_id"] = request.as_str().into();
    }
    if row.actor == Actor::CommandLine {
        detail["by"] = "command line".into();
    }
    let (actor_kind, actor_id) = match row.actor {
        Actor::Server => ("server", None),
        Actor::Device(id) => ("device", Some(id)),
        Actor::User(id) => ("user", Some(id)),
        Actor::Key(id) => ("key", Some(id)),
        Actor::Job => ("job", None),
        Actor::CommandLine => ("server", None),
    };
    Line {
        site_id: row.site_id,
        id: row.id,
        at: row.at,
        actor_kind,
        actor_id,
        action,
        lane_id: row.lane_id,
        arrival_id: row.arrival_id,
        stay_id: row.stay_id,
        command_id: row.command_id,
        detail,
        commitment: row.personal.as_ref().map(|(salt, value)| commitment(salt, value).to_vec()),
    }
}

fn secret(row: &NewAudit) -> Option<Secret<'_>> {
    let (salt, value) = row.personal.as_ref()?;
    Some(Secret { site_id: row.site_id, audit_id: row.id, salt, value })
}
