//! Lines of the audit.

use boomgate_store::audit::AuditRow;
use boomgate_store::audit_action::AuditAction;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditLine {
    id: Uuid,
    at: Timestamp,
    actor: AuditActor,
    /// What was done, with its detail; null for what only a later version knows.
    #[serde(flatten)]
    done: Option<AuditAction>,
    /// The user, key or device that the detail names, as it is called now; empty where there is no name.
    subject: String,
    lane: Option<Uuid>,
    arrival: Option<Uuid>,
    stay: Option<Uuid>,
    command: Option<Uuid>,
    /// Of the request that caused it, as in its answer and the server's log.
    request_id: Option<String>,
    /// Its number in the site's chain; null until it is sealed.
    no: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditActor {
    kind: ActorKind,
    id: Option<Uuid>,
    /// As they are called now; empty where there is no name.
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActorKind {
    Server,
    Device,
    User,
    Key,
    Job,
    CommandLine,
}

impl From<AuditRow> for AuditLine {
    fn from(row: AuditRow) -> Self {
        let kind = match row.actor_kind.as_str() {
            "device" => ActorKind::Device,
            "user" => ActorKind::User,
            "key" => ActorKind::Key,
            "job" => ActorKind::Job,
            _ if row.detail["by"] == "command line" => ActorKind::CommandLine,
            _ => ActorKind::Server,
        };
        Self {
            id: row.id,
            at: row.at,
            actor: AuditActor { kind, id: row.actor_id, name: row.actor_name },
            done: AuditAction::from_row(&row.action, &row.detail),
            subject: row.subject_name,
            lane: row.lane_id,
            arrival: row.arrival_id,
            stay: row.stay_id,
            command: row.command_id,
            request_id: row.detail["request_id"].as_str().map(str::to_owned),
            no: row.no,
        }
    }
}
