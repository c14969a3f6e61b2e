//! Vehicles as a file that a spreadsheet opens and [`super::import`] reads again.

use boomgate_domain::ids::SiteId;
use boomgate_store::GenericClient;
use boomgate_store::vehicles::{self as stored, VehicleFilter, VehicleRow};

use super::columns::Column;
use crate::error::OperationError;

/// So that Excel takes the file for UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Vehicles that are read at a time.
pub const CHUNK: i64 = 5_000;

/// Which sign stands between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// As the standard (RFC 4180) has it.
    Comma,
    /// As Excel writes it where the comma is the decimal sign.
    Semicolon,
}

impl Separator {
    const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
        }
    }
}

/// The first line.
///
/// # Errors
/// None that can happen in memory.
pub fn header(separator: Separator) -> Result<Vec<u8>, OperationError> {
    write(separator, [Column::ALL.map(Column::name).map(str::to_owned)].into_iter())
}

/// The next vehicles, by plate, and the last plate among them; none when there are no more.
///
/// # Errors
/// The database's.
pub async fn chunk(
    client: &impl GenericClient,
    site: SiteId,
    filter: &VehicleFilter,
    separator: Separator,
) -> Result<Option<(Vec<u8>, String)>, OperationError> {
    let rows = stored::page(client, site, filter, CHUNK).await?;
    let Some(last) = rows.last().map(|row| row.plate.clone()) else { return Ok(None) };
    Ok(Some((write(separator, rows.iter().map(values))?, last)))
}

fn values(row: &VehicleRow) -> [String; 7] {
    Column::ALL.map(|column| {
        let text = match column {
            Column::Plate => row.plate_typed.as_deref().unwrap_or(&row.plate),
            Column::Country => row.country.as_deref().unwrap_or_default(),
            Column::VehicleType => row.vehicle_type.as_deref().unwrap_or_default(),
            Column::ContactName => &row.contact_name,
            Column::Phone => &row.phone,
            Column::Owner => &row.owner,
            Column::Notes => &row.notes,
        };
        harmless(text)
    })
}

/// A spreadsheet executes what begins like a formula; with an apostrophe before it, it is text.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t']) { format!("'{text}") } else { text.to_owned() }
}

fn write(separator: Separator, lines: impl Iterator<Item = [String; 7]>) -> Result<Vec<u8>, OperationError> {
    let broken = |error: &dyn std::error::Error| OperationError::Broken(error.to_string());
    let mut writer = csv::WriterBuilder::new()
        .delimiter(separator.byte())
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for line in lines {
        writer.write_record(&line).map_err(|error| broken(&error))?;
    }
    writer.into_inner().map_err(|error| broken(&error))
}
