//! Where the cluster's folder is and as whom the server runs: PostgreSQL refuses to be root.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{Gid, Uid, User, chown};

use super::config::MARK;
use super::error::{ClusterError, io_error};
use super::files::restrict;

/// Folders of clusters whose asked-for place the unprivileged user cannot reach.
const SYSTEM_DATA: &str = "/var/lib/boomgate";
/// Who runs the server when we are root: the first that exists.
const USERS: [&str; 3] = ["boomgate", "postgres", "nobody"];

/// An unprivileged user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunAs {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
}

/// The folder that is really used and the user the server runs as (`None`: our own).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    pub data_dir: PathBuf,
    pub run_as: Option<RunAs>,
}

impl Placement {
    /// As root, a folder that others cannot reach is replaced by one of its own under `/var/lib/boomgate`.
    ///
    /// # Errors
    /// The folder's path cannot be made absolute, or no unprivileged user exists.
    pub fn of(requested: &Path) -> Result<Self, ClusterError> {
        let requested = std::path::absolute(requested).map_err(io_error("resolve", requested))?;
        if !Uid::effective().is_root() {
            return Ok(Self { data_dir: requested, run_as: None });
        }
        // A cluster belongs to the user who made it: root runs it as that user.
        if let Some(owner) = owner_of(&requested) {
            return Ok(Self { data_dir: requested, run_as: Some(owner) });
        }
        let run_as = USERS.iter().find_map(|name| lookup(name)).ok_or(ClusterError::NoUser)?;
        let data_dir = if reachable(&requested, run_as.uid) { requested } else { system_dir(&requested)? };
        Ok(Self { data_dir, run_as: Some(run_as) })
    }

    pub(super) fn uid(&self) -> u32 {
        self.run_as.as_ref().map_or_else(|| Uid::effective().as_raw(), |user| user.uid)
    }

    /// Makes a child run as the chosen user, in a group of its own: a Ctrl-C at the terminal is ours to hand on.
    pub(super) fn apply(&self, command: &mut Command) {
        command.process_group(0).current_dir("/").env_remove("PGDATA").env("LC_ALL", "C");
        if let Some(user) = &self.run_as {
            command.uid(user.uid).gid(user.gid);
        }
    }

    /// Hands `dir` to the chosen user.
    pub(super) fn own(&self, dir: &Path, mode: u32) -> Result<(), ClusterError> {
        if let Some(user) = &self.run_as {
            chown(dir, Some(Uid::from_raw(user.uid)), Some(Gid::from_raw(user.gid)))
                .map_err(|error| io_error("hand over", dir)(error.into()))?;
        }
        restrict(dir, mode)
    }

    /// A folder only the chosen user (and root) may enter. A folder of another user is refused.
    pub(super) fn make_private(&self, dir: &Path) -> Result<(), ClusterError> {
        if let Err(source) = fs::create_dir(dir)
            && source.kind() != std::io::ErrorKind::AlreadyExists
        {
            return Err(io_error("create", dir)(source));
        }
        let meta = fs::symlink_metadata(dir).map_err(io_error("read", dir))?;
        let ours = meta.uid() == self.uid() || meta.uid() == Uid::effective().as_raw();
        if !meta.is_dir() || !ours {
            return Err(ClusterError::ForeignFolder { path: dir.to_owned() });
        }
        self.own(dir, 0o700)
    }
}

/// The unprivileged user a cluster in this folder belongs to.
fn owner_of(dir: &Path) -> Option<RunAs> {
    let meta = fs::metadata(dir.join(MARK)).and_then(|_| fs::metadata(dir.join("pgdata"))).ok()?;
    let user = User::from_uid(Uid::from_raw(meta.uid())).ok()??;
    let is_plain = !user.uid.is_root();
    is_plain.then(|| RunAs { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw() })
}

fn lookup(name: &str) -> Option<RunAs> {
    let user = User::from_name(name).ok()??;
    Some(RunAs { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw() })
}

/// Whether each existing folder above `path` lets `uid` pass.
fn reachable(path: &Path, uid: u32) -> bool {
    path.ancestors().skip(1).filter_map(|dir| fs::metadata(dir).ok()).all(|meta| {
        let mode = meta.permissions().mode();
        mode & 0o001 != 0 || (meta.uid() == uid && mode & 0o100 != 0)
    })
}

fn system_dir(requested: &Path) -> Result<PathBuf, ClusterError> {
    let root = Path::new(SYSTEM_DATA);
    fs::create_dir_all(root).map_err(io_error("create", root))?;
    restrict(root, 0o755)?;
    Ok(root.join(format!("postgres-{:016x}", path_hash(requested))))
}

/// Tells paths apart in names of folders; FNV-1a, so that the name outlives a build.
pub(super) fn path_hash(path: &Path) -> u64 {
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    path.as_os_str().as_bytes().iter().fold(0xcbf2_9ce4_8422_2325, fold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_root_an_unreachable_folder_moves_under_var_lib() {
        if !Uid::effective().is_root() {
            return;
        }
        let root = tempfile::tempdir().unwrap();
        restrict(root.path(), 0o700).unwrap();
        let place = Placement::of(&root.path().join("data")).unwrap();
        assert!(place.data_dir.starts_with(SYSTEM_DATA), "{}", place.data_dir.display());
        restrict(root.path(), 0o755).unwrap();
        let place = Placement::of(&root.path().join("data")).unwrap();
        assert_eq!(place.data_dir, root.path().join("data"));
        assert!(place.run_as.is_some());
    }
}
