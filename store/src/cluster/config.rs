//! What a private cluster is started with, and the names in it.

use std::path::PathBuf;
use std::time::Duration;

/// The one superuser of the private cluster; reached through the socket's folder rights alone.
pub const SUPERUSER: &str = "boomgate";
/// The database everything lives in.
pub const DATABASE: &str = "boomgate";

/// The file that says that a folder is a cluster's.
pub(super) const MARK: &str = "boomgate-cluster";

/// What to start, and where.
#[derive(Clone, Debug)]
pub struct ClusterConfig {
    /// The folder asked for; see [`Placement`](super::Placement) for where it really is when started as root.
    pub data_dir: PathBuf,
    /// The folder with `initdb` and `postgres`; found when absent.
    pub binaries: Option<PathBuf>,
    /// `false` only in tests: no fsync, so a crash of the machine may lose everything.
    pub durable: bool,
    pub max_connections: u32,
    pub start_timeout: Duration,
    /// Whether a server that ends without being asked to is started again.
    pub keep_running: bool,
}

impl ClusterConfig {
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            binaries: None,
            durable: true,
            max_connections: 60,
            start_timeout: Duration::from_secs(60),
            keep_running: true,
        }
    }
}
