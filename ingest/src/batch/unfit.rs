//! Why a batch cannot be taken.

use boomgate_store::StoreError;

use crate::guard::Panicked;

/// Why a batch cannot be taken, now or later.
#[derive(Debug, thiserror::Error)]
pub(super) enum BatchFailure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Panic(#[from] Panicked),
}

impl BatchFailure {
    /// What PostgreSQL says about a refused row, without the row: it may hold a plate.
    pub(super) fn detail(&self) -> String {
        match self {
            Self::Store(error) => error
                .constraint()
                .map_or_else(|| error.to_string(), |constraint| format!("{error} ({constraint})")),
            Self::Panic(panicked) => panicked.to_string(),
        }
    }
}
