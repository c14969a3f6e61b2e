//! Why series cannot be used.

/// Why series cannot be used.
#[expect(missing_docs, reason = "each variant's message is its documentation")]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrammarError {
    #[error("plate series of {file}: {what}")]
    File { file: String, what: String },
    #[error("no plate series for country {country:?}; known are {known}")]
    UnknownCountry { country: String, known: String },
    #[error("series {series}: pattern {pattern:?} is wrong at position {position}: {what}")]
    Pattern { series: String, pattern: String, position: usize, what: &'static str },
}
