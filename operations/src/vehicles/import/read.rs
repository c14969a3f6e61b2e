//! A file of vehicles as people and spreadsheets write it: UTF-8, with or without a byte order mark, values separated by
//! comma, semicolon or tab, the first line naming the columns.

use std::collections::HashMap;

use boomgate_domain::ids::VehicleId;
use boomgate_domain::plate::TypedPlate;
use boomgate_store::vehicle_imports::StagedVehicle;
use boomgate_store::vehicles::VehicleFacts;
use boomgate_store::words::VehicleType;
use csv::StringRecord;
use uuid::Uuid;

use crate::vehicles::columns::Column;
use crate::vehicles::{LONGEST_NAME, LONGEST_NOTES};

/// Most vehicles of one file.
const MOST_LINES: usize = 1_000_000;

/// Faults that are told; there may be more.
const MOST_FAULTS: usize = 1_000;

/// Why a file cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message is its documentation")]
pub enum FileError {
    #[error("line {line} is not UTF-8: save the file as \"CSV UTF-8\"")]
    Encoding { line: usize },
    #[error("the file is empty: its first line names the columns, of which \"plate\" is needed")]
    Empty,
    #[error("the first line has no column \"plate\"; it names: {0}")]
    NoPlate(String),
    #[error("the first line names the column {0:?}, which is not known; known are {known}", known = known())]
    UnknownColumn(String),
    #[error("the first line names the column {0:?} twice")]
    ColumnTwice(String),
    #[error("the file has more than {MOST_LINES} vehicles: split it")]
    TooManyLines,
    #[error("line {line}: {why}")]
    Broken { line: u64, why: String },
}

fn known() -> String {
    Column::ALL.map(Column::name).join(", ")
}

/// One fault of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFault {
    /// In the file, the header being the first.
    pub line: i32,
    /// As the file names it in an export.
    pub column: &'static str,
    /// Stable name of the rule.
    pub code: &'static str,
    /// What is wrong, in words.
    pub message: String,
}

/// What a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadFile {
    /// With something in them, without the header.
    pub lines: usize,
    /// Lines with a fault.
    pub faulty: usize,
    /// The first faults.
    pub faults: Vec<LineFault>,
    /// Of the lines without a fault.
    pub vehicles: Vec<StagedVehicle>,
}

/// Reads a file, with every fault of every line.
///
/// # Errors
/// [`FileError`]: what cannot be told line by line.
pub fn read(bytes: &[u8]) -> Result<ReadFile, FileError> {
    let text = std::str::from_utf8(bytes).map_err(|error| encoding(bytes, error.valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator(text))
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    if !reader.read_record(&mut record).map_err(|error| broken(&error))? {
        return Err(FileError::Empty);
    }
    let columns = header(&record)?;
    let (mut file, mut seen) = (ReadFile::default(), HashMap::new());
    let mut lines = Lines { text: text.as_bytes(), counted: 0, line: 1 };
    while reader.read_record(&mut record).map_err(|error| broken(&error))? {
        if record.iter().all(|value| value.trim().is_empty()) {
            continue;
        }
        file.lines += 1;
        if file.lines > MOST_LINES {
            return Err(FileError::TooManyLines);
        }
        take(&mut file, &mut seen, lines.of(&record), &columns, &record);
    }
    Ok(file)
}

/// Counts the lines of a text: the library's count is one behind where lines end with CR and LF.
struct Lines<'a> {
    text: &'a [u8],
    /// Bytes of which the lines are counted.
    counted: usize,
    line: i32,
}

impl Lines<'_> {
    /// The line in which the record begins.
    fn of(&mut self, record: &StringRecord) -> i32 {
        let begin = record.position().map_or(0, csv::Position::byte);
        let begin = usize::try_from(begin).unwrap_or(usize::MAX).max(self.counted);
        let before = self.text.get(self.counted..begin).unwrap_or_default();
        let ends = self.text.get(begin..).unwrap_or_default();
        let ends = ends.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let breaks = before.iter().chain(ends.clone()).filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(i32::try_from(breaks).unwrap_or(i32::MAX));
        self.counted = begin + ends.count();
        self.line
    }
}

fn encoding(bytes: &[u8], valid: usize) -> FileError {
    let before = bytes.get(..valid).unwrap_or_default();
    FileError::Encoding { line: before.iter().filter(|byte| **byte == b'\n').count() + 1 }
}

fn broken(error: &csv::Error) -> FileError {
    FileError::Broken { line: error.position().map_or(0, csv::Position::line), why: error.to_string() }
}

/// The sign that separates the most names in the first line.
fn separator(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |sign: u8| first.bytes().filter(|byte| *byte == sign).count();
    [b',', b';', b'\t'].into_iter().max_by_key(|sign| (count(*sign), *sign == b',')).unwrap_or(b',')
}

fn header(record: &StringRecord) -> Result<Vec<Column>, FileError> {
    let mut columns = Vec::new();
    for name in record {
        let column = Column::parse(name).ok_or_else(|| FileError::UnknownColumn(shortened(name)))?;
        if columns.contains(&column) {
            return Err(FileError::ColumnTwice(column.name().to_owned()));
        }
        columns.push(column);
    }
    if columns.contains(&Column::Plate) {
        return Ok(columns);
    }
    Err(FileError::NoPlate(columns.into_iter().map(Column::name).collect::<Vec<_>>().join(", ")))
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

fn take(
    file: &mut ReadFile,
    seen: &mut HashMap<String, i32>,
    line: i32,
    columns: &[Column],
    record: &StringRecord,
) {
    let mut faults = Vec::new();
    let facts = facts(line, columns, record, &mut faults);
    if let Some(facts) = &facts {
        let plate = facts.plate.plate().as_str().to_owned();
        if let Some(first) = seen.get(&plate) {
            let why = format!("the plate stands in line {first} already");
            faults.push(fault(line, Column::Plate, "PLATE-TWICE", why));
        } else {
            seen.insert(plate, line);
        }
    }
    match facts {
        Some(facts) if faults.is_empty() => {
            let id = VehicleId::from_uuid(Uuid::now_v7());
            file.vehicles.push(StagedVehicle { line, id, facts });
        }
        Some(_) | None => {
            file.faulty += 1;
            let room = MOST_FAULTS.saturating_sub(file.faults.len());
            file.faults.extend(faults.into_iter().take(room));
        }
    }
}

fn fault(line: i32, column: Column, code: &'static str, message: impl Into<String>) -> LineFault {
    LineFault { line, column: column.name(), code, message: message.into() }
}

/// What a line says; none where it has no plate. Every fault is noted.
fn facts(
    line: i32,
    columns: &[Column],
    record: &StringRecord,
    faults: &mut Vec<LineFault>,
) -> Option<VehicleFacts> {
    if record.len() > columns.len() && record.iter().skip(columns.len()).any(|value| !value.trim().is_empty())
    {
        let why = format!("the line has {} values, the first line names {}", record.len(), columns.len());
        faults.push(fault(line, Column::Notes, "TOO-MANY-VALUES", why));
    }
    let value = |wanted: Column| {
        let place = columns.iter().position(|column| *column == wanted);
        plain(place.and_then(|place| record.get(place)).unwrap_or_default())
    };
    let mut text = |column: Column, longest: usize| {
        let text = value(column).replace("\r\n", "\n");
        if text.chars().count() > longest {
            faults.push(fault(line, column, "TOO-LONG", format!("more than {longest} characters")));
        }
        if text.chars().any(|letter| letter.is_control() && letter != '\n' && letter != '\t') {
            faults.push(fault(line, column, "CONTROL-CHARACTER", "holds a control character"));
        }
        text
    };
    let contact_name = text(Column::ContactName, LONGEST_NAME);
    let phone = text(Column::Phone, LONGEST_NAME);
    let owner = text(Column::Owner, LONGEST_NAME);
    let notes = text(Column::Notes, LONGEST_NOTES);
    let country = country(value(Column::Country)).unwrap_or_else(|| {
        let why = "a country is two letters, as SK or VN (ISO 3166)";
        faults.push(fault(line, Column::Country, "NO-COUNTRY", why));
        None
    });
    let kind = kind(value(Column::VehicleType)).unwrap_or_else(|| {
        let words = VehicleType::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
        faults.push(fault(line, Column::VehicleType, "NO-VEHICLE-TYPE", format!("none of {words}")));
        None
    });
    match TypedPlate::parse(value(Column::Plate)) {
        Ok(plate) => Some(VehicleFacts { plate, country, kind, contact_name, phone, owner, notes }),
        Err(error) => {
            faults.push(fault(line, Column::Plate, "NO-PLATE", error.to_string()));
            None
        }
    }
}

/// Without the spaces around it, and without the apostrophe that an export puts before what begins like a formula.
fn plain(value: &str) -> &str {
    let value = value.trim();
    value.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(value)
}

/// None of it: no country. None: it is not one.
fn country(text: &str) -> Option<Option<String>> {
    let upper = text.to_ascii_uppercase();
    match upper.len() {
        0 => Some(None),
        2 if upper.bytes().all(|letter| letter.is_ascii_uppercase()) => Some(Some(upper)),
        _ => None,
    }
}

fn kind(text: &str) -> Option<Option<VehicleType>> {
    if text.is_empty() { Some(None) } else { VehicleType::parse(&text.to_lowercase()).map(Some) }
}

#[cfg(test)]
mod tests;
