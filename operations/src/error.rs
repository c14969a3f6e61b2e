//! Why a use case was not done.

use boomgate_domain::money::MoneyError;
use boomgate_store::StoreError;

/// Nothing was changed, and why. Texts are for people; codes are stable, one for each rule.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// A value that can never be right.
    #[error("{field}: {why}")]
    Invalid {
        /// As the request names it.
        field: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// No such thing, or not at a site of the actor's.
    #[error("{0} is not known here")]
    NotFound(&'static str),
    /// The state of things forbids it now.
    #[error("{why}")]
    Conflict {
        /// Of the rule.
        code: &'static str,
        /// What forbids it.
        why: String,
    },
    /// Understood, and not what may be asked for.
    #[error("{why}")]
    Unacceptable {
        /// Of the rule.
        code: &'static str,
        /// What would be right.
        why: String,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Stored data that contradicts itself.
    #[error("{0}")]
    Broken(String),
}

impl OperationError {
    pub(crate) fn invalid(field: &'static str, why: impl Into<String>) -> Self {
        Self::Invalid { field, why: why.into() }
    }

    pub(crate) fn conflict(code: &'static str, why: impl Into<String>) -> Self {
        Self::Conflict { code, why: why.into() }
    }

    pub(crate) fn unacceptable(code: &'static str, why: impl Into<String>) -> Self {
        Self::Unacceptable { code, why: why.into() }
    }
}

impl From<MoneyError> for OperationError {
    fn from(error: MoneyError) -> Self {
        Self::Broken(error.to_string())
    }
}
