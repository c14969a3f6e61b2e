//! Vehicles from a file: read, tried, merged, and taken back where nobody changed them since.

mod read;

use boomgate_domain::ids::SiteId;
use boomgate_store::audit;
use boomgate_store::audit_action::AuditAction;
use boomgate_store::vehicle_imports::{
    self as stored, ImportCounts, ImportRow, NewImport, StagedOutcome, Undone,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::access::{Authorized, VehiclesWrite};
use crate::error::OperationError;
use crate::unit::Unit;

pub use read::{FileError, LineFault, ReadFile, read};

/// Largest file, in bytes: about a million vehicles.
pub const LARGEST_FILE: usize = 128 * 1024 * 1024;

/// Lines of which a trial says what would become of them.
const SHOWN: i64 = 500;

/// What an import would do, or did.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// None for a trial.
    pub id: Option<Uuid>,
    /// In numbers of vehicles.
    pub counts: ImportCounts,
    /// Line by line, of the first lines; only of a trial.
    pub outcomes: Vec<StagedOutcome>,
}

/// Says what importing the file would do. Nothing is changed.
///
/// # Errors
/// The database's.
pub async fn try_out(unit: &Unit<'_>, site: SiteId, file: &ReadFile) -> Result<Import, OperationError> {
    stored::stage(unit.tx(), &file.vehicles).await?;
    let counts = stored::counts(unit.tx(), site).await?;
    let outcomes = stored::outcomes(unit.tx(), site, SHOWN).await?;
    Ok(Import { id: None, counts, outcomes })
}

/// Takes the lines without a fault over into the site's vehicles.
///
/// # Errors
/// The database's.
pub async fn merge(
    unit: &Unit<'_>,
    by: &Authorized<VehiclesWrite>,
    site: SiteId,
    (file, name): (&ReadFile, &str),
) -> Result<Import, OperationError> {
    let actor = by.actor();
    let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let new = NewImport {
        site,
        id: Uuid::now_v7(),
        file_name: name.to_owned(),
        at: Timestamp::now(),
        by: actor.user(),
        by_name: actor.name.clone(),
        lines: number(file.lines),
        faulty: number(file.faulty),
    };
    stored::stage(unit.tx(), &file.vehicles).await?;
    let counts = stored::merge(unit.tx(), &new).await?;
    let action =
        AuditAction::VehiclesImported { import: new.id, created: counts.created, changed: counts.changed };
    audit::insert_many(unit.tx(), &[by.audit_line(site, action)]).await?;
    Ok(Import { id: Some(new.id), counts, outcomes: Vec::new() })
}

/// What taking an import back did.
#[derive(Debug, Clone, PartialEq)]
pub struct UndoneImport {
    /// As it is listed now.
    pub import: ImportRow,
    /// Vehicles that are as they were before.
    pub undone: Undone,
    /// Vehicles that somebody has changed or removed since, and that stay as they are.
    pub kept: i64,
}

/// Makes each vehicle of an import as it was before, where nobody has changed it since.
///
/// # Errors
/// An unknown import; `IMPORT-UNDONE`, `IMPORT-TOO-OLD`; the database's.
pub async fn undo(
    unit: &Unit<'_>,
    by: &Authorized<VehiclesWrite>,
    site: SiteId,
    id: Uuid,
) -> Result<UndoneImport, OperationError> {
    stored::lock(unit.tx(), site, id).await?;
    let before = stored::get(unit.tx(), site, id).await?.ok_or(OperationError::NotFound("import"))?;
    if let Some(name) = &before.undone_name {
        return Err(OperationError::conflict("IMPORT-UNDONE", format!("{name} has taken it back already")));
    }
    if !before.can_be_undone && before.created + before.changed > 0 {
        let why = "it was more than 30 days ago: what the vehicles were before is not kept longer";
        return Err(OperationError::conflict("IMPORT-TOO-OLD", why));
    }
    let who = (by.actor().user(), &*by.actor().name);
    let undone = stored::undo(unit.tx(), (site, id), Timestamp::now(), who).await?;
    let done = undone.removed + undone.restored;
    let action = AuditAction::VehiclesImportUndone { import: id, undone: done };
    audit::insert_many(unit.tx(), &[by.audit_line(site, action)]).await?;
    let import = stored::get(unit.tx(), site, id).await?.ok_or(OperationError::NotFound("import"))?;
    let kept = i64::from(before.created) + i64::from(before.changed) - done;
    Ok(UndoneImport { import, undone, kept })
}
