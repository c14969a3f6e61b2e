//! Why a use case was not done.

use std::error::Error;

use boomgate_domain::money::MoneyError;
use boomgate_domain::tariff::TariffFault;
use boomgate_store::StoreError;

use crate::access::AccessError;
use crate::fault::Fault;

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
    /// All faults of the request.
    #[error("nothing was changed:{}", .0.iter().map(|fault| format!("\n  {}", fault.message)).collect::<String>())]
    Refused(Vec<Fault>),
    /// All faults of a tariff.
    #[error("the tariff has faults:{}", .0.iter().map(|fault| format!("\n  {fault}")).collect::<String>())]
    FaultyTariff(Vec<TariffFault>),
    /// No such thing, or not at a site of the actor's.
    #[error("{0} is not known here")]
    NotFound(&'static str),
    /// It does not exist; the text lists what does.
    #[error("{0}")]
    Unknown(String),
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
    /// The actor may not, or not there.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Whoever issues certificates could not.
    #[error("no certificate could be issued")]
    Issuer(#[source] Box<dyn Error + Send + Sync>),
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

    /// Nothing, or all faults of the request.
    pub(crate) fn unless_empty(faults: Vec<Fault>) -> Result<(), Self> {
        if faults.is_empty() { Ok(()) } else { Err(Self::Refused(faults)) }
    }

    /// The faults of the request, where it was refused.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::Refused(faults) => faults,
            Self::Invalid { .. }
            | Self::FaultyTariff(_)
            | Self::NotFound(_)
            | Self::Unknown(_)
            | Self::Conflict { .. }
            | Self::Unacceptable { .. }
            | Self::Access(_)
            | Self::Issuer(_)
            | Self::Store(_)
            | Self::Broken(_) => &[],
        }
    }
}

impl From<Fault> for OperationError {
    fn from(fault: Fault) -> Self {
        Self::Refused(vec![fault])
    }
}

impl From<MoneyError> for OperationError {
    fn from(error: MoneyError) -> Self {
        Self::Broken(error.to_string())
    }
}
