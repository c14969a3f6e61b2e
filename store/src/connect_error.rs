//! Why no connection to PostgreSQL can be made, or none is wanted.

use std::path::PathBuf;

use crate::pool::AddressFault;

/// Why a database address cannot be used, or the server behind it not be trusted.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("database address {0}")]
    Address(#[from] AddressFault),
    #[error("sslmode {0:?} is not one of disable, require, verify-ca, verify-full")]
    SslMode(String),
    #[error(
        "database host {0:?} is not on this machine: say sslmode=verify-full and sslrootcert=FILE (or sslrootcert=system), or sslmode=disable to send everything in clear"
    )]
    NoSslMode(String),
    #[error("sslmode={0} needs sslrootcert=FILE or sslrootcert=system; an unverified server is not accepted")]
    NoRoots(String),
    #[error("{path} holds no usable certificate: {reason}")]
    Roots { path: PathBuf, reason: String },
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    #[error("PostgreSQL {0} is too old; 15 or newer is needed")]
    TooOld(String),
    #[error(
        "synchronous_commit is {0:?}: a commit would not mean that it is on disk; set it to on for this database and user"
    )]
    NotSynchronous(String),
    #[error("pool cannot be built")]
    Pool(#[from] deadpool_postgres::BuildError),
}
