//! An error in one line.

/// The error and its causes.
pub(super) fn chain(error: anyhow::Error) -> String {
    format!("{error:#}")
}
