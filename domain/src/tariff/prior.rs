//! What was before a stay: charges of the month, validations.

use serde::{Deserialize, Serialize};

/// What is known of a vehicle before its stay is charged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prior {
    /// What its earlier stays that began in the calendar month of the entry were charged, in minor units.
    pub month_minor: i64,
    /// What was redeemed for the stay, the oldest first.
    pub validations: Vec<Validation>,
}

/// A validation that was redeemed for a stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validation {
    /// As the driver was given it.
    pub code: String,
    /// What it does.
    pub benefit: Benefit,
    /// Most that it takes off, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_off: Option<i64>,
}

/// What a validation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Benefit {
    /// Minor units off.
    Amount {
        /// More than 0.
        minor: i64,
    },
    /// A part of the price off.
    Percent {
        /// 1 to 100.
        percent: u8,
    },
    /// The first minutes of charged time are free.
    FreeTime {
        /// More than 0.
        minutes: u32,
    },
    /// As free time, but paid before: what of it is not used stays.
    Prepaid {
        /// What is left of it.
        minutes: u32,
    },
}
