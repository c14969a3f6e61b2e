//! Why there is no private cluster.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::config::DATABASE;

/// Why there is no private cluster. Each text says what was found and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    #[error(
        "no PostgreSQL 15 or newer is installed (looked in {looked}); install it (`apt-get install postgresql`) or set DATABASE_URL"
    )]
    NoBinaries { looked: String },
    #[error(
        "{path} is not a folder of a Boomgate cluster and is not empty; choose another folder or empty it yourself"
    )]
    ForeignFolder { path: PathBuf },
    #[error(
        "{path} was made by PostgreSQL {found}, but only {installed} is installed; install postgresql-{found}, or dump with the old version and restore"
    )]
    Version { path: PathBuf, found: String, installed: String },
    #[error("another Boomgate is using {path}; stop it first or choose another data folder")]
    InUse { path: PathBuf },
    #[error("{path} belongs to the user {owner}; run this command as that user or as root")]
    OtherUser { path: PathBuf, owner: String },
    #[error("started as root, but none of the users boomgate, postgres, nobody exists to run PostgreSQL as")]
    NoUser,
    #[error("initdb failed: {output}")]
    Initdb { output: String },
    #[error("PostgreSQL did not start: {reason}; its log is {log}")]
    Start { reason: String, log: PathBuf },
    #[error("PostgreSQL (process {pid}) did not stop within {waited:?}")]
    Stop { pid: i32, waited: Duration },
    #[error("no folder for the socket with a path of at most 107 bytes")]
    SocketPath,
    #[error("cannot {action} {path}")]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("cannot create database {DATABASE:?}")]
    Database(#[source] Box<tokio_postgres::Error>),
}

pub(crate) fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ClusterError + use<> {
    let path = path.to_owned();
    move |source| ClusterError::Io { action, path, source }
}
