//! What can go wrong between a caller and PostgreSQL, sorted by what the caller can do about it.

use std::error::Error;

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

use crate::connect_error::ConnectError;

/// A statement or a connection failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("no connection to PostgreSQL")]
    Pool(#[source] Box<PoolError>),
    #[error("PostgreSQL refused a statement")]
    Database(#[from] tokio_postgres::Error),
    /// The connection ended while PostgreSQL was told to commit.
    #[error("whether it was stored is not known: the connection ended during the commit")]
    Unconfirmed(#[source] tokio_postgres::Error),
    #[error("PostgreSQL did not answer within {0:?}")]
    Timeout(std::time::Duration),
    #[error("{what} {id} is not known")]
    NotFound { what: &'static str, id: String },
    /// The row is not in the state the change needs; the text says which state it is in.
    #[error("{0}")]
    Conflict(String),
    /// A stored value that this program cannot read.
    #[error("column {column} holds {value:?}: {reason}")]
    Stored { column: &'static str, value: String, reason: String },
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

/// Whatever PostgreSQL said while a connection was made, there is none: not even its class-55 "does not accept
/// connections now" is about a statement.
impl From<PoolError> for StoreError {
    fn from(error: PoolError) -> Self {
        Self::Pool(Box::new(error))
    }
}

impl StoreError {
    /// Why a commit failed: what PostgreSQL itself refuses is rolled back, else nobody knows.
    #[must_use]
    pub fn of_commit(error: tokio_postgres::Error) -> Self {
        if error.as_db_error().is_some() { Self::Database(error) } else { Self::Unconfirmed(error) }
    }

    /// Whether the database as a whole is away: nothing is wrong with what was asked, and asking again later is right.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Pool(_) | Self::Timeout(_) | Self::Connect(_) | Self::Unconfirmed(_) => true,
            Self::Database(error) => error.code().map_or_else(|| is_broken(error), is_outage_state),
            Self::NotFound { .. } | Self::Conflict(_) | Self::Stored { .. } => false,
        }
    }

    /// Whether the same work may succeed if it is simply done again at once.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        const AGAIN: [SqlState; 3] = [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::LOCK_NOT_AVAILABLE,
        ];
        self.sql_state().is_some_and(|state| AGAIN.contains(state))
    }

    /// Whether a unique or exclusion constraint refused the row.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        self.sql_state().is_some_and(|state| *state == SqlState::UNIQUE_VIOLATION)
    }

    /// The name of the constraint that refused, when PostgreSQL gives it.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        if let Self::Database(error) = self { error.as_db_error()?.constraint() } else { None }
    }

    pub(crate) fn sql_state(&self) -> Option<&SqlState> {
        if let Self::Database(error) = self { error.code() } else { None }
    }
}

/// Of the driver's own errors only those of the connection; a value that cannot be converted is a fault of ours.
fn is_broken(error: &tokio_postgres::Error) -> bool {
    let is_io = error.source().is_some_and(|source| source.is::<std::io::Error>());
    error.is_closed() || is_io || error.to_string().starts_with("timeout")
}

/// What is wrong with the statement's own data says so: class 22 (data), 23 (constraint), 40 (again), 54 (too much), 55
/// (locked), P0 (raised by a trigger). Everything else is wrong with the server, the connection, the rights or the
/// schema, and would be so for any data.
fn is_outage_state(state: &SqlState) -> bool {
    !["22", "23", "40", "54", "55", "P0"].iter().any(|class| state.code().starts_with(class))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Address;

    #[tokio::test]
    async fn nobody_there_is_an_outage_from_the_pool_and_from_a_connection_of_ones_own() {
        let address = Address::parse("host=/nonexistent user=boomgate").unwrap();
        let direct = address.connect().await.unwrap_err();
        assert!(direct.is_outage(), "{direct:?}");
        let pooled = StoreError::from(address.pool(1).unwrap().get().await.unwrap_err());
        assert!(pooled.is_outage(), "{pooled:?}");
    }
}
