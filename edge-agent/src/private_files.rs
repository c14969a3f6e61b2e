//! The lane's files that other users must not read, and whether they can.
//!
//! Keys, the camera's password in `agent.toml`, plates in the spool and pictures of cars: the owner alone reads them.
//! What this program makes is made so; what it finds too open and owns it closes at its start.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::sys::stat::{Mode, umask};
use nix::unistd::Uid;
use tracing::{info, warn};

use crate::config::Config;

const FILE: u32 = 0o600;
const FOLDER: u32 = 0o700;
/// What group and others may do.
const OTHERS: u32 = 0o077;
/// What others may do; a group may be meant where the file is somebody else's.
const STRANGERS: u32 = 0o007;

/// A file or folder that others may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooPermissive {
    pub path: PathBuf,
    mode: u32,
    wanted: u32,
    owned: bool,
}

impl TooPermissive {
    /// What to run about it.
    pub fn advice(&self) -> String {
        let Self { path, mode, wanted, .. } = self;
        format!("others can read {} (mode {mode:04o}): chmod {wanted:04o} {}", path.display(), path.display())
    }
}

/// From here on whatever this program makes is its user's alone, whatever the umask was.
pub fn make_private() {
    umask(Mode::from_bits_truncate(OTHERS));
}

/// What of the lane's files others may read.
pub fn too_open(config: &Config) -> Vec<TooPermissive> {
    let spool = ["", "-wal", "-shm", ".lock", ".mark"].map(|end| with_ending(&config.spool, end));
    let secrets = [config.file.clone(), config.server.key.clone(), config.server.sign_key.clone()];
    let evidence = std::iter::once(config.evidence.clone()).chain(inside(&config.evidence));
    secrets.into_iter().chain(spool).chain(evidence).filter_map(|path| look(&path)).collect()
}

/// Closes what is too open and ours.
pub fn tighten(config: &Config) {
    for open in too_open(config) {
        let path = open.path.display();
        if !open.owned {
            warn!(
                advice = open.advice(),
                "a file that others can read belongs to another user and stays as it is"
            );
            continue;
        }
        match fs::set_permissions(&open.path, Permissions::from_mode(open.wanted)) {
            Ok(()) => info!(%path, "removed other users' access to a file"),
            Err(failure) => {
                warn!(error = %failure, advice = open.advice(), "a file that others can read stays so")
            }
        }
    }
}

fn look(path: &Path) -> Option<TooPermissive> {
    let data = fs::symlink_metadata(path).ok().filter(|data| data.is_file() || data.is_dir())?;
    let owned = data.uid() == Uid::effective().as_raw();
    let mode = data.mode() & 0o7777;
    let forbidden = if owned { OTHERS } else { STRANGERS };
    let wanted = if data.is_dir() { FOLDER } else { FILE };
    (mode & forbidden != 0).then(|| TooPermissive { path: path.to_owned(), mode, wanted, owned })
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn inside(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path()))
}
