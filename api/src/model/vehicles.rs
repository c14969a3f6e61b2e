//! Vehicles and their imports.

use boomgate_domain::plate::TypedPlate;
use boomgate_operations::access::SiteRef;
use boomgate_operations::vehicles::import::{Import, LineFault, ReadFile, UndoneImport};
use boomgate_operations::vehicles::{LONGEST_NAME, LONGEST_NOTES};
use boomgate_store::vehicle_imports::ImportRow;
use boomgate_store::vehicles::{VehicleFacts, VehicleRow};
use boomgate_store::words::{LineOutcome, VehicleType};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::sites::given;
use crate::error::{ApiError, unknown};
use crate::query;
use crate::request::SafeText;

#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Vehicle {
    id: Uuid,
    site: Uuid,
    /// Canonical: what is compared.
    plate: String,
    /// As it was written.
    plate_typed: String,
    /// ISO 3166, two capital letters.
    country: Option<String>,
    vehicle_type: Option<VehicleType>,
    /// Whom to call.
    contact_name: String,
    phone: String,
    /// A person or a company.
    owner: String,
    notes: String,
    created_at: Timestamp,
    changed_at: Timestamp,
}

impl Vehicle {
    pub(crate) fn of(row: VehicleRow) -> Result<Self, ApiError> {
        let kind = row
            .vehicle_type
            .as_deref()
            .map(|word| VehicleType::parse(word).ok_or_else(|| unknown("vehicles.vehicle_type", word)));
        Ok(Self {
            id: row.id.as_uuid(),
            site: row.site_id.as_uuid(),
            plate_typed: row.plate_typed.unwrap_or_else(|| row.plate.clone()),
            plate: row.plate,
            country: row.country,
            vehicle_type: kind.transpose()?,
            contact_name: row.contact_name,
            phone: row.phone,
            owner: row.owner,
            notes: row.notes,
            created_at: row.created_at,
            changed_at: row.changed_at,
        })
    }
}

/// A vehicle to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewVehicle {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[schema(value_type = Option<String>)]
    pub(crate) site: Option<SiteRef>,
    /// As people write it; known once at a site.
    #[schema(min_length = 1, max_length = 40)]
    plate: String,
    /// ISO 3166, two capital letters.
    #[schema(pattern = "^[A-Z]{2}$")]
    country: Option<String>,
    vehicle_type: Option<VehicleType>,
    #[serde(default)]
    #[schema(value_type = String, max_length = 100)]
    contact_name: SafeText,
    #[serde(default)]
    #[schema(value_type = String, max_length = 100)]
    phone: SafeText,
    #[serde(default)]
    #[schema(value_type = String, max_length = 100)]
    owner: SafeText,
    #[serde(default)]
    #[schema(max_length = 1000)]
    notes: String,
}

impl NewVehicle {
    pub(crate) fn facts(&self) -> Result<VehicleFacts, ApiError> {
        Ok(VehicleFacts {
            plate: plate(&self.plate)?,
            country: self.country.as_deref().map(country).transpose()?,
            kind: self.vehicle_type,
            contact_name: short("contact_name", &self.contact_name)?,
            phone: short("phone", &self.phone)?,
            owner: short("owner", &self.owner)?,
            notes: notes(&self.notes)?,
        })
    }
}

/// What is to be another; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VehicleChange {
    /// As people write it.
    #[schema(min_length = 1, max_length = 40)]
    plate: Option<String>,
    /// ISO 3166, two capital letters; null: not known.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, pattern = "^[A-Z]{2}$")]
    country: Option<Option<String>>,
    /// Null: not known.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<VehicleType>)]
    vehicle_type: Option<Option<VehicleType>>,
    #[schema(value_type = Option<String>, max_length = 100)]
    contact_name: Option<SafeText>,
    #[schema(value_type = Option<String>, max_length = 100)]
    phone: Option<SafeText>,
    #[schema(value_type = Option<String>, max_length = 100)]
    owner: Option<SafeText>,
    #[schema(max_length = 1000)]
    notes: Option<String>,
}

impl VehicleChange {
    /// The vehicle with the change.
    pub(crate) fn applied_to(&self, present: &Vehicle) -> Result<VehicleFacts, ApiError> {
        let text = |field: &'static str, new: &Option<SafeText>, before: &String| {
            new.as_deref().map_or_else(|| Ok(before.clone()), |text| short(field, text))
        };
        let wanted_country = match &self.country {
            Some(new) => new.as_deref().map(country).transpose()?,
            None => present.country.clone(),
        };
        Ok(VehicleFacts {
            plate: plate(self.plate.as_deref().unwrap_or(&present.plate_typed))?,
            country: wanted_country,
            kind: self.vehicle_type.unwrap_or(present.vehicle_type),
            contact_name: text("contact_name", &self.contact_name, &present.contact_name)?,
            phone: text("phone", &self.phone, &present.phone)?,
            owner: text("owner", &self.owner, &present.owner)?,
            notes: self.notes.as_deref().map_or_else(|| Ok(present.notes.clone()), notes)?,
        })
    }
}

fn plate(text: &str) -> Result<TypedPlate, ApiError> {
    TypedPlate::parse(text).map_err(|error| ApiError::invalid("plate", error.to_string()))
}

pub(crate) fn country(text: &str) -> Result<String, ApiError> {
    let fits = text.len() == 2 && text.bytes().all(|letter| letter.is_ascii_uppercase());
    if fits {
        Ok(text.to_owned())
    } else {
        Err(ApiError::invalid("country", "two capital letters, as SK or VN"))
    }
}

fn short(field: &'static str, text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    if text.chars().count() > LONGEST_NAME {
        return Err(ApiError::invalid(field, format!("at most {LONGEST_NAME} characters")));
    }
    Ok(text.to_owned())
}

fn notes(text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    if text.chars().count() > LONGEST_NOTES {
        return Err(ApiError::invalid("notes", format!("at most {LONGEST_NOTES} characters")));
    }
    if text.chars().any(|letter| letter.is_control() && letter != '\n' && letter != '\t') {
        return Err(ApiError::invalid("notes", "holds a control character"));
    }
    Ok(text.to_owned())
}

/// What was found while somebody types.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FoundVehicles {
    /// The best first: the plate itself, plates that begin so, plates with the part, people.
    pub(crate) items: Vec<Vehicle>,
    /// Whether there may be others: type on.
    pub(crate) more: bool,
}

impl FoundVehicles {
    /// Of rows of which one more was asked for than is shown.
    pub(crate) fn of(mut rows: Vec<VehicleRow>, limit: u16) -> Result<Self, ApiError> {
        let more = rows.len() > usize::from(limit);
        rows.truncate(limit.into());
        Ok(Self { items: rows.into_iter().map(Vehicle::of).collect::<Result<_, _>>()?, more })
    }
}

/// What a client of the live search sends, each time somebody typed on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchWish {
    /// The client's own; the answer repeats it.
    pub(crate) id: u64,
    #[schema(max_length = 100)]
    pub(crate) q: String,
}

/// What the live search answers. Of wishes that wait, only the newest is answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SearchAnswer {
    /// Of the wish.
    pub(crate) id: u64,
    #[serde(flatten)]
    pub(crate) found: FoundVehicles,
}

/// What an import would do, or did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportReport {
    /// Null for a trial.
    id: Option<Uuid>,
    /// Vehicles in the file.
    lines: usize,
    created: i64,
    changed: i64,
    /// What the file says is known already.
    unchanged: i64,
    /// Lines that are not taken over, because of a fault.
    faulty: usize,
    /// The first of them.
    faults: Vec<ImportFault>,
    /// What would become of the first lines; only of a trial.
    outcomes: Vec<ImportOutcome>,
}

/// One fault of a line.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportFault {
    /// In the file, the header being the first.
    line: i32,
    column: String,
    /// Stable name of the rule.
    code: String,
    message: String,
}

/// What would become of a line.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportOutcome {
    line: i32,
    plate: String,
    outcome: LineOutcome,
}

impl ImportReport {
    pub(crate) fn of(file: &ReadFile, import: Import) -> Result<Self, ApiError> {
        let outcomes = import.outcomes.into_iter().map(|line| {
            let outcome =
                LineOutcome::parse(&line.outcome).ok_or_else(|| unknown("outcome", &line.outcome))?;
            Ok(ImportOutcome { line: line.line, plate: line.plate_typed, outcome })
        });
        Ok(Self {
            id: import.id,
            lines: file.lines,
            created: import.counts.created,
            changed: import.counts.changed,
            unchanged: import.counts.unchanged,
            faulty: file.faulty,
            faults: file.faults.iter().map(ImportFault::of).collect(),
            outcomes: outcomes.collect::<Result<_, ApiError>>()?,
        })
    }
}

impl ImportFault {
    fn of(fault: &LineFault) -> Self {
        let LineFault { line, column, code, message } = fault;
        Self { line: *line, column: (*column).into(), code: (*code).into(), message: message.clone() }
    }
}

/// An import, by whom and when.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VehicleImport {
    id: Uuid,
    file_name: String,
    made_at: Timestamp,
    made_by: String,
    lines: i32,
    created: i32,
    changed: i32,
    unchanged: i32,
    faulty: i32,
    undone_at: Option<Timestamp>,
    undone_by: Option<String>,
    /// What the vehicles were before is kept for 30 days.
    can_be_undone: bool,
}

impl From<ImportRow> for VehicleImport {
    fn from(row: ImportRow) -> Self {
        Self {
            id: row.id,
            file_name: row.file_name,
            made_at: row.made_at,
            made_by: row.made_name,
            lines: row.lines,
            created: row.created,
            changed: row.changed,
            unchanged: row.unchanged,
            faulty: row.faulty,
            undone_at: row.undone_at,
            undone_by: row.undone_name,
            can_be_undone: row.can_be_undone,
        }
    }
}

/// An import that was taken back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportUndone {
    #[serde(flatten)]
    import: VehicleImport,
    /// Vehicles that the import had made, and that are gone.
    removed: i64,
    /// Vehicles that are as they were before.
    restored: i64,
    /// Vehicles that somebody has changed or removed since, and that stay as they are.
    kept: i64,
}

impl From<UndoneImport> for ImportUndone {
    fn from(done: UndoneImport) -> Self {
        Self {
            import: done.import.into(),
            removed: done.undone.removed,
            restored: done.undone.restored,
            kept: done.kept,
        }
    }
}
