//! How large the numbers of a message may be.
//!
//! The server and the lane count on from numbers they receive, which must not overflow: so every number is bounded where
//! it is decoded, far below the ends of the integers that hold it.

use crate::strict::DecodeError;

/// Largest number of a message: sequence numbers, uptimes in milliseconds, counts. JSON and JavaScript hold it exactly.
pub const MAX_NUMBER: u64 = (1 << 53) - 1;

/// Largest command counter that is accepted from a device. The server counts on from it, so values above it remain for
/// the counters that a correct device of the same lane accepts and reports afterwards.
pub const MAX_COMMAND_COUNTER: u64 = 1 << 48;

/// The wall times of a message, in Unix milliseconds: the years 1 to 9999.
pub const WALL_TIMES_MS: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_207_199_999;

/// Most fault codes of one hello.
pub const MAX_FAULTS: usize = 64;

/// A count, a duration, a version.
pub(crate) fn number(field: &'static str, value: u64) -> Result<(), DecodeError> {
    at_most(field, value, MAX_NUMBER)
}

pub(crate) fn at_most(field: &'static str, value: u64, most: u64) -> Result<(), DecodeError> {
    if value > most {
        return Err(DecodeError::field(field, format!("{value}, at most {most}")));
    }
    Ok(())
}

/// The number of an event.
pub(crate) fn seq(field: &'static str, value: u64) -> Result<(), DecodeError> {
    if value == 0 {
        return Err(DecodeError::field(field, "0, but numbers begin at 1"));
    }
    number(field, value)
}

/// A wall time in Unix milliseconds.
pub(crate) fn wall_time(field: &'static str, value: i64) -> Result<(), DecodeError> {
    if !WALL_TIMES_MS.contains(&value) {
        return Err(DecodeError::field(field, format!("{value} is not a time of the years 1 to 9999")));
    }
    Ok(())
}
